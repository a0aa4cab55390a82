"""Times named in a text, as spans of days: "last week", "in May", "3 October 2023", "yesterday".

English here, numbers and other languages in `calendars`.
A pattern finds the expression, `dateparser` resolves it against the text's own date, and the
result is cached per expression and anchor, so that a stored message costs microseconds.
Days are proleptic ordinals (`date.toordinal`); a span is (first, last), both included.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Final, TypeAlias

from resmem_core.memory.text import calendars

Span: TypeAlias = tuple[int, int]

_MONTH: Final = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)
_SHORT: Final = r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
_WEEKDAY: Final = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_NUMBER: Final = r"\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten"
_SEASONS: Final = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_SEASON: Final = "|".join(_SEASONS)

_EXPRESSION: Final = re.compile(
    rf"""\b(?:
      (?P<date>\d{{4}}-\d{{2}}-\d{{2}}
        | \d{{1,2}}(?:st|nd|rd|th)?\ (?:of\ )?(?:{_MONTH}|{_SHORT}),?(?:\ \d{{4}})?
        | (?:{_MONTH}|{_SHORT})\ \d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,?\ \d{{4}})?)
    | (?P<month>(?:(?:in|of|since|during)\ )?(?:{_MONTH}),?\ (?:of\ )?\d{{4}}
        | (?:in|of|since|during|last|next|this)\ (?:{_MONTH}))
    | (?P<ago>(?:{_NUMBER})\ (?:day|week|month|year)s?\ ago
        | in\ (?:{_NUMBER})\ (?:day|week|month|year)s?)
    | (?P<day>yesterday|today|tomorrow|tonight|last\ night|this\ (?:morning|afternoon|evening))
    | (?P<weekday>(?:last|this|next|on)\ (?:{_WEEKDAY}))
    | (?P<unit>(?:last|this|next)\ (?:week|month|year))
    | (?P<weekend>(?:last|this|next|past)\ weekend)
    | (?P<season>(?:last|this|next)\ (?:{_SEASON}) | (?:{_SEASON})\ (?:of\ )?\d{{4}})
    | (?P<year>(?:in|of|since|during)\ (?:19|20)\d{{2}})
    )\b""",
    re.X | re.I,
)  # fmt: skip

EPOCH: Final = date(1970, 1, 1).toordinal()
"""The day of epoch second 0."""

MOST: Final = 8
"""Times that one text may name; each costs a pass over the namespace."""

_LENGTH: Final = {"day": 0, "week": 3, "month": 15, "year": 183}
_SHIFT: Final = {"last": -1, "past": -1, "this": 0, "next": 1}
_REFERENCE: Final = date(2024, 1, 1)  # a Monday


def day_of(at: float) -> int:
    """The UTC day of an epoch second, as an ordinal; times out of the calendar are clamped.

    >>> date.fromordinal(day_of(0.0))
    datetime.date(1970, 1, 1)
    """
    return min(max(EPOCH + int(at // 86_400), 1), date.max.toordinal())


def spans(text: str, at: float) -> list[Span]:
    """The times named in the text, told at epoch second `at`: each once, at most `MOST`.

    >>> may = 1684324800.0  # 17 May 2023
    >>> found = spans("a week ago, in June 2022", may)
    >>> [(date.fromordinal(a).isoformat(), b - a) for a, b in found]
    [('2023-05-07', 6), ('2022-06-01', 29)]
    """
    anchor = day_of(at)
    return list(dict.fromkeys(span for _, span in _found(text, anchor)))[:MOST]


def mentioned(text: str, at: float) -> Span | None:
    """The first time named in the text, or None."""
    return next((span for _, span in _found(text, day_of(at))), None)


def names_time(text: str) -> bool:
    """Whether the text names what may be a time, beside English words; O(length)."""
    return calendars.names_time(text)


def _found(text: str, anchor: int) -> list[tuple[int, Span]]:
    """Where a time is named, and which days it is, in the order of the text."""
    matches = islice(_EXPRESSION.finditer(text), 4 * MOST)
    english = ((match.start(), _span(match, anchor)) for match in matches)
    abroad = islice(calendars.found(text, anchor), 4 * MOST)
    return sorted([*((at, span) for at, span in english if span is not None), *abroad])


def without(text: str) -> str:
    """The text without the expressions that may name a time.

    >>> without("Who went hiking in May 2023?")
    'Who went hiking  ?'
    """
    return calendars.without(_EXPRESSION.sub(" ", text))


def _span(match: re.Match[str], anchor: int) -> Span | None:
    kind, words = match.lastgroup or "", match.group().casefold()
    if kind in ("day", "weekday") or (kind == "ago" and re.search("day|week", words)):
        # these depend on the weekday alone: resolve once, then shift
        fixed = _REFERENCE.toordinal() + (anchor - 1) % 7
        span = _resolved(kind, words, fixed)
        return None if span is None else (span[0] + anchor - fixed, span[1] + anchor - fixed)
    return _resolved(kind, words, anchor)


@lru_cache(maxsize=16_384)
def _resolved(kind: str, words: str, anchor: int) -> Span | None:
    try:
        base = date.fromordinal(anchor)
        if kind == "weekend":
            return _weekend(words, base)
        if kind == "season":
            return _season(words, base)
        if kind == "unit":
            return _unit(words, base)
        return _parsed(kind, words, base)
    except (ValueError, OverflowError):  # beyond the calendar
        return None


def _parsed(kind: str, words: str, base: date) -> Span | None:
    ahead = words.startswith("next")
    if kind in ("month", "year", "weekday"):
        words = re.sub("^(?:in|of|since|during|on|last|this|next) ", "", words)
    got = _parser(ahead, base).get_date_data(words)
    if got.date_obj is None:
        return None
    return _widened(got.date_obj.date(), got.period)


def _parser(ahead: bool, base: date) -> Any:
    from dateparser.date import DateDataParser  # noqa: PLC0415  # a fifth of a second to import

    settings = {
        "RELATIVE_BASE": datetime(base.year, base.month, base.day, 12),
        "PREFER_DATES_FROM": "future" if ahead else "past",
    }
    return DateDataParser(languages=["en"], settings=settings)


def _widened(day: date, period: str) -> Span:
    """The whole month or year that was named; a few days around for a week."""
    if period == "month":
        return _months(day.year, day.month, 1)
    if period == "year":
        return _months(day.year, 1, 12)
    slack = _LENGTH.get(period, 0)
    return day.toordinal() - slack, day.toordinal() + slack


def _months(year: int, month: int, count: int) -> Span:
    first = date(year, month, 1)
    months = year * 12 + month - 1 + count
    return first.toordinal(), date(months // 12, months % 12 + 1, 1).toordinal() - 1


def _unit(words: str, base: date) -> Span:
    which, unit = words.split()
    shift = _SHIFT[which]
    if unit == "week":
        monday = base - timedelta(days=base.weekday()) + timedelta(weeks=shift)
        return monday.toordinal(), monday.toordinal() + 6
    if unit == "year":
        return _months(base.year + shift, 1, 12)
    months = base.year * 12 + base.month - 1 + shift
    return _months(months // 12, months % 12 + 1, 1)


def _weekend(words: str, base: date) -> Span:
    saturday = base + timedelta(days=5 - base.weekday() + 7 * _SHIFT[words.split(maxsplit=1)[0]])
    return saturday.toordinal(), saturday.toordinal() + 1


def _season(words: str, base: date) -> Span:
    """Northern seasons; "last summer" is the latest that has ended."""
    month = _SEASONS[next(w for w in words.split() if w in _SEASONS)]
    if words[-4:].isdigit():
        return _months(int(words[-4:]), month, 3)
    ended = _months(base.year, month, 3)[1] < base.toordinal()
    shifts = {"last": 0 if ended else -1, "this": 0, "next": 1 if ended else 0}
    shift = shifts[words.split(maxsplit=1)[0]]
    return _months(base.year + shift, month, 3)
