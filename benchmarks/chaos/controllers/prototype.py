"""The published prototype on the plant: its arithmetic, with our mapping around it.

The mapping is reconstructed, not published: errors and injection become stress, novelty becomes
curiosity, the reported success is its reward, and its one knob slides from a cautious setting
(.1) over the calm optimum (.75, its base) to the exploring one (1).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos.controllers.base import RESTING
from benchmarks.chaos.hindsight import presets
from benchmarks.chaos.plant import FAULTS
from benchmarks.chaos.signals import SIGNALS
from benchmarks.chaos.stream18 import Prototype

F64 = NDArray[np.float64]

ALARMS: Final = [SIGNALS.index(s) for s in ("provider_error", "tool_error", "injection")]
NOVELTY: Final = SIGNALS.index("novelty")
SUCCESS: Final = SIGNALS.index("success")
STRENGTH: Final = 0.32  # what the published converter makes of a saturated metric
BASE: Final = 0.75


class Published:
    """One `Prototype` per episode (so this entrant takes seconds, the others half of one)."""

    def __init__(self) -> None:
        best = presets()
        cautious = [1 + FAULTS.index(f) for f in ("outage", "toolfail", "inject", "burst")]
        self.path = np.stack(
            [best[cautious].mean(axis=0), best[0], best[1 + FAULTS.index("explore")]]
        )
        self.copies: list[Prototype] = []

    def reset(self, n: int) -> None:
        self.copies = [Prototype() for _ in range(n)]

    def act(self, signals: F64) -> F64:
        known = np.where(np.isnan(signals), RESTING, signals)
        above = np.clip(known - RESTING, 0.0, 1.0)
        stress = STRENGTH * above[:, ALARMS].max(axis=1)
        impulses = np.stack([STRENGTH * above[:, NOVELTY], stress], axis=1)
        knob = np.empty(len(signals))
        for i, copy in enumerate(self.copies):
            reward = signals[i, SUCCESS]
            if not np.isnan(reward):
                copy.learn(1.0 if reward >= 0.5 else -1.0)
                del copy.rewards[:-10]
            knob[i] = copy.move(impulses[i])
        at = np.array([0.1, BASE, 1.0])
        return np.stack([np.interp(knob, at, self.path[:, j]) for j in range(6)], axis=1)
