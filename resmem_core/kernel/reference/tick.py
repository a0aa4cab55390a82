"""The whole tick in NumPy, for many sessions at once: the twin of rsm_tick in cdeps/tick.c."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.layout import TAIL, Layout, layout
from resmem_core.config.profile import RETRIES, Array, Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.kernel.reference.equations import absorb, limited, squash, targets
from resmem_core.kernel.reference.layers import (
    LAYERS,
    OPEN,
    RECOVERY,
    SAFE,
    TIMEOUT,
    Tick,
    project,
    rates,
    safe_mode,
)  # fmt: skip
from resmem_core.types import KNOBS

_HIGH = {
    "mode": 6, "age": 1e9, "asked": 1e6, "grade": 4, "window": 2**30 - 1, "breaker": 2, "wait": 1e7,
    "trips": 30, "opened": 1e15, "ticks": 1e15,
}  # fmt: skip


def refused(
    profile: Profile, state: Array, signals: Array, push: Array | None
) -> NDArray[np.bool_]:
    """[sessions] True where the state, the signals or the push cannot be used."""
    at = layout(profile.n, len(SIGNALS), len(KNOBS))
    limits = [
        (state[at.level], 0.0, 1.0), (state[at.baseline], 0.0, 1.0),
        (state[at.smoothed], -1.0, 1.0), (state[at.bucket], 0.0, 1e6),
        (state[at.reference], -1e9, 1e9), (state[at.knob], 0.0, 1.0), (state[at.hold], 0.0, 1e9),
        (np.where(np.isnan(signals), 0.0, signals), -1e9, 1e9),
    ]  # fmt: skip
    limits += [(state[at.tail(name)][None], 0.0, _HIGH.get(name, 1.0)) for name in TAIL]
    if push is not None:
        limits.append((push, -1e6, 1e6))
    bad = np.zeros(state.shape[1], dtype=np.bool_)
    for rows, lo, hi in limits:
        bad |= ~np.all((rows >= lo) & (rows <= hi), axis=0)
    return bad


def start(profile: Profile, sessions: int, phase: float = 0.0) -> Array:
    """States [size, sessions] at rest, knobs at base, buckets full, breaker closed."""
    at = layout(profile.n, len(SIGNALS), len(KNOBS))
    x = np.zeros((at.size, sessions))
    x[at.level] = x[at.baseline] = profile.rest[:, None]
    x[at.bucket] = profile.sigma[:, None]
    x[at.reference] = profile.reference[:, None]
    x[at.knob] = profile.base[:, None]
    x[at.hold] = 1e9
    x[at.tail("age")] = profile.resilience.mode_dwell
    x[at.tail("phase")] = phase % 1.0
    x[at.tail("authority")] = 1.0
    return x


def tick(
    profile: Profile, state: Array, signals: Array, push: Array | None = None,
    *, dt: float = 1.0, seconds: float = 1.0, safe: bool = False,
) -> Array:  # fmt: skip
    """The next states [size, sessions] of `state` under raw `signals` [S, sessions], NaN: missing.

    `push` [n, sessions] is added to the impulses before they are bounded.
    """
    at = layout(profile.n, len(SIGNALS), len(KNOBS))
    x = state.copy()
    seen = ~np.isnan(signals)
    pace = rates(profile, dt)
    value = _normalise(profile, at, x, signals, seen, pace.learn)
    t = Tick(profile, at, x, seen, value, pace, seconds, np.zeros(0))
    t_raw = np.where(seen, signals, 0.0)
    _hormones(t, push)
    t.stress = project(profile.stress, t.level, t.baseline)  # what the intake left
    for layer in profile.layers:
        LAYERS[layer](t, t_raw)
    if safe or np.any(t.row("mode") == SAFE):
        safe_mode(t, safe)
    x[at.level] = np.clip(t.level, 0.0, profile.cap[:, None])
    _project(t)
    _knobs(t, safe)
    t.set("ticks", t.row("ticks") + 1.0)
    return x


def _normalise(
    profile: Profile, at: Layout, x: Array, signals: Array, seen: Array, learn: Array
) -> Array:
    """Equation (0): each signal against its own running baseline, in [-1, 1]; missing is 0."""
    scale = profile.scale[:, None]
    gap = np.where(seen, signals - x[at.reference], 0.0)
    x[at.reference] += learn[:, None] * np.clip(gap, -scale, scale)
    return np.clip(gap * (1.0 / scale), -1.0, 1.0)


def _hormones(t: Tick, push: Array | None) -> None:
    """Equations (1) to (3)."""
    p, at, x = t.profile, t.at, t.x
    baseline = t.baseline
    level = baseline + t.rates.keep[:, None] * (t.level - baseline)
    z = np.repeat(p.bias[:, None], x.shape[1], axis=1)
    if push is not None:
        z = z + push
    above, below = np.maximum(t.value, 0.0), np.maximum(-t.value, 0.0)
    for j in range(len(above)):
        z += p.up[:, j : j + 1] * above[j] + p.down[:, j : j + 1] * below[j]
    excess = level - baseline
    for j in range(p.n):
        z += p.lateral[:, j : j + 1] * excess[j]
    x[at.level], x[at.smoothed], x[at.bucket] = absorb(
        level, x[at.smoothed], x[at.bucket], squash(z, p.i_max[:, None]),
        t.rates.smooth[:, None], p.sigma[:, None], t.rates.refill[:, None],
    )  # fmt: skip


def _project(t: Tick) -> None:
    for name in ("stress", "curiosity", "fatigue"):
        t.set(name, project(getattr(t.profile, name), t.level, t.baseline))


def _knobs(t: Tick, safe: bool) -> None:
    """Equations (4) and (5) with what the modes and the breaker allow."""
    p, at, x = t.profile, t.at, t.x
    target = targets(
        t.level, t.baseline, p.base, p.delta, p.w0, p.g, p.dead[:, None], p.p[:, None], p.q
    )
    base, cautious, knob = p.base[:, None], p.cautious[:, None], x[at.knob]
    target = base + t.row("authority") * (target - base)
    mode, age = t.row("mode"), t.row("age")
    forbidden = (mode == TIMEOUT) & ((target - knob) * cautious < 0)
    target = np.where(forbidden, knob, target)
    target[RETRIES] = np.where(t.row("breaker") == OPEN, 0.0, target[RETRIES])
    stage = np.minimum(1.0 + np.floor(age / p.resilience.ramp), 3.0) / 3.0
    free = p.rate_free[:, None] * np.where(mode == RECOVERY, stage, 1.0)
    x[at.knob], x[at.hold] = limited(
        target, knob, x[at.hold], cautious, p.rate_safe[:, None], free, p.dwell[:, None]
    )
    if safe:
        x[at.knob] = np.minimum(x[at.knob], p.safe_ceiling[:, None])
