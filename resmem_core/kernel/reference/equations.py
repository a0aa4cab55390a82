"""Equations (1) to (5) in NumPy.

Every function takes one session (1-d columns) or many (a trailing axis of sessions) and does its
arithmetic in the same order as the C code, so that the two agree to the last bits. The whole tick
is in `tick`. Equation numbers are those of docs/control.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from resmem_core.config.profile import Array
from resmem_core.errors import KernelError

TINY = float(np.finfo(np.float64).tiny)
HUGE = float(np.finfo(np.float64).max)
BELOW_ONE = 1.0 - float(np.finfo(np.float64).eps)


def need(what: str, lo: float, hi: float, *arrays: Any) -> None:
    """Refuse NaN, infinities and numbers outside [lo, hi], as the C code does."""
    for array in arrays:
        if not np.all(np.isfinite(array)):
            raise KernelError(f"{what} refused its input: a number is NaN or infinite")
        if not np.all((array >= lo) & (array <= hi)):
            raise KernelError(f"{what} refused its input: a number is out of [{lo:g}, {hi:g}]")


# -- hormones, equations (1) to (3)


def decay(level: Array, baseline: Array, half_life: Array, dt: float) -> Array:
    """Equation (1): x = b + a (h - b) with a = 2^(-dt / half-life)."""
    need("decay", 0.0, 1.0, level, baseline)
    need("decay", TINY, HUGE, half_life)
    need("decay", 0.0, 1e6, dt)
    keep = np.exp2(-dt / half_life)
    return baseline + keep * (level - baseline)


def squash(z: Array, bound: Array) -> Array:
    """z / sqrt(1 + (z / bound)²): odd, smooth, slope 1 at 0, within (-bound, bound)."""
    ratio = z * (1.0 / bound)
    return np.clip(z / np.sqrt(1.0 + ratio * ratio), -bound, bound)


def intake(
    level: Array, smoothed: Array, bucket: Array, impulse: Array,
    beta: Array, sigma: Array, rho: Array, dt: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Equations (2) and (3) on decayed levels: smooth, ration upward, take in softly.

    Returns:
        levels in [0, 1], smoothed impulses, what is left in the buckets.
    """
    need("intake", 0.0, 1.0, level)
    need("intake", -1.0, 1.0, smoothed, impulse)
    need("intake", 0.0, 1e6, bucket, sigma, rho, dt)
    need("intake", 0.0, BELOW_ONE, beta)
    return absorb(level, smoothed, bucket, impulse, np.power(beta, dt), sigma, rho * dt)


def absorb(
    level: Array, smoothed: Array, bucket: Array, impulse: Array,
    keep: Array, sigma: Array, refill: Array,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """`intake` with keep = β^dt and refill = ρ dt, unchecked: the tick's inner part."""
    smoothed = keep * smoothed + (1.0 - keep) * impulse
    bucket = np.minimum(sigma, bucket + refill)
    push = np.minimum(smoothed, bucket)
    bucket = bucket - np.maximum(push, 0.0)
    up = level + push * (1.0 - level)
    down = level * (1.0 + push)
    return np.clip(np.where(push >= 0, up, down), 0.0, 1.0), smoothed, bucket


# -- composer, equations (4) and (5)


def activation(level: Array, baseline: Array) -> Array:
    """A level's distance from its baseline as a share of the way to 1, or to 0: in [-1, 1]."""
    gap = level - baseline
    room = np.where(gap >= 0, 1.0 - baseline, baseline)
    return np.clip(gap / np.where(room > 0, room, 1.0), -1.0, 1.0)


def alive(active: Array, dead: Array) -> Array:
    """Activation beyond the dead zone, rescaled to reach 1."""
    return np.sign(active) * (np.maximum(np.abs(active) - dead, 0.0) * (1.0 / (1.0 - dead)))


def power(x: Array, exponent: Array) -> Array:
    """x to an integer exponent from 1 to 4, by multiplication."""
    square = x * x
    out = np.where(exponent >= 2, square, x)
    out = np.where(exponent >= 3, square * x, out)
    return np.where(exponent >= 4, square * square, out)


def compose(
    level: Array, baseline: Array, base: Array, delta: Array,
    w0: Array, g: Array, dead: Array, p: Array, q: int,
) -> Array:  # fmt: skip
    """Equation (4): where each knob should be, in [0, 1]."""
    need("compose", 0.0, 1.0, level, baseline, base)
    need("compose", -1.0, 1.0, delta)
    need("compose", TINY, 1e6, w0)
    need("compose", 0.0, 1e6, g)
    need("compose", 0.0, BELOW_ONE, dead)
    need("compose", 1.0, 4.0, p, q)
    return targets(level, baseline, base, delta, w0, g, dead, p, q)


def targets(
    level: Array, baseline: Array, base: Array, delta: Array,
    w0: Array, g: Array, dead: Array, p: Array, q: int,
) -> Array:  # fmt: skip
    """`compose`, unchecked: the tick's inner part."""
    y = alive(activation(level, baseline), dead)
    size = np.abs(y)
    reach = np.sign(y) * power(size, p)
    weight = power(size, np.array(float(q)))
    top = np.zeros((len(base), *y.shape[1:]))
    bottom = np.zeros_like(top)
    for j in range(len(y)):
        w = w0[j] + _col(g[:, j], y) * weight[j]
        top += w * _col(delta[:, j], y) * reach[j]
        bottom += w
    return np.clip(_col(base, y) + top / bottom, 0.0, 1.0)


def limit(
    target: Array, knob: Array, hold: Array, cautious: Array,
    rate_safe: Array, rate_free: Array, dwell: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """Equation (5): toward the safe side by rate_safe, back by rate_free after the dwell.

    Returns:
        knobs in [0, 1], ticks since each last moved to its safe side.
    """
    need("limit", 0.0, 1.0, target, knob, rate_safe, rate_free)
    need("limit", 0.0, 1e9, hold, dwell)
    need("limit", 1.0, 1.0, np.abs(cautious))
    return limited(target, knob, hold, cautious, rate_safe, rate_free, dwell)


def limited(
    target: Array, knob: Array, hold: Array, cautious: Array,
    rate_safe: Array, rate_free: Array, dwell: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """`limit`, unchecked: the tick's inner part."""
    free = np.where(hold + 1.0 >= dwell, rate_free, 0.0)
    up = np.where(cautious > 0, rate_safe, free)
    down = np.where(cautious > 0, free, rate_safe)
    step = np.minimum(np.maximum(target - knob, -down), up)
    moved = np.clip(knob + step, 0.0, 1.0)
    hold = np.where((moved - knob) * cautious > 0, 0.0, np.minimum(hold + 1.0, 1e9))
    return moved, hold


def _col(row: Array, like: Array) -> Array:
    """A vector as a column where the others have a sessions axis."""
    return row[:, None] if like.ndim > 1 else row
