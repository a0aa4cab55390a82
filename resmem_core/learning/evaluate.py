"""What a candidate would have earned: an off-policy estimate with a lower confidence bound.

Each decision gets its own importance weight w = π'(a | s) / π(a | s), cut at c:

    gain = mean((min(w, c) - 1) r) - mean(E (w - c)⁺)

The second term is what the cut can have hidden, since r >= -1. Between Gaussians of one scale
log w is normal under π, so that E (w - c)⁺ has a closed form (`beyond`). The gain is the surrogate
L(π') - J(π) of statement 9: one decision changed, the states as they were. Its lower bound is an
empirical Bernstein bound that holds for a sequence whose items depend on those before
(Waudby-Smith & Ramdas 2024, theorem 2), as the ticks of a session do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from resmem_core.config.learning import LearningConfig
from resmem_core.config.profile import Array
from resmem_core.errors import InputError
from resmem_core.learning.experience import Pool
from resmem_core.learning.gradient import divergence, log_ratio

BOLDEST = 0.75
"""Largest bet λ; the bound holds for any below 1."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An off-policy estimate.

    Attributes:
        samples: scored ticks it rests on.
        effective: (Σw)² / Σw², how many ticks of the candidate they are worth.
        gain: in mean reward per tick over the policy that acted. lower_bound: of the gain.
    """

    samples: int
    effective: float
    gain: float
    lower_bound: float


def beyond(kl: Array, clip: float) -> Array:
    """E (w - c)⁺ under π for a weight w with E w = 1 and log w ~ N(-κ, 2κ), κ = `kl` >= 0."""
    spread = np.sqrt(np.maximum(2.0 * kl, 1e-300))
    d = -math.log(clip) / spread + 0.5 * spread
    out: Array = np.maximum(_normal(d) - clip * _normal(d - spread), 0.0)
    return out


def _normal(x: Array) -> Array:
    """The standard normal distribution function."""
    return np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in x.ravel()])


def lower_bound(values: Array, *, lo: float, hi: float, confidence: float) -> float:
    """With this confidence the mean of what was expected of the values lies above it.

    With x = (v - lo) / (hi - lo), L = ln(1 / (1 - confidence)) and λ_t from the values before t:
    Σ λx / Σ λ - (L + Σ (x_t - m_{t-1})² ψ(λ_t)) / Σ λ,  ψ(λ) = -ln(1 - λ) - λ.

    Args:
        values: [n] in order; each may depend on those before it. lo, hi: their bounds.

    Raises:
        InputError: there is no value, or one lies outside its bounds.
    """
    if len(values) == 0 or not np.all((values >= lo) & (values <= hi)):
        raise InputError(f"a lower bound needs values from {lo:g} to {hi:g}, and at least one")
    x = (values - lo) / (hi - lo)
    n, log = len(x), math.log(1.0 / (1.0 - confidence))
    counts = np.arange(1, n + 1)
    mean = np.concatenate([[0.5], (0.5 + np.cumsum(x)) / (counts + 1)])
    spread = np.square(x - mean[1:])
    variance = np.concatenate([[0.25], (0.25 + np.cumsum(spread)) / (counts + 1)])[:-1]
    bet = np.minimum(np.sqrt(2.0 * log / (n * variance)), BOLDEST)
    cost = np.square(x - mean[:-1]) * (-np.log1p(-bet) - bet)
    bound = float((bet @ x - log - cost.sum()) / bet.sum())
    return lo + (hi - lo) * bound


def gain(pool: Pool, mean: Array, config: LearningConfig) -> Estimate:
    """What targets with this mean [N, m], in logits, would have earned beyond what was earned.

    Raises:
        InputError: no tick has a reward.
    """
    rows = pool.where(pool.scored)
    mean, limit = mean[pool.scored], config.clip
    log = log_ratio(rows.z, rows.mean, mean, rows.scale).sum(axis=1)
    weight = np.exp(np.minimum(log, math.log(limit)))
    values = (weight - 1.0) * rows.reward
    widest = max(1.0, limit - 1.0)
    bound = lower_bound(values, lo=-widest, hi=widest, confidence=config.confidence)
    hidden = float(beyond(divergence(rows.mean, mean, rows.scale).sum(axis=1), limit).mean())
    effective = float(weight.sum() ** 2 / np.square(weight).sum())
    return Estimate(len(values), effective, float(values.mean()) - hidden, bound - hidden)
