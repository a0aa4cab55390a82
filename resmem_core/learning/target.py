"""Equation (4) as a policy: where the knobs should be, and what moves that.

n hormones, m knobs, N ticks. Only `base` [m] and `delta` [m, n] are learnt; the dominance weights,
limits, ranges and layers of a profile are not.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from resmem_core.config.profile import Array, Profile
from resmem_core.kernel.reference.equations import activation, alive, power

EDGE: Final = 0.02
"""A learnt target stays this far from 0 and 1, where the squash has no slope."""


def activations(levels: Array, baselines: Array, profile: Profile) -> Array:
    """Each hormone's activation beyond its dead zone, [n], in [-1, 1]."""
    return alive(activation(levels, baselines), profile.dead)


def shares(active: Array, profile: Profile) -> Array:
    """∂ target / ∂ delta [N, m, n] for activations [N, n]: w_kj sign(y_j) |y_j|^p_j / Σ w_kj."""
    size = np.abs(active)
    reach = np.sign(active) * power(size, profile.p)
    weight = profile.w0 + profile.g * power(size, np.array(float(profile.q)))[:, None, :]
    out: Array = weight * reach[:, None, :] / weight.sum(axis=2, keepdims=True)
    return out


def means(base: Array, delta: Array, share: Array) -> Array:
    """Targets [N, m], in [EDGE, 1 - EDGE]."""
    out: Array = np.clip(base + np.sum(delta * share, axis=2), EDGE, 1.0 - EDGE)
    return out


def design(share: Array) -> Array:
    """∂ target / ∂ (base, delta) of each knob [N, m, 1 + n].

    The clip's slope is taken as 1, so that a knob at its edge can still be led inward; the
    measured divergence and the off-policy estimate are those of the clipped target.
    """
    ones = np.ones((*share.shape[:2], 1))
    return np.concatenate([ones, share], axis=2)
