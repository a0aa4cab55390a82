"""The guarantees S1 to S6 as numbers of a tick (docs/stability.md proves them)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

Margins = tuple[float, ...]
"""How far a tick stayed inside each of `BOUNDS`; negative where one does not hold."""

SLACK: Final = 1e-9
"""Rounding that the bounds forgive."""
BOUNDS: Final = ("S2 cap", "S3 rate", "S3 range", "S1 drift", "S1 bucket", "S4 dwell")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What held in this tick. Margins are at least 0 when the bound holds.

    Attributes:
        level_margin: S2, smallest distance of a level to its cap or to 0.
        step_margin: S3, smallest distance of a knob's step to its rate.
        knob_margin: S3, smallest distance of a knob to the ends of [0, 1], or 0.
        drift_margin: S1, how far the baselines' drift stayed below ν.
        bucket_margin: S1, smallest distance of a level's rise to what its bucket held.
        dwell_margin: S4, ticks beyond the dwell at which the mode was left, or 0.
        finite: S6, no NaN and no infinity.
        violations: the names of the bounds that did not hold.
    """

    level_margin: float
    step_margin: float
    knob_margin: float
    drift_margin: float
    bucket_margin: float
    dwell_margin: float
    finite: bool
    violations: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """True when nothing was violated."""
        return not self.violations


def violated(margins: Margins | None) -> tuple[str, ...]:
    """The names of the bounds that did not hold."""
    if margins is None:
        return ("S6 finite",)
    if min(margins) >= -SLACK:
        return ()
    return tuple(name for name, margin in zip(BOUNDS, margins, strict=True) if margin < -SLACK)


def certificate(margins: Margins | None) -> Certificate:
    """The margins of a tick by name; NaN where a number of the states was not finite."""
    cap, rate, span, drift, bucket, dwell = margins or (math.nan,) * len(BOUNDS)
    return Certificate(
        level_margin=cap,
        step_margin=rate,
        knob_margin=span,
        drift_margin=drift,
        bucket_margin=bucket,
        dwell_margin=dwell,
        finite=margins is not None,
        violations=violated(margins),
    )
