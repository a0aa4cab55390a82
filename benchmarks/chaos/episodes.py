"""Episodes: seeds × families, with everything random drawn before any controller acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos import plant, schedule, signals

F64 = NDArray[np.float64]

TRAIN: Final = (1_000, 1_095)  # gradients, evolution, hindsight constants
TUNE: Final = (2_000, 2_031)  # choice among trained candidates
TEST: Final = (9_000, 9_031)  # reported; nothing is fitted here
FITTED: Final = tuple(name for name in schedule.FAMILIES if name != "ood")  # may be fitted to
DELAY: Final = (1, 3)
OOD_EXTRA_DELAY: Final = 2
JITTER: Final = 0.08
DRAWS: Final = 8  # different redrawn plants; seed modulo 8 says which


@dataclass(frozen=True, slots=True)
class Episodes:
    """n = seeds × families episodes; the same noise for every controller."""

    seeds: NDArray[np.int64]  # [n]
    family: NDArray[np.str_]  # [n]
    severity: F64  # [ticks, n, 7]
    constants: plant.Constants  # fields [n]
    noise: signals.Noise  # [ticks, n, 10], outcome [ticks, n], gain and bias [n, 10]
    delay: NDArray[np.int64]  # [n, 10] ticks, at least 1
    draw: NDArray[np.int64]  # [n]: which redrawn plant; 0 everywhere without redraw
    redraw: float = 0.0

    @property
    def ticks(self) -> int:
        return int(self.severity.shape[0])

    @property
    def n(self) -> int:
        return int(self.severity.shape[1])

    def training(self, draw: int) -> Episodes:
        """Training episodes of the same redrawn plant, for what is re-fitted to a plant."""
        seeds = [seed for seed in range(TRAIN[0], TRAIN[1] + 1) if seed % DRAWS == draw]
        return make(seeds, FITTED, redraw=self.redraw)


def make(
    seeds: Sequence[int],
    families: Sequence[str] | None = None,
    ticks: int = 600,
    redraw: float = 0.0,
) -> Episodes:
    """Episodes of `ticks` for every seed and family (default: all nine), seed-major.

    With `redraw` F the plant of a seed is one of eight with all constants moved within ± F.
    """
    names = tuple(families or schedule.FAMILIES)
    pairs = [(int(seed), name) for seed in seeds for name in names]
    parts = [_one(seed, name, ticks, redraw) for seed, name in pairs]
    return Episodes(
        seeds=np.array([seed for seed, _ in pairs]),
        family=np.array([name for _, name in pairs]),
        severity=np.stack([p[0] for p in parts], axis=1),
        constants=_stack_constants([p[1] for p in parts]),
        noise=_stack_noise([p[2] for p in parts]),
        delay=np.stack([p[3] for p in parts]),
        draw=np.array([seed % DRAWS if redraw else 0 for seed, _ in pairs]),
        redraw=redraw,
    )


def _one(
    seed: int, name: str, ticks: int, redraw: float
) -> tuple[F64, plant.Constants, signals.Noise, NDArray[np.int64]]:
    ood = name == "ood"
    rng = np.random.default_rng([seed, list(schedule.FAMILIES).index(name)])
    s = schedule.severities(schedule.FAMILIES[name], ticks, rng)
    noise = signals.draw_noise(ticks, 0.30 if ood else 0.15, rng)
    delay = rng.integers(DELAY[0], DELAY[1] + 1, len(signals.SIGNALS))
    return s, _constants(seed, ood, redraw), noise, delay + OOD_EXTRA_DELAY * ood


def _constants(seed: int, ood: bool, redraw: float) -> plant.Constants:
    """Constants of one seed: the plant (redrawn or not), jittered; out of distribution ± 25 %."""
    base = plant.Constants()
    if redraw:
        shared = np.random.default_rng([77, seed % DRAWS])
        base = plant.draw(1, shared, base, redraw, every=True)
    own = np.random.default_rng([seed, 99])
    return plant.draw(1, own, base, 0.25 if ood else JITTER, every=ood)


def _stack_constants(parts: Sequence[plant.Constants]) -> plant.Constants:
    names = plant.Constants.__dataclass_fields__
    return plant.Constants(
        **{f: np.array([np.ravel(getattr(p, f))[0] for p in parts]) for f in names}
    )


def _stack_noise(parts: Sequence[signals.Noise]) -> signals.Noise:
    ticked: dict[str, Any] = {
        f: np.stack([getattr(p, f) for p in parts], axis=1)
        for f in ("uniform", "normal", "outcome", "alarm")
    }
    return signals.Noise(
        **ticked,
        gain=np.stack([p.gain for p in parts]),
        bias=np.stack([p.bias for p in parts]),
    )
