"""What a controller sees: ten signals, noisy, biased, delayed, censored, sometimes false alarms.

`emit` gives the undelayed readings of one tick and is written over an array namespace like the
plant. Delays are applied by whoever keeps the history: the reading of signal j in episode e at
tick t is the one emitted at t - delay[e, j], NaN before that.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.chaos.plant import Array, Conditions, Constants, Step

SIGNALS: Final = (
    "provider_error",  # 0/1: the first attempt failed (outage, flap or load)
    "tool_error",  # 0/1: a tool call failed; NaN where no tool was called
    "latency",  # seconds / LATENCY_SECONDS
    "novelty",  # rises with exploring and with drift alike
    "injection",  # scanner score of retrieved and tool text
    "truncation",  # 0/1: the answer hit the token limit
    "similarity",  # mean similarity of the passages; NaN without retrieval
    "invalid_output",  # 0/1: the output broke its schema
    "budget",  # tokens and calls against the budget
    "success",  # 0/1: success, 10 % flipped, 20 % missing
)
ALARMS: Final = (0, 1, 2, 3, 4, 5, 7, 8)  # signals that false alarms strike
LATENCY_SECONDS: Final = 40.0
LOW: Final = 0.0
HIGH: Final = 1.5
FLIPPED: Final = 0.10
MISSING: Final = 0.20
MISREAD: Final = 0.04  # chance that an event signal reports the opposite
NOISE: Final = 0.13


class Noise(NamedTuple):
    """Everything random of the signals: per tick ([ticks, n, 10] arrays) and per episode."""

    uniform: Array
    normal: Array
    outcome: Array  # [ticks, n] uniform: the step succeeds where it is below p
    alarm: Array  # [ticks, n, 10]: 0, or the level a false alarm raises the reading to
    gain: Array  # [n, 10]
    bias: Array  # [n, 10]


def emit(
    u: Array, q: Conditions, s: Array, odds: Step, noise: Noise, c: Constants, xp: Any = np
) -> Array:
    """Readings [n, 10] of the tick that `noise` was sliced for; NaN where missing."""
    draw, wobble = noise.uniform, NOISE * noise.normal
    tokens, tools, k = odds.tokens, u[..., 4], 20.0 * u[..., 2]
    explore, burst, drift = s[..., 4], s[..., 5], s[..., 6]
    nan = xp.zeros_like(tools) * float("nan")

    def event(j: int, chance: Array) -> Array:
        return xp.where(draw[..., j] < MISREAD + (1 - 2 * MISREAD) * chance, 1.0, 0.0)

    called = draw[..., 8] < 0.15 + 0.85 * tools
    success = xp.where(noise.outcome < odds.success, 1.0, 0.0)
    reported = xp.where(draw[..., 9] < FLIPPED, 1 - success, success)
    readings = (
        event(0, odds.first_failure),
        xp.where(called & (tools > 0.05), event(1, 0.05 + 0.8 * odds.tool_failure), nan),
        odds.latency / LATENCY_SECONDS * xp.exp(2 * wobble[..., 2]),
        0.15 + 0.55 * xp.clip(explore + 0.8 * drift, 0, 1) + wobble[..., 3],
        0.12 + 0.55 * q.inject + 1.5 * wobble[..., 4],
        event(5, odds.truncated),
        xp.where(k >= 0.5, 0.70 - 0.30 * drift - 0.10 * explore + wobble[..., 6], nan),
        event(7, odds.invalid),
        0.10 + 0.35 * burst + 0.45 * tokens / (0.6 * 8192) + wobble[..., 8],
        xp.where(draw[..., 9] > 1 - MISSING, nan, reported),
    )
    seen = xp.stack(readings, -1) * noise.gain + noise.bias
    return xp.clip(xp.maximum(seen, noise.alarm), LOW, HIGH)


def draw_noise(ticks: int, n_gain: float, rng: np.random.Generator) -> Noise:
    """Noise of one episode (n axis absent); `n_gain` is the half-width of the gains."""
    m = len(SIGNALS)
    return Noise(
        uniform=rng.random((ticks, m)),
        normal=rng.standard_normal((ticks, m)),
        outcome=rng.random(ticks),
        alarm=_false_alarms(ticks, rng),
        gain=rng.uniform(1 - n_gain, 1 + n_gain, m),
        bias=rng.normal(0, 0.03, m),
    )


def _false_alarms(ticks: int, rng: np.random.Generator) -> Array:
    """Bursts of 2 to 7 ticks on one signal each, about one per 80 ticks."""
    alarm = np.zeros((ticks, len(SIGNALS)))
    for start in np.flatnonzero(rng.random(ticks) < 1 / 80):
        length = int(rng.integers(2, 8))
        alarm[start : start + length, rng.choice(ALARMS)] = rng.uniform(0.6, 1.0)
    return alarm
