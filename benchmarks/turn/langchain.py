"""`resmem bench turn --adapter langchain`: what the middleware and the callback add to a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from time import perf_counter, process_time
from typing import Any, Final, TypeAlias

import numpy as np
from langchain.agents import create_agent
from langchain.agents.middleware.types import AgentMiddleware
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from numpy.typing import NDArray

from benchmarks.turn.measure import NAMESPACE, WARM, filled, question, report, row
from resmem_core import ResilientMemory, Session
from resmem_langchain import ResmemCallbackHandler, ResmemMiddleware

Times: TypeAlias = NDArray[np.float64]
"""Wall clock and CPU seconds: shape (2,), or (n, 2) for n turns."""

RUN: Final[Any] = {"configurable": {"thread_id": "bench", "resmem_namespace": NAMESPACE}}


class Silent(BaseChatModel):
    """Answers at once, with sampling fields like a provider's."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None

    @property
    def _llm_type(self) -> str:
        return "silent"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("Noted."))])

    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
        return self._generate(*args, **kwargs)


class NoOp(AgentMiddleware[Any, Any, Any]):
    """The hooks that ours has, doing nothing."""

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        """Pass on."""
        return handler(request)

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        """Pass on."""
        return await handler(request)

    def wrap_tool_call(self, request: Any, handler: Any) -> Any:
        """Pass on."""
        return handler(request)

    async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
        """Pass on."""
        return await handler(request)

    def after_agent(self, state: Any, runtime: Any) -> None:
        """Nothing."""

    async def aafter_agent(self, state: Any, runtime: Any) -> None:
        """Nothing."""


class NoOpHandler(BaseCallbackHandler):
    """A callback handler of the same kind as ours, doing nothing."""

    run_inline = True

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        """Nothing."""

    def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        """Nothing."""


def clocks() -> Times:
    """Seconds of wall clock and of this process's CPU; the second is steady on a busy machine."""
    return np.array([perf_counter(), process_time()])


class Stopwatch:
    """What a session spends in recall and in writing, per turn."""

    def __init__(self, session: Session) -> None:
        self.recall: list[Times] = []
        self.write: list[Times] = []
        self._spent = {"recall": np.zeros(2), "write": np.zeros(2)}
        for name, kind in (("recall", "recall"), ("turn", "write")):
            setattr(session, name, self._timed(getattr(session, name), kind))

    def _timed(self, method: Callable[..., Any], kind: str) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = clocks()
            try:
                return method(*args, **kwargs)
            finally:
                self._spent[kind] = self._spent[kind] + clocks() - start

        return timed

    def lap(self) -> None:
        """End a turn."""
        self.recall.append(self._spent["recall"])
        self.write.append(self._spent["write"])
        self._spent.update(recall=np.zeros(2), write=np.zeros(2))


def turns(n: int) -> Iterator[dict[str, Any]]:
    """Inputs of n turns, each one asking and telling something new."""
    for i in range(n):
        yield {"messages": [("user", question(i))]}


async def spent(call: Callable[..., Awaitable[Any]], *args: Any) -> Times:
    """What one awaited call takes."""
    start = clocks()
    await call(*args)
    return clocks() - start


def interleaved(
    call: Callable[[Any, Any], Awaitable[Any]], agents: tuple[Any, Any], n: int
) -> tuple[Times, Times]:
    """What n turns of two agents take, turn about, so that both see the same machine."""

    async def measure() -> tuple[Times, Times]:
        found = [[await spent(call, a, said) for a in agents] for said in turns(n + WARM)]
        floor, ours = np.array(found[WARM:]).swapaxes(0, 1)
        return floor, ours

    return asyncio.run(measure())


async def _sync(agent: Any, said: Any) -> Any:
    return agent.invoke(said, RUN)


async def _async(agent: Any, said: Any) -> Any:
    return await agent.ainvoke(said, RUN)


def agent_rows(memory: ResilientMemory, n: int, kind: str) -> list[dict[str, Any]]:
    """The rows of the sync or the async agent."""
    watch = Stopwatch(memory.session("bench", namespace=NAMESPACE))
    floor_agent = create_agent(Silent(), [], middleware=[NoOp()])
    ours_agent = create_agent(Silent(), [], middleware=[ResmemMiddleware(memory)])

    async def lapped(agent: Any, said: Any) -> None:
        await (_sync if kind == "sync" else _async)(agent, said)
        if agent is ours_agent:
            watch.lap()

    floor, ours = interleaved(lapped, (floor_agent, ours_agent), n)
    recall, write = np.array(watch.recall[WARM:]), np.array(watch.write[WARM:])
    added = ours - floor
    named = {
        "no-op middleware": floor,
        "ours": ours,
        "recall alone": recall,
        "durable writes alone": write,
        "added": added,
        "added beyond recall": added - recall,
        "added beyond recall and writes": added - recall - write,
    }
    return both({f"{name} ({kind})": values for name, values in named.items()}, ours)


def callback_rows(memory: ResilientMemory, n: int) -> list[dict[str, Any]]:
    """The rows of a bare model call with a no-op handler and with ours."""
    session = memory.session("callback", namespace=NAMESPACE)
    handlers = (NoOpHandler(), ResmemCallbackHandler(session))

    async def call(handler: Any, said: Any) -> Any:
        return Silent().invoke("Hello", {"callbacks": [handler]})

    floor, ours = interleaved(call, handlers, 4 * n)
    named = {"no-op callback": floor, "our callback": ours, "added by the callback": ours - floor}
    return both(named, ours)


def both(named: dict[str, Times], ours: Times) -> list[dict[str, Any]]:
    """The rows by the clock on the wall, then the same by CPU time."""
    wall, cpu = np.median(ours, axis=0)
    return [
        *(row(name, times[:, 0], wall) for name, times in named.items()),
        *(row(f"{name}, CPU", times[:, 1], cpu) for name, times in named.items()),
    ]


def rows(n: int = 200, memories: int = 10_000) -> list[dict[str, Any]]:
    """All rows, on a memory in a file.

    Args:
        n: turns per way.
        memories: how many memories are stored when the turns begin.
    """
    with filled(memories) as memory:
        return [
            *agent_rows(memory, n, "sync"),
            *agent_rows(memory, n, "async"),
            *callback_rows(memory, n),
        ]


def command(memories: int = 10_000, json_: bool = False, n: int = 200) -> None:
    """Measure and print."""
    report(rows(n, memories), f"One agent turn, {memories:,} memories in a file", json_)
