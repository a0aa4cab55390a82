"""Latency against the deployment's own past: slow is not sick.

How long a call takes says nothing by itself: a local model may need 40 seconds for every good
answer. So seconds are compared, as logarithms, with what this deployment usually needs; a tenfold
wait counts the same for a fast provider as for a slow one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Number: TypeAlias = float | NDArray[np.float64]

WARM: Final = 8
"""Readings before which latency says nothing."""
WINDOW: Final = 200
"""Readings that the baseline remembers."""
NARROW: Final = 0.3
"""Least deviation of log seconds: answers of one model differ in length by about that."""
PRIOR, BELIEF = 0.5, 20.0
"""A deviation of log seconds to begin with, and how many calls it is worth: eight tell little."""
FAR: Final = 4.0
"""Deviations that count in full; what lies beyond two moves the baseline no further than two."""
SHORTEST: Final = 1e-3
"""Seconds; what is shorter counts as this."""


class Usual(NamedTuple):
    """Calls, mean and variance of log seconds: of one deployment, or arrays of many."""

    calls: Number = 0.0
    mean: Number = 0.0
    variance: Number = 0.0

    @classmethod
    def from_doc(cls, values: Sequence[float]) -> Usual:
        """As `to_doc` wrote it."""
        return cls(*(float(value) for value in values))

    def to_doc(self) -> list[float]:
        """As JSON."""
        return [float(value) for value in self]


def judged(usual: Usual, seconds: Any) -> tuple[Usual, NDArray[np.float64]]:
    """The baseline with these readings, and how far they lay from it, in [-1, 1]; NaN: no word.

    Args:
        usual: the baseline before, of one deployment or of many at once.
        seconds: one reading each, at least 0; NaN where there was no call.

    >>> slow = Usual(50, np.log(25.0), 0.09)
    >>> float(judged(slow, 25.0)[1]), float(judged(slow, 250.0)[1])
    (0.0, 1.0)
    """
    log = np.log(np.maximum(seconds, SHORTEST))
    seen = ~np.isnan(log)
    variance = (usual.calls * usual.variance + BELIEF * PRIOR**2) / (usual.calls + BELIEF)
    deviation = np.maximum(np.sqrt(variance), NARROW)
    off = np.where(seen, log - usual.mean, 0.0)
    warm = np.asarray(usual.calls) >= WARM
    taken = np.where(warm, np.clip(off, -2.0 * deviation, 2.0 * deviation), off)
    count = np.minimum(usual.calls + seen, WINDOW)
    share = np.where(seen, 1.0 / np.maximum(count, 1.0), 0.0)
    after = Usual(
        count,
        usual.mean + share * taken,
        (1.0 - share) * (usual.variance + share * taken * taken),
    )
    far = np.clip(off / (FAR * deviation), -1.0, 1.0)
    return after, np.where(seen & warm, far, np.nan)
