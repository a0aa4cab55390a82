"""Statements 7 to 9 of docs/learning.md, each against a value known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.errors import InputError
from resmem_core.learning.gradient import (
    advantages,
    divergence,
    log_ratio,
    logit,
    natural_step,
    score,
    squash,
)

DRAWS = 400_000
TARGET, SCALE = 0.8, 0.5
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)


def objective(mean: float) -> float:
    """E r(σ(z)), z ~ N(mean, SCALE²), r(k) = -(k - TARGET)², by Gauss-Hermite quadrature."""
    knob = squash(mean + SCALE * NODES)
    return float(WEIGHTS @ -np.square(knob - TARGET) / WEIGHTS.sum())


def test_statement_7_the_score_function_is_unbiased() -> None:
    """Monte Carlo agrees with the true gradient within 4 standard errors: no Jacobian is needed."""
    rng = np.random.default_rng(7)
    mean = logit(np.array(0.5))
    true = (objective(mean + 1e-4) - objective(mean - 1e-4)) / 2e-4
    z = mean + SCALE * rng.standard_normal(DRAWS)
    reward = -np.square(squash(z) - TARGET)
    samples = (reward - reward.mean()) * score(z, mean, SCALE)

    assert abs(samples.mean() - true) <= 4 * samples.std() / np.sqrt(DRAWS)
    assert true > 0


def test_the_published_rule_has_the_wrong_sign() -> None:
    """Ascent on A·k through the frozen value moves a knob below its target away from it.

    The published loss is -A·k with A = r - V. Below the target the reward lies under the mean
    value, so A < 0 and the rule lowers k; the true gradient raises it.
    """
    k, elsewhere = 0.5, 0.75
    advantage = -((k - TARGET) ** 2) + (elsewhere - TARGET) ** 2
    slope = k * (1 - k)
    published = advantage * slope
    true = -2 * (k - TARGET) * slope

    assert published < 0 < true


def test_with_an_exact_baseline_the_published_rule_is_noise() -> None:
    """E[A ∂k] = 0 when A has mean zero given the state; the score function still points right."""
    rng = np.random.default_rng(8)
    z = SCALE * rng.standard_normal(DRAWS)
    reward = -np.square(squash(z) - TARGET)
    advantage = reward - reward.mean()
    published = advantage * 0.25  # ∂k/∂θ of the deterministic knob

    assert abs(published.mean()) < 1e-12
    assert (advantage * score(z, np.array(0.0), SCALE)).mean() > 0.05


def test_an_action_independent_baseline_leaves_the_gradient() -> None:
    """Any baseline is unbiased, accurate or not: it changes the variance alone."""
    rng = np.random.default_rng(9)
    z = SCALE * rng.standard_normal(DRAWS)
    reward = -np.square(squash(z) - TARGET)
    each = [(reward - b) * score(z, np.array(0.0), SCALE) for b in (0.0, -0.1, 3.0)]
    errors = [np.std(g) / np.sqrt(DRAWS) for g in each]

    assert abs(each[0].mean() - each[1].mean()) <= 4 * (errors[0] + errors[1])
    assert abs(each[0].mean() - each[2].mean()) <= 4 * (errors[0] + errors[2])
    assert errors[1] < errors[2]


def test_statement_8_at_lambda_0_it_is_the_td_error() -> None:
    """Â_t = r_t + γ V_{t+1} - V_t."""
    rng = np.random.default_rng(1)
    r, v = rng.standard_normal(9), rng.standard_normal(9)
    ends = np.arange(9) == 8
    td = r + 0.9 * np.append(v[1:], 0.0) - v

    np.testing.assert_allclose(advantages(r, v, ends, gamma=0.9, lam=0.0), td)


def test_statement_8_at_lambda_1_it_is_the_return_less_the_value() -> None:
    """Â_t = Σ γ^l r_{t+l} - V_t, and nothing flows over the end of a trajectory."""
    rng = np.random.default_rng(2)
    r, v = rng.standard_normal(10), rng.standard_normal(10)
    ends = np.isin(np.arange(10), (3, 9))
    returns = [
        sum(0.9 ** (j - i) * r[j] for j in range(i, (4 if i < 4 else 10))) for i in range(10)
    ]

    np.testing.assert_allclose(advantages(r, v, ends, gamma=0.9, lam=1.0), np.array(returns) - v)


@pytest.mark.parametrize("lam", [0.0, 0.5, 0.9, 1.0])
def test_statement_8_with_the_exact_value_every_lambda_has_the_same_mean(lam: float) -> None:
    """A chain of T ticks with r = c + noise and V exact: E Â = 0 = the advantage, for every λ."""
    rng = np.random.default_rng(3)
    ticks, chains, gamma = 6, 20_000, 0.9
    r = 0.3 + rng.standard_normal((chains, ticks))
    v = np.array([0.3 * sum(gamma**j for j in range(ticks - i)) for i in range(ticks)])
    ends = np.tile(np.arange(ticks) == ticks - 1, chains)
    found = advantages(r.ravel(), np.tile(v, chains), ends, gamma=gamma, lam=lam)
    means = found.reshape(chains, ticks).mean(0)

    assert np.all(np.abs(means) <= 5 * 3.0 / np.sqrt(chains))


def test_lengths_must_agree() -> None:
    """One reward, value and end per tick."""
    with pytest.raises(InputError, match="one length"):
        advantages(np.zeros(3), np.zeros(2), np.zeros(3, bool), gamma=0.9, lam=0.9)


@given(st.integers(0, 10_000), st.floats(1e-4, 0.5), st.floats(1e-6, 100.0))
def test_statement_9_no_step_leaves_the_trust_region(
    seed: int, epsilon: float, size: float
) -> None:
    """½ Δᵀ F Δ ≤ ε for every gradient and every Fisher matrix, singular ones included."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((5, rng.integers(1, 8)))
    fisher = root @ root.T
    gradient = size * rng.standard_normal(5)
    ascent = natural_step(gradient, fisher, epsilon=epsilon, ridge=1e-3)

    assert 0.0 <= ascent.kl <= epsilon * (1 + 1e-9)
    assert float(gradient @ ascent.step) >= 0.0


def test_statement_9_a_short_natural_gradient_is_taken_whole() -> None:
    """Inside the region the step is F⁻¹g: nothing is stretched to the bound."""
    fisher = np.diag([4.0, 1.0])
    ascent = natural_step(np.array([0.04, 0.01]), fisher, epsilon=1.0, ridge=0.0)

    np.testing.assert_allclose(ascent.step, [0.01, 0.01], rtol=1e-9)


def test_a_gradient_of_zero_moves_nothing() -> None:
    """No direction, no step."""
    assert not natural_step(np.zeros(2), np.eye(2), epsilon=0.1, ridge=0.1).step.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_refused(bad: float) -> None:
    """NaN never becomes a parameter."""
    with pytest.raises(InputError, match="finite"):
        natural_step(np.array([bad, 0.0]), np.eye(2), epsilon=0.1, ridge=0.1)


def test_the_divergence_is_the_mean_log_ratio() -> None:
    """½ (Δμ / s)² = E log π/π', by quadrature, and zero at home."""
    old, new = np.array(0.3), np.array(0.7)
    z = 0.3 + SCALE * NODES
    expected = float(WEIGHTS @ -log_ratio(z, old, new, SCALE) / WEIGHTS.sum())

    assert divergence(old, new, SCALE) == pytest.approx(expected, rel=1e-9)
    assert divergence(old, old, SCALE) == 0.0


@given(st.floats(-1e308, 1e308))
def test_the_squash_never_leaves_the_unit_interval(z: float) -> None:
    """And never overflows."""
    assert 0.0 <= squash(np.array(z)) <= 1.0


@given(st.floats(1e-9, 1 - 1e-9))
def test_logit_and_squash_are_inverse(unit: float) -> None:
    """Up to rounding."""
    assert squash(logit(np.array(unit))) == pytest.approx(unit, rel=1e-9)
