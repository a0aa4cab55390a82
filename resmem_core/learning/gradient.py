"""Score function, advantages and the trust region: statements 7 to 9 of docs/learning.md.

A knob's target is a squashed Gaussian: a = σ(z), z ~ N(μ(θ), s²). The squash does not depend on
θ, so its Jacobian drops out of the score: ∇ log π = (z - μ) / s² · ∇μ. What is scored is z, never
the knob that the limits made of it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.profile import Array
from resmem_core.errors import InputError

Flags = NDArray[np.bool_]


def logit(unit: Array) -> Array:
    """z of a unit value in (0, 1)."""
    out: Array = np.log(unit) - np.log1p(-unit)
    return out


def squash(z: Array) -> Array:
    """σ(z), in [0, 1]; no overflow."""
    out: Array = np.exp(-np.logaddexp(0.0, -z))
    return out


def score(z: Array, mean: Array, scale: Array | float) -> Array:
    """∂ log N(z; mean, scale²) / ∂ mean."""
    out: Array = (z - mean) / np.square(scale)
    return out


def log_ratio(z: Array, old: Array, new: Array, scale: Array | float) -> Array:
    """log N(z; new, scale²) - log N(z; old, scale²), per element."""
    out: Array = (np.square(z - old) - np.square(z - new)) / (2.0 * np.square(scale))
    return out


def divergence(old: Array, new: Array, scale: Array | float) -> Array:
    """KL(N(old, scale²) ‖ N(new, scale²)) = ½ ((new - old) / scale)², per element."""
    out: Array = 0.5 * np.square((new - old) / scale)
    return out


def advantages(rewards: Array, values: Array, ends: Flags, *, gamma: float, lam: float) -> Array:
    """Generalised advantage estimates (Schulman et al. 2016) of trajectories laid end to end.

    Â_t = Σ_l (γλ)^l δ_{t+l},  δ_t = r_t + γ V(s_{t+1}) - V(s_t). λ = 0 is the TD error, λ = 1 the
    Monte Carlo return minus V. With the exact V the mean of Â is the advantage for every λ.

    Args:
        rewards: r [N].
        values: V [N].
        ends: [N] True at the last tick of a trajectory; nothing is bootstrapped beyond it.
        gamma, lam: in [0, 1].

    Raises:
        InputError: the lengths differ.
    """
    if not rewards.shape == values.shape == ends.shape:
        raise InputError(
            "rewards, values and ends must be of one length, "
            f"got {rewards.shape}, {values.shape}, {ends.shape}"
        )
    out = np.zeros_like(rewards, dtype=np.float64)
    following = value = 0.0
    for t in range(len(rewards) - 1, -1, -1):
        if ends[t]:
            following = value = 0.0
        delta = rewards[t] + gamma * value - values[t]
        following = delta + gamma * lam * following
        out[t], value = following, values[t]
    return out


class Ascent(NamedTuple):
    """A step in parameter space and the divergence that the quadratic model expects of it."""

    step: Array
    kl: float


def natural_step(
    gradient: Array, fisher: Array, *, epsilon: float, ridge: float, rate: float = 1.0
) -> Ascent:
    """η F⁻¹g, shortened to ½ Δᵀ F Δ ≤ ε: min(η, √(2ε / gᵀF⁻¹g)) · F⁻¹g.

    Args:
        gradient: g [p]. fisher: F [p, p], symmetric, positive semi-definite.
        epsilon: bound in nats, above 0.
        ridge: added to the diagonal, relative to its mean, so that F can be inverted.
        rate: η, above 0.

    Raises:
        InputError: a number that is not finite.
    """
    if not (np.isfinite(gradient).all() and np.isfinite(fisher).all()):
        raise InputError("the gradient or the Fisher matrix is not finite; nothing was changed")
    lift = ridge * float(np.trace(fisher)) / len(gradient) + 1e-12
    raised = fisher + lift * np.eye(len(gradient))
    step = np.asarray(np.linalg.solve(raised, gradient), dtype=np.float64)
    length = float(gradient @ step)
    if length <= 0.0:
        return Ascent(np.zeros_like(step), 0.0)
    step = step * min(rate, math.sqrt(2.0 * epsilon / length))
    return Ascent(step, 0.5 * float(step @ fisher @ step))
