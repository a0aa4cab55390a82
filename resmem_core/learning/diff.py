"""What a proposal would change, for a person: by name, the largest change first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from resmem_core.config.signals import SIGNALS
from resmem_core.types import KNOBS, NEUROCHEMICALS


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One parameter that a proposal would change.

    >>> print(ParameterChange("temperature base", 0.43, 0.41))
    temperature base .43 → .41
    """

    path: str
    old: object
    new: object

    def __str__(self) -> str:
        places = next((n for n in (2, 3, 4, 6) if _number(self.old, n) != _number(self.new, n)), 9)
        return f"{self.path} {_number(self.old, places)} → {_number(self.new, places)}"

    @property
    def size(self) -> float:
        """How far it goes; infinite for what is no number, 0 for a title."""
        if self.path == "name":
            return 0.0
        if not _is_number(self.old) or not _is_number(self.new):
            return math.inf
        return abs(float(self.new) - float(self.old))  # type: ignore[arg-type]


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[ParameterChange, ...]:
    """Every parameter that differs between two profiles as JSON, the largest change first."""
    found = _leaves(old, new, ())
    named = [ParameterChange(_name(path, old), before, after) for path, before, after in found]
    return tuple(sorted(named, key=lambda change: (-change.size, change.path)))


_Path = tuple[str | int, ...]


def _leaves(old: Any, new: Any, path: _Path) -> Iterator[tuple[_Path, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _leaves(old.get(key), new.get(key), (*path, str(key)))
    elif _rows(old) and _rows(new) and len(old) == len(new):
        for i, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _leaves(a, b, (*path, i))
    elif old != new:
        yield path, old, new


def _rows(value: object) -> bool:
    return isinstance(value, list | tuple)


_HORMONE, _SIGNAL, _KNOB, _TEXT = "hormone", "signal", "knob", "text"
_AXES: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("base", "cautious", "rate_safe", "rate_free", "dwell"), (_KNOB,)),
    **dict.fromkeys(("reference", "scale", "adapt"), (_SIGNAL,)),
    **dict.fromkeys(("up", "down"), (_HORMONE, _SIGNAL)),
    **dict.fromkeys(("delta", "g"), (_KNOB, _HORMONE)),
    "text": (_HORMONE, _TEXT),
    "lateral": (_HORMONE, _HORMONE),
}
"""What the rows and columns of a field are; any other list has a place per hormone."""


def _name(path: _Path, profile: Mapping[str, Any]) -> str:
    """ "temperature base", "temperature delta by cortisol", "resilience crisis"."""
    field, places = str(path[0]), [place for place in path[1:] if isinstance(place, int)]
    hormones = profile.get("hormones", ())
    if not places or len(places) != len(path) - 1 or field in ("hormones", "layers"):
        return " ".join(map(str, path))
    names = {_HORMONE: hormones, _SIGNAL: SIGNALS, _KNOB: KNOBS, _TEXT: NEUROCHEMICALS}
    axes = _AXES.get(field, (_HORMONE,))
    rows = [_at(names[axis], place) for axis, place in zip(axes, places, strict=False)]
    return " by ".join([f"{rows[0]} {field}", *rows[1:]])


def _at(names: Sequence[str], place: int) -> str:
    return str(names[place]) if place < len(names) else str(place)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: object, places: int) -> str:
    """Without the zero in front."""
    if not _is_number(value):
        return str(value)
    text = f"{value:.{places}f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
