"""Whether a conversation moved elsewhere: how far a message is from those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from resmem_core.protocols import Vector

KEEP: Final = 0.6
"""Share of the topic that a message leaves of those before it."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A fading sum of the vectors of what the user said; None before the first."""

    vector: Vector | None = None

    def after(self, vector: Vector) -> tuple[Topic, float | None]:
        """The topic with one more message, and its distance from it before, in [0, 2]."""
        if self.vector is None:
            return Topic(vector), None
        size = float(np.sqrt(self.vector @ self.vector) * np.sqrt(vector @ vector))
        if size == 0.0:
            return self, None
        distance = 1.0 - float(self.vector @ vector) / size
        return Topic(np.asarray(KEEP * self.vector + vector, np.float32)), distance
