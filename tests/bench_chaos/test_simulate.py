"""Claims about the loop and the figures."""

import numpy as np
import pytest

from benchmarks.chaos import episodes, hindsight, metrics, plant
from benchmarks.chaos.controllers.base import Constant, Replay
from benchmarks.chaos.simulate import Controller, simulate

DEFAULT = np.array(plant.DEFAULT_KNOBS)


class Broken:
    """Returns NaN for one knob and a value out of range for another."""

    def reset(self, n):
        self.n = n

    def act(self, signals):
        u = np.tile(DEFAULT, (self.n, 1))
        u[:, 0], u[:, 1] = np.nan, 1.5
        return u


@pytest.fixture(scope="module")
def e():
    """A few short episodes of every family."""
    return episodes.make([1000, 1001, 1002], ticks=200)


@pytest.fixture(scope="module")
def oracle(e):
    """The oracle's trace on them."""
    return simulate(e, Replay(hindsight.oracle(e)))


def test_runs_are_deterministic(e):
    """The same controller on the same episodes gives the same trace, bit for bit."""
    first, second = simulate(e, Constant(DEFAULT)), simulate(e, Constant(DEFAULT))

    np.testing.assert_array_equal(first.success, second.success)
    np.testing.assert_array_equal(first.seen, second.seen)


def test_no_constant_beats_the_oracle_at_any_tick(e, oracle):
    """The oracle is an upper bound: tick by tick for the presets, a grid step of slack aside."""
    best = np.max([simulate(e, Constant(u)).success for u in hindsight.presets()], axis=0)

    assert (best <= oracle.success + 2e-3).all()


def test_bad_knobs_are_counted_and_bounded(e):
    """NaN and out-of-range knobs are violations and never reach the plant."""
    trace = simulate(e, Broken())

    assert (trace.violations == 2 * e.ticks).all()
    assert ((trace.knobs >= 0) & (trace.knobs <= 1)).all()


def test_wrong_shape_is_refused(e):
    """A controller that returns another shape is told so."""
    with pytest.raises(ValueError, match="act must return shape"):
        simulate(e, Replay(np.zeros((e.ticks, e.n, 5))))


def test_any_object_with_reset_and_act_is_a_controller():
    """The protocol is structural."""
    assert isinstance(Broken(), Controller)


def test_oracle_recovers_at_once(e, oracle):
    """Measured against itself the oracle needs no ticks to recover, a constant needs some."""
    constant = simulate(e, Constant(DEFAULT))

    assert metrics.recovery(e, oracle.success, oracle.success) == 0
    assert metrics.recovery(e, constant.success, oracle.success) > 5


def test_paired_difference_to_itself_is_nothing(e, oracle):
    """A controller minus itself is 0 ± 0."""
    assert metrics.paired(e, oracle.success, oracle.success) == {"mean": 0.0, "ci": 0.0}


def test_oscillation_counts_reversals():
    """A knob that flips every tick reverses always, a ramp never."""
    flip = np.tile([[0.2], [0.8]], (10, 1))[:, None, :]
    ramp = np.linspace(0, 1, 20)[:, None, None]

    assert metrics.oscillation(flip) == 1.0
    assert metrics.oscillation(ramp) == 0.0
