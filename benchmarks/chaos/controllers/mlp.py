"""A small neural policy on averaged signals, trained by REINFORCE; inference in numpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos.controllers.base import RESTING, Averages
from benchmarks.chaos.signals import SIGNALS

F64 = NDArray[np.float64]


class Mlp:
    """Features (fast and slow averages) -> tanh layer -> six knobs through a logistic.

    `weights` holds w1 [20, h], b1 [h], w2 [h, 6], b2 [6]. With `noise` > 0 the knobs are a
    squashed Gaussian and `log` keeps what a score-function gradient needs.
    """

    def __init__(self, weights: Mapping[str, F64], noise: float = 0.0, seed: int = 0) -> None:
        self.weights, self.noise, self.seed = weights, noise, seed
        self.rng = np.random.default_rng(seed)
        self.fast, self.slow = Averages(2.5), Averages(12.0)
        self.log: list[tuple[F64, F64]] = []

    def reset(self, n: int) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.fast.reset(n)
        self.slow.reset(n)
        self.log = []

    def act(self, signals: F64) -> F64:
        fast = self.fast.update(signals) - RESTING
        x = 3.0 * np.concatenate([fast, self.slow.update(signals) - RESTING], axis=1)
        w = self.weights
        z = np.tanh(x @ w["w1"] + w["b1"]) @ w["w2"] + w["b2"]
        if self.noise:
            shift = self.noise * self.rng.standard_normal(z.shape)
            self.log.append((x, shift))
            z = z + shift
        return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


def blank(hidden: int, rng: np.random.Generator, knobs: F64) -> dict[str, F64]:
    """Fresh weights whose policy is the constant `knobs` [6]."""
    inside = np.clip(knobs, 0.03, 0.97)
    d = 2 * len(SIGNALS)
    return {
        "w1": rng.normal(0, 1 / np.sqrt(d), (d, hidden)),
        "b1": np.zeros(hidden),
        "w2": rng.normal(0, 0.01, (hidden, 6)),
        "b2": np.log(inside / (1 - inside)),
    }
