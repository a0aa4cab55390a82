"""Why the knobs are where they are: exact shares of every hormone and every layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from resmem_core.config.profile import Array, Profile
from resmem_core.control.state import ControlState
from resmem_core.kernel.reference.equations import activation, alive, power
from resmem_core.types import KNOBS


@dataclass(frozen=True, slots=True)
class KnobStory:
    """One knob, in unit values: base + hormones + clip + limits = value, exact to 1e-9.

    Attributes:
        before, value: the knob before and after the tick.
        base: where it is in calm.
        hormones: how far each hormone moves the target of equation (4) away from base.
        clip: what keeping the target in [0, 1] took.
        limits: what rate limit, dwell, modes, breaker and safe mode took together.
        by: the names of those limits that can have acted, in the order they run.
    """

    before: float
    value: float
    base: float
    hormones: Mapping[str, float]
    clip: float
    limits: float
    by: tuple[str, ...]

    @property
    def target(self) -> float:
        """Where the hormones want the knob, in [0, 1]."""
        return self.base + sum(self.hormones.values()) + self.clip


@dataclass(frozen=True, slots=True)
class Explanation:
    """One tick: the story of every knob, and the change of every hormone."""

    knobs: Mapping[str, KnobStory]
    levels: Mapping[str, float]
    change: Mapping[str, float]
    layers: tuple[str, ...]

    def top(self, knob: str) -> list[tuple[str, float]]:
        """The hormones that move this knob, the strongest first."""
        moved = [(name, share) for name, share in self.knobs[knob].hormones.items() if share]
        return sorted(moved, key=lambda item: -abs(item[1]))


def explain(
    before: ControlState, after: ControlState, profile: Profile, *, safe: bool = False
) -> Explanation:
    """The story of the tick that led from `before` to `after`."""
    at, x, old = after.at, after.column, before.column
    shares = contributions(x[at.level], x[at.baseline], profile)
    authority = float(x[at.tail("authority")])
    names = profile.hormones
    level, change = x[at.level], x[at.level] - old[at.level]
    acted = _acted(before, after, profile, safe)
    return Explanation(
        knobs={
            knob: _story(i, knob, shares[i], authority, old[at.knob], x[at.knob], profile, acted)
            for i, knob in enumerate(KNOBS)
        },
        levels=dict(zip(names, level.tolist(), strict=True)),
        change=dict(zip(names, change.tolist(), strict=True)),
        layers=acted,
    )


def contributions(level: Array, baseline: Array, profile: Profile) -> Array:
    """[m, n]: what each hormone adds to each knob's target, before clipping: equation (4)."""
    y = alive(activation(level, baseline), profile.dead)
    size = np.abs(y)
    weight = profile.w0 + profile.g * power(size, np.array(float(profile.q)))
    reach = np.sign(y) * power(size, profile.p)
    shares: Array = weight * profile.delta * reach / weight.sum(axis=1, keepdims=True)
    return shares


def _story(
    i: int, knob: str, shares: Array, authority: float, old: Array, new: Array,
    profile: Profile, acted: tuple[str, ...],
) -> KnobStory:  # fmt: skip
    base, value = float(profile.base[i]), float(new[i])
    target = base + authority * (min(max(base + float(shares.sum()), 0.0), 1.0) - base)
    moves = authority * shares
    limits = value - target
    by = tuple(
        name for name in acted if abs(limits) > 1e-12 and (name != "breaker" or knob == "retries")
    )
    if abs(limits) > 1e-12:
        by = (*by, "rate limit")
    return KnobStory(
        before=float(old[i]),
        value=value,
        base=base,
        hormones=dict(zip(profile.hormones, moves.tolist(), strict=True)),
        clip=target - base - float(moves.sum()),
        limits=limits,
        by=by,
    )


def _acted(
    before: ControlState, after: ControlState, profile: Profile, safe: bool
) -> tuple[str, ...]:
    """The layers that had something to do in this tick."""
    at, x = after.at, after.column
    r = profile.resilience
    mode, grade = int(x[at.tail("mode")]), int(x[at.tail("grade")])
    moved = not np.array_equal(x[at.baseline], before.column[at.baseline])
    survived, stress = x[at.tail("survived")], x[at.tail("stress")]
    was_hard = int(before.column[at.tail("mode")]) in (2, 3)
    checks = {
        "coping": r.relief[grade] > 0,
        "medication": r.constant > 0 or was_hard,
        "adaptation": moved,
        "rest": mode in (3, 4),
        "perspective": survived > stress > 0,
    }
    acted = [name for name, on in checks.items() if on and name in profile.layers]
    if np.any(x[at.level] == profile.cap):
        acted.append("cap")
    if x[at.tail("breaker")] == 1 and "coping" in profile.layers:
        acted.append("breaker")
    return (*acted, "safe mode") if safe else tuple(acted)
