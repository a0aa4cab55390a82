"""Bandits over the eight regime-optimal presets; the reward is the reported outcome.

A report is credited to the arm played two ticks before, the mean delay. Where it is missing,
nothing is learned from that tick.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos.controllers.base import RESTING, Averages
from benchmarks.chaos.hindsight import presets
from benchmarks.chaos.signals import SIGNALS

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
LAG: Final = 2
OUTCOME: Final = SIGNALS.index("success")


class Arms:
    """Shared part: which arm was played when, and the loop around `choose` and `learn`."""

    def __init__(self, seed: int = 5) -> None:
        self.arms = presets()
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.played: deque[tuple[F64, I64]] = deque(maxlen=LAG)

    def reset(self, n: int) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.played.clear()
        self.begin(n)

    def act(self, signals: F64) -> F64:
        if len(self.played) == LAG:
            reward = signals[:, OUTCOME]
            known = np.flatnonzero(~np.isnan(reward))
            context, arm = self.played[0]
            self.learn(known, context[known], arm[known], np.clip(reward[known], 0.0, 1.0))
        context = self.context(signals)
        arm = self.choose(context)
        self.played.append((context, arm))
        return np.asarray(self.arms[arm])

    def context(self, signals: F64) -> F64:
        return np.empty((len(signals), 0))

    def begin(self, n: int) -> None:
        raise NotImplementedError

    def choose(self, context: F64) -> I64:
        raise NotImplementedError

    def learn(self, rows: I64, context: F64, arm: I64, reward: F64) -> None:
        raise NotImplementedError


class Linear(Arms):
    """Linear model per arm on averaged signals; LinUCB, or Thompson sampling.

    `prior` warm-starts it: precision [8, d, d] and response [8, d] from logged training data,
    which count as `trust` of their own weight. `forget` discounts what was learned online.
    """

    def __init__(
        self,
        width: float,
        half_life: float,
        forget: float,
        prior: tuple[F64, F64] | None = None,
        sample: bool = False,
    ) -> None:
        super().__init__()
        self.width, self.forget, self.sample = width, forget, sample
        self.averages = Averages(half_life)
        self.slow = Averages(4 * half_life)
        d = 1 + 2 * len(SIGNALS)
        self.prior = prior or (np.tile(np.eye(d), (8, 1, 1)), np.zeros((8, d)))
        self.inverse = self.response = np.empty(0)

    def begin(self, n: int) -> None:
        self.averages.reset(n)
        self.slow.reset(n)
        self.inverse = np.tile(np.linalg.inv(self.prior[0]), (n, 1, 1, 1))
        self.response = np.tile(self.prior[1], (n, 1, 1))

    def context(self, signals: F64) -> F64:
        fast = self.averages.update(signals) - RESTING
        slow = self.slow.update(signals) - RESTING
        return np.concatenate([np.full((len(signals), 1), 0.5), fast, slow], axis=1)

    def choose(self, context: F64) -> I64:
        shadow = np.matmul(self.inverse, context[:, None, :, None])[..., 0]  # A⁻¹x, [n, 8, d]
        mean = np.einsum("nad,nad->na", shadow, self.response)
        doubt = np.sqrt(np.maximum(np.einsum("nad,nd->na", shadow, context), 0.0))
        push = self.rng.standard_normal(doubt.shape) if self.sample else 1.0
        return np.asarray(np.argmax(mean + self.width * push * doubt, axis=1))

    def learn(self, rows: I64, context: F64, arm: I64, reward: F64) -> None:
        a = self.inverse[rows, arm] / self.forget
        ax = np.einsum("nij,nj->ni", a, context)
        scale = 1 + np.einsum("ni,ni->n", context, ax)
        self.inverse[rows, arm] = a - ax[:, :, None] * ax[:, None, :] / scale[:, None, None]
        self.response[rows, arm] *= self.forget
        self.response[rows, arm] += reward[:, None] * context


class DiscountedUcb(Arms):
    """UCB on discounted counts and rewards (Garivier & Moulines 2011)."""

    def __init__(self, width: float, forget: float) -> None:
        super().__init__()
        self.width, self.forget = width, forget
        self.count = self.total = np.empty(0)

    def begin(self, n: int) -> None:
        self.count, self.total = np.full((n, 8), 0.1), np.full((n, 8), 0.07)

    def choose(self, context: F64) -> I64:
        bonus = np.sqrt(np.log1p(self.count.sum(axis=1, keepdims=True)) / self.count)
        return np.asarray(np.argmax(self.total / self.count + self.width * bonus, axis=1))

    def learn(self, rows: I64, context: F64, arm: I64, reward: F64) -> None:
        self.count[rows] *= self.forget
        self.total[rows] *= self.forget
        self.count[rows, arm] += 1.0
        self.total[rows, arm] += reward
        self.count = np.maximum(self.count, 1e-3)


class Exp3S(Arms):
    """EXP3.S (Auer et al. 2002): exponential weights with a share for every arm."""

    def __init__(self, rate: float, explore: float, share: float) -> None:
        super().__init__()
        self.rate, self.explore, self.share = rate, explore, share
        self.log_weight = self.chance = np.empty(0)

    def begin(self, n: int) -> None:
        self.log_weight = np.zeros((n, 8))
        self.chance = np.full((n, 8), 1 / 8)

    def choose(self, context: F64) -> I64:
        weight = np.exp(self.log_weight - self.log_weight.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        self.chance = (1 - self.explore) * weight + self.explore / 8
        draw = self.rng.random((len(weight), 1))
        return np.asarray(np.minimum((np.cumsum(self.chance, axis=1) < draw).sum(axis=1), 7))

    def learn(self, rows: I64, context: F64, arm: I64, reward: F64) -> None:
        gain = np.zeros((len(rows), 8))
        gain[np.arange(len(rows)), arm] = reward / self.chance[rows, arm]
        old = self.log_weight[rows]
        top = old.max(axis=1, keepdims=True)
        weight = np.exp(old - top + self.rate * np.minimum(gain, 20.0))
        weight += self.share * np.exp(old - top).mean(axis=1, keepdims=True)
        self.log_weight[rows] = top + np.log(weight)
