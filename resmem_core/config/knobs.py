"""The knobs' ranges: unit values of the controller to settings of a call, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from resmem_core.errors import ConfigError
from resmem_core.types import KNOBS

RETRIES: Final = KNOBS.index("retries")
SAFE_CEILING: Final = {
    "temperature": 0.0, "top_p": 1.0, "retrieve_k": 1.0, "tool_access": 0.0, "diversity": 1.0,
    "retries": 0.25,
}  # fmt: skip
"""The highest unit value of each knob in safe mode; `max_tokens` is a setting."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of one knob; `at` places a unit value inside, never outside.

    >>> Range(128, 8192, log=True, integer=True).at(0.5)
    1024.0
    """

    lo: float
    hi: float
    log: bool = False
    integer: bool = False

    def __post_init__(self) -> None:
        lo, hi = self.lo, self.hi
        if not (math.isfinite(lo) and math.isfinite(hi) and lo <= hi):
            raise ConfigError(f"lo must not exceed hi and both be finite, got lo={lo}, hi={hi}")
        if self.log and lo <= 0:
            raise ConfigError(f"a logarithmic range needs lo > 0, got lo={lo}")

    def at(self, unit: float) -> float:
        """The point `unit` of the way from lo to hi; integers are rounded last."""
        lo, hi = self.lo, self.hi
        value = lo * math.pow(hi / lo, unit) if self.log else lo + (hi - lo) * unit
        value = lo if value < lo else hi if value > hi else value
        if self.integer:
            value = round(value)
            value = math.ceil(lo) if value < lo else math.floor(hi) if value > hi else value
        return float(value)

    def unit(self, value: float) -> float:
        """Where `value` lies between lo and hi, in [0, 1]."""
        lo, hi = self.lo, self.hi
        value = min(max(value, lo), hi)
        if lo == hi:
            return 0.0
        share = math.log(value / lo) / math.log(hi / lo) if self.log else (value - lo) / (hi - lo)
        return min(max(share, 0.0), 1.0)


RANGES: Final[Mapping[str, Range]] = {
    "temperature": Range(0.0, 1.6),
    "top_p": Range(0.1, 1.0),
    "max_tokens": Range(128, 8192, log=True, integer=True),
    "retrieve_k": Range(0, 20, integer=True),
    "tool_access": Range(0.0, 1.0),
    "diversity": Range(0.0, 1.0),
    "retries": Range(0, 4, integer=True),
}
