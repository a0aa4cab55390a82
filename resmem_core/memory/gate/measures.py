"""Whether two values are one amount in two units, or one name in two cases. Pure."""

from __future__ import annotations

import re
from typing import Final

_SCALE: Final = {
    "kg": (1.0, "m"), "kilo": (1.0, "m"), "kilos": (1.0, "m"), "g": (0.001, "m"),
    "lb": (0.45359, "m"), "lbs": (0.45359, "m"), "pounds": (0.45359, "m"), "stone": (6.35, "m"),
    "cm": (0.01, "l"), "m": (1.0, "l"), "km": (1000.0, "l"), "ft": (0.3048, "l"),
    "feet": (0.3048, "l"), "in": (0.0254, "l"), "inches": (0.0254, "l"), "miles": (1609.3, "l"),
}  # fmt: skip
_MEASURE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.I)


def same_measure(one: str, other: str) -> bool:
    """The same amount in two units, within a hundredth.

    >>> same_measure("80 kg", "176 lb"), same_measure("80 kg", "79 kg")
    (True, False)
    """
    found = [_MEASURE.search(raw) for raw in (one, other)]
    if None in found:
        return False
    amounts = [(float(m[1]), _SCALE.get(m[2].lower())) for m in found if m]
    (a, x), (b, y) = amounts
    if x is None or y is None or x == y or x[1] != y[1]:
        return False
    return abs(a * x[0] - b * y[0]) <= 0.01 * max(a * x[0], b * y[0])


def same_name(a: frozenset[str], b: frozenset[str]) -> bool:
    """The same name in another case of a language that has cases."""
    if len(a) != 1 or len(b) != 1:
        return False
    one, other = *a, *b
    shared = min(len(one), len(other)) - 2
    return not one.isascii() and shared >= 2 and one[:shared] == other[:shared]
