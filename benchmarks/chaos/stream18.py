"""Suite `stream18`: the published 18-tick stream, to show that it measures nothing.

A tick counts as a success when the single knob lies in [0.7, 0.9]. A knob that never moves from
its published base, 0.75, scores 18/18. `prototype` is our own implementation of the published
controller's arithmetic (two hormones, six layers, one knob); it reproduces the published
11/18. Its value network is left out: it only shifts the advantage by c · mean(h) and changes no
outcome of this stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

# What the published converter makes of its 18 inputs: (curiosity, stress) impulse of each tick.
IMPULSES: Final[tuple[tuple[float, float], ...]] = (
    (0.000000, 0.319761),
    (0.048000, 0.064000),
    (0.000000, 0.320459),
    (0.036000, 0.071333),
    (0.000000, 0.318999),
    (0.024000, 0.000000),
    (0.000000, 0.321098),
    (0.048000, 0.050667),
    (0.000000, 0.317259),
    (0.120000, 0.024000),
    (0.092000, 0.021000),
    (0.086000, 0.030000),
    (0.480000, 0.311408),
    (0.078000, 0.061000),
    (0.048000, 0.000000),
    (0.000000, 0.052329),
    (0.000000, 0.321098),
    (0.042000, 0.047667),
)
TARGET: Final = (0.7, 0.9)
HALF_LIFE: Final = np.array([30.0, 35.0])
LAYERS: Final = frozenset({"coping", "medication", "baseline", "rest", "perspective", "mode"})
LEARNING: Final = {"normal": 1.0, "stressed": 1.5, "crisis": 0.5, "recovery": 0.8, "timeout": 0.0}


@dataclass
class Prototype:
    """The published controller; `layers` and `rate` take parts away.

    With `zeroed_reset` the timeout layer zeroes every key of the impulses, also the breaker's
    order to reset stress to 0.4, so that stress resets to 0: this is what the published 61 %
    rests on.
    """

    layers: frozenset[str] = LAYERS
    deltas: tuple[float, float] = (0.25, -0.30)
    rate: float = 0.01
    zeroed_reset: bool = True
    level: F64 = field(default_factory=lambda: np.zeros(2))
    rest: F64 = field(default_factory=lambda: np.array([0.3, 0.2]))
    mode: str = "normal"
    failures: int = 0
    timeout: int = 0
    worst: float = 0.0
    rewards: list[float] = field(default_factory=list)
    share: F64 = field(default_factory=lambda: np.zeros(2))
    readings: deque[float] = field(default_factory=lambda: deque(maxlen=50))

    def __post_init__(self) -> None:
        self.delta = np.array(self.deltas)

    def move(self, impulse: Sequence[float]) -> float:
        """The knob after an impulse (curiosity, stress)."""
        self.level = self.rest + (self.level - self.rest) * 2.0 ** (-1.0 / HALF_LIFE)
        stress = float(self.level[1])
        self._change_mode(stress)
        push, reset = self._layers(np.array(impulse, dtype=float), stress)
        if reset is not None:
            self.level[1] = reset
        self.level = np.clip(self.level + push, 0.0, 1.0)
        weight = np.array([1.0, 1.0 + 2.0 * self.level[1]])
        self.share = weight * self.level / weight.sum()
        return float(np.clip(0.75 + self.share @ self.delta, 0.1, 1.0))

    def learn(self, reward: float) -> None:
        """Take a reward of 1 or -1 by the published rule (which is no policy gradient)."""
        self.rewards.append(reward)
        gradient = LEARNING[self.mode] * reward * self.share
        gradient /= max(1.0, float(np.linalg.norm(gradient)))
        self.delta = np.clip(self.delta + self.rate * gradient, -1.5, 1.5)

    def _change_mode(self, stress: float) -> None:
        if "mode" not in self.layers:
            return
        if self.timeout > 0:
            self.timeout -= 1
            self.mode = "recovery" if self.timeout == 0 else self.mode
            return
        recent = self.rewards[-10:]
        success = np.mean([r > 0 for r in recent]) if recent else 0.5
        self.failures = self.failures + 1 if success < 0.2 else max(0, self.failures - 1)
        if self.failures >= 5:
            self.mode, self.timeout = "timeout", 3
        elif stress > 0.85:
            self.mode = "crisis"
        elif stress > 0.6:
            self.mode = "stressed"
        elif stress < 0.4:
            self.mode = "normal"

    def _layers(self, push: F64, stress: float) -> tuple[F64, float | None]:
        reset = None
        crisis = self.mode == "crisis"
        if "coping" in self.layers and stress > 0.95:
            push[1], reset = 0.0, 0.4
        elif "coping" in self.layers and crisis:
            push[1] *= 0.7
        if "medication" in self.layers:
            push[1] = max(0.0, push[1] - 0.02 - 0.25 * crisis)
        if "baseline" in self.layers:
            self._adapt(stress)
        if "rest" in self.layers and self.mode == "timeout":
            push[:] = 0.0
            reset = 0.0 if reset is not None and self.zeroed_reset else reset
        elif "rest" in self.layers and self.mode == "recovery":
            push[:] = 1.2 * push[0], max(0.0, push[1] - 0.2)
        if "perspective" in self.layers:
            self._perspective(push, stress)
        return push, reset

    def _adapt(self, stress: float) -> None:
        self.readings.append(stress)
        if len(self.readings) >= 20:
            quarter = sorted(self.readings)[len(self.readings) // 4]
            self.rest[1] += 0.001 * (min(max(quarter, 0.1), 0.5) - self.rest[1])

    def _perspective(self, push: F64, stress: float) -> None:
        self.worst = max(0.9 * self.worst, stress)
        if stress > 0.7 and self.worst > 1.2 * stress:
            push[1] = max(0.0, push[1] - 0.1 * (self.worst - stress))


def score(prototype: Prototype, impulses: Sequence[Sequence[float]] = IMPULSES) -> int:
    """Successes over the stream."""
    for impulse in impulses:
        hit = TARGET[0] <= prototype.move(impulse) <= TARGET[1]
        prototype.learn(1.0 if hit else -1.0)
    return sum(r > 0 for r in prototype.rewards)


def run() -> dict[str, Any]:
    """The stream's table: successes of 18 for the prototype, its ablations and constants."""
    rows = {"prototype": score(Prototype())}
    rows |= {f"prototype − {name}": score(Prototype(LAYERS - {name})) for name in sorted(LAYERS)}
    rows["prototype − all layers"] = score(Prototype(frozenset()))
    rows["prototype − medication − rest"] = score(Prototype(LAYERS - {"medication", "rest"}))
    rows["prototype, reset to the documented 0.4"] = score(Prototype(zeroed_reset=False))
    rows["prototype, learning off"] = score(Prototype(rate=0.0))
    rows["prototype, empty input"] = score(Prototype(), [(0.0, 0.0)] * len(IMPULSES))
    rows["constant knob 0.75"] = score(Prototype(deltas=(0.0, 0.0), rate=0.0))
    shuffled = [score(Prototype(), _order(seed)) for seed in range(30)]
    return {
        "suite": "stream18",
        "ticks": len(IMPULSES),
        "target": list(TARGET),
        "successes": rows,
        "shuffled": {
            "orders": len(shuffled),
            "mean": round(float(np.mean(shuffled)), 2),
            "sd": round(float(np.std(shuffled)), 2),
            "min": min(shuffled),
            "max": max(shuffled),
        },
    }


def _order(seed: int) -> list[tuple[float, float]]:
    order = np.random.default_rng(seed).permutation(len(IMPULSES))
    return [IMPULSES[i] for i in order]
