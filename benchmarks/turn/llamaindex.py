"""`resmem bench turn --adapter llamaindex`: µs that each way in adds over a no-op of its kind."""

from __future__ import annotations

import asyncio
import inspect
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.instrumentation.events.llm import (
    LLMChatEndEvent,
    LLMChatInProgressEvent,
    LLMChatStartEvent,
)
from llama_index.core.memory import BaseMemoryBlock, Memory
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index_instrumentation import get_dispatcher
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.turn.llamaindex_floors import (
    InPlacePostprocessor,
    NoOpBlock,
    NoOpHandler,
    NoOpPostprocessor,
    NoOpRetriever,
    Silent,
)
from benchmarks.turn.measure import NAMESPACE, WARM, filled, question, report, row, statement
from resmem_core import ResilientMemory, Session
from resmem_llamaindex import (
    ResmemEventHandler,
    ResmemMemoryBlock,
    ResmemPostprocessor,
    ResmemRetriever,
    ResmemVectorStore,
    TunedLLM,
)

NODES: Final = 50
USERS: Final = 50
"""Who talk at once where the event loop is watched."""
DOCUMENTS: Final = 3_000
"""Nodes that are stored at once where 200 calls are measured."""

Calls = Mapping[str, Callable[[int], Any]]
"""Name → the nth call of it; a coroutine is awaited."""


def user(text: str) -> ChatMessage:
    """A user message."""
    return ChatMessage(role="user", content=text)


def always(call: Callable[..., Any], *args: Any) -> Callable[[int], Any]:
    """The same call whatever the turn."""
    return lambda n: call(*args)


def retriever_calls(memory: ResilientMemory) -> Calls:
    """The retriever, over one that returns as many nodes, and the recall in it."""
    session = memory.session("retriever", namespace=NAMESPACE)
    ours = ResmemRetriever(memory, NAMESPACE, session_id="retriever")
    floor = NoOpRetriever(ours.retrieve(question(0)))
    return {
        "retriever: no-op": lambda n: floor.retrieve(question(n)),
        "retriever: recall alone": lambda n: session.recall(question(n)),
        "retriever: ours": lambda n: ours.retrieve(question(n)),
    }


def postprocessor_calls(memory: ResilientMemory) -> Calls:
    """The postprocessor on 50 nodes, over a no-op and over rescoring in place."""
    nodes = [
        NodeWithScore(node=TextNode(text=f"{statement(n)} {statement(n * 31)}"), score=n / NODES)
        for n in range(NODES)
    ]
    query = QueryBundle(question(0))
    ours = ResmemPostprocessor(memory, namespace=NAMESPACE, top_n=NODES)
    parts = {"no-op": NoOpPostprocessor(), "rescore in place": InPlacePostprocessor(), "ours": ours}
    return {
        f"postprocessor of 50: {name}": always(part.postprocess_nodes, nodes, query)
        for name, part in parts.items()
    }


def event_calls(session: Session) -> Calls:
    """One event of each kind through the dispatcher, with a no-op handler and with ours."""
    messages = [user("hi")]
    reply = ChatResponse(message=ChatMessage(role="assistant", content="Noted."), raw={})
    events = {
        "start": LLMChatStartEvent(messages=messages, additional_kwargs={}, model_dict={}),
        "chunk": LLMChatInProgressEvent(messages=messages, response=reply),
        "end": LLMChatEndEvent(messages=messages, response=reply),
    }
    handlers = {"no-op": NoOpHandler(), "ours": ResmemEventHandler(session)}
    return {
        f"event {kind}: {name}": always(handler.handle, event)
        for kind, event in events.items()
        for name, handler in handlers.items()
    }


def llm_calls(session: Session) -> Calls:
    """One chat of a model that answers at once, bare and tuned."""
    bare, messages = Silent(max_tokens=None), [user("hi")]
    tuned = TunedLLM(bare, session)
    return {
        "chat: bare model": always(bare.chat, messages),
        "chat: ours": always(tuned.chat, messages),
    }


def memory_calls(memory: ResilientMemory, engine: Any) -> Calls:
    """A turn of `Memory` (a message put and read), and one more read, with three kinds of block."""
    blocks: dict[str, list[BaseMemoryBlock[Any]]] = {
        "no block": [],
        "no-op": [NoOpBlock()],
        "ours": [ResmemMemoryBlock(memory, namespace=NAMESPACE)],
    }
    kinds = {
        name: Memory.from_defaults(session_id=name, memory_blocks=held, async_engine=engine)
        for name, held in blocks.items()
    }

    async def turn(chat: Memory, n: int) -> None:
        await chat.aset([user(question(n))])
        await chat.aget()

    calls: dict[str, Callable[[int], Any]] = {}
    for name, chat in kinds.items():
        calls[f"memory turn: {name}"] = partial(turn, chat)
        calls[f"memory read again: {name}"] = always(chat.aget)
    return calls


def document_rows(nodes: int) -> list[dict[str, Any]]:
    """What storing that many nodes in a file takes, once, by the clock and by CPU time."""
    texts = (" ".join(statement(4 * n + k) for k in range(4)) for n in range(nodes))
    given = [
        TextNode(id_=f"n{n}", text=text, metadata={"file_name": "a.pdf", "page_label": n})
        for n, text in enumerate(texts)
    ]
    with filled(0) as memory:
        store = ResmemVectorStore(memory, namespace=NAMESPACE)
        began, spent = perf_counter(), process_time()
        store.add(given)
        taken, spent = perf_counter() - began, process_time() - spent
    name = f"documents: {nodes:,} nodes"
    return [row(name, [taken], taken), row(f"{name}, CPU", [spent], spent)]


async def lag_rows(memory: ResilientMemory, users: int, turns: int = 4) -> list[dict[str, Any]]:
    """How late the event loop is while so many users talk at once, through one block: its p99."""
    block = ResmemMemoryBlock(memory, namespace=lambda session_id: ("bench", "lag", session_id))
    late: list[float] = []

    async def watch() -> None:
        while True:
            began = perf_counter()
            await asyncio.sleep(0.001)
            late.append(perf_counter() - began - 0.001)

    async def talk(name: int) -> None:
        for turn in range(turns):
            await block.aget([user(statement(name * turns + turn))], session_id=f"u{name}")

    watching = asyncio.create_task(watch())
    await asyncio.gather(*map(talk, range(users)))
    watching.cancel()
    p99 = float(np.percentile(late, 99)) if late else 0.0
    return [row(f"event-loop lag of {users} users, p99", [p99], p99 or 1.0)]


async def measure(calls: Calls, n: int) -> dict[str, list[float]]:
    """Seconds of n calls of each, taken in turn, so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for i in range(n + WARM):
        for name, call in calls.items():
            start = perf_counter()
            result = call(i)
            if inspect.isawaitable(result):
                await result
            times[name].append(perf_counter() - start)
    return {name: taken[WARM:] for name, taken in times.items()}


def grouped(times: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """A row per call, and per group what ours adds, call by call, to each of the others."""
    found: list[dict[str, Any]] = []
    for name, taken in times.items():
        group, _, kind = name.partition(": ")
        best = np.asarray(times[f"{group}: ours"])
        median = float(np.median(best))
        found.append(row(name, taken, median))
        if kind != "ours":
            found.append(row(f"{group}: added over {kind}", (best - taken).tolist(), median))
    return found


async def _all(memory: ResilientMemory, n: int) -> list[dict[str, Any]]:
    session = memory.session("bench", namespace=NAMESPACE)
    with tempfile.TemporaryDirectory() as folder:
        engine = create_async_engine(f"sqlite+aiosqlite:///{folder}/chat.db")
        try:
            groups = (
                (retriever_calls(memory), n),
                (postprocessor_calls(memory), n),
                (event_calls(session), 10 * n),
                (llm_calls(session), n),
                (memory_calls(memory, engine), n),
            )
            timed = [line for calls, m in groups for line in grouped(await measure(calls, m))]
            lag = await lag_rows(memory, min(USERS, n))
            return [*timed, *lag, *document_rows(DOCUMENTS * n // 200)]
        finally:
            await engine.dispose()


def rows(n: int = 200, memories: int = 10_000) -> list[dict[str, Any]]:
    """All rows, on a memory in a file.

    Args:
        n: calls per way; ten times as many events.
        memories: how many memories are stored when the calls begin.
    """
    handlers = get_dispatcher().event_handlers
    assert not any(isinstance(handler, ResmemEventHandler) for handler in handlers)
    with filled(memories) as memory:
        return asyncio.run(_all(memory, n))


def command(memories: int = 10_000, json_: bool = False, n: int = 200) -> None:
    """Measure and print."""
    report(rows(n, memories), f"LlamaIndex, {memories:,} memories in a file", json_)
