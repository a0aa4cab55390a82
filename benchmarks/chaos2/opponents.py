"""Opponents beyond LangChain's defaults: a breaker of a library, thresholds, and an oracle.

Each is ordinary middleware; only the oracle looks at the plant.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import ToolMessage
from langgraph.prebuilt.tool_node import ToolCallRequest
from purgatory import SyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

from benchmarks.chaos2.langchain_loop import ScriptedChat
from benchmarks.chaos2.plant import Plant
from benchmarks.chaos2.tuned import Settings
from benchmarks.chaos2.world import FORBIDDEN, TOOLS
from resmem_langchain.chaos import faults

Ask = Callable[[ModelRequest[Any]], ModelResponse[Any]]
Act = Callable[[ToolCallRequest], Any]


class KeptAway(Exception):
    """The provider said when to come back, and it is not time yet."""


def is_down(call: Any) -> ToolMessage:
    """The answer to a call of a tool that is left alone."""
    return ToolMessage(
        f"{call['name']} is down; do not call it.", name=call["name"], tool_call_id=call["id"],
        status="error",
    )  # fmt: skip


class Breaker(AgentMiddleware[Any, Any, Any]):
    """purgatory's circuit breaker around each model and tool, and Retry-After; innermost.

    Args:
        plant: for its clock alone. threshold, seconds: failures in a row that open it, and how
            long it stays open.
    """

    def __init__(self, plant: Plant, threshold: int = 3, seconds: float = 20.0) -> None:
        super().__init__()
        self._clock = plant.clock
        self._breakers = SyncCircuitBreakerFactory(threshold, seconds)
        self._after: dict[str, float] = {}

    def wrap_model_call(self, request: ModelRequest[Any], handler: Ask) -> ModelResponse[Any]:
        """Call unless it is open or the provider wants to be left alone."""
        name = str(getattr(request.model, "model_name", "model"))
        if self._clock.elapsed() < self._after.get(name, 0.0):
            raise KeptAway(name)
        try:
            with self._breakers.get_breaker(name):
                return handler(request)
        except Exception as error:
            headers = getattr(getattr(error, "response", None), "headers", {})
            if "retry-after" in headers:
                self._after[name] = self._clock.elapsed() + float(headers["retry-after"])
            raise

    def wrap_tool_call(self, request: ToolCallRequest, handler: Act) -> Any:
        """Run the tool, or say that it is down."""
        try:
            with self._breakers.get_breaker(request.tool_call["name"]):
                return handler(request)
        except OpenedState:
            return is_down(request.tool_call)


@dataclass(slots=True)
class Average:
    """A moving average of failures of one dependency."""

    rate: float = 0.0
    until: float = 0.0

    def heard(self, failed: bool, weight: float) -> None:
        """Take one call in."""
        self.rate += weight * (failed - self.rate)


class Thresholds(AgentMiddleware[Any, Any, Any]):
    """Leaves a model or tool alone while its moving average of failures is high."""

    def __init__(self, plant: Plant, fallback: ScriptedChat, settings: Settings) -> None:
        super().__init__()
        self._clock, self._fallback, self._set = plant.clock, fallback, settings
        self._averages: dict[str, Average] = defaultdict(Average)

    def wrap_model_call(self, request: ModelRequest[Any], handler: Ask) -> ModelResponse[Any]:
        """The primary while its average is low; the stand-in otherwise."""
        average = self._averages["model"]
        for _ in range(self._set.retries + 1):
            if self._clock.elapsed() < average.until:
                break
            try:
                response = handler(request)
            except Exception:
                self._failed(average)
            else:
                average.heard(False, self._set.weight)
                return response
        return handler(request.override(model=self._fallback))

    def wrap_tool_call(self, request: ToolCallRequest, handler: Act) -> Any:
        """The tool while its average is low; a word that it is down otherwise."""
        average = self._averages[request.tool_call["name"]]
        if self._clock.elapsed() < average.until:
            return is_down(request.tool_call)
        try:
            result = handler(request)
        except Exception as error:
            self._failed(average)
            return _told(request, error)
        average.heard(False, self._set.weight)
        return result

    def _failed(self, average: Average) -> None:
        average.heard(True, self._set.weight)
        if average.rate >= self._set.leave:
            average.until = self._clock.elapsed() + self._set.rest
            average.rate = self._set.leave / 2


def _told(request: ToolCallRequest, error: Exception) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(str(error), name=call["name"], tool_call_id=call["id"], status="error")


ROOMY: Final = 3_000
"""Tokens that the oracle asks for where answers are long."""


class Oracle(AgentMiddleware[Any, Any, Any]):
    """Knows the schedule: never calls what is dead, reads renamed fields, drops planted texts.

    It is a reference, not an upper bound on success: it follows simple rules on full knowledge.
    """

    def __init__(self, plant: Plant, fallback: ScriptedChat) -> None:
        super().__init__()
        self._plant, self._fallback = plant, fallback

    def wrap_model_call(self, request: ModelRequest[Any], handler: Ask) -> ModelResponse[Any]:
        """The stand-in while the primary is dead or would refuse; room for long answers."""
        plant = self._plant
        changes: dict[str, Any] = {}
        if doubtful(plant):
            changes["model"] = self._fallback
        if plant.schedule.wordy is not None:
            changes["model_settings"] = {**request.model_settings, "max_tokens": ROOMY}
        if plant.schedule.planted is not None:
            changes["tools"] = [t for t in request.tools if _name(t) not in FORBIDDEN]
        if plant.schedule.junk:
            changes["messages"] = [_shortened(m) for m in request.messages]
        response = handler(request.override(**changes))
        last = response.result[-1]
        empty = not last.content and not getattr(last, "tool_calls", ())
        return handler(request.override(**changes)) if empty else response

    def wrap_tool_call(self, request: ToolCallRequest, handler: Act) -> Any:
        """Nothing that is down, lost or wrong is called; fields go by their present names."""
        call, plant = request.tool_call, self._plant
        if faults.tool_fault(plant.schedule, TOOLS[call["name"]].service, plant.now):
            return is_down(call)
        drift = faults.drift_of(plant.schedule, call["name"], plant.now)
        if drift is None:
            return handler(request)
        args = {drift.new if k == drift.old else k: v for k, v in call["args"].items()}
        return handler(request.override(tool_call={**call, "args": args}))


def doubtful(plant: Plant) -> bool:
    """Whether the next call to the primary is likely to fail."""
    now, limit = plant.now, plant.schedule.limit
    state = faults.advanced(plant.state, plant.schedule, now)
    recent = [t for t in state.recent if limit and t > now - limit.seconds]
    full = limit is not None and now >= limit.start and len(recent) >= limit.calls
    return plant.dead or state.backlog > 0 or full


def _name(tool: Any) -> str:
    return str(tool["name"] if isinstance(tool, dict) else tool.name)


def _shortened(message: Any) -> Any:
    """A tool's result without the junk behind it."""
    if not isinstance(message, ToolMessage):
        return message
    return message.model_copy(update={"content": str(message.content).rstrip(".")})


@dataclass(slots=True)
class Signals:
    """What the network sees of a dependency: averages of failures and times, no plant."""

    fast: float = 0.0
    slow: float = 0.0
    last_failure: float = -1e3
    last_try: float = -1e3
    streak: int = 0
    wait: float = 0.0
    history: list[tuple[list[float], float]] = field(default_factory=list)

    def features(self, now: float) -> list[float]:
        """Eight numbers of about unit size."""
        return [
            self.fast, self.slow, min(self.streak, 5) / 5,
            math.exp(-(now - self.last_failure) / 10), math.exp(-(now - self.last_failure) / 40),
            math.exp(-(now - self.last_try) / 15), max(self.wait - now, 0.0) / 30,
            float(self.wait > now),
        ]  # fmt: skip

    def heard(self, failed: bool, now: float, retry_after: float = 0.0) -> None:
        """Take one call to the primary in."""
        self.fast += 0.5 * (failed - self.fast)
        self.slow += 0.1 * (failed - self.slow)
        self.streak = self.streak + 1 if failed else 0
        self.last_try = now
        if failed:
            self.last_failure, self.wait = now, max(self.wait, now + retry_after)


Choice = Callable[[list[float]], float]


class Imitator(Thresholds):
    """A network chooses the route of a model call; tools go by thresholds.

    Args:
        choice: chance, from the features, that the stand-in is right.
        teacher: where given, what would have been right is noted in `signals.history`.
    """

    def __init__(
        self, plant: Plant, fallback: ScriptedChat, settings: Settings,
        choice: Choice, teacher: Callable[[], bool] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(plant, fallback, settings)
        self.signals = Signals()
        self._choice, self._teacher = choice, teacher

    def wrap_model_call(self, request: ModelRequest[Any], handler: Ask) -> ModelResponse[Any]:
        """The stand-in where the network says so, and after a failure."""
        now = self._clock.elapsed()
        features = self.signals.features(now)
        if self._teacher is not None:
            self.signals.history.append((features, float(self._teacher())))
        if self._choice(features) <= 0.5:
            try:
                response = handler(request)
            except Exception as error:
                headers = getattr(getattr(error, "response", None), "headers", {})
                after = float(headers.get("retry-after", 0.0))
                self.signals.heard(True, self._clock.elapsed(), after)
            else:
                self.signals.heard(False, self._clock.elapsed())
                return response
        return handler(request.override(model=self._fallback))
