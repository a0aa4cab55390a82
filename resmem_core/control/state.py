"""`ControlState`: a session's control state, and its way to JSON and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from resmem_core import kernel
from resmem_core.config.layout import TAIL, Layout, layout
from resmem_core.config.profile import MODES, Array, Profile
from resmem_core.config.signals import SIGNALS
from resmem_core.errors import ConfigError
from resmem_core.types import KNOBS

FORMAT: Final = 1


@dataclass(frozen=True, eq=False)
class ControlState:
    """Everything the controller remembers: floats only (`config.layout` names them)."""

    column: Array
    hormones: tuple[str, ...]

    def __post_init__(self) -> None:
        column = np.ascontiguousarray(self.column)
        column.flags.writeable = False
        object.__setattr__(self, "column", column)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ControlState)
            and self.hormones == other.hormones
            and np.array_equal(self.column, other.column)
        )

    def __hash__(self) -> int:
        return hash((self.hormones, self.column.tobytes()))

    @property
    def at(self) -> Layout:
        """Where each part sits."""
        return layout(len(self.hormones), len(SIGNALS), len(KNOBS))


def to_doc(state: ControlState) -> dict[str, Any]:
    """The state as JSON: every float by name, exact."""
    doc: dict[str, Any] = {"format": FORMAT}
    for part, names in _parts(state.hormones).items():
        values = state.column[getattr(state.at, part)].tolist()
        doc[part] = dict(zip(names, values, strict=True))
    doc["tail"] = {name: float(state.column[state.at.tail(name)]) for name in TAIL}
    return doc


def from_doc(doc: Mapping[str, Any], profile: Profile) -> ControlState:
    """The state that `to_doc` wrote, brought into the bounds of `profile`.

    Hormones and signals that the profile has and the document lacks start at rest; what the
    profile no longer has is dropped.

    Raises:
        ConfigError: another format, or a value that is no finite number in its range.
    """
    if not isinstance(doc, Mapping) or doc.get("format") != FORMAT:
        raise ConfigError(f"a control state must be an object with format {FORMAT}")
    column = kernel.start(profile, 1)[:, 0]
    at = layout(profile.n, len(SIGNALS), len(KNOBS))
    for part, names in _parts(profile.hormones).items():
        _fill(part, names, doc, column[getattr(at, part)])
    tail = column[-len(TAIL) :]
    _fill("tail", TAIL, doc, tail)
    _bring_into_bounds(column, at, profile)
    return ControlState(column, profile.hormones)


def _parts(hormones: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {
        "level": hormones, "baseline": hormones, "smoothed": hormones, "bucket": hormones,
        "reference": SIGNALS, "knob": KNOBS, "hold": KNOBS,
    }  # fmt: skip


_RANGES: Final[dict[str, tuple[float, float]]] = {
    "level": (0, 1), "baseline": (0, 1), "smoothed": (-1, 1), "bucket": (0, 1e6),
    "reference": (-1e9, 1e9), "knob": (0, 1), "hold": (0, 1e9),
    "mode": (0, len(MODES) - 1), "age": (0, 1e9), "asked": (0, 1e6), "grade": (0, 4),
    "window": (0, 2**30), "breaker": (0, 2), "wait": (0, 1e7), "trips": (0, 30),
    "opened": (0, 1e15), "phase": (0, 1), "survived": (0, 1), "peak": (0, 1),
    "authority": (0, 1), "stress": (0, 1), "curiosity": (0, 1), "fatigue": (0, 1),
    "ticks": (0, 1e15),
}  # fmt: skip
_WHOLE: Final = frozenset({"mode", "grade", "window", "breaker", "trips", "opened"})


def _fill(part: str, names: tuple[str, ...], doc: Mapping[str, Any], into: Array) -> None:
    given = doc.get(part)
    if not isinstance(given, Mapping):
        raise ConfigError(f"the control state lacks {part!r}; start a new session instead")
    for i, name in enumerate(names):
        if name in given:
            key = name if part == "tail" else part
            into[i] = _number(f"{part} of {name}", given[name], *_RANGES[key], key in _WHOLE)


def _number(what: str, value: Any, lo: float, hi: float, whole: bool) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{what} must be a number, got {type(value).__name__}")
    if not math.isfinite(value) or not lo <= value <= hi or (whole and value != int(value)):
        raise ConfigError(f"{what} must be from {lo:g} to {hi:g}, got {value}")
    return float(value)


def _bring_into_bounds(column: Array, at: Layout, profile: Profile) -> None:
    """A profile may have changed since: its caps, rests and buckets hold from now on."""
    roof = np.minimum(profile.rest + profile.resilience.span, profile.cap)
    column[at.baseline] = np.clip(column[at.baseline], profile.rest, roof)
    column[at.level] = np.minimum(column[at.level], profile.cap)
    column[at.smoothed] = np.clip(column[at.smoothed], -profile.i_max, profile.i_max)
    column[at.bucket] = np.minimum(column[at.bucket], profile.sigma)
    window = at.tail("window")
    column[window] = float(int(column[window]) & ((1 << profile.resilience.window) - 1))
