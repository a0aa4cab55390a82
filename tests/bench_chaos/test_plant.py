"""Claims about the plant: bounded, shaped as documented, the same in numpy and torch."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.chaos import episodes, hindsight, plant, signals
from benchmarks.chaos.simulate import at

UNIT = st.floats(0.0, 1.0)
C = plant.Constants()


def odds(u, **severity):
    """Success probability of the knobs under the named severities."""
    s = np.array([severity.get(name, 0.0) for name in plant.FAULTS])
    return float(plant.step(np.asarray(u), plant.conditions(s, C), C).success)


def optimum(**severity):
    """Best success probability that any knobs reach under the named severities."""
    s = np.array([[severity.get(name, 0.0) for name in plant.FAULTS]])
    q = plant.conditions(s, C)
    starts = hindsight.presets()
    found = [hindsight.climb(lambda u: plant.step(u, q, C).success, p[None]) for p in starts]
    return max(float(plant.step(u, q, C).success[0]) for u in found)


@settings(deadline=None)
@given(arrays(float, (4, 6), elements=UNIT), arrays(float, (4, 7), elements=UNIT), UNIT)
def test_success_is_a_probability(u, s, spread):
    """Whatever the knobs, the faults and the redrawn constants, success lies in [0, .98]."""
    c = plant.draw(4, np.random.default_rng(1), C, 0.9 * spread, every=True)

    p = plant.step(u, plant.conditions(s, c), c).success

    assert ((p >= 0) & (p <= plant.CEILING)).all()


def test_best_knobs_differ_by_fault():
    """Each fault has its own remedy: fewer retries in an outage, more when flapping, no tools
    under injection, all of them when exploring, more passages when knowledge has drifted."""
    calm, outage, flap, toolfail, inject, explore, burst, drift = hindsight.presets()

    assert outage[5] < calm[5] < flap[5]
    assert inject[4] == toolfail[4] == 0
    assert explore[4] == 1
    assert explore[3] > burst[3]
    assert drift[2] > calm[2]


@pytest.mark.parametrize(
    ("fault", "best", "default"),
    [
        ("outage", 0.69, 0.13),
        ("explore", 0.68, 0.26),
        ("inject", 0.67, 0.33),
        ("drift", 0.71, 0.44),
    ],
)
def test_diagnostics_resemble_the_specification(fault, best, default):
    """Under one full fault the optimum and the default lie near the published diagnostics."""
    reached = optimum(**{fault: 1.0})

    assert reached == pytest.approx(best, abs=0.05)
    assert odds(plant.DEFAULT_KNOBS, **{fault: 1.0}) == pytest.approx(default, abs=0.05)


def test_seventeen_constants_are_jittered():
    """A seed moves exactly 17 constants, each by at most 8 %."""
    e = episodes.make([7], ["calm"], ticks=5)

    moved = [f.name for f in fields(C) if getattr(e.constants, f.name)[0] != getattr(C, f.name)]

    assert tuple(moved) == plant.JITTERED
    assert len(moved) == 17
    assert all(
        abs(getattr(e.constants, name)[0] / getattr(C, name) - 1) <= episodes.JITTER + 1e-12
        for name in moved
    )


def test_torch_gives_the_same_numbers_and_gradients_flow():
    """The plant and its signals are one set of formulas for numpy and torch."""
    torch = pytest.importorskip("torch")
    e = episodes.make([1000, 1001], ticks=40)
    t, u = 30, np.random.default_rng(0).random((e.n, 6))
    noise = at(e.noise, t)
    q = plant.conditions(e.severity[t], e.constants)
    step = plant.step(u, q, e.constants)
    seen = signals.emit(u, q, e.severity[t], step, noise, e.constants)

    def tensor(a):
        return torch.as_tensor(np.asarray(a))

    c = plant.Constants(**{f.name: tensor(getattr(e.constants, f.name)) for f in fields(C)})
    s, v = tensor(e.severity[t]), tensor(u).requires_grad_()
    q2 = plant.conditions(s, c, torch)
    step2 = plant.step(v, q2, c, torch)
    seen2 = signals.emit(v, q2, s, step2, signals.Noise(*map(tensor, noise)), c, torch)
    step2.success.sum().backward()

    np.testing.assert_allclose(step2.success.detach().numpy(), step.success, atol=1e-14)
    np.testing.assert_allclose(seen2.detach().numpy(), seen, atol=1e-14)
    assert torch.isfinite(v.grad).all()
