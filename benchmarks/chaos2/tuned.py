"""What was tuned on training seeds, by `python -m benchmarks.chaos2.tune`; never on test seeds."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Tuning:
    """Of LangChain's stack.

    Attributes:
        model_retries, tool_retries, delay: of the retries. window: tokens from which old results of
            tools are cleared; 0 for never. max_tokens: of answers, times the user's.
    """

    model_retries: int = 0
    tool_retries: int = 1
    delay: float = 1.0
    window: int = 9_000
    max_tokens: float = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Of thresholds on moving averages.

    Attributes:
        weight: of the newest call. leave: rate at which a dependency is left alone for `rest`
            seconds. retries: of a failed model call before the stand-in.
    """

    weight: float = 0.4
    leave: float = 0.5
    rest: float = 25.0
    retries: int = 0


STACK: Final = Tuning(tool_retries=0, delay=2.0, window=6_000, max_tokens=6.0)
BREAKER: Final = (3, 20.0)
"""Failures in a row that open purgatory's breaker, and seconds that it stays open."""
THRESHOLDS: Final = Settings()
NETWORK: Final = Path(__file__).parent / "network.json"


@dataclass(frozen=True, slots=True)
class Network:
    """A small network from moving averages to one of two routes, trained by imitation.

    Attributes:
        hidden, bias, out, offset: weights of a layer of tanh units and of the logistic answer.
    """

    hidden: list[list[float]]
    bias: list[float]
    out: list[float]
    offset: float

    def __call__(self, features: list[float]) -> float:
        """Chance that the stand-in is the better route."""
        units = [
            math.tanh(sum(w * x for w, x in zip(row, features, strict=True)) + b)
            for row, b in zip(self.hidden, self.bias, strict=True)
        ]
        score = sum(w * u for w, u in zip(self.out, units, strict=True)) + self.offset
        return 1 / (1 + math.exp(-max(min(score, 30.0), -30.0)))


@cache
def network() -> Network:
    """The network as it was trained."""
    return Network(**json.loads(NETWORK.read_text("utf-8")))
