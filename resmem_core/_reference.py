"""The kernel's functions in NumPy: what they mean, and what runs where no compiler was.

Every function takes one session (1-d columns) or many (a trailing axis of sessions) and does its
arithmetic in the same order as the C code, so that the two agree to the last bit.
Equation numbers are those of docs/control.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resmem_core.config.layout import Layout, layout
from resmem_core.config.profile import Array, Profile
from resmem_core.config.signals import INDEX, SIGNALS
from resmem_core.types import KNOBS

NORMAL, STRESSED, CRISIS, TIMEOUT, RECOVERY, SLEEP, SAFE = range(7)
CLOSED, OPEN, HALF_OPEN = range(3)
NEAR = 0.02
"""A level this close to its baseline counts as being at it."""
STRONG = 0.5
"""A signal this far from its baseline counts as a confirmation."""
GOLDEN = 0.6180339887498949
RETRIES = KNOBS.index("retries")


# -- hormones, equations (1) to (3)


def decay(level: Array, baseline: Array, half_life: Array, dt: float) -> Array:
    """Equation (1): x = b + a (h - b) with a = 2^(-dt / half-life)."""
    keep = np.exp2(-dt / half_life)
    return baseline + keep * (level - baseline)


def squash(z: Array, bound: Array) -> Array:
    """z / sqrt(1 + (z / bound)²): odd, smooth, slope 1 at 0, within (-bound, bound)."""
    ratio = z / bound
    return np.clip(z / np.sqrt(1.0 + ratio * ratio), -bound, bound)


def intake(
    level: Array, smoothed: Array, bucket: Array, impulse: Array,
    beta: Array, sigma: Array, rho: Array, dt: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Equations (2) and (3) on decayed levels: smooth, ration upward, take in softly.

    Returns:
        levels in [0, 1], smoothed impulses, what is left in the buckets.
    """
    keep = np.power(beta, dt)
    smoothed = keep * smoothed + (1.0 - keep) * impulse
    bucket = np.minimum(sigma, bucket + rho * dt)
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
    return np.sign(active) * np.maximum(np.abs(active) - dead, 0.0) / (1.0 - dead)


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
    free = np.where(hold + 1.0 >= dwell, rate_free, 0.0)
    up = np.where(cautious > 0, rate_safe, free)
    down = np.where(cautious > 0, free, rate_safe)
    step = np.minimum(np.maximum(target - knob, -down), up)
    moved = np.clip(knob + step, 0.0, 1.0)
    hold = np.where((moved - knob) * cautious > 0, 0.0, np.minimum(hold + 1.0, 1e9))
    return moved, hold


# -- the whole tick


@dataclass(slots=True)
class _Tick:
    """One tick under way: the state's rows as views, and what the layers need of the inputs."""

    profile: Profile
    at: Layout
    x: Array
    seen: Array
    value: Array
    dt: float
    seconds: float

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
    t = _Tick(profile, at, x, seen, _normalise(profile, at, x, signals, seen, dt), dt, seconds)
    t_raw = np.where(seen, signals, 0.0)
    _hormones(t, push)
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
    profile: Profile, at: Layout, x: Array, signals: Array, seen: Array, dt: float
) -> Array:
    """Equation (0): each signal against its own running baseline, in [-1, 1]; missing is 0."""
    scale = profile.scale[:, None]
    gap = np.where(seen, signals - x[at.reference], 0.0)
    learn = 1.0 - np.exp2(-dt / profile.adapt)
    x[at.reference] += learn[:, None] * np.clip(gap, -scale, scale)
    return np.clip(gap / scale, -1.0, 1.0)


def _hormones(t: _Tick, push: Array | None) -> None:
    """Equations (1) to (3)."""
    p, at, x = t.profile, t.at, t.x
    baseline = t.baseline
    level = decay(t.level, baseline, p.half_life[:, None], t.dt)
    z = np.repeat(p.bias[:, None], x.shape[1], axis=1)
    if push is not None:
        z = z + push
    above, below = np.maximum(t.value, 0.0), np.maximum(-t.value, 0.0)
    for j in range(len(above)):
        z += p.up[:, j : j + 1] * above[j] + p.down[:, j : j + 1] * below[j]
    excess = level - baseline
    for j in range(p.n):
        z += p.lateral[:, j : j + 1] * excess[j]
    x[at.level], x[at.smoothed], x[at.bucket] = intake(
        level, x[at.smoothed], x[at.bucket], squash(z, p.i_max[:, None]),
        p.beta[:, None], p.sigma[:, None], p.rho[:, None], t.dt,
    )  # fmt: skip


def project(weights: Array, level: Array, baseline: Array) -> Array:
    """Noisy-or of the positive activations: 1 - Π (1 - wᵢ yᵢ⁺), in [0, 1]."""
    y = np.maximum(activation(level, baseline), 0.0)
    calm = np.ones(y.shape[1:])
    for j in range(len(weights)):
        calm = calm * (1.0 - weights[j] * y[j])
    return 1.0 - calm


def _stress(t: _Tick) -> Array:
    return project(t.profile.stress, t.level, t.baseline)


def _relieve(t: _Tick, share: Array) -> None:
    """Take that share of the stress hormones' excess over baseline away."""
    excess = t.level - t.baseline
    keep = 1.0 - t.profile.stress[:, None] * share
    t.x[t.at.level] = np.where(excess > 0, t.baseline + excess * keep, t.level)


# -- layer 1: immediate coping


def _coping(t: _Tick, raw: Array) -> None:
    r = t.profile.resilience
    _breaker(t, raw)
    stress = _stress(t)
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
    trip = (closed & many) | (half & failed)
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
    rise, fall = r.adapt * r.quantile * t.dt, r.adapt * (1.0 - r.quantile) * t.dt
    step = np.where(t.level > t.baseline + NEAR, rise, -fall)
    roof = np.minimum(p.rest + r.span, p.cap)[:, None]
    t.x[t.at.baseline] = np.minimum(np.maximum(t.baseline + step, p.rest[:, None]), roof)


# -- layer 4: rest and recovery


def _rest(t: _Tick, raw: Array) -> None:
    """The state machine of modes, with hysteresis, confirmation and dwell."""
    r = t.profile.resilience
    stress, fatigue = _stress(t), project(t.profile.fatigue, t.level, t.baseline)
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
    stress, mode = _stress(t), t.row("mode")
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
    target = compose(
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
    x[at.knob], x[at.hold] = limit(
        target, knob, x[at.hold], cautious, p.rate_safe[:, None], free, p.dwell[:, None]
    )
    if safe:
        floor = np.array([0.0, 1.0, p.resilience.safe_tokens, 1.0, 0.0, 1.0, 0.25])[:, None]
        x[at.knob] = np.minimum(x[at.knob], floor)


def _col(row: Array, like: Array) -> Array:
    """A vector as a column where the others have a sessions axis."""
    return row[:, None] if like.ndim > 1 else row
