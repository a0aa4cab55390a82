"""A reward is bounded, leaves out what is missing, and is shaped without changing what is best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core import Outcome, Profile
from resmem_core.config.learning import CHANNELS, LearningConfig
from resmem_core.errors import ConfigError
from resmem_core.learning import reward

CONFIG = LearningConfig()
unit = st.none() | st.floats(0, 1)
outcomes = st.builds(
    Outcome, success=unit, quality=unit, safety=unit, latency=st.none() | st.floats(0, 1e9),
    tokens=st.none() | st.integers(0, 10**12), feedback=st.none() | st.floats(-1, 1),
)  # fmt: skip


@given(st.lists(st.tuples(outcomes, st.none() | st.floats(-1, 1)), max_size=30))
def test_every_reward_and_channel_is_bounded(stream: list[tuple[Outcome, float | None]]) -> None:
    """In [-1, 1], whatever outcomes come in whatever order."""
    statistics = reward.start(CONFIG)
    for outcome, credit in stream:
        scored, statistics = reward.score(statistics, outcome, credit=credit, config=CONFIG)

        assert scored.total is None or -1.0 <= scored.total <= 1.0
        assert all(-1.0 <= value <= 1.0 for value in scored.channels.values())


def test_an_outcome_that_says_nothing_has_no_reward() -> None:
    """Missing is missing, not zero; the statistics do not move."""
    before = reward.start(CONFIG)
    scored, after = reward.score(before, Outcome(), credit=None, config=CONFIG)

    assert scored.total is None
    assert after == before


@pytest.mark.parametrize(
    ("better", "worse", "channel"),
    [
        (Outcome(success=True), Outcome(success=False), "task"),
        (Outcome(quality=0.9), Outcome(quality=0.1), "quality"),
        (Outcome(feedback=1.0), Outcome(feedback=-1.0), "quality"),
        (Outcome(safety=1.0), Outcome(safety=0.0), "safety"),
        (Outcome(latency=0.5), Outcome(latency=30.0), "efficiency"),
        (Outcome(tokens=100), Outcome(tokens=9000), "efficiency"),
    ],
)
def test_each_channel_prefers_the_better(better: Outcome, worse: Outcome, channel: str) -> None:
    """More success, quality, safety; less time, fewer tokens."""
    statistics = reward.start(CONFIG)
    good = reward.score(statistics, better, credit=None, config=CONFIG)[0]
    bad = reward.score(statistics, worse, credit=None, config=CONFIG)[0]

    assert list(good.channels) == [channel]
    assert good.channels[channel] > bad.channels[channel]


def test_credit_is_the_memory_channel() -> None:
    """What was recalled counts by how much it has helped."""
    scored, _ = reward.score(reward.start(CONFIG), Outcome(), credit=0.5, config=CONFIG)

    assert scored.channels == {"memory": 1.0}


def test_the_score_is_against_the_past_alone() -> None:
    """The first value is measured against the prior, before it is taken in."""
    once, statistics = reward.score(
        reward.start(CONFIG), Outcome(latency=0.0), credit=None, config=CONFIG
    )
    for _ in range(300):
        often, statistics = reward.score(
            statistics, Outcome(latency=0.0), credit=None, config=CONFIG
        )

    assert once.channels["efficiency"] == 1.0
    assert often.channels["efficiency"] < 0.2


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_running_statistics_equal_those_of_the_whole(values: list[float]) -> None:
    """With a prior of one observation at zero, mean and variance are those of the list."""
    running = reward.Running(1.0, 0.0, 0.0)
    for value in values:
        running = running.taken(value, 1e9)
    whole = np.array([0.0, *values])

    assert running.mean == pytest.approx(whole.mean(), abs=1e-6)
    assert running.variance == pytest.approx(whole.var(), rel=1e-6, abs=1e-3)


def test_old_observations_fade() -> None:
    """After `span` observations a new level is followed."""
    running = reward.Running(8.0, 0.0, 1.0)
    for _ in range(100):
        running = running.taken(5.0, 20.0)

    assert running.mean == pytest.approx(5.0, abs=0.1)


def test_statistics_survive_the_store() -> None:
    """to_doc and from_doc are inverse."""
    _, statistics = reward.score(
        reward.start(CONFIG), Outcome(success=1, tokens=5), credit=0.1, config=CONFIG
    )

    assert reward.from_doc(statistics.to_doc()) == statistics


@pytest.mark.parametrize(
    "doc",
    [
        {}, {"format": 2, "measures": {}}, {"format": 1, "measures": {}},
        {"format": 1, "measures": {key: [1, 0, float("nan")] for key in reward.MEASURES}},
        {"format": 1, "measures": {key: ["a", 0, 1] for key in reward.MEASURES}},
        {"format": 1, "measures": {key: [1, 0] for key in reward.MEASURES}},
        {"format": 1, "measures": {key: [1, 0, -1] for key in reward.MEASURES}},
    ],
)  # fmt: skip
def test_damaged_statistics_are_refused(doc: dict[str, object]) -> None:
    """One typed error for each."""
    with pytest.raises(ConfigError):
        reward.from_doc(doc)


def test_a_channel_without_weight_does_not_count() -> None:
    """Nor does an outcome that only such a channel reads."""
    config = LearningConfig(weights={"task": 1.0})
    start = reward.start(config)
    both = reward.score(start, Outcome(success=1, safety=0), credit=None, config=config)[0]
    other = reward.score(start, Outcome(safety=0), credit=None, config=config)[0]

    assert both.total == both.channels["task"]
    assert other.total is None


def test_drive_is_least_at_the_set_points() -> None:
    """Φ is 0 at rest, negative away from it, and -1 when all that stresses is at its top."""
    profile = Profile.default()

    assert reward.potential(profile.rest, profile) == 0.0
    assert reward.potential(np.ones(profile.n), profile) == pytest.approx(-1.0)
    calm = replace(profile, stress=np.zeros(profile.n))
    assert reward.potential(np.ones(profile.n), calm) == 0.0


def test_shaping_telescopes() -> None:
    """Σ γ^t F_t = γ^T Φ(s_T) - Φ(s_0): over an episode it cannot be earned by going in circles."""
    rng = np.random.default_rng(0)
    phi = -rng.uniform(0, 1, 20)
    gamma, drive = CONFIG.gamma, CONFIG.drive
    shaped = [reward.shaping(phi[t], phi[t + 1], config=CONFIG) for t in range(19)]
    total = sum(gamma**t * f for t, f in enumerate(shaped))

    assert total == pytest.approx(drive * (gamma**19 * phi[19] - phi[0]))


@pytest.mark.parametrize(
    "settings",
    [
        {"weights": {"fame": 1.0}}, {"weights": {}}, {"weights": {"task": 0.0}},
        {"weights": {"task": -1.0}}, {"weights": {"task": "1"}}, {"gamma": 1.0}, {"kl": 0.0},
        {"kl": float("nan")}, {"clip": 1.0}, {"samples": 100.5}, {"samples": True}, {"lam": "x"},
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(settings: dict[str, object]) -> None:
    """ConfigError names what is allowed."""
    with pytest.raises(ConfigError):
        LearningConfig(**settings)  # type: ignore[arg-type]
    assert set(LearningConfig().weights) == set(CHANNELS)
