"""What an adapter can see, as `Signal`s, and those as the kernel's input."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, cast

import numpy as np

from resmem_core.config.profile import Array, Profile
from resmem_core.config.signals import INDEX, SIGNALS, SPECS
from resmem_core.errors import InputError, InputTypeError, TooLarge
from resmem_core.types import NEUROCHEMICALS, Outcome, Signal, SignalName, check_number

__all__ = [
    "SIGNALS",
    "TEXT_SIGNALS",
    "answer_signals",
    "check_signal",
    "named",
    "outcome_signals",
    "raw",
    "text_signals",
    "tool_signals",
]

TEXT_SIGNALS: Final[dict[str, int]] = {f"text.{name}": i for i, name in enumerate(NEUROCHEMICALS)}
MEANING: Final[Mapping[str, tuple[str, ...]]] = {
    "urgency": ("epinephrine", "thyroid"),
    "hostility": ("norepinephrine",),
    "gratitude": ("endorphins",),
}
"""Signals that a text gives, as the largest of some of its scores."""
BURST: Final = 10_000
"""Signals that one tick takes at most."""
TOKENS: Final = 4000.0
"""Tokens that are as much work as a turn."""
SECONDS: Final = (0.0, 1e9)
"""Range of a latency as it is reported."""
SLOWNESS: Final = cast(SignalName, "slowness")
"""What a session makes of a latency by its past (`control.latency`): the hormones' signal."""
_COLUMNS: Final[dict[str, int]] = {**INDEX, SLOWNESS: INDEX["latency"]}
_RANGES: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(TEXT_SIGNALS, (0.0, 1.0)),
    **{name: SPECS[SIGNALS[at]][:2] for name, at in _COLUMNS.items()},
    "latency": SECONDS,
}
_MISSING: Final = np.full(len(SIGNALS), math.nan)


def named(name: object) -> SignalName:
    """The signal of a name that comes from outside, such as an event or a log.

    >>> named("latency")
    'latency'

    Raises:
        InputTypeError: not a str. InputError: no signal of that name.
    """
    if not isinstance(name, str):
        raise InputTypeError(f"a signal's name must be a str, got {type(name).__name__}")
    if name not in _RANGES:
        known = ", ".join(SIGNALS)
        raise InputError(f"no signal {name!r:.40}: there are {known}, and text.<neurochemical>")
    return cast(SignalName, name)


def text_signals(scores: Mapping[str, float], *, injection: float | None = None) -> list[Signal]:
    """The twelve scores of a text, what they amount to, and what else its reader found.

    >>> text_signals({"cortisol": 0.4, "endorphins": 0.9}, injection=0.1)  # doctest: +ELLIPSIS
    [Signal(name='text.cortisol', value=0.4), ..., Signal(name='gratitude', value=0.9), ...]

    Raises:
        InputError: a score that is not one of the twelve, or outside [0, 1].
    """
    signals = []
    for name, value in scores.items():
        if name not in NEUROCHEMICALS:
            raise InputError(f"no score {name!r:.40}: the twelve are {', '.join(NEUROCHEMICALS)}")
        if value != 0 and check_number(f"score {name}", value, 0, 1) > 0:
            signals.append(Signal(named(f"text.{name}"), float(value)))
    meant = {name: max(scores.get(of, 0.0) for of in of_) for name, of_ in MEANING.items()}
    found = {named(name): value for name, value in meant.items() if value > 0}
    if injection is not None:
        found["injection"] = injection
    return signals + [Signal(key, value) for key, value in found.items()]


def answer_signals(*, cut_off: bool | None = None, invalid: bool | None = None) -> list[Signal]:
    """What a model call that answered tells: what went well counts as much as what did not.

    Args:
        cut_off: the answer ended at the token limit; None when the provider does not say.
        invalid: it holds a tool call or a structure that does not parse.

    >>> [signal.name for signal in answer_signals(cut_off=False)]
    ['provider_error', 'truncation']
    """
    seen: dict[SignalName, bool | None] = {
        "provider_error": False, "truncation": cut_off, "invalid_output": invalid,
    }  # fmt: skip
    return [Signal(name, float(value)) for name, value in seen.items() if value is not None]


def tool_signals(*, failed: bool) -> list[Signal]:
    """What a tool call that ended tells.

    >>> tool_signals(failed=True)
    [Signal(name='tool_error', value=1.0)]
    """
    if failed:
        return [Signal("tool_error", 1.0)]
    return [Signal("tool_error", 0.0), Signal("tool_success", 1.0)]


def outcome_signals(outcome: Outcome) -> list[Signal]:
    """What an outcome tells the controller; a field that is None says nothing.

    A judge's quality stands in for a success that is not known; a safety violation counts as a
    found injection, because both ask for fewer tools.

    >>> outcome_signals(Outcome(success=True, latency=0.8))
    [Signal(name='success', value=1.0), Signal(name='latency', value=0.8)]
    """
    success = outcome.quality if outcome.success is None else outcome.success
    values: dict[SignalName, float | None] = {
        "success": None if success is None else float(success),
        "latency": outcome.latency,
        "feedback": outcome.feedback,
        "injection": None if outcome.safety is None else 1.0 - outcome.safety,
    }
    return [Signal(name, value) for name, value in values.items() if value is not None]


def check_signal(signal: Signal) -> None:
    """Refuse what the controller cannot take in.

    Raises:
        InputTypeError: not a Signal. InputError: an unknown name, or a value out of its range.
    """
    if not isinstance(signal, Signal):
        raise InputTypeError(f"a Signal is needed, got {type(signal).__name__}")
    lo, hi = _RANGES[named(signal.name)]
    if not (type(signal.value) is float and lo <= signal.value <= hi):
        check_number(f"signal {signal.name!r}", signal.value, lo, hi)


def raw(signals: Sequence[Signal], profile: Profile) -> tuple[Array, Array | None]:
    """The kernel's input: raw values [S], NaN where missing, and pushes [n] of texts or None.

    Of several signals of one name, the largest in magnitude counts.

    Raises:
        InputError: an unknown name, or a value outside the signal's range.
        InputTypeError: not a Signal. TooLarge: more than 10,000 at once.
    """
    if len(signals) > BURST:
        raise TooLarge(f"{len(signals):,} signals in one tick; at most {BURST:,} are taken")
    values, scores = _MISSING.copy(), [0.0] * len(NEUROCHEMICALS)
    for signal in signals:
        check_signal(signal)
        if signal.name == "latency":  # seconds say nothing without a past to compare them with
            continue
        at = TEXT_SIGNALS.get(signal.name)
        if at is not None:
            scores[at] = max(scores[at], signal.value)
        elif not abs(signal.value) < abs(values[column := _COLUMNS[signal.name]]):  # NaN: the first
            values[column] = signal.value
    return values, profile.text @ scores if any(scores) else None
