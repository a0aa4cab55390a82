"""Pooled experience pays on ChaosBench's training seeds; measured on its tuning seeds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.chaos import episodes
from benchmarks.chaos.ours import COLUMNS, Ours
from benchmarks.chaos.simulate import simulate
from resmem_core.config import twelve
from resmem_core.config.learning import LearningConfig
from resmem_core.config.profile import Profile
from resmem_core.kernel.reference.equations import limited
from resmem_core.learning import target, update
from resmem_core.learning.experience import Pool
from resmem_core.learning.gradient import logit, squash

Array = NDArray[np.float64]
SCALE = 0.4
"""Noise in logits: explore=0.1."""


class Exploring(Ours):
    """Many sessions at once with noise on their targets, before the rate limit."""

    def __init__(self, profile: Profile, rng: np.random.Generator) -> None:
        super().__init__(profile)
        self.rng = rng
        self.noted: list[tuple[Array, Array, Array]] = []

    def act(self, signals: Array) -> Array:
        p, at = self.profile, self.at
        knob, hold = self.state[at.knob], self.state[at.hold]
        super().act(signals)
        self.state = self.state.copy()
        active = target.activations(self.state[at.level].T, self.state[at.baseline].T, p)
        mean = logit(target.means(p.base, p.delta, target.shares(active, p)))
        z = mean + SCALE * self.rng.standard_normal(mean.shape)
        self.noted.append((active, mean, z))
        limits = (p.cautious, p.rate_safe, p.rate_free, p.dwell)
        self.state[at.knob], self.state[at.hold] = limited(
            squash(z).T, knob, hold, *(limit[:, None] for limit in limits)
        )
        return np.asarray(self.state[at.knob][COLUMNS].T)


def flat(a: Array) -> Array:
    """[ticks, sessions, …] to [sessions · ticks, …]."""
    return np.ascontiguousarray(np.swapaxes(a, 0, 1)).reshape(-1, *a.shape[2:])


def gathered(profile: Profile, seeds: range, rng: np.random.Generator) -> Pool:
    """Experience of eight families on some seeds, rewarded by the sampled outcome."""
    e = episodes.make(seeds, episodes.FITTED)
    entrant = Exploring(profile, rng)
    outcome = flat(simulate(e, entrant).outcome.astype(np.float64))
    active, mean, z = (flat(np.stack(column)) for column in zip(*entrant.noted, strict=True))
    count = len(outcome)
    return Pool(
        active=active, mean=mean, z=z, scale=np.full((count, 1), SCALE),
        reward=np.clip((outcome - outcome.mean()) / outcome.std(), -1.0, 1.0),
        shaping=np.zeros(count), scored=np.ones(count, dtype=np.bool_),
        ends=np.tile(np.arange(e.ticks) == e.ticks - 1, e.n),
        session=np.repeat(rng.permutation(e.n).astype(np.float64), e.ticks),
    )  # fmt: skip


@pytest.mark.nightly
def test_twelve_pooled_batches_raise_success_without_exploring() -> None:
    """64 sessions of 600 ticks a batch, from the hand-written profile: a point or more."""
    tune = episodes.make(range(episodes.TUNE[0], episodes.TUNE[0] + 8), episodes.FITTED)
    profile, rng = twelve.hand_written(), np.random.default_rng(0)
    before = simulate(tune, Ours(profile)).success.mean()
    for batch in range(12):
        first = episodes.TRAIN[0] + 8 * batch
        pool = gathered(profile, range(first, first + 8), rng)
        made = update.candidate(profile, pool, LearningConfig())
        assert made.evidence.kl <= LearningConfig().kl
        profile = made.profile
    gain = simulate(tune, Ours(profile)).success.mean() - before
    print(f"{100 * before:.2f} -> {100 * (before + gain):.2f}")

    assert gain > 0.01
