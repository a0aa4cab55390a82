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


def need(what: str, lo: float, hi: float, *arrays: Any) -> None:
    """Refuse NaN, infinities and numbers outside [lo, hi], as the C code does."""
    for array in arrays:
        if not np.all(np.isfinite(array)):
            raise KernelError(f"{what} refused its input: a number is NaN or infinite")
        if not np.all((array >= lo) & (array <= hi)):
            raise KernelError(f"{what} refused its input: a number is out of [{lo:g}, {hi:g}]")


# -- hormones, equations (1) to (3)


def squash(z: Array, bound: Array) -> Array:
    """z / sqrt(1 + (z / bound)²): odd, smooth, slope 1 at 0, within (-bound, bound)."""
    ratio = z * (1.0 / bound)
    return np.clip(z / np.sqrt(1.0 + ratio * ratio), -bound, bound)


def absorb(
    level: Array, smoothed: Array, bucket: Array, impulse: Array,
    keep: Array, sigma: Array, refill: Array,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Equations (2) and (3) on decayed levels: smooth, ration upward, take in softly.

    Args:
        keep: β^dt. refill: ρ dt.

    Returns:
        levels in [0, 1], smoothed impulses, what is left in the buckets.
    """
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


def targets(
    level: Array, baseline: Array, base: Array, delta: Array,
    w0: Array, g: Array, dead: Array, p: Array, q: int,
) -> Array:  # fmt: skip
    """Equation (4): where each knob should be, in [0, 1]."""
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


def limited(
    target: Array, knob: Array, hold: Array, cautious: Array,
    rate_safe: Array, rate_free: Array, dwell: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """Equation (5): toward the safe side by rate_safe, back by rate_free after the dwell.

    Returns:
        knobs in [0, 1], ticks since each last moved to its safe side.
    """
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
