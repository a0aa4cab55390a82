"""Settings of reward, gradient and proposals (sections 4.5 and 4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from resmem_core.config.checks import check_fields, check_setting
from resmem_core.errors import ConfigError

CHANNELS: Final = ("task", "quality", "safety", "efficiency", "memory")
"""What a reward is made of."""

WEIGHTS: Final[Mapping[str, float]] = {
    "task": 1.0, "quality": 0.5, "safety": 1.0, "efficiency": 0.25, "memory": 0.25,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LearningConfig:
    """How outcomes are scored and how far one proposal may go.

    Attributes:
        weights: of the reward channels; a channel that is not named weighs nothing.
        prior: observations that the prior mean and deviation of a measure count for.
        span: observations after which older ones fade, so that statistics can follow.
        drive: weight of the drive-reduction shaping, in [0, 1].
        gamma, lam: discount and the λ of generalised advantage estimation, per tick.
        rate: how many natural gradients a step is long, where the bound allows it.
        kl: bound ε on the divergence of one proposal from the active policy, in nats per tick.
        ridge: added to the Fisher matrix's diagonal, relative to its mean.
        clip: largest importance weight in the off-policy estimate, above 1.
        confidence: of the lower bound, in (0, 1).
        samples: scored ticks below which no proposal is made.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    prior: float = 8.0
    span: float = 2000.0
    drive: float = 0.1
    gamma: float = 0.9
    lam: float = 0.8
    rate: float = 10.0
    kl: float = 0.02
    ridge: float = 0.01
    clip: float = 2.0
    confidence: float = 0.95
    samples: int = 256

    def __post_init__(self) -> None:
        _check_weights(self.weights)
        object.__setattr__(self, "weights", dict(self.weights))
        check_fields(self, _RANGES)


_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "prior": (1, 1e6), "span": (10, 1e9), "drive": (0, 1), "gamma": (0, 0.9999), "lam": (0, 1),
    "rate": (1e-3, 100), "kl": (1e-6, 1), "ridge": (1e-9, 1), "clip": (1.01, 100),
    "confidence": (0.5, 0.9999), "samples": (16, 1e9),
}  # fmt: skip


def _check_weights(weights: Mapping[str, float]) -> None:
    unknown = [name for name in weights if name not in CHANNELS]
    if unknown:
        raise ConfigError(f"no reward channel {unknown[0]!r:.40}: there are {', '.join(CHANNELS)}")
    for name, weight in weights.items():
        check_setting(f"weight of {name}", weight, 0, 1e6)
    if not sum(weights.values()) > 0:
        raise ConfigError("at least one reward channel needs a weight above 0")
