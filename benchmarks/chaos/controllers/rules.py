"""Reflexes: expert rules on averaged signals, a circuit breaker, and a PID loop."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos.controllers.base import RESTING, Averages
from benchmarks.chaos.hindsight import presets
from benchmarks.chaos.plant import DEFAULT_KNOBS
from benchmarks.chaos.signals import SIGNALS

F64 = NDArray[np.float64]

# How each fault shows, by hand: rows in order of FAULTS, columns in order of SIGNALS.
EVIDENCE: Final = np.array(
    [
        # prov tool  lat  nov  inj  trunc  sim  inval burn outcome
        [1.0, 0.0, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.3],  # outage
        [1.0, 0.0, -0.5, 0.0, 0.0, 0.0, 0.0, 0.0, -0.5, 0.0],  # flap
        [0.0, 1.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.2],  # toolfail
        [0.0, 0.0, 0.0, 0.0, 1.5, 0.0, 0.0, 0.0, 0.0, -0.2],  # inject
        [0.0, 0.0, 0.0, 1.0, 0.0, 0.7, 0.5, 0.0, 0.0, -0.2],  # explore
        [0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.7, 1.2, -0.2],  # burst
        [0.0, 0.0, 0.0, 0.7, 0.0, -0.5, -1.5, 0.0, 0.0, -0.2],  # drift
    ]
)
# 16 parameters: seven thresholds, seven strengths, half-life of the averages, width of the switch.
UNTUNED: Final = np.array([0.35] * 7 + [1.0] * 7 + [4.0, 0.05])


class Rules:
    """Each fault has evidence, a threshold and a preset; the knobs lean to what is suspected."""

    def __init__(self, parameters: F64 = UNTUNED, base: F64 | None = None) -> None:
        p = np.asarray(parameters, dtype=np.float64)
        self.threshold, self.strength = p[:7], p[7:14]
        self.averages = Averages(float(p[14]))
        self.width = max(float(p[15]), 1e-3)
        self.base = np.array(DEFAULT_KNOBS) if base is None else np.asarray(base)
        self.lean = presets()[1:] - presets()[0]

    def reset(self, n: int) -> None:
        self.averages.reset(n)

    def act(self, signals: F64) -> F64:
        evidence = (self.averages.update(signals) - RESTING) @ EVIDENCE.T
        active = 0.5 * (1 + np.tanh((evidence - self.threshold) / (2 * self.width)))
        return np.asarray(np.clip(self.base + (self.strength * active) @ self.lean, 0.0, 1.0))


class Breaker:
    """Two circuit breakers: after failures the provider's, or the tools', opens for a while.

    Parameters: failure rates that open them, ticks open, half-life, token limit while open.
    """

    def __init__(self, parameters: F64, base: F64 | None = None) -> None:
        p = np.asarray(parameters, dtype=np.float64)
        self.limit, self.hold, self.tokens = p[:2], np.maximum(1, np.rint(p[2:4])), float(p[5])
        self.averages = Averages(float(p[4]))
        self.base = np.array(DEFAULT_KNOBS) if base is None else np.asarray(base)
        self.left: F64 = np.empty((0, 2))

    def reset(self, n: int) -> None:
        self.averages.reset(n)
        self.left = np.zeros((n, 2))

    def act(self, signals: F64) -> F64:
        failing = self.averages.update(signals)[:, :2] > self.limit
        self.left = np.where(failing, self.hold, np.maximum(self.left - 1, 0))
        provider, tools = (self.left > 0).T
        u = np.tile(self.base, (len(signals), 1))
        u[provider, 5] = 0.0
        u[provider, 3] = np.clip(self.tokens, 0.0, 1.0)
        u[tools, 4] = 0.0
        return u


class Pid:
    """Holds the success rate at a set point by moving all knobs along one direction.

    Parameters: set point, K_p, K_i, K_d, half-life, leak, and the direction (6).
    """

    def __init__(self, parameters: F64, base: F64 | None = None) -> None:
        p = np.asarray(parameters, dtype=np.float64)
        self.target, self.gains, self.leak = p[0], p[1:4], float(np.clip(p[5], 0, 0.5))
        self.averages = Averages(float(p[4]))
        self.direction = p[6:12]
        self.base = np.array(DEFAULT_KNOBS) if base is None else np.asarray(base)
        self.integral = self.last = np.empty(0)

    def reset(self, n: int) -> None:
        self.averages.reset(n)
        self.integral, self.last = np.zeros(n), np.zeros(n)

    def act(self, signals: F64) -> F64:
        error = self.target - self.averages.update(signals)[:, SIGNALS.index("success")]
        self.integral = np.clip((1 - self.leak) * self.integral + error, -5.0, 5.0)
        parts = np.stack([error, self.integral, error - self.last], axis=1)
        self.last = error
        drive = np.tanh(parts @ self.gains)
        return np.asarray(np.clip(self.base + drive[:, None] * self.direction, 0.0, 1.0))
