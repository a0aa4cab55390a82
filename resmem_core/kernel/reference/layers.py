"""The resilience layers in NumPy, on one tick under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from resmem_core.config.layout import Layout
from resmem_core.config.profile import Array, Profile
from resmem_core.config.signals import INDEX
from resmem_core.kernel.reference.equations import activation

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
class Tick:
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


def project(weights: Array, level: Array, baseline: Array) -> Array:
    """Noisy-or of the positive activations: 1 - Π (1 - wᵢ yᵢ⁺), in [0, 1]."""
    y = np.maximum(activation(level, baseline), 0.0)
    calm = np.ones(y.shape[1:])
    for j in range(len(weights)):
        calm = calm * (1.0 - weights[j] * y[j])
    return 1.0 - calm


def _relieve(t: Tick, share: Array) -> None:
    """Take that share of the stress hormones' excess over baseline away."""
    excess = t.level - t.baseline
    keep = 1.0 - t.profile.stress[:, None] * share
    t.x[t.at.level] = np.where(excess > 0, t.baseline + excess * keep, t.level)


# -- layer 1: immediate coping


def _coping(t: Tick, raw: Array) -> None:
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


def _breaker(t: Tick, raw: Array) -> None:
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


def _medication(t: Tick, raw: Array) -> None:
    r = t.profile.resilience
    hard = (t.row("mode") == CRISIS) | (t.row("mode") == TIMEOUT)
    _relieve(t, np.where(hard, min(r.constant + r.crisis_relief, 1.0), r.constant))


# -- layer 3: baseline adaptation


def _adaptation(t: Tick, raw: Array) -> None:
    """Toward a low quantile of recent levels, never below rest, at most `span` above it."""
    p, r = t.profile, t.profile.resilience
    step = np.where(t.level > t.baseline + NEAR, t.rates.rise, -t.rates.fall)
    roof = np.minimum(p.rest + r.span, p.cap)[:, None]
    t.x[t.at.baseline] = np.minimum(np.maximum(t.baseline + step, p.rest[:, None]), roof)


# -- layer 4: rest and recovery


def _rest(t: Tick, raw: Array) -> None:
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


def _wanted(t: Tick, stress: Array, fatigue: Array, mode: Array, age: Array) -> Array:
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


def _perspective(t: Tick, raw: Array) -> None:
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


def _learning(t: Tick, raw: Array) -> None:
    """No arithmetic on the state: the rate is read from the mode (`learning_rate`)."""


LAYERS = {
    "coping": _coping,
    "medication": _medication,
    "adaptation": _adaptation,
    "rest": _rest,
    "perspective": _perspective,
    "learning": _learning,
}


def safe_mode(t: Tick, safe: bool) -> None:
    """The kill switch: in at once, out by way of recovery."""
    mode = t.row("mode")
    now = np.where(mode == SAFE, float(RECOVERY), mode) if not safe else np.full_like(mode, SAFE)
    t.set("age", np.where(now != mode, 0.0, t.row("age")))
    t.set("mode", now)
