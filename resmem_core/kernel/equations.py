"""Equations (1) to (5), one at a time."""

from __future__ import annotations

import numpy as np

from resmem_core.config.profile import Array
from resmem_core.kernel import binding
from resmem_core.kernel.binding import doubles, ok, readable, writable
from resmem_core.kernel.reference import equations as reference


def decay(level: Array, baseline: Array, half_life: Array, dt: float) -> Array:
    """Equation (1): levels [n] in [0, 1] after `dt` ticks without impulses.

    Raises:
        KernelError: shapes differ, a level outside [0, 1], half_life <= 0, dt outside [0, 1e6].
    """
    given = (level, baseline, half_life)
    level, baseline, half_life = doubles("decay", np.shape(level), given)
    if binding.lib is None:
        return reference.decay(level, baseline, half_life, dt)
    out = np.empty_like(level)
    inputs = (readable(level), readable(baseline), readable(half_life))
    ok("decay", binding.lib.rsm_decay(out.size, writable(out), *inputs, dt))
    return out


def intake(
    level: Array, smoothed: Array, bucket: Array, impulse: Array,
    beta: Array, sigma: Array, rho: Array, dt: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Equations (2) and (3): levels, smoothed impulses and buckets [n] after an impulse.

    Raises:
        KernelError: shapes differ, or a number outside the ranges in cdeps/resmem.h.
    """
    given = (level, smoothed, bucket, impulse, beta, sigma, rho)
    arrays = doubles("intake", np.shape(level), given)
    level, smoothed, bucket, impulse, beta, sigma, rho = arrays
    if binding.lib is None:
        return reference.intake(level, smoothed, bucket, impulse, beta, sigma, rho, dt)
    outs = [array.copy() for array in arrays[:3]]
    status = binding.lib.rsm_intake(
        outs[0].size, *map(writable, outs), *map(readable, arrays[3:]), dt
    )
    ok("intake", status)
    return outs[0], outs[1], outs[2]


def compose(
    level: Array, baseline: Array, base: Array, delta: Array,
    w0: Array, g: Array, dead: Array, p: Array, q: int,
) -> Array:  # fmt: skip
    """Equation (4): where each of m knobs should be, in [0, 1]; delta and g are [m, n].

    Raises:
        KernelError: shapes that do not fit, or a number outside the ranges in cdeps/resmem.h.
    """
    per_hormone = doubles("compose", np.shape(level), (level, baseline, w0, dead, p))
    (knobs,) = doubles("compose", np.shape(base), (base,))
    matrices = doubles("compose", (knobs.size, per_hormone[0].size), (delta, g))
    level, baseline, w0, dead, p = per_hormone
    delta, g = matrices
    if binding.lib is None:
        return reference.compose(level, baseline, knobs, delta, w0, g, dead, p, q)
    out = np.empty_like(knobs)
    inputs = (level, baseline, knobs, delta, w0, g, dead, p)
    ok(
        "compose",
        binding.lib.rsm_compose(level.size, out.size, writable(out), *map(readable, inputs), q),
    )
    return out


def limit(
    target: Array, knob: Array, hold: Array, cautious: Array,
    rate_safe: Array, rate_free: Array, dwell: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """Equation (5): the next knobs [m] and ticks since each last moved to its safe side.

    Raises:
        KernelError: shapes differ, or a number outside the ranges in cdeps/resmem.h.
    """
    given = (target, knob, hold, cautious, rate_safe, rate_free, dwell)
    arrays = doubles("limit", np.shape(target), given)
    if binding.lib is None:
        return reference.limit(*arrays)
    outs = [arrays[1].copy(), arrays[2].copy()]
    inputs = (arrays[0], *arrays[3:])
    ok("limit", binding.lib.rsm_limit(outs[0].size, *map(writable, outs), *map(readable, inputs)))
    return outs[0], outs[1]
