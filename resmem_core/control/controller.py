"""The controller: one pure step from a state and the signals of a turn to the next knobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from resmem_core import kernel
from resmem_core.config.layout import TAIL, Layout, layout
from resmem_core.config.profile import MODES, Array, Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.control import explain as explaining
from resmem_core.control import stability
from resmem_core.control.explain import Explanation
from resmem_core.control.signals import raw
from resmem_core.control.stability import Certificate, Margins
from resmem_core.control.state import ControlState, from_doc, to_doc
from resmem_core.errors import InputError, KernelError
from resmem_core.kernel.reference.equations import targets
from resmem_core.types import KNOBS, Knobs, Mode, Signal, check_number

__all__ = [
    "ControlState", "Step", "breaker_of", "check_length", "curiosity_of", "from_doc", "knobs_of",
    "levels_of", "mode_of", "recomposed", "rested", "settled", "start", "step", "stress_of",
    "to_doc",
]  # fmt: skip

MAX_DT = 1e6
CALM = 256
"""Uneventful ticks after which a session counts as settled."""
_AUTHORITY = TAIL.index("authority") - len(TAIL)
BREAKER = ("closed", "open", "half-open")


@dataclass(frozen=True)
class Step:
    """One tick: what came out, and enough to say why; the rest is read from it when asked for.

    Attributes:
        state: the next state. before: the one it was made from. profile: the constants.
        safe: safe mode was on.
        margins: of the guarantees, as `stability.certificate` reads them; None: not finite.
    """

    state: ControlState
    before: ControlState
    profile: Profile
    safe: bool
    margins: Margins | None

    @property
    def violations(self) -> tuple[str, ...]:
        """Invariants that did not hold; empty, or the caller must go to safe mode (a bug)."""
        return stability.violated(self.margins)

    @cached_property
    def certificate(self) -> Certificate:
        """The guarantees of this tick as numbers."""
        return stability.certificate(self.margins)

    @cached_property
    def knobs(self) -> Knobs:
        """The bounded settings of the next call."""
        return knobs_of(self.state, self.profile)

    @property
    def mode(self) -> Mode:
        """The resilience mode."""
        return mode_of(self.state)

    @property
    def grade(self) -> int:
        """The coping grade, 0 to 4."""
        return int(self._tail("grade"))

    @property
    def breaker(self) -> str:
        """The circuit breaker: closed, open or half-open."""
        return BREAKER[int(self._tail("breaker"))]

    @property
    def retry_after(self) -> float:
        """Seconds until an open breaker lets a probe through, else 0."""
        return self._tail("wait") if self.breaker == "open" else 0.0

    @property
    def stress(self) -> float:
        """The projection of the hormones on stress, in [0, 1]."""
        return self._tail("stress")

    @property
    def curiosity(self) -> float:
        """The projection on curiosity, in [0, 1]."""
        return self._tail("curiosity")

    @property
    def fatigue(self) -> float:
        """The projection on fatigue, in [0, 1]."""
        return self._tail("fatigue")

    @property
    def learning_rate(self) -> float:
        """Mode-aware factor for whoever learns, in [0, 1]."""
        if "learning" not in self.profile.layers:
            return 1.0
        return self.profile.resilience.learning[MODES.index(self.mode)]

    @property
    def wants_sleep(self) -> bool:
        """Fatigue asks for consolidation."""
        return self.mode == Mode.SLEEP or self.fatigue >= self.profile.resilience.sleep

    @cached_property
    def levels(self) -> dict[str, float]:
        """Each hormone's level, in [0, 1]."""
        return levels_of(self.state, self.profile)

    @cached_property
    def explanation(self) -> Explanation:
        """Which hormone moved which knob by how much, and which layer intervened."""
        return explaining.explain(self.before, self.state, self.profile, safe=self.safe)

    def _tail(self, name: str) -> float:
        return float(self.state.column[self.state.at.tail(name)])


def start(profile: Profile, phase: float = 0.0) -> ControlState:
    """A session at rest. `phase` in [0, 1) spreads the breakers' jitter over sessions."""
    phase = check_number("phase", phase, 0.0, 1.0)
    return ControlState(kernel.start(profile, 1, phase)[:, 0], profile.hormones)


def settled(profile: Profile, phase: float = 0.0) -> ControlState:
    """A session in calm, where `start` arrives after `CALM` ticks in which nothing happens.

    What calm asks of a hormone (its bias) lifts it above rest, so knobs drift from base during a
    session's first turns. A new conversation need not live through that. A profile that leaves
    the normal mode without any event starts at rest.
    """
    phase = check_number("phase", phase, 0.0, 1.0)
    column = _calm(profile).copy()
    column[layout(profile.n, len(SIGNALS), len(KNOBS)).tail("phase")] = phase % 1.0
    return ControlState(column, profile.hormones)


@lru_cache(maxsize=8)
def _calm(profile: Profile) -> Array:
    at = layout(profile.n, len(SIGNALS), len(KNOBS))
    begun = column = kernel.start(profile, 1)[:, 0]
    nothing = np.full(len(SIGNALS), np.nan)
    for _ in range(CALM):
        column = kernel.step(profile, column, nothing)
    column[at.tail("ticks")] = 0.0
    normal = MODES[int(column[at.tail("mode")])] is Mode.NORMAL
    return column if normal else begun


def step(
    state: ControlState,
    signals: Sequence[Signal],
    *,
    dt: float = 1.0,
    profile: Profile,
    safe_mode: bool = False,
    seconds: float | None = None,
    authority: float = 1.0,
) -> Step:
    """One turn.

    Args:
        state: the present state; it is not changed.
        signals: what happened since the last step, at most 10,000; missing ones are normal.
        dt: length of the turn in turns, 0 < dt <= 1e6.
        profile: the constants; the state must be of the same hormones.
        safe_mode: the kill switch is on.
        seconds: wall-clock length of the turn, for the breaker's timer; dt when None.
        authority: share of the deviation from base that is allowed: 1, or 0 to hold the knobs
            at base (`control.fallback`).

    Raises:
        InputError, InputTypeError: a signal, dt or seconds cannot be used.
        KernelError: the state was made with another profile.
    """
    dt = check_length("dt", dt)
    seconds = dt if seconds is None else check_length("seconds", seconds)
    if state.hormones != profile.hormones:
        raise KernelError("the state was made with another profile; load it with from_doc")
    values, push = raw(signals, profile)
    given = _allowed(state, check_number("authority", authority, 0.0, 1.0))
    column, margins = kernel.bounded(
        profile, given, values, push, dt=dt, seconds=seconds, safe=safe_mode
    )
    return Step(ControlState(column, state.hormones), state, profile, safe_mode, margins)


def _allowed(state: ControlState, authority: float) -> Array:
    """The state's column with this authority."""
    if state.column[_AUTHORITY] == authority:
        return state.column
    given: Array = state.column.copy()
    given[_AUTHORITY] = authority
    return given


def check_length(name: str, value: float) -> float:
    """A length of time above 0, or an InputError."""
    value = check_number(name, value, 0.0, MAX_DT)
    if value <= 0:
        raise InputError(f"{name} must be above 0 and at most {MAX_DT:g}, got {value}")
    return value


def _at(profile: Profile) -> Layout:
    return layout(profile.n, len(SIGNALS), len(KNOBS))


def knobs_of(state: ControlState, profile: Profile) -> Knobs:
    """The knobs in their own units; integers are rounded last."""
    units = state.column[_at(profile).knob].tolist()
    at = {name: profile.ranges[name].at(unit) for name, unit in zip(KNOBS, units, strict=True)}
    return Knobs(
        temperature=at["temperature"],
        top_p=at["top_p"],
        max_tokens=int(at["max_tokens"]),
        retrieve_k=int(at["retrieve_k"]),
        tool_access=at["tool_access"],
        diversity=at["diversity"],
        retries=int(at["retries"]),
    )


def mode_of(state: ControlState) -> Mode:
    """The resilience mode."""
    return MODES[int(state.column[state.at.tail("mode")])]


def breaker_of(state: ControlState) -> str:
    """The circuit breaker: closed, open or half-open."""
    return BREAKER[int(state.column[state.at.tail("breaker")])]


def levels_of(state: ControlState, profile: Profile) -> dict[str, float]:
    """Each hormone's level, in [0, 1]."""
    levels = state.column[_at(profile).level]
    return {name: float(level) for name, level in zip(profile.hormones, levels, strict=True)}


def stress_of(state: ControlState, profile: Profile) -> float:
    """1 - Π (1 - wᵢ yᵢ⁺) over the stress weights: 0 at rest, 1 at most."""
    return float(state.column[_at(profile).tail("stress")])


def curiosity_of(state: ControlState, profile: Profile) -> float:
    """The same projection over the curiosity weights."""
    return float(state.column[_at(profile).tail("curiosity")])


def recomposed(state: ControlState, profile: Profile) -> ControlState:
    """The state with its knobs where this profile wants them by equation (4), without a tick."""
    at, x = _at(profile), state.column.copy()
    target = targets(
        x[at.level], x[at.baseline], profile.base, profile.delta, profile.w0, profile.g,
        profile.dead, profile.p, profile.q,
    )  # fmt: skip
    x[at.knob] = profile.base + x[at.tail("authority")] * (target - profile.base)
    return ControlState(x, state.hormones)


def rested(state: ControlState, profile: Profile) -> ControlState:
    """The state after a consolidation: what weighs in fatigue is back at its baseline."""
    at = _at(profile)
    column: Array = state.column.copy()
    tired = profile.fatigue > 0
    column[at.level] = np.where(tired, column[at.baseline], column[at.level])
    column[at.smoothed] = np.where(tired, 0.0, column[at.smoothed])
    column[at.tail("fatigue")] = 0.0
    return ControlState(column, state.hormones)
