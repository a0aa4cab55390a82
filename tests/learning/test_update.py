"""Experience becomes a candidate within the trust region, judged by what did not teach it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core import KNOBS, Profile
from resmem_core.config.learning import LearningConfig
from resmem_core.config.twelve import hand_written
from resmem_core.errors import ConfigError, InputError
from resmem_core.learning import evaluate, target, update
from resmem_core.learning.experience import Batch, Experience, Pool, batch_of, pool
from resmem_core.learning.gradient import logit, squash

PROFILE = hand_written()
CONFIG = LearningConfig()
GOAL = np.clip(0.4 * PROFILE.base + 0.3, 0.1, 0.9)


def played(
    profile: Profile, seed: int, sessions: int = 12, ticks: int = 100, scale: float = 0.4
) -> list[Batch]:
    """Sessions whose reward falls with the targets' squared distance from GOAL."""
    rng = np.random.default_rng(seed)
    batches = []
    for session in range(sessions):
        active = np.clip(rng.uniform(-0.5, 1.0, (ticks, profile.n)), 0.0, 1.0)
        mean = target.means(profile.base, profile.delta, target.shares(active, profile))
        taken = squash(logit(mean) + scale * rng.standard_normal(mean.shape))
        reward = np.clip(1.0 - 4.0 * np.square(taken - GOAL).sum(1), -1.0, 1.0)
        records = tuple(
            Experience(t, tuple(active[t]), tuple(mean[t]), tuple(taken[t]), scale, reward[t])
            for t in range(ticks)
        )
        batches.append(Batch(f"s{session:02d}", "p", records))
    return batches


def pooled(profile: Profile = PROFILE, seed: int = 0, sessions: int = 12) -> Pool:
    return pool(played(profile, seed, sessions), profile="p", hormones=profile.n)


def test_the_target_is_the_kernels() -> None:
    """The policy that is learnt composes as equation (4) does in the controller."""
    from resmem_core.kernel.reference import equations

    rng = np.random.default_rng(0)
    for _ in range(50):
        level = rng.uniform(0, 1, PROFILE.n)
        p = PROFILE
        active = target.activations(level, p.rest, p)
        ours = target.means(p.base, p.delta, target.shares(active[None], p))[0]
        kernels = equations.targets(level, p.rest, p.base, p.delta, p.w0, p.g, p.dead, p.p, p.q)

        np.testing.assert_allclose(ours, np.clip(kernels, target.EDGE, 1 - target.EDGE), atol=1e-12)


def test_pooled_learning_goes_up_on_a_known_objective() -> None:
    """Ten approved proposals in a row bring the mean reward up, each within the region."""
    profile, rewards = PROFILE, []
    for batch in range(10):
        gathered = pooled(profile, seed=batch)
        rewards.append(gathered.reward.mean())
        profile = update.candidate(profile, gathered, CONFIG).profile

    assert np.mean(rewards[-2:]) > np.mean(rewards[:2]) + 0.03


@given(st.integers(0, 1000), st.floats(1e-4, 0.2))
@settings(max_examples=15)
def test_the_measured_divergence_stays_within_the_bound(seed: int, kl: float) -> None:
    """Not the quadratic model's: the divergence of the candidate's own targets."""
    gathered = pooled(seed=seed, sessions=4)
    made = update.candidate(PROFILE, gathered, replace(CONFIG, kl=kl))

    assert made.evidence.kl <= kl
    assert update.measured(made.profile, gathered) == made.evidence.kl


def test_a_candidate_changes_base_and_delta_alone() -> None:
    """Ranges, rates, safe directions, resilience, hormones and dominance are never learnt."""
    made = update.candidate(PROFILE, pooled(), CONFIG).profile
    back = replace(made, base=PROFILE.base, delta=PROFILE.delta)

    assert back.to_json() == PROFILE.to_json()
    assert made.to_json() != PROFILE.to_json()


def test_the_judges_never_taught() -> None:
    """Sessions are split whole; a single session is split once in time."""
    many, one = pooled(), pooled(sessions=1)
    teaching = update.split(many)

    assert set(many.session[teaching]).isdisjoint(many.session[~teaching])
    assert update.split(one)[:50].all()
    assert not update.split(one)[50:].any()


def test_too_little_experience_is_told() -> None:
    """No proposal rests on a handful of ticks, nor on none."""
    with pytest.raises(InputError, match="256 are needed"):
        update.candidate(PROFILE, pooled(sessions=2), CONFIG)
    with pytest.raises(InputError, match=r"explore=0\.05"):
        pool(played(PROFILE, 0), profile="another", hormones=PROFILE.n)


def test_rewards_without_a_preference_make_no_proposal() -> None:
    """A constant reward of zero has no direction."""
    flat = replace(pooled(), reward=np.zeros(1200))

    with pytest.raises(InputError, match="no direction"):
        update.candidate(PROFILE, flat, CONFIG)


def test_a_step_that_cannot_be_made_small_enough_is_given_up() -> None:
    """When even the smallest step measures too far, nothing is proposed."""
    far = pooled()
    elsewhere = replace(far, mean=far.mean + 5.0)

    with pytest.raises(InputError, match="trust region"):
        update.within(PROFILE, np.zeros((len(KNOBS), 1 + PROFILE.n)), elsewhere, CONFIG)


def test_batches_survive_the_store() -> None:
    """to_doc and batch_of are inverse, and no text is in between."""
    batch = played(PROFILE, 0, sessions=1, ticks=3)[0]
    doc = batch.to_doc()

    assert batch_of(doc) == batch
    assert {type(x) for row in doc["rows"] for x in row} <= {int, float, tuple, np.float64}


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, "x"), (1, [2.0]), (2, [0.5]), (3, [0.0] * 7), (4, 0.0), (4, float("nan")), (5, 3.0)],
)
def test_damaged_experience_is_refused(place: int, value: object) -> None:
    """Numbers out of range, of the wrong count or type: one ConfigError."""
    doc = played(PROFILE, 0, sessions=1, ticks=1)[0].to_doc()
    row = list(doc["rows"][0])
    row[place] = value

    with pytest.raises(ConfigError, match="damaged"):
        batch_of({**doc, "rows": [row]})
    with pytest.raises(ConfigError, match="format"):
        batch_of({**doc, "format": 2})


def test_a_gap_ends_a_stretch() -> None:
    """Advantages never flow over ticks that were not explored, or that were overwritten."""
    records = played(PROFILE, 0, sessions=1, ticks=6)[0].records
    gathered = pool(
        [Batch("s", "p", records[3:5]), Batch("s", "p", records[:2])], profile="p",
        hormones=PROFILE.n,
    )  # fmt: skip

    assert gathered.ends.tolist() == [False, True, False, True]
    assert gathered.where(np.array([True, False, True, True])).ends.tolist() == [True, False, True]


def test_the_lower_bound_covers() -> None:
    """95 % confidence holds in at least 95 % of 1,000 simulated data sets, of three shapes."""
    rng = np.random.default_rng(5)
    shapes = [
        lambda n: rng.choice([-1.0, 1.0], n, p=[0.5, 0.5]),
        lambda n: rng.choice([-1.0, 0.05], n, p=[0.0476190476190476, 1 - 0.0476190476190476]),
        lambda n: rng.uniform(-0.2, 0.2, n),
    ]
    for draw in shapes:
        misses = sum(
            evaluate.lower_bound(draw(200), lo=-1.0, hi=1.0, confidence=0.95) > 0.0
            for _ in range(1000)
        )

        assert misses <= 65  # 50 expected at most; 0.95 binomial quantile of that is 62


def test_the_lower_bound_covers_values_that_depend_on_those_before() -> None:
    """The bound is of what was expected at each step: a martingale suffices."""
    rng = np.random.default_rng(6)
    misses = 0
    for _ in range(400):
        flips = rng.choice([-1.0, 1.0], 300)
        size = 0.1 + 0.9 * (np.concatenate([[0.0], flips[:-1]]) > 0)
        misses += evaluate.lower_bound(flips * size, lo=-1.0, hi=1.0, confidence=0.9) > 0.0

    assert misses <= 52  # 40 expected at most; binomial 0.975 quantile


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=60), st.floats(0.5, 0.999))
def test_the_lower_bound_lies_below_the_mean_of_constants(v: list[float], c: float) -> None:
    """It is finite, and of constant values it never exceeds the constant."""
    assert np.isfinite(evaluate.lower_bound(np.array(v), lo=-1.0, hi=1.0, confidence=c))
    same = np.full(50, v[0])
    assert evaluate.lower_bound(same, lo=-1.0, hi=1.0, confidence=c) <= v[0]


@pytest.mark.parametrize("values", [[], [1.5], [float("nan")]])
def test_values_outside_their_bounds_are_refused(values: list[float]) -> None:
    """A bound on them would promise what does not hold."""
    with pytest.raises(InputError):
        evaluate.lower_bound(np.array(values), lo=-1.0, hi=1.0, confidence=0.95)


def test_more_data_tightens_the_bound() -> None:
    """The bound approaches the mean."""
    rng = np.random.default_rng(4)
    gaps = [
        v.mean() - evaluate.lower_bound(v, lo=-1, hi=1, confidence=0.95)
        for v in (rng.uniform(-0.1, 0.3, n) for n in (100, 1000, 10_000))
    ]

    assert gaps[0] > 3 * gaps[1] > 6 * gaps[2] > 0


@pytest.mark.parametrize(("kl", "clip"), [(0.02, 1.2), (0.3, 2.0), (2.0, 1.5)])
def test_what_a_cut_can_hide_is_known(kl: float, clip: float) -> None:
    """E (w - c)⁺ in closed form equals Monte Carlo within 4 standard errors."""
    rng = np.random.default_rng(3)
    w = np.exp(-kl + np.sqrt(2 * kl) * rng.standard_normal(400_000))
    over = np.maximum(w - clip, 0.0)

    found = float(evaluate.beyond(np.array([kl]), clip)[0])
    assert abs(found - over.mean()) <= 4 * over.std() / np.sqrt(len(w))


def test_the_estimate_is_right_about_a_better_and_a_worse_policy() -> None:
    """With plenty of data the gain of moving toward the goal is certain, and so is the loss."""
    gathered = pooled(sessions=40)
    step = 0.04 * (logit(GOAL) - gathered.mean)
    toward, away = gathered.mean + step, gathered.mean - step

    assert evaluate.gain(gathered, toward, CONFIG).lower_bound > 0
    assert evaluate.gain(gathered, away, CONFIG).gain < 0


def test_the_active_policy_gains_nothing_over_itself() -> None:
    """Every weight is 1: the gain is 0, its bound below, every tick effective."""
    gathered = pooled()
    estimate = evaluate.gain(gathered, gathered.mean, CONFIG)

    assert estimate.gain == 0.0
    assert estimate.lower_bound <= 0.0
    assert estimate.effective == pytest.approx(estimate.samples)
