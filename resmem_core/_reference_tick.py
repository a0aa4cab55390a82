"""The whole tick in NumPy, for many sessions at once: the twin of rsm_tick in cdeps/resmem.c."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resmem_core._reference import absorb, activation, limited, squash, targets
from resmem_core.config.layout import TAIL, Layout, layout
from resmem_core.config.profile import RETRIES, Array, Profile
from resmem_core.config.signals import INDEX, SIGNALS
from resmem_core.types import KNOBS

NORMAL, STRESSED, CRISIS, TIMEOUT, RECOVERY, SLEEP, SAFE = range(7)
CLOSED, OPEN, HALF_OPEN = range(3)
NEAR = 0.02
"""A level this close to its baseline counts as being at it."""
STRONG = 0.5
"""A signal this far from its baseline counts as a confirmation."""
GOLDEN = 0.6180339887498949


class Rates(NamedTuple):
    """What depends on dt alone."""

    keep: Array  # 2^(-dt / half-life) [n]
    learn: Array  # 1 - 2^(-dt / adapt) [S]
    smooth: Array  # β^dt [n]
    refill: Array  # ρ dt [n]
    rise: float  # of a baseline per tick
    fall: float


def rates(profile: Profile, dt: float) -> Rates:
    """The rates of this dt."""
    r = profile.resilience
    return Rates(
        np.exp2(-dt / profile.half_life),
        1.0 - np.exp2(-dt / profile.adapt),
        np.power(profile.beta, dt),
        profile.rho * dt,
        r.adapt * r.quantile * dt,
        r.adapt * (1.0 - r.quantile) * dt,
    )


@dataclass(slots=True)
class _Tick:
    """One tick under way: the state's rows as views, and what the layers need of the inputs."""

    profile: Profile
    at: Layout
    x: Array
    seen: Array
    value: Array
    rates: Rates
    seconds: float
    stress: Array

    def row(self, name: str) -> Array:
        """A scalar row of the state, writable."""
        out: Array = self.x[self.at.tail(name)]
        return out

    def set(self, name: str, value: Array) -> None:
        """Replace a scalar row."""
        self.x[self.at.tail(name)] = value

    @property
    def level(self) -> Array:
        """h, writable."""
        return self.x[self.at.level]

    @property
    def baseline(self) -> Array:
        """b, writable."""
        return self.x[self.at.baseline]


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
    t = _Tick(profile, at, x, seen, value, pace, seconds, np.zeros(0))
    t_raw = np.where(seen, signals, 0.0)
    _hormones(t, push)
    t.stress = project(profile.stress, t.level, t.baseline)  # what the intake left
    for layer in profile.layers:
        _LAYERS[layer](t, t_raw)
    if safe or np.any(t.row("mode") == SAFE):
        _safe_mode(t, safe)
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


def _hormones(t: _Tick, push: Array | None) -> None:
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


def project(weights: Array, level: Array, baseline: Array) -> Array:
    """Noisy-or of the positive activations: 1 - Π (1 - wᵢ yᵢ⁺), in [0, 1]."""
    y = np.maximum(activation(level, baseline), 0.0)
    calm = np.ones(y.shape[1:])
    for j in range(len(weights)):
        calm = calm * (1.0 - weights[j] * y[j])
    return 1.0 - calm


def _relieve(t: _Tick, share: Array) -> None:
    """Take that share of the stress hormones' excess over baseline away."""
    excess = t.level - t.baseline
    keep = 1.0 - t.profile.stress[:, None] * share
    t.x[t.at.level] = np.where(excess > 0, t.baseline + excess * keep, t.level)


# -- layer 1: immediate coping


def _coping(t: _Tick, raw: Array) -> None:
    r = t.profile.resilience
    _breaker(t, raw)
    stress = t.stress
    enter = np.zeros_like(stress)
    leave = np.zeros_like(stress)
    for threshold in r.grades:
        enter += stress >= threshold
        leave += stress >= threshold - r.hysteresis
    grade = np.minimum(np.maximum(t.row("grade"), enter), leave)
    grade = np.where(t.row("breaker") == OPEN, np.maximum(grade, 3.0), grade)
    t.set("grade", grade)
    _relieve(t, np.asarray(r.relief)[grade.astype(int)])


def _breaker(t: _Tick, raw: Array) -> None:
    """Opens on `failures` of the last `window` calls, backs off with jitter, lets one probe."""
    r = t.profile.resilience
    call = t.seen[INDEX["provider_error"]]
    rescued = t.seen[INDEX["success"]] & (raw[INDEX["success"]] >= 0.5)
    failed = call & (raw[INDEX["provider_error"]] >= 0.5) & ~rescued
    state, wait = t.row("breaker").copy(), t.row("wait").copy()

    closed = (state == CLOSED) & call
    window = t.row("window").astype(np.int64)
    window = np.where(closed, ((window << 1) | failed) & ((1 << r.window) - 1), window)
    many = np.bitwise_count(window) >= r.failures
    half = state == HALF_OPEN
    trip = failed & ((closed & many) | half)
    heal = half & call & ~failed

    wait = np.where(state == OPEN, np.maximum(wait - t.seconds, 0.0), wait)
    state = np.where((state == OPEN) & (wait <= 0), float(HALF_OPEN), state)
    trips = np.where(heal, 0.0, np.minimum(t.row("trips") + trip, 30.0))
    opened = t.row("opened") + trip
    spread = t.row("phase") + opened * GOLDEN
    spread = spread - np.floor(spread)
    length = np.minimum(r.open_seconds * np.exp2(np.maximum(trips - 1.0, 0.0)), r.max_seconds)
    length = length * (1.0 + r.jitter * (spread - 0.5))
    t.set("wait", np.where(trip, length, wait))
    t.set("breaker", np.where(trip, float(OPEN), np.where(heal, float(CLOSED), state)))
    t.set("window", np.where(trip | heal, 0.0, window))
    t.set("trips", trips)
    t.set("opened", opened)


# -- layer 2: medication


def _medication(t: _Tick, raw: Array) -> None:
    r = t.profile.resilience
    hard = (t.row("mode") == CRISIS) | (t.row("mode") == TIMEOUT)
    _relieve(t, np.where(hard, min(r.constant + r.crisis_relief, 1.0), r.constant))


# -- layer 3: baseline adaptation


def _adaptation(t: _Tick, raw: Array) -> None:
    """Toward a low quantile of recent levels, never below rest, at most `span` above it."""
    p, r = t.profile, t.profile.resilience
    step = np.where(t.level > t.baseline + NEAR, t.rates.rise, -t.rates.fall)
    roof = np.minimum(p.rest + r.span, p.cap)[:, None]
    t.x[t.at.baseline] = np.minimum(np.maximum(t.baseline + step, p.rest[:, None]), roof)


# -- layer 4: rest and recovery


def _rest(t: _Tick, raw: Array) -> None:
    """The state machine of modes, with hysteresis, confirmation and dwell."""
    r = t.profile.resilience
    stress, fatigue = t.stress, project(t.profile.fatigue, t.level, t.baseline)
    mode, age = t.row("mode"), t.row("age") + 1.0
    wanted = _wanted(t, stress, fatigue, mode, age)
    worse = (wanted == STRESSED) & (mode != CRISIS) | (wanted == CRISIS) & (mode != CRISIS)
    worse &= wanted != mode
    asked = np.where(worse, t.row("asked") + 1.0, 0.0)
    two_signals = np.sum(t.value >= STRONG, axis=0) >= 2
    earned = ~worse | (asked >= r.confirm) | two_signals
    switch = (wanted != mode) & (age >= r.mode_dwell) & earned & (mode != SAFE)
    t.set("asked", np.where(switch, 0.0, np.minimum(asked, 1e6)))
    t.set("mode", np.where(switch, wanted, mode))
    t.set("age", np.where(switch, 0.0, np.minimum(age, 1e9)))


def _wanted(t: _Tick, stress: Array, fatigue: Array, mode: Array, age: Array) -> Array:
    """The mode that stress, fatigue and the breaker ask for, before dwell and confirmation."""
    r = t.profile.resilience
    broken = t.row("breaker") == OPEN
    crisis, stressed = stress >= r.crisis, stress >= r.stressed
    normal = np.where(crisis, CRISIS, np.where(stressed, STRESSED, NORMAL))
    normal = np.where((normal == NORMAL) & (fatigue >= r.sleep), SLEEP, normal)
    calm = stress < r.stressed - r.hysteresis
    from_stressed = np.where(crisis, CRISIS, np.where(calm, NORMAL, STRESSED))
    over = stress < r.crisis - r.hysteresis
    tired = broken | (age >= r.patience)
    from_crisis = np.where(over, RECOVERY, np.where(tired, TIMEOUT, CRISIS))
    from_timeout = np.where((stress <= r.resume) & ~broken, RECOVERY, TIMEOUT)
    from_recovery = np.where(crisis, CRISIS, np.where(age >= 3 * r.ramp, NORMAL, RECOVERY))
    from_sleep = np.where(stressed, STRESSED, np.where(fatigue <= r.wake, NORMAL, SLEEP))
    choices = [normal, from_stressed, from_crisis, from_timeout, from_recovery, from_sleep, mode]
    return np.choose(mode.astype(int), choices).astype(np.float64)


# -- layer 5: time perspective


def _perspective(t: _Tick, raw: Array) -> None:
    """Worse was survived: relief in proportion to how far stress is below the worst."""
    r = t.profile.resilience
    stress, mode = t.stress, t.row("mode")
    peak = np.where(
        (mode == CRISIS) | (mode == TIMEOUT), np.maximum(t.row("peak"), stress), t.row("peak")
    )
    through = mode == NORMAL
    survived = np.where(through, np.maximum(t.row("survived"), peak), t.row("survived"))
    survived = survived - r.forget * survived
    t.set("peak", np.where(through, 0.0, peak))
    t.set("survived", survived)
    _relieve(t, r.perspective * np.maximum(survived - stress, 0.0))


# -- layer 6: mode-aware learning


def _learning(t: _Tick, raw: Array) -> None:
    """No arithmetic on the state: the rate is read from the mode (`learning_rate`)."""


_LAYERS = {
    "coping": _coping,
    "medication": _medication,
    "adaptation": _adaptation,
    "rest": _rest,
    "perspective": _perspective,
    "learning": _learning,
}


def _safe_mode(t: _Tick, safe: bool) -> None:
    """The kill switch: in at once, out by way of recovery."""
    mode = t.row("mode")
    now = np.where(mode == SAFE, float(RECOVERY), mode) if not safe else np.full_like(mode, SAFE)
    t.set("age", np.where(now != mode, 0.0, t.row("age")))
    t.set("mode", now)


def _project(t: _Tick) -> None:
    for name in ("stress", "curiosity", "fatigue"):
        t.set(name, project(getattr(t.profile, name), t.level, t.baseline))


def _knobs(t: _Tick, safe: bool) -> None:
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
