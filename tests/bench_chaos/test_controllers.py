"""Claims about the controls: bounded, reproducible, and able to do what they are for."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.chaos import registry, tune
from benchmarks.chaos.controllers import bandits, mlp, rules
from benchmarks.chaos.controllers.base import RESTING, Averages
from benchmarks.chaos.signals import HIGH, SIGNALS

READINGS = arrays(
    float, (5, 3, 10), elements=st.one_of(st.just(float("nan")), st.floats(0.0, HIGH))
)
CALM = np.tile(RESTING, (4, 1))


@pytest.mark.parametrize("name", registry.PLAIN)
@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(stream=READINGS)
def test_knobs_stay_in_bounds_whatever_is_seen(name, stream):
    """Any readings, missing ones included, give knobs in [0, 1]."""
    controller = registry.PLAIN[name]()
    controller.reset(3)

    for signals in stream:
        u = controller.act(signals)
        assert u.shape == (3, 6)
        assert ((u >= 0) & (u <= 1)).all()


@pytest.mark.parametrize("name", registry.PLAIN)
def test_reset_makes_a_controller_new(name):
    """After a reset the same readings give the same knobs."""
    controller = registry.PLAIN[name]()
    rng = np.random.default_rng(0)
    stream = rng.random((20, 4, 10))

    runs = []
    for _ in range(2):
        controller.reset(4)
        runs.append(np.array([controller.act(s.copy()) for s in stream]))

    np.testing.assert_array_equal(runs[0], runs[1])


def test_missing_readings_leave_the_average():
    """NaN moves nothing; a reading moves the average toward itself by half in a half-life."""
    averages = Averages(half_life=1.0)
    averages.reset(1)

    averages.update(np.full((1, 10), np.nan))
    moved = averages.update(np.full((1, 10), 1.0))

    np.testing.assert_allclose(moved[0], (RESTING + 1) / 2)


def test_rules_close_the_tools_under_injection():
    """A persistent injection score closes the tools and nothing else much."""
    controller = registry.PLAIN["rules_tuned"]()
    controller.reset(4)
    attack = CALM.copy()
    attack[:, SIGNALS.index("injection")] = 0.9

    calm = controller.act(CALM)
    for _ in range(20):
        u = controller.act(attack)

    assert (u[:, 4] < 0.2).all()
    assert (calm[:, 4] > 0.8).all()


def test_breaker_opens_and_closes():
    """Provider errors set retries to 0; once they end and the hold is over they come back."""
    p = tune.load("breaker")["parameters"]
    controller = rules.Breaker(np.array(p))
    controller.reset(4)
    down = CALM.copy()
    down[:, 0] = 1.0

    opened = [controller.act(down) for _ in range(15)][-1]
    closed = [controller.act(CALM) for _ in range(60)][-1]

    assert (opened[:, 5] == 0).all()
    assert (closed[:, 5] > 0).all()


@pytest.mark.parametrize(
    "bandit",
    [
        bandits.Linear(0.3, 3.0, 0.999),
        bandits.Linear(0.2, 3.0, 0.999, sample=True),
        bandits.DiscountedUcb(0.15, 0.99),
        bandits.Exp3S(0.05, 0.1, 0.001),
    ],
)
def test_bandits_find_the_arm_that_pays(bandit):
    """When one arm alone is rewarded, it is what is played most in the end."""
    n, good = 40, 3
    bandit.reset(n)
    signals, rng = np.tile(RESTING, (n, 1)), np.random.default_rng(1)
    pending = [np.zeros(n), np.zeros(n)]

    for _ in range(400):
        signals[:, SIGNALS.index("success")] = pending[-2]
        u = bandit.act(signals)
        paid = (u == bandit.arms[good]).all(axis=1)
        pending.append(np.where(paid, rng.random(n) < 0.9, rng.random(n) < 0.1).astype(float))

    assert paid.mean() > 0.5


def test_policy_gradient_points_uphill():
    """The score-function gradient of the MLP raises a reward that prefers a higher first knob."""
    rng = np.random.default_rng(2)
    w = mlp.blank(8, rng, np.full(6, 0.5))
    policy = mlp.Mlp(w, noise=0.5, seed=3)
    policy.reset(200)
    u = np.stack([policy.act(np.tile(RESTING, (200, 1))) for _ in range(30)])

    class Seen:
        outcome = rng.random((30, 200)) < u[:, :, 0]

    gradient = tune._gradient(w, policy, Seen(), 0.5)

    assert gradient["b2"][0] > 3 * np.abs(gradient["b2"][1:]).max()


def test_tuned_files_say_where_they_come_from():
    """Every checked-in result names its command and the training seeds."""
    for name in tune.JOBS:
        doc = tune.load(name)

        assert doc["command"].endswith(f"tune {name}")
        assert doc["train_seeds"] == "1000-1095"
