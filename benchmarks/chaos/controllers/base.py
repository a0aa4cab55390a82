"""Controllers without memory of their own, and the running averages that the others share."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos.signals import SIGNALS

F64 = NDArray[np.float64]

# Typical readings in calm under the default knobs, read off training seeds; averages start here.
RESTING: Final = np.array([0.09, 0.10, 0.20, 0.17, 0.16, 0.10, 0.69, 0.05, 0.18, 0.75])


class Constant:
    """The same knobs always; `knobs` is [6], or [n, 6] with one row per episode."""

    def __init__(self, knobs: F64) -> None:
        self.knobs = np.asarray(knobs, dtype=np.float64)
        self.out = self.knobs

    def reset(self, n: int) -> None:
        self.out = np.array(np.broadcast_to(self.knobs, (n, 6)))

    def act(self, signals: F64) -> F64:
        del signals
        return self.out


class Replay:
    """A plan [ticks, n, 6] made in hindsight, read out `delay` ticks late."""

    def __init__(self, plan: F64, delay: int = 0) -> None:
        self.plan, self.delay, self.t = plan, delay, 0

    def reset(self, n: int) -> None:
        del n
        self.t = 0

    def act(self, signals: F64) -> F64:
        del signals
        now = self.plan[max(0, self.t - self.delay)]
        self.t += 1
        return np.asarray(now)


class Averages:
    """Exponential averages of the signals, [n, 10]; a missing reading leaves its average."""

    def __init__(self, half_life: float) -> None:
        self.rate = 1 - 2.0 ** (-1.0 / max(half_life, 1e-3))
        self.level: F64 = np.empty((0, len(SIGNALS)))

    def reset(self, n: int) -> None:
        self.level = np.tile(RESTING, (n, 1))

    def update(self, signals: F64) -> F64:
        """The averages after these signals [n, 10]."""
        change = np.where(np.isnan(signals), 0.0, signals - self.level)
        self.level = self.level + self.rate * change
        return self.level
