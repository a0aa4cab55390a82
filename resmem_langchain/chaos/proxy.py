"""Stands before every chat model and tool of the process while a trial runs.

LangChain's base classes are entered at one place each (`BaseChatModel._generate_with_cache`,
`BaseTool.run`, and their async twins), so that an agent needs no change, whatever it was built
with. The first model that answers is the primary, which the schedule hits; others stand in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any, Final
from unittest.mock import patch

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool

from resmem_core.engine.base.clock import ManualClock
from resmem_langchain.chaos import faults
from resmem_langchain.chaos.clock import START
from resmem_langchain.chaos.errors import ToolRefused
from resmem_langchain.chaos.faults import Fate, Schedule, State
from resmem_langchain.chaos.noise import Noise

WINDOW: Final = 10**9
"""Tokens of context: the user's own provider knows its own limit."""
COMMON: Final = 1_024
"""The longest answer where the user set no limit."""


@dataclass(slots=True)
class CallMeter:
    """What the turn under way did.

    Attributes:
        calls, dead: of models and tools, and those to something that was dead.
        struck: calls that a fault changed or failed.
        tokens: that the models reported.
        ran: tools that ran without an error, and `acts` with what arguments.
    """

    calls: int = 0
    dead: int = 0
    struck: int = 0
    tokens: int = 0
    ran: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Proxy:
    """One trial's faults, its clock, and the meter of what passes."""

    schedule: Schedule
    noise: Noise
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    state: State = field(default_factory=State)
    meter: CallMeter = field(default_factory=CallMeter)
    primary: str = ""
    _count: int = 0
    _lock: RLock = field(default_factory=RLock)

    @property
    def now(self) -> float:
        """Seconds since the trial began."""
        return self.clock.elapsed()

    def _chance(self, *what: object) -> float:
        return self.noise(self._count, *what)

    # -- models

    def before_model(self, model: BaseChatModel) -> Fate:
        """The fate of a call that is about to be made; time passes where it fails.

        Raises:
            Exception: what the schedule says, as the usual clients raise it.
        """
        with self._lock:
            self._count += 1
            self.meter.calls += 1
            name = name_of(model)
            self.primary = self.primary or name
            if name != self.primary:
                return Fate()
            self.meter.dead += faults.dead(self.state, self.schedule, self.now)
            self.state, fate = faults.model_call(
                self.state, self.schedule, self.now, self._chance, WINDOW, 0
            )
            if fate.error is not None:
                self.meter.struck += 1
                self.clock.wait(fate.seconds)
                raise fate.error
            return fate

    def after_model(self, fate: Fate, result: ChatResult, seconds: float, limit: int) -> ChatResult:
        """The answer as the schedule lets it arrive; the time that it took passes."""
        with self._lock:
            slow = fate.seconds / self.schedule.speed if self.schedule.speed else 1.0
            self.clock.wait(seconds * max(slow, 1.0))
            tokens = sum(_tokens(g.message) for g in result.generations)
            self.meter.tokens += tokens
            self.state = replace(self.state, spent=self.state.spent + tokens)
            self.meter.struck += slow > 1
            if fate.empty or fate.wordy * _answer_tokens(result) > limit:
                self.meter.struck += 1
                return _cut(result, 0.0 if fate.empty else 1 / fate.wordy)
            return result

    # -- tools

    def before_tool(self, name: str, args: Any) -> Any:
        """The arguments as the tool shall get them; raises where its service is down."""
        with self._lock:
            self._count += 1
            self.meter.calls += 1
            fault = faults.tool_fault(self.schedule, name, self.now)
            if fault is not None and fault.manner == "down":
                self.meter.dead += 1
                self._fail(fault)
            drift = faults.drift_of(self.schedule, name, self.now)
            own = args.get("args", args) if isinstance(args, Mapping) else args
            if drift is None or not isinstance(own, Mapping):
                return args
            if drift.old in own:
                self.meter.struck += 1
                raise ToolRefused(f"unknown field {drift.old!r}, use {drift.new!r}")
            named = {drift.old if k == drift.new else k: v for k, v in own.items()}
            return {**args, "args": named} if own is not args else named

    def after_tool(self, name: str, args: Any, result: Any, seconds: float) -> Any:
        """The result as the schedule lets it arrive; raises where the reply is lost."""
        with self._lock:
            self.clock.wait(seconds)
            self.meter.ran.append(name)
            self.meter.acts.append(f"{name} {args!r}")
            fault = faults.tool_fault(self.schedule, name, self.now)
            if fault is not None and fault.manner == "lost":
                self._fail(fault)
            if fault is not None and fault.manner == "wrong":
                self.meter.struck += 1
                result = _rewritten(result, faults.falsified)
            planted = self.schedule.planted
            if planted and name in planted.tools and planted.start <= self.now < planted.end:
                self.meter.struck += 1
                text = planted.text
                result = _rewritten(result, lambda said: f"{said} {text}")
            return result

    def _fail(self, fault: faults.ToolFault) -> None:
        self.meter.struck += 1
        error, seconds = faults.tool_error(fault)
        self.clock.wait(seconds)
        raise error


def name_of(model: BaseChatModel) -> str:
    """What tells one provider's model from another."""
    name = getattr(model, "model_name", None) or getattr(model, "model", None)
    return f"{type(model).__name__}:{name}"


def _tokens(message: BaseMessage) -> int:
    usage = getattr(message, "usage_metadata", None) or {}
    return int(usage.get("total_tokens", len(str(message.text)) // 4))


def _answer_tokens(result: ChatResult) -> int:
    message = result.generations[0].message
    usage = getattr(message, "usage_metadata", None) or {}
    return int(usage.get("output_tokens", len(str(message.text)) // 4))


def _cut(result: ChatResult, share: float) -> ChatResult:
    """The answer's first part, as a provider returns what ended at its limit."""
    message = result.generations[0].message
    text = str(message.text)
    made = AIMessage(
        content=text[: int(len(text) * share)],
        response_metadata={**message.response_metadata, "finish_reason": "length"},
        usage_metadata=getattr(message, "usage_metadata", None),
    )
    return ChatResult(generations=[ChatGeneration(message=made)], llm_output=result.llm_output)


def _rewritten(result: Any, change: Any) -> Any:
    """A tool's result with its text changed, where it is a text."""
    if isinstance(result, str):
        return change(result)
    if isinstance(result, ToolMessage) and isinstance(result.content, str):
        return result.model_copy(update={"content": change(result.content)})
    return result


def _limit(model: BaseChatModel, settings: Mapping[str, Any]) -> int:
    found = settings.get("max_tokens") or getattr(model, "max_tokens", None)
    return int(found or COMMON)


@contextmanager
def standing(proxy: Proxy) -> Iterator[Proxy]:
    """Within the block every chat model and tool goes through the proxy."""
    generate, agenerate = BaseChatModel._generate_with_cache, BaseChatModel._agenerate_with_cache
    run, arun = BaseTool.run, BaseTool.arun

    def model(self: BaseChatModel, messages: list[BaseMessage], *a: Any, **k: Any) -> ChatResult:
        fate, start = proxy.before_model(self), time.perf_counter()
        result = generate(self, messages, *a, **k)
        return proxy.after_model(fate, result, time.perf_counter() - start, _limit(self, k))

    async def amodel(
        self: BaseChatModel, messages: list[BaseMessage], *a: Any, **k: Any
    ) -> ChatResult:
        fate, start = proxy.before_model(self), time.perf_counter()
        result = await agenerate(self, messages, *a, **k)
        return proxy.after_model(fate, result, time.perf_counter() - start, _limit(self, k))

    def tool(self: BaseTool, tool_input: Any, *a: Any, **k: Any) -> Any:
        given, start = proxy.before_tool(self.name, tool_input), time.perf_counter()
        result = run(self, given, *a, **k)
        return proxy.after_tool(self.name, given, result, time.perf_counter() - start)

    async def atool(self: BaseTool, tool_input: Any, *a: Any, **k: Any) -> Any:
        given, start = proxy.before_tool(self.name, tool_input), time.perf_counter()
        result = await arun(self, given, *a, **k)
        return proxy.after_tool(self.name, given, result, time.perf_counter() - start)

    with (
        patch.object(BaseChatModel, "_generate_with_cache", model),
        patch.object(BaseChatModel, "_agenerate_with_cache", amodel),
        patch.object(BaseTool, "run", tool),
        patch.object(BaseTool, "arun", atool),
    ):
        yield proxy


def forbidden_calls(meter: CallMeter, forbidden: Sequence[str]) -> int:
    """Calls of tools that the task forbids."""
    return sum(name in forbidden for name in meter.ran)


def doubled(meter: CallMeter) -> int:
    """Tools that ran again with the same arguments in one turn."""
    return len(meter.acts) - len(set(meter.acts))
