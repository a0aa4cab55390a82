"""The product as an entrant, and its ablations: one batched kernel tick for all episodes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos import plant
from benchmarks.chaos.signals import LATENCY_SECONDS, SIGNALS
from resmem_core import kernel
from resmem_core.config import twelve
from resmem_core.config.layout import layout
from resmem_core.config.profile import LAYERS, Profile
from resmem_core.config.signals import INDEX as SIGNAL_INDEX
from resmem_core.control import controller
from resmem_core.control.latency import Usual, judged
from resmem_core.types import KNOBS

F64 = NDArray[np.float64]

COLUMNS: Final = [KNOBS.index(name) for name in plant.KNOBS]
ROWS: Final = [SIGNAL_INDEX[name] for name in SIGNALS]
LATENCY: Final = SIGNALS.index("latency")
STEP_SECONDS: Final = 10.0
"""Wall-clock time of a step, for the breaker's timer: about the plant's mean latency."""


class Ours:
    """A profile run by the kernel, one session per episode.

    With `record` it keeps what it looked like inside (`inside`), for pictures. Sessions start
    settled, as the engine's do; with `at_rest` they start at rest and have to find their calm.
    """

    def __init__(self, profile: Profile, record: bool = False, at_rest: bool = False) -> None:
        self.profile, self.record, self.at_rest = profile, record, at_rest
        self.at = layout(profile.n, len(SIGNAL_INDEX), len(KNOBS))
        self.state: F64 = np.empty((0, 0))
        self.usual = Usual()
        self.levels: list[F64] = []
        self.modes: list[F64] = []

    def reset(self, n: int) -> None:
        begin = controller.start if self.at_rest else controller.settled
        self.state = np.repeat(begin(self.profile).column[:, None], n, axis=1)
        self.usual = Usual(*np.zeros((3, n)))
        self.levels, self.modes = [], []

    def act(self, signals: F64) -> F64:
        raw = np.full((len(SIGNAL_INDEX), len(signals)), np.nan)
        raw[ROWS] = signals.T
        seconds = signals[:, LATENCY] * LATENCY_SECONDS
        self.usual, raw[SIGNAL_INDEX["latency"]] = judged(self.usual, seconds)
        self.state = kernel.tick(self.profile, self.state, raw, seconds=STEP_SECONDS)
        if self.record:
            self.levels.append(self.state[self.at.level].T.copy())
            self.modes.append(self.state[self.at.tail("mode")].copy())
        return np.asarray(self.state[self.at.knob][COLUMNS].T)

    @property
    def inside(self) -> dict[str, Any] | None:
        """Hormone levels [ticks, n, hormones] and modes [ticks, n]; None unless recorded."""
        if not self.levels:
            return None
        return {
            "names": self.profile.hormones,
            "hormones": np.stack(self.levels),
            "mode": np.stack(self.modes),
        }


@cache
def variants() -> dict[str, Profile]:
    """The shipped profile and what is left of it without each of its parts."""
    shipped = Profile.default()
    parts = {f"ours_without_{layer}": shipped.without(layer) for layer in LAYERS}
    return {
        "ours": shipped,
        **parts,
        "ours_without_layers": shipped.without(*LAYERS),
        "ours_without_lateral": replace(shipped, lateral=np.zeros_like(shipped.lateral)),
        "ours_with_equal_mixing": replace(
            shipped, g=np.zeros_like(shipped.g), w0=np.ones_like(shipped.w0)
        ),
        "ours_untrained": twelve.hand_written(),
        "ours_minimal": Profile.minimal(),
    }
