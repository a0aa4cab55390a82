"""Where each part of a session's control state sits in its flat vector of floats.

One session is a column of `size` float64; many sessions are a C-contiguous array
[size, sessions], a structure of arrays. The C kernel and the NumPy reference share this order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

TAIL: Final = (
    "mode",  # index into types.Mode
    "age",  # ticks in that mode
    "asked",  # ticks in a row that asked for a worse mode
    "grade",  # coping grade L0 to L4
    "window",  # the breaker's last calls, one bit each, 1 for a failure
    "breaker",  # 0 closed, 1 open, 2 half open
    "wait",  # seconds until an open breaker lets a probe through
    "trips",  # openings in a row, for the back-off
    "opened",  # openings ever, for the jitter
    "phase",  # the session's jitter seed, in [0, 1)
    "survived",  # worst stress that was lived through
    "peak",  # worst stress of the present crisis
    "authority",  # share of the controller's deviation from base that is allowed
    "stress",  # projections after the tick
    "curiosity",
    "fatigue",
    "ticks",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Slices of the state vector for n hormones, s signals and m knobs."""

    n: int
    s: int
    m: int

    @property
    def size(self) -> int:
        """Floats per session."""
        return 4 * self.n + self.s + 2 * self.m + len(TAIL)

    @property
    def level(self) -> slice:
        """h [n]: hormone levels."""
        return slice(0, self.n)

    @property
    def baseline(self) -> slice:
        """b [n]: adaptive baselines."""
        return slice(self.n, 2 * self.n)

    @property
    def smoothed(self) -> slice:
        """u [n]: smoothed impulses."""
        return slice(2 * self.n, 3 * self.n)

    @property
    def bucket(self) -> slice:
        """What is left in each hormone's leaky bucket [n]."""
        return slice(3 * self.n, 4 * self.n)

    @property
    def reference(self) -> slice:
        """Running baselines of the signals [s]."""
        return slice(4 * self.n, 4 * self.n + self.s)

    @property
    def knob(self) -> slice:
        """Unit values of the knobs [m]."""
        start = 4 * self.n + self.s
        return slice(start, start + self.m)

    @property
    def hold(self) -> slice:
        """Ticks since each knob last moved to its safe side [m]."""
        start = 4 * self.n + self.s + self.m
        return slice(start, start + self.m)

    def tail(self, name: str) -> int:
        """Row of one of the scalars in `TAIL`."""
        return 4 * self.n + self.s + 2 * self.m + TAIL.index(name)


@cache
def layout(n: int, s: int, m: int) -> Layout:
    """The layout for these sizes."""
    return Layout(n, s, m)
