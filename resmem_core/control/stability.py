"""The guarantees S1 to S6 as numbers of a tick (docs/stability.md proves them)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from resmem_core.config.layout import layout
from resmem_core.config.profile import Array, Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.types import KNOBS

SLACK = 1e-9
"""Rounding that the bounds forgive."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What held in this tick. Margins are at least 0 when the bound holds.

    Attributes:
        level_margin: S2, smallest distance of a level to its cap or to 0.
        step_margin: S3, smallest distance of a knob's step to its rate.
        knob_margin: S3, smallest distance of a knob to the ends of [0, 1], or 0.
        drift_margin: S1, how far the baselines' drift stayed below ν.
        bucket_margin: S1, smallest distance of a level's rise to what its bucket held.
        finite: S6, no NaN and no infinity.
        violations: the names of the bounds that did not hold.
    """

    level_margin: float
    step_margin: float
    knob_margin: float
    drift_margin: float
    bucket_margin: float
    finite: bool
    violations: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """True when nothing was violated."""
        return not self.violations


def certify(
    before: Array, after: Array, profile: Profile, *, dt: float, safe: bool = False
) -> Certificate:
    """Check one tick from the state `before` to `after` (columns of the kernel's layout)."""
    at = layout(profile.n, len(SIGNALS), len(KNOBS))
    level, knob, old = after[at.level], after[at.knob], before[at.knob]
    moved = knob - old
    toward_safe = moved * profile.cautious > 0
    rate = np.where(toward_safe, profile.rate_safe, profile.rate_free)
    baseline = before[at.baseline]
    drift = np.abs(after[at.baseline] - baseline)
    resting = baseline + _keep(profile, dt) * (before[at.level] - baseline)
    allowance = np.minimum(before[at.bucket] + profile.rho * dt, profile.sigma)
    margins = {
        "S2 cap": float(min((profile.cap - level).min(), level.min())),
        "S3 rate": 0.0 if safe else float((rate - np.abs(moved)).min()),
        "S3 range": float(min(1.0 - knob.max(), knob.min())),
        "S1 drift": float(profile.resilience.adapt * dt - drift.max()),
        "S1 bucket": float((resting + allowance - level).min()),
    }
    finite = bool(np.isfinite(after).all())
    violated = [name for name, margin in margins.items() if not margin >= -SLACK]
    if not finite:
        violated.append("S6 finite")
    return Certificate(
        level_margin=margins["S2 cap"],
        step_margin=margins["S3 rate"],
        knob_margin=margins["S3 range"],
        drift_margin=margins["S1 drift"],
        bucket_margin=margins["S1 bucket"],
        finite=finite,
        violations=tuple(violated),
    )


@lru_cache(maxsize=64)
def _keep(profile: Profile, dt: float) -> Array:
    """a of equation (1), per hormone."""
    return np.asarray(np.exp2(-dt / profile.half_life))


def level_bound(profile: Profile, hormone: int, ticks: int, start: float, dt: float = 1.0) -> float:
    """S1 with ū: |h - b| after so many ticks: aᵗ|h₀ - b| + ū (1 - aᵗ) / (1 - a)."""
    keep = math.exp2(-dt / float(profile.half_life[hormone]))
    faded = keep**ticks
    push = float(profile.i_max[hormone])
    return faded * abs(start) + push * (1 - faded) / (1 - keep)


def bucket_bound(profile: Profile, hormone: int, dt: float = 1.0) -> float:
    """S1 with a leaky bucket: h - b grows by at most σ + ρ dt / (1 - a)."""
    keep = math.exp2(-dt / float(profile.half_life[hormone]))
    return float(profile.sigma[hormone] + profile.rho[hormone] * dt / (1 - keep))


def settling_ticks(distance: float, rate: float) -> int:
    """S3: ticks to a constant target: ⌈|k - k*| / ρ⌉.

    >>> settling_ticks(0.5, 0.2)
    3
    """
    return math.ceil(distance / rate - SLACK) if distance > 0 else 0


def mode_switches(ticks: int, dwell: int) -> int:
    """S4: at most 1 + ⌊T / d⌋ switches of mode."""
    return 1 + ticks // dwell


def resume_ticks(level: float, baseline: float, resume: float, half_life: float) -> int:
    """S4: ticks until a decaying level is back at `resume`, without impulses and b < resume.

    >>> resume_ticks(0.8, 0.0, 0.4, 10.0)
    10
    """
    if level <= resume:
        return 0
    rate = math.log(2) / half_life
    return math.ceil(math.log((level - baseline) / (resume - baseline)) / rate - SLACK)


def contraction(profile: Profile, gain: float, sensitivity: float, dt: float = 1.0) -> float:
    """S5: a + g L_e L_k of the slowest hormone; below 1 the closed loop settles within a mode."""
    keep = float(np.exp2(-dt / profile.half_life.max()))
    return keep + gain * sensitivity
