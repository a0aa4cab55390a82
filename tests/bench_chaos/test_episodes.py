"""Claims about episodes: reproducible by seed, hidden faults within bounds, late signals."""

import numpy as np
import pytest

from benchmarks.chaos import episodes, plant, schedule, signals
from benchmarks.chaos.controllers.base import Constant
from benchmarks.chaos.simulate import simulate


def test_same_seed_same_episode():
    """An episode depends on its seed and family alone, not on what runs beside it."""
    alone = episodes.make([42], ["mixed"], ticks=100)
    among = episodes.make([41, 42], ["calm", "mixed"], ticks=100)

    np.testing.assert_array_equal(alone.severity[:, 0], among.severity[:, 3])
    np.testing.assert_array_equal(alone.noise.alarm[:, 0], among.noise.alarm[:, 3])
    np.testing.assert_array_equal(alone.delay[0], among.delay[3])


@pytest.mark.parametrize("name", schedule.FAMILIES)
def test_severities_stay_in_bounds_and_in_the_family(name):
    """Severities lie in [0, 1] and only the family's own faults occur."""
    family = schedule.FAMILIES[name]
    s = schedule.severities(family, 600, np.random.default_rng(3))

    struck = {fault for j, fault in enumerate(plant.FAULTS) if s[:, j].any()}

    assert ((s >= 0) & (s <= 1)).all()
    assert struck <= set(family.faults)
    assert bool(struck) == (name != "calm")


def test_train_tune_and_test_seeds_are_disjoint():
    """No seed is used both to fit and to report."""
    ranges = [range(a, b + 1) for a, b in (episodes.TRAIN, episodes.TUNE, episodes.TEST)]

    assert len(set().union(*ranges)) == sum(map(len, ranges))
    assert "ood" not in episodes.FITTED


def test_signals_come_late():
    """Signal j at tick t is the one emitted at t - delay, and nothing is seen before that."""
    e = episodes.make([5], ticks=80)
    trace = simulate(e, Constant(np.array(plant.DEFAULT_KNOBS)))

    latency = signals.SIGNALS.index("latency")
    first = np.argmax(~np.isnan(trace.seen[:, :, latency]), axis=0)

    np.testing.assert_array_equal(first, e.delay[:, latency])
    assert e.delay.min() >= 1


def test_out_of_distribution_delays_are_longer():
    """The ood family's delays are two ticks longer than the one to three of the others."""
    e = episodes.make(range(20), ["mixed", "ood"], ticks=5)

    assert set(np.unique(e.delay[e.family == "mixed"])) == {1, 2, 3}
    assert set(np.unique(e.delay[e.family == "ood"])) == {3, 4, 5}


def test_tool_errors_are_censored_without_tools():
    """With tools off no tool error is ever reported, however broken the tools are."""
    e = episodes.make([5], ["tools"], ticks=200)
    quiet = e.noise._replace(alarm=np.zeros_like(e.noise.alarm))
    e = episodes.Episodes(e.seeds, e.family, e.severity, e.constants, quiet, e.delay, e.draw)

    trace = simulate(e, Constant(np.array([0.4, 0.9, 0.25, 0.5, 0.0, 0.25])))

    assert np.isnan(trace.seen[:, :, signals.SIGNALS.index("tool_error")]).all()


def test_readings_stay_in_range():
    """Every reading is missing or lies in the documented range."""
    e = episodes.make([5], ticks=200)

    seen = simulate(e, Constant(np.array(plant.DEFAULT_KNOBS))).seen
    known = seen[~np.isnan(seen)]

    assert known.min() >= signals.LOW
    assert known.max() <= signals.HIGH


def test_a_redrawn_plant_is_shared_by_its_seeds():
    """Seeds of one draw share the redrawn plant; their training episodes have it as well."""
    e = episodes.make([0, 8, 1], ["calm"], ticks=5, redraw=0.35)
    redrawn = e.constants.base_failure  # not jittered from seed to seed

    assert redrawn[0] == redrawn[1] != redrawn[2]
    assert (e.training(0).constants.base_failure[:8] == redrawn[0]).all()
