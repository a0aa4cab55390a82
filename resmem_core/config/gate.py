"""Settings of the write gate."""

from __future__ import annotations

from dataclasses import dataclass

from resmem_core.config.checks import check_fields
from resmem_core.errors import ConfigError

WINDOW = 500
"""Messages over which the kept share is promised."""


@dataclass(frozen=True, slots=True)
class GateConfig:
    """What the write gate may keep, how it learns.

    Args:
        keep: share of judged messages that may be kept, in (0, 1]; 1.0 keeps all but repeats,
            empty texts and what is never stored.
        buffer_size: messages that wait for hindsight before their verdict, >= 0.
        slack: how many messages the kept count may be away from its share, in any run of
            consecutive messages; 9.9 of 500 are within the promised 2 %. In [2, 9.9].
        history: how many past values the shadow price is a quantile of, besides those of the
            messages in the buffer, >= 1.
        horizon: over how many messages slots that were saved up are spent, >= 1.
        learning_rate: largest step of a weight per lesson of weight 1, in [0, 1].
        pull: share of a weight's way back to its prior per lesson (L2 to the prior), in [0, 1].
        reach: how far a learnt weight may be from its prior, >= 0.
        relief: how far full stress raises the logit of a message that sounds like trouble, >= 0.
        helped: how far full credit raises the logit of a message that helped before its verdict was
            due, >= 0; one good outcome gives at most 0.2 of credit.
        appetite: by how much full curiosity raises the share that the price aims at, in [0, 1].

    Raises:
        ConfigError: a setting is out of its range.
    """

    keep: float = 0.75
    buffer_size: int = 64
    slack: float = 9.9
    history: int = 32
    horizon: int = 64
    learning_rate: float = 0.05
    pull: float = 0.002
    reach: float = 1.0
    relief: float = 1.0
    helped: float = 16.0
    appetite: float = 0.05

    def __post_init__(self) -> None:
        ranges = {
            "keep": (0, 1), "buffer_size": (0, 10_000), "slack": (2, 9.9), "history": (1, 10_000),
            "horizon": (1, 10_000), "learning_rate": (0, 1), "pull": (0, 1), "reach": (0, 100),
            "relief": (0, 100), "helped": (0, 100), "appetite": (0, 1),
        }  # fmt: skip
        check_fields(self, ranges)
        if self.keep <= 0:
            raise ConfigError(
                f"keep must be above 0 and at most 1, got {self.keep!r}; "
                "to write nothing switch safe mode on"
            )
