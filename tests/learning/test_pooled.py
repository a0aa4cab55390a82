"""Pooled experience pays on ChaosBench's training seeds; measured on its tuning seeds."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.chaos import episodes
from benchmarks.chaos.ours import Ours
from benchmarks.chaos.simulate import simulate
from benchmarks.critic import gathered
from resmem_core.config import twelve
from resmem_core.config.learning import LearningConfig
from resmem_core.learning import update


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
