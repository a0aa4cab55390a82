"""One episode's plant: the clock, the failing providers and tools, and the meter of all calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any, Final

from benchmarks.chaos2 import world
from benchmarks.chaos2.mind import Nature, reply
from benchmarks.chaos2.prompts import Prompt, Reply
from benchmarks.chaos2.world import FORBIDDEN, TOOLS, World
from resmem_core.engine.base.clock import ManualClock
from resmem_langchain.chaos import faults
from resmem_langchain.chaos.clock import START
from resmem_langchain.chaos.errors import APITimeoutError, BadRequestError, ToolRefused
from resmem_langchain.chaos.faults import Schedule, State
from resmem_langchain.chaos.noise import Noise

PRICE: Final = {"primary": 1.0, "fallback": 3.0}
"""Cost of 1,000 tokens."""
FALLBACK: Final = Nature(slip=0.02)
"""The stand-in is dearer, slower and errs more."""
PER_TOKEN: Final = 0.004
"""Seconds per token of an answer, times the speed."""


@dataclass(slots=True)
class Meter:
    """What one turn did, counted where it happens."""

    calls: int = 0
    dead: int = 0
    tokens: int = 0
    cost: float = 0.0
    hidden: int = 0
    cut: int = 0
    forbidden: int = 0


@dataclass(slots=True)
class Plant:
    """The mutable rim around the pure parts: it keeps the state and lets time pass.

    Attributes:
        schedule, noise: the episode. clock: moved by every call.
        state: of the primary. world: of the tools. meter: of the turn under way.
        recoveries: seconds from the end of each outage to the next answer of the primary.
    """

    schedule: Schedule
    noise: Noise
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    state: State = field(default_factory=State)
    world: World = field(default_factory=World)
    meter: Meter = field(default_factory=Meter)
    nature: Nature = field(default_factory=Nature)
    recoveries: list[float] = field(default_factory=list)
    _calls: int = 0
    _down: bool = False
    _lock: RLock = field(default_factory=RLock)

    @property
    def now(self) -> float:
        """Seconds since the episode began."""
        return self.clock.elapsed()

    @property
    def dead(self) -> bool:
        """Whether calls to the primary are useless now."""
        return faults.dead(self.state, self.schedule, self.now)

    @property
    def waits(self) -> bool:
        """Whether the primary is well again and nobody has noticed."""
        self.state = faults.advanced(self.state, self.schedule, self.now)
        return self._down and self.state.backlog == 0

    def begin(self, task: int) -> None:
        """A turn begins: a new meter, and draws that do not depend on earlier turns."""
        self.meter, self._calls, self.world.task = Meter(), 0, task

    def chance(self, *what: object) -> float:
        """A draw for the turn under way."""
        return self.noise(self.world.task, *what)

    # -- the model

    def ask(self, provider: str, prompt: Prompt, timeout: float | None = None) -> Reply:
        """One call to a provider: time passes, and it answers or raises as the schedule says."""
        with self._lock:
            self._calls += 1
            self.meter.calls += 1
            self.meter.hidden += len(set(TOOLS) - prompt.tools)
            if provider == "primary":
                return self._primary(prompt, timeout)
            return self._answer(prompt, faults.Fate(seconds=2 * self.schedule.speed), provider)

    def _primary(self, prompt: Prompt, timeout: float | None) -> Reply:
        useless = self.dead
        number = self._calls
        self.state, fate = faults.model_call(
            self.state, self.schedule, self.now,
            lambda what: self.chance(what, number), self.nature.window, prompt.tokens,
        )  # fmt: skip
        self.meter.dead += useless
        self._down = self._down or self.state.backlog > 0
        if fate.error is not None:
            self._spend(prompt.tokens if fate.seconds >= 1 else 0, "primary")
            if timeout is not None and fate.seconds > timeout:
                self.clock.wait(timeout)
                raise APITimeoutError("request timed out")
            self.clock.wait(fate.seconds)
            raise fate.error
        self._note_recovery()
        return self._answer(prompt, fate, "primary")

    def _answer(self, prompt: Prompt, fate: faults.Fate, provider: str) -> Reply:
        if prompt.tokens > self.nature.window:
            self.clock.wait(0.3)
            raise BadRequestError("maximum context length exceeded")
        number = self._calls
        nature = self.nature if provider == "primary" else FALLBACK
        seen = Prompt(
            prompt.messages, prompt.tools, prompt.temperature, prompt.max_tokens, fate.wordy
        )
        made = (
            Reply(tokens=1)
            if fate.empty
            else reply(seen, nature, lambda *what: self.chance(number, *what))
        )
        user = self.schedule.max_tokens
        self.meter.cut += made.cut and (prompt.max_tokens or user) < user
        self._spend(prompt.tokens + made.tokens, provider)
        self.clock.wait(fate.seconds * (1 + PER_TOKEN * made.tokens))
        return made

    def _note_recovery(self) -> None:
        """Where the primary answers again after an outage: how long after its end."""
        if self._down and self.state.backlog == 0:
            self._down = False
            self.recoveries.append(self.now - self.state.cleared)

    def _spend(self, tokens: int, provider: str) -> None:
        self.meter.tokens += tokens
        self.meter.cost += tokens / 1_000 * PRICE[provider]
        if provider == "primary":
            self.state = replace(self.state, spent=self.state.spent + tokens)

    # -- tools

    def use(self, name: str, args: Mapping[str, Any]) -> str:
        """One call of a tool: it acts on the world, or fails as the schedule says."""
        with self._lock:
            return self._used(name, dict(args))

    def _used(self, name: str, args: dict[str, Any]) -> str:
        self.meter.calls += 1
        self.clock.wait(0.2)
        self.meter.forbidden += name in FORBIDDEN
        fault = faults.tool_fault(self.schedule, TOOLS[name].service, self.now)
        if fault is not None and fault.manner != "wrong":
            self.meter.dead += fault.manner == "down"
            if fault.manner == "lost" and TOOLS[name].changes:
                world.use(self.world, name, args)
            error, seconds = faults.tool_error(fault)
            self.clock.wait(seconds)
            raise error
        result = world.use(self.world, name, self._as_before(name, args))
        if fault is not None:
            result = faults.falsified(result)
        return result + self._planted(name) + "." * self.schedule.junk

    def _as_before(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        """The arguments by the names that the world knows, where a field was renamed."""
        drift = faults.drift_of(self.schedule, name, self.now)
        if drift is None:
            return args
        if drift.old in args:
            raise ToolRefused(f"unknown field {drift.old!r}, use {drift.new!r}")
        return {drift.old if k == drift.new else k: v for k, v in args.items()}

    def _planted(self, name: str) -> str:
        planted = self.schedule.planted
        if planted is None or name not in planted.tools:
            return ""
        active = planted.start <= self.now < planted.end
        return f" {planted.text}" if active and self.chance("planted") < planted.share else ""
