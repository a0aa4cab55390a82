"""Privileged optima: the oracle and the best constants, by coordinate search on the plant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos import plant
from benchmarks.chaos.episodes import Episodes

F64 = NDArray[np.float64]
LEVELS: Final = np.linspace(0.0, 1.0, 17)
STRIDE: Final = 5  # hindsight constants look at every fifth tick

Score = Callable[[F64], F64]  # knobs [m, 6] -> score [m]


def climb(score: Score, start: F64, sweeps: int = 3) -> F64:
    """Coordinate ascent from `start` [m, 6]: each row independently, each knob over its levels."""
    best, value = start.copy(), score(start)
    for _ in range(sweeps):
        before = value.copy()
        for knob in range(best.shape[1]):
            for level in LEVELS:
                trial = best.copy()
                trial[:, knob] = level
                tried = score(trial)
                better = tried > value
                best[better], value[better] = trial[better], tried[better]
        if np.allclose(value, before, atol=1e-6):
            break
    return best


@lru_cache(maxsize=1)
def presets() -> F64:
    """The eight regime-optimal settings, [8, 6]: calm, then one per fault at severity .85."""
    s = np.vstack([np.zeros(7), 0.85 * np.eye(7)])
    c = plant.Constants()
    q = plant.conditions(s, c)
    start = np.tile(np.array(plant.DEFAULT_KNOBS), (8, 1))
    return climb(lambda u: np.asarray(plant.step(u, q, c).success), start)


def oracle(e: Episodes) -> F64:
    """Knobs [ticks, n, 6] that maximise the success probability of every tick."""
    keys = np.concatenate(
        [np.broadcast_to(np.arange(e.n)[None, :, None], (e.ticks, e.n, 1)), e.severity.round(2)], 2
    ).reshape(-1, 8)
    rows, back = np.unique(keys, axis=0, return_inverse=True)
    c = take(e.constants, rows[:, 0].astype(int))
    q = plant.conditions(rows[:, 1:], c)

    def score(u: F64) -> F64:
        return np.asarray(plant.step(u, q, c).success)

    starts = [np.broadcast_to(p, (len(rows), 6)) for p in presets()]
    best = np.argmax([score(u) for u in starts], axis=0)
    return climb(score, presets()[best], sweeps=2)[back].reshape(e.ticks, e.n, 6)


def constant(e: Episodes, groups: NDArray[np.int64]) -> F64:
    """Best constant knobs of each group of episodes, [groups, 6]; `groups` [n] from 0."""
    c, q = e.constants, plant.conditions(e.severity[::STRIDE], e.constants)
    count = np.bincount(groups)

    def score(u: F64) -> F64:
        p = np.asarray(plant.step(u[groups], q, c).success).mean(axis=0)
        return np.asarray(np.bincount(groups, weights=p) / count)

    start = np.tile(np.array(plant.DEFAULT_KNOBS), (len(count), 1))
    return climb(score, start)


def take(c: plant.Constants, index: NDArray[np.int64]) -> plant.Constants:
    """The constants of the indexed episodes."""
    return replace(c, **{f: getattr(c, f)[index] for f in plant.Constants.__dataclass_fields__})
