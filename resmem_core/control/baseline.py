"""Readings of an unknown scale, as signals: compared with their own running baseline.

How close the best memory usually comes, or how new a message usually is, depends on the embedder
and on what people write. As raw numbers such readings would hold the hormones far from calm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from resmem_core.config.signals import SPECS
from resmem_core.errors import InputError
from resmem_core.types import Signal, SignalName, check_number

WARM: Final = 8
"""Readings after which the baseline is trusted; before that they say nothing."""
WINDOW: Final = 300
"""Readings that the baseline remembers."""
ORDINARY: Final = 0.25
"""Share of a signal's scale that one standard deviation moves it, as in ChaosBench."""
FAR: Final = 4.0
"""Standard deviations beyond which a reading counts no more."""
NARROW: Final = 0.1
"""Least standard deviation, as a share of the mean."""


@dataclass(frozen=True, slots=True)
class ReadingBaseline:
    """Count, mean and variance of a reading, older ones fading once `WINDOW` were seen."""

    count: int = 0
    mean: float = 0.0
    variance: float = 0.0

    @classmethod
    def from_doc(cls, values: Sequence[float]) -> ReadingBaseline:
        """As `to_doc` wrote it."""
        count, mean, variance = values
        return cls(int(count), float(mean), float(variance))

    def to_doc(self) -> list[float]:
        """As JSON."""
        return [self.count, self.mean, self.variance]

    @property
    def deviation(self) -> float:
        """Standard deviation, at least `NARROW` of the mean."""
        return max(sqrt(self.variance), NARROW * abs(self.mean), 1e-9)

    def after(self, reading: float) -> ReadingBaseline:
        """The baseline with one more reading."""
        share = 1.0 / min(self.count + 1, WINDOW)
        off = reading - self.mean
        return ReadingBaseline(
            min(self.count + 1, WINDOW),
            self.mean + share * off,
            (1.0 - share) * (self.variance + share * off * off),
        )


def reading(
    baseline: ReadingBaseline, name: SignalName, value: float
) -> tuple[ReadingBaseline, Signal | None]:
    """The next baseline, and the signal that the reading amounts to, if it is warm.

    Args:
        baseline: of earlier readings.
        name: the signal's name; its reference stands for an ordinary reading.
        value: the raw reading, finite, within ±1e9.

    >>> calm = ReadingBaseline(100, mean=0.7, variance=0.01)
    >>> reading(calm, "novelty", 0.7)[1]
    Signal(name='novelty', value=0.15)
    >>> reading(calm, "novelty", 0.9)[1]
    Signal(name='novelty', value=0.4)

    Raises:
        InputError: no signal of that name, or the reading is not a finite number in its range.
    """
    if name not in SPECS:
        raise InputError(f"no signal {name!r:.40}: there are {', '.join(SPECS)}")
    value = check_number(f"reading {name!r}", value, -1e9, 1e9)
    after = baseline.after(value)
    if baseline.count < WARM:
        return after, None
    spec = SPECS[name]
    off = min(max((value - baseline.mean) / baseline.deviation, -FAR), FAR)
    seen = spec.reference + ORDINARY * spec.scale * off
    return after, Signal(name, min(max(seen, spec.lo), spec.hi))
