"""How long this deployment's calls take, so that slow is not taken for sick.

Seconds and tokens per second are kept as logarithms: a laptop that answers in 40 seconds and a
service that answers in half a second are both ordinary, each by its own measure. A reading far off
counts as far as `FAR`, so that one outlier moves little and a lasting change is followed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

WARM: Final = 20
"""Calls after which the baseline is believed."""
MEMORY: Final = 100
"""Calls that it remembers."""
FAR: Final = 3.0
"""Spreads beyond which a reading counts no more."""
NARROW: Final = 0.1
"""Least spread."""
PATIENCE: Final = 20.0
"""How many times the usual (and three times the longest yet) a call may take at least."""
LEAST: Final = 60.0
"""Seconds that every call is given."""
MOST: Final = 6 * 3600.0
"""Seconds beyond which no timeout is set: it would only be a guess."""
ANSWER: Final = 16_000
"""Tokens of the longest answer, where neither the request nor the model says."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Centre and spread (mean absolute deviation) of a logarithm, over `count` readings."""

    count: int = 0
    centre: float = 0.0
    spread: float = 0.5
    top: float = 0.0

    @property
    def usual(self) -> float | None:
        """The usual reading in its own unit; None until it is warm."""
        return math.exp(self.centre) if self.count >= WARM else None

    def after(self, value: float) -> Baseline:
        """With one more reading; what is no positive finite number is passed over.

        >>> Baseline().after(2.0).after(-1.0).count
        1
        """
        if not (math.isfinite(value) and value > 0):
            return self
        x = math.log(value)
        if self.count == 0:
            return Baseline(1, x, self.spread, value)
        share = 1.0 / min(self.count + 1, MEMORY)
        off = min(max(x - self.centre, -FAR * self.spread), FAR * self.spread)
        spread = max(self.spread + share * (abs(off) - self.spread), NARROW)
        top = max(value, self.top * 0.99)
        return Baseline(min(self.count + 1, MEMORY), self.centre + share * off, spread, top)

    def to_doc(self) -> list[float]:
        """As JSON."""
        return [self.count, self.centre, self.spread, self.top]


def baseline_of(values: Any) -> Baseline:
    """As `to_doc` wrote it; an empty one from anything else."""
    if not (isinstance(values, Sequence) and len(values) == 4):
        return Baseline()
    if not all(isinstance(v, int | float) and math.isfinite(v) for v in values):
        return Baseline()
    count, centre, spread, top = values
    inside = 0 <= count <= MEMORY and abs(centre) < 50 and 0 < spread < 50 and 0 <= top < 1e9
    return Baseline(int(count), centre, spread, top) if inside else Baseline()


def patience(seconds: Baseline, pace: Baseline, tokens: float | None) -> float | None:
    """Seconds after which a call is given up as hung; None while too little is known.

    It asks how long the longest answer that was asked for takes at this deployment's own pace, and
    allows three times that. A healthy provider is never cut, however slow it is.

    Args:
        seconds: of whole calls. pace: tokens per second.
        tokens: the longest answer asked for; None: not limited.
    """
    usual = seconds.usual
    if usual is None:
        return None
    answer = (tokens or ANSWER) / pace.usual if pace.usual else 0.0
    found = max(PATIENCE * usual, 3.0 * seconds.top, 3.0 * answer, LEAST)
    return found if found <= MOST else None
