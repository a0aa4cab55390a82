"""From pooled experience to a candidate profile and the evidence for it. Nothing here acts.

Half of the sessions teach, the other half judges: the gradient and the off-policy estimate never
see the same tick. Each knob's (base, delta) is one block of the Fisher matrix, because the target
of a knob depends on its own row alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from resmem_core.config import signs
from resmem_core.config.learning import LearningConfig
from resmem_core.config.profile import Array, Profile
from resmem_core.errors import InputError
from resmem_core.learning import target
from resmem_core.learning.evaluate import gain
from resmem_core.learning.experience import Pool
from resmem_core.learning.gradient import (
    Flags,
    advantages,
    divergence,
    logit,
    natural_step,
    score,
)
from resmem_core.learning.proposals import Evidence

Critic: TypeAlias = Callable[[Pool], Array]
"""V [N] of a pool's ticks."""
HALVINGS = 30
"""How often a step that measures too far is halved before it is given up."""


@dataclass(frozen=True, slots=True)
class PolicyUpdate:
    """A profile that might be better, and what speaks for it."""

    profile: Profile
    evidence: Evidence


def candidate(profile: Profile, pool: Pool, config: LearningConfig) -> PolicyUpdate:
    """One natural policy-gradient step from `profile`.

    Args:
        profile: the one that acted while the experience was made.
        pool: pooled experience. config: how far a step may go.

    Raises:
        InputError: too few scored ticks, or the gradient is zero.
    """
    scored = int(pool.scored.sum())
    if scored < config.samples:
        raise InputError(
            f"{scored} scored ticks are pooled, {config.samples} are needed for a proposal; "
            "go on exploring, and report outcomes"
        )
    teaching = split(pool)
    step = direction(profile, pool.where(teaching), config)
    moved, kl = within(profile, step, pool, config)
    return PolicyUpdate(moved, _evidence(moved, pool.where(~teaching), kl, config))


def split(pool: Pool) -> Flags:
    """[N] True for the ticks that teach: every other session, or the first half of a single one."""
    if pool.session.max() > 0:
        every_other: Flags = pool.session % 2 == 0
        return every_other
    return np.arange(len(pool)) < len(pool) // 2


def direction(profile: Profile, pool: Pool, config: LearningConfig) -> Array:
    """The natural step of (base, delta) [m, 1 + n], within the trust region's quadratic model."""
    ascending, jacobian = gradient(profile, pool, critic(pool, config)(pool), config)
    fisher = _fisher(jacobian, pool.scale)
    ascent = natural_step(
        ascending.ravel(), fisher, epsilon=config.kl, ridge=config.ridge, rate=config.rate
    )
    if ascent.kl <= 0.0:
        raise InputError("the pooled experience prefers no direction; go on exploring")
    return ascent.step.reshape(ascending.shape)


def gradient(
    profile: Profile, pool: Pool, values: Array, config: LearningConfig
) -> tuple[Array, Array]:
    """∂J / ∂(base, delta) [m, 1 + n] with this V [N], and ∂ logit / ∂ the same [N, m, 1 + n]."""
    features = target.design(target.shares(pool.active, profile))
    unit = target.means(profile.base, profile.delta, features[:, :, 1:])
    slope = 1.0 / (unit * (1.0 - unit))  # d logit / d target
    jacobian = features * slope[:, :, None]
    rewards = pool.reward + pool.shaping
    advantage = advantages(rewards, values, pool.ends, gamma=config.gamma, lam=config.lam)
    pull = score(pool.z, pool.mean, pool.scale) * advantage[:, None]
    return np.einsum("tm,tmp->mp", pull, jacobian) / len(pool), jacobian


def _fisher(jacobian: Array, scale: Array) -> Array:
    """E[Jᵀ J / s²], a block [1 + n, 1 + n] per knob of `jacobian` [N, m, 1 + n]."""
    count, m, width = jacobian.shape
    out = np.zeros((m * width, m * width))
    for k in range(m):
        block, own = jacobian[:, k], slice(k * width, (k + 1) * width)
        out[own, own] = block.T @ (block / np.square(scale)) / count
    return out


def critic(pool: Pool, config: LearningConfig) -> Critic:
    """V, rewards to come, as fitted to a pool: the value head's, brought to the rewards' scale.

    A profile of other hormones than the head's has the activations and their squares instead;
    `resmem bench critic` compares the two.
    """
    known = bool(np.isfinite(pool.value).all())
    return regressed(by_head if known else by_activations, pool, config)


def by_head(pool: Pool, config: LearningConfig) -> Array:
    """[N, 1]: discounted success to come, as a sum."""
    return pool.value[:, None] / (1.0 - config.gamma)


def by_activations(pool: Pool, _: LearningConfig) -> Array:
    """[N, 2 n]."""
    return np.concatenate([pool.active, np.square(pool.active)], axis=1)


def regressed(
    features: Callable[[Pool, LearningConfig], Array], pool: Pool, config: LearningConfig
) -> Critic:
    """Monte Carlo returns, regressed on features by ridge; their mean is free."""
    rewards = pool.reward + pool.shaping
    returns = advantages(rewards, np.zeros(len(pool)), pool.ends, gamma=config.gamma, lam=1.0)

    x = features(pool, config)
    middle, usual = x.mean(axis=0), float(returns.mean())
    x = x - middle
    gram = x.T @ x + config.ridge * len(pool) * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x.T @ (returns - usual))
    return lambda one: np.asarray(usual + (features(one, config) - middle) @ weights)


def within(
    profile: Profile, step: Array, pool: Pool, config: LearningConfig
) -> tuple[Profile, float]:
    """The profile after the longest halving of `step` whose measured divergence is within ε.

    Returns:
        the moved profile, and the mean divergence per tick that was measured, in nats.
    """
    for _ in range(HALVINGS):
        moved = shifted(profile, step)
        kl = measured(moved, pool)
        if kl <= config.kl:
            return moved, kl
        step = step / 2.0
    raise InputError("no step stays within the trust region; nothing was changed")


def shifted(profile: Profile, step: Array) -> Profile:
    """The profile with base and delta moved, within their bounds and signs; nothing else is."""
    base = np.clip(profile.base + step[:, 0], 0.0, 1.0)
    moved = np.clip(profile.delta + step[:, 1:], -1.0, 1.0)
    delta = signs.projected("delta", moved, profile.hormones)
    return replace(profile, base=base, delta=delta)


def measured(profile: Profile, pool: Pool) -> float:
    """Mean KL per tick of this profile's targets from those of the policy that acted."""
    each = divergence(pool.mean, _logits(profile, pool), pool.scale)
    return float(each.sum(axis=1).mean())


def _logits(profile: Profile, pool: Pool) -> Array:
    share = target.shares(pool.active, profile)
    return logit(target.means(profile.base, profile.delta, share))


def _evidence(profile: Profile, pool: Pool, kl: float, config: LearningConfig) -> Evidence:
    estimate = gain(pool, _logits(profile, pool), config)
    return Evidence(
        samples=estimate.samples,
        gain=estimate.gain,
        lower_bound=estimate.lower_bound,
        confidence=config.confidence,
        kl=kl,
        method=(
            "natural gradient; judged on other sessions by importance weights cut at "
            f"{config.clip:g}, effective ticks {estimate.effective:.0f}; empirical Bernstein"
        ),
    )
