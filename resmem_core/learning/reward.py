"""An outcome as one number: channels, each z-scored against its own past (section 4.6).

    z = clip((x - mean) / deviation, -1, 1),  channel = mean of the z known,
    reward = Σ w_c · channel_c / Σ w_c  over the channels that are known

so a reward lies in [-1, 1] whatever comes. The mean and deviation are those before x was taken
in. Drive reduction toward set points (Keramati & Gutkin 2014) is added as potential-based
shaping γ Φ(s') - Φ(s) (Ng, Harada & Russell 1999), which changes no optimal policy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from resmem_core.config.learning import LearningConfig
from resmem_core.config.profile import Array, Profile
from resmem_core.errors import ConfigError
from resmem_core.types import Outcome, check_number

FORMAT: Final = 1
SMALLEST: Final = 1e-3
"""A deviation below this counts as this: what never varies tells nothing."""


class Measure(NamedTuple):
    """One number of an outcome: larger is better."""

    channel: str
    mean: float
    deviation: float
    read: Callable[[Outcome, float | None], float | None]


MEASURES: Final[Mapping[str, Measure]] = {
    "success": Measure("task", 0.75, 0.4, lambda o, _: _number(o.success)),
    "quality": Measure("quality", 0.6, 0.25, lambda o, _: _number(o.quality)),
    "feedback": Measure("quality", 0.0, 0.5, lambda o, _: _number(o.feedback)),
    "safety": Measure("safety", 0.95, 0.2, lambda o, _: _number(o.safety)),
    "latency": Measure("efficiency", -1.5, 0.8, lambda o, _: _saved(o.latency, 1.0)),
    "tokens": Measure("efficiency", -0.7, 0.6, lambda o, _: _saved(o.tokens, 1000.0)),
    "credit": Measure("memory", 0.0, 0.3, lambda _, credit: credit),
}
"""What is read from an outcome, with its prior mean and deviation."""


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _saved(spent: float | None, unit: float) -> float | None:
    return None if spent is None else -math.log1p(spent / unit)


@dataclass(frozen=True, slots=True)
class Running:
    """Mean and variance of what was seen so far, from a prior on."""

    count: float
    mean: float
    variance: float

    def z(self, x: float) -> float:
        """How far x lies from the mean, in deviations, clipped to [-1, 1]."""
        deviation = max(math.sqrt(self.variance), SMALLEST)
        return min(max((x - self.mean) / deviation, -1.0), 1.0)

    def taken(self, x: float, span: float) -> Running:
        """With x; after `span` observations the oldest fade."""
        count = min(self.count + 1.0, span)
        share, gap = 1.0 / count, x - self.mean
        variance = (1.0 - share) * (self.variance + share * gap * gap)
        return Running(count, self.mean + share * gap, variance)


@dataclass(frozen=True, slots=True)
class Statistics:
    """The running statistics of every measure, in the order of `MEASURES`."""

    of: tuple[Running, ...]

    def to_doc(self) -> dict[str, Any]:
        """As JSON."""
        rows = {
            name: [running.count, running.mean, running.variance]
            for name, running in zip(MEASURES, self.of, strict=True)
        }
        return {"format": FORMAT, "measures": rows}


@dataclass(frozen=True, slots=True)
class Reward:
    """An outcome's worth.

    Attributes:
        total: in [-1, 1], or None when the outcome says nothing.
        channels: the known channels, each in [-1, 1].
    """

    total: float | None
    channels: Mapping[str, float]


def start(config: LearningConfig) -> Statistics:
    """What is believed before the first outcome."""
    return Statistics(
        tuple(Running(config.prior, m.mean, m.deviation**2) for m in MEASURES.values())
    )


def from_doc(doc: Mapping[str, Any]) -> Statistics:
    """The statistics that `to_doc` wrote.

    Raises:
        ConfigError: another format, or numbers that cannot be statistics.
    """
    try:
        if doc["format"] != FORMAT:
            raise ConfigError(f"reward statistics have format {FORMAT}, got {doc['format']!r:.40}")
        rows = [doc["measures"][name] for name in MEASURES]
        return Statistics(tuple(_running(*row) for row in rows))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"the reward statistics are damaged: {error}") from None


def _running(count: float, mean: float, variance: float) -> Running:
    return Running(
        check_number("count", count, 1), check_number("mean", mean), check_number("v", variance, 0)
    )


def score(
    statistics: Statistics, outcome: Outcome, *, credit: float | None, config: LearningConfig
) -> tuple[Reward, Statistics]:
    """An outcome's reward, and the statistics after it.

    Args:
        statistics: before this outcome.
        outcome: any of its fields may be missing.
        credit: mean credit of the memories in the context, in [-1, 1]; None without any.
        config: the channels' weights.
    """
    known: dict[str, list[float]] = {}
    after = []
    for measure, running in zip(MEASURES.values(), statistics.of, strict=True):
        value = measure.read(outcome, credit)
        if value is not None:
            known.setdefault(measure.channel, []).append(running.z(value))
        after.append(running if value is None else running.taken(value, config.span))
    channels = {name: sum(zs) / len(zs) for name, zs in known.items()}
    return Reward(weighted(channels, config.weights), channels), Statistics(tuple(after))


def weighted(channels: Mapping[str, float], weights: Mapping[str, float]) -> float | None:
    """The weighted mean of the known channels, or None when none of them counts.

    >>> weighted({"task": 1.0, "safety": -1.0}, {"task": 3.0, "safety": 1.0})
    0.5
    """
    total = sum(weights.get(name, 0.0) for name in channels)
    if total <= 0:
        return None
    mean = sum(weights.get(name, 0.0) * value for name, value in channels.items()) / total
    return min(max(mean, -1.0), 1.0)


def potential(levels: Array, profile: Profile) -> float:
    """Φ = -Σ wᵢ ((hᵢ - restᵢ) / (1 - restᵢ))² / Σ wᵢ over the stress weights, in [-1, 0].

    The set points are the hormones' rests: 0 there, -1 when all that stresses is at its top.
    """
    weight = profile.stress
    if not weight.any():
        return 0.0
    drive = np.clip((levels - profile.rest) / (1.0 - profile.rest), 0.0, 1.0) ** 2
    return -float(weight @ drive / weight.sum())


def shaping(before: float, after: float, *, config: LearningConfig) -> float:
    """drive · (γ Φ(s') - Φ(s)), in [-γ drive, drive]."""
    return config.drive * (config.gamma * after - before)
