"""How long a provider asks to wait, in any of the spellings in use, brought into bounds.

A number that is not finite, or that nobody can read, says nothing (None). What lies in the past or
below zero is 0: now. What is longer than an hour is an hour. A number above 1e9 is a moment, not a
length. So a clock that is wrong by years costs at most an hour's wait.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

MOST: Final = 3600.0
"""Seconds that are believed at most."""

_UNITS: Final = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN: Final = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SAID: Final = re.compile(
    r"(?:try again|retry|wait|available|available again)(?: again)?(?: after| in| for)?:? "
    r"(?:about )?(\d+(?:\.\d+)?) ?(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)\b"
)
_COMPOUND: Final = re.compile(
    r"(?:try again|retry)(?: after| in) ((?:\d+(?:\.\d+)?(?:ms|s|m|h))+)\b"
)
_RESETS: Final = (
    "ratelimit-reset", "x-ratelimit-reset", "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens", "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-tokens-reset",
)  # fmt: skip


def hint(headers: Mapping[str, str], text: str, own: object, now: float) -> float | None:
    """Seconds to wait, 0 to 3600, as headers, the exception or its message say; None: nobody does.

    Args:
        headers: by lower-case name.
        text: the message, lower case.
        own: what the exception carries itself, a number or a text.
        now: epoch seconds.

    >>> hint({"retry-after": "Thu, 01 Jan 1970 00:01:30 GMT"}, "", None, 60.0)
    30.0
    >>> hint({"retry-after-ms": "1500", "retry-after": "9"}, "", None, 0.0)
    1.5
    """
    if "retry-after-ms" in headers:
        found = _bounded(_float(headers["retry-after-ms"]) / 1000)
        if found is not None:
            return found
    for said in (headers.get("retry-after"), own):
        found = seconds(said, now) if said is not None else None
        if found is not None:
            return found
    resets = [s for name in _RESETS if (s := seconds(headers.get(name, ""), now)) is not None]
    return _spoken(text) if not resets else max(resets)


def seconds(said: object, now: float) -> float | None:
    """A length, a date or a moment, as seconds from now.

    >>> seconds("6m0s", 0.0), seconds(31_536_000, 0.0), seconds("-5", 0.0), seconds("soon", 0.0)
    (360.0, 3600.0, 0.0, None)
    """
    text = str(said).strip().lower()
    number = _float(text)
    if not math.isnan(number):
        return _bounded(number - now if number > 1e9 else number)
    if _SPAN.fullmatch(text):
        return _bounded(_length(text))
    moment = _moment(str(said).strip())
    return None if moment is None else _bounded(moment - now)


def _bounded(value: float) -> float | None:
    return None if not math.isfinite(value) else min(max(value, 0.0), MOST)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _length(text: str) -> float:
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def _moment(text: str) -> float | None:
    """A date of HTTP's or of RFC 3339, as epoch seconds; one without a zone is UTC."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = parse(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (TypeError, ValueError, OverflowError, IndexError):
            continue
    return None


def _spoken(text: str) -> float | None:
    """What a message says in words."""
    compound = _COMPOUND.search(text)
    if compound:
        return _bounded(_length(compound[1]))
    said = _SAID.search(text)
    if said is None:
        return None
    unit = "ms" if said[2].startswith("ms") or said[2].startswith("milli") else said[2][0]
    return _bounded(float(said[1]) * _UNITS[unit])
