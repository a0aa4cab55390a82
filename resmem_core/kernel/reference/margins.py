"""The margins of a tick's bounds in NumPy: the twin of rsm_margins in cdeps/tick.c."""

from __future__ import annotations

import numpy as np

from resmem_core.config.layout import layout
from resmem_core.config.profile import Array, Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.kernel.reference.layers import SAFE, rates
from resmem_core.types import KNOBS


def margins(
    profile: Profile, before: Array, after: Array, *, dt: float, safe: bool
) -> tuple[float, ...] | None:
    """S2 cap, S3 rate, S3 range, S1 drift, S1 bucket, S4 dwell; None if a number is not finite."""
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        return None
    at, pace = layout(profile.n, len(SIGNALS), len(KNOBS)), rates(profile, dt)
    level, knob, moved = after[at.level], after[at.knob], after[at.knob] - before[at.knob]
    rate = np.where(moved * profile.cautious > 0, profile.rate_safe, profile.rate_free)
    baseline = before[at.baseline]
    resting = baseline + pace.keep * (before[at.level] - baseline)
    allowed = np.minimum(before[at.bucket] + pace.refill, profile.sigma)
    drift = np.abs(after[at.baseline] - baseline).max()
    return (
        float(min((profile.cap - level).min(), level.min())),
        0.0 if safe else float((rate - np.abs(moved)).min()),
        float(min(1.0 - knob.max(), knob.min())),
        float(pace.rise + pace.fall - drift),
        float((resting + allowed - level).min()),
        _dwell(
            profile, float(before[at.tail("age")]), before[at.tail("mode")], after[at.tail("mode")]
        ),
    )


def _dwell(profile: Profile, age: float, was: float, now: float) -> float:
    """A mode is left after its dwell; to and from safe mode is a person's act."""
    if was == now or SAFE in (was, now):
        return 0.0
    return age + 1.0 - profile.resilience.mode_dwell
