"""WhatsApp's exported chats: a text file, a line or several per message.

How dates are written depends on the phone. Whether the day or the month comes first is read from
the file itself: from numbers above 12, and else from the order in which its messages must stand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from resmem_core.errors import InputError
from resmem_core.importers.items import Context, Fault, Found, LeftOut, Said

name = "whatsapp"

_PM: Final = ("p", "下午", "오후", "午後", "م", "晚上", "中午")
_HALF: Final = r"[aApP]\.? ?[mM]\.?|上午|下午|凌晨|早上|中午|晚上|오전|오후|午前|午後|[صم]"
_DAY: Final = r"(?P<a>\d{1,4})(?P<by>[./-]) ?(?P<b>\d{1,2})[./-] ?(?P<c>\d{1,4})\.?"
_HOUR: Final = (
    rf"(?:(?P<half>{_HALF}) ?)?(?P<h>\d{{1,2}})[:.](?P<m>\d\d)(?:[:.](?P<s>\d\d))?"
    rf"(?: ?(?P<half2>{_HALF}))?"
)
_JOIN: Final = r"[,،]? (?:(?:à|um|at|klo|kl\.?|la|às|a las|alle|om|в) )?"
_HEADS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\[{_DAY}{_JOIN}{_HOUR}\] ?(?P<rest>.*)",
        rf"\[{_HOUR}, ?{_DAY}\] ?(?P<rest>.*)",
        rf"{_DAY}{_JOIN}{_HOUR} ?[-–] (?P<rest>.*)",
    )
)
_MARKS: Final = "\u200e\u200f\u202a\u202b\u202c\ufeff"
_HIDDEN: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACE: Final = re.compile("[\u00a0\u202f\u2009]")
_MEDIA: Final = re.compile(r"<[^<>\n]{3,60}>")
_ATTACHED: Final = re.compile(r"\S[^\n]{0,200}\.\w{2,5} \([^()\n]{3,40}\)")
_EDITED: Final = re.compile(
    r"\s*<[^<>\n]{0,40}(?:edit|bearbeitet|modifi|изменен|编辑|編輯)[^<>\n]{0,20}>$"
)
_ORDERS: Final = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}
"""Where in a written date its year, month and day stand."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A message as it is written: its line, its date's three numbers, its time, what follows."""

    line: int
    date: tuple[str, str, str]
    by: str
    time: tuple[int, int, int]
    rest: str


def detects(document: Any) -> bool:
    """One of the first lines begins as a message does."""
    if not isinstance(document, str):
        return False
    return any(_head(line) for line in document[:20_000].splitlines()[:20])


def messages(document: Any, context: Context) -> Iterator[Found]:
    """What people wrote; the lines of the program itself are left out.

    Raises:
        InputError: day and month cannot be told apart, or contradict each other.
    """
    found = list(_entries(document))
    order = context.date_order or _date_order([e for e in found if isinstance(e, _Written)])
    for entry in found:
        yield entry if isinstance(entry, Fault) else _said(entry, order)


def _entries(document: str) -> Iterator[_Written | Fault]:
    """Messages with the lines that they run over."""
    open_: list[str] = []
    head: re.Match[str] | None = None
    start = 0
    for number, line in enumerate([*document.split("\n"), None], start=1):
        match = _head(line) if line is not None else None
        if line is not None and match is None:
            if head is not None:
                open_.append(_bare(line))
            elif line.strip():
                yield Fault("", "text before the first message", number)
            continue
        if head is not None:
            yield _entry(start, head, open_)
        head, open_, start = match, [], number


def _bare(line: str) -> str:
    return _HIDDEN.sub("", line).rstrip("\r")


def _head(line: str) -> re.Match[str] | None:
    """The match of a line that begins a message, digits and blanks of any script made plain."""
    if not any(c.isdecimal() for c in line[:8]):
        return None
    front = "".join(_ascii(c) for c in line[:40])
    plain = _SPACE.sub(" ", front.lstrip(_MARKS)) + line[40:].rstrip("\r")
    return next((m for head in _HEADS if (m := head.match(plain))), None)


def _ascii(char: str) -> str:
    """The character; its value where it is a digit of another script."""
    return str(unicodedata.decimal(char)) if char.isdecimal() else char


def _entry(line: int, head: re.Match[str], more: Sequence[str]) -> _Written | Fault:
    hour, half = int(head["h"]), head["half"] or head["half2"]
    if half:
        late = half.lower().startswith(_PM)
        hour = hour % 12 + 12 * late if hour <= 12 else hour
    text = "\n".join([head["rest"], *more])
    date = (head["a"], head["b"], head["c"])
    return _Written(line, date, head["by"], (hour, int(head["m"]), int(head["s"] or 0)), text)


def _date_order(found: Sequence[_Written]) -> str:
    """Which of the orders the file itself proves."""
    if any(len(e.date[0]) == 4 for e in found):
        return "ymd"
    fits = [order for order in ("dmy", "mdy") if _fits(found, order)]
    if not fits:
        raise InputError("some dates put the day first and some the month; split the file")
    if len(fits) == 1 or all(e.date[0] == e.date[1] for e in found):
        return fits[0]
    if all(e.by == "." for e in found):  # nobody writes the month first with dots
        return "dmy"
    steady = [order for order in fits if _steady(found, order)]
    if len(steady) == 1:
        return steady[0]
    raise InputError(
        "no date tells whether the day or the month comes first; say --date-order dmy or mdy"
    )


def _fits(found: Sequence[_Written], order: str) -> bool:
    month, day = _ORDERS[order][1:]
    return all(int(e.date[month]) <= 12 and int(e.date[day]) <= 31 for e in found)


def _steady(found: Sequence[_Written], order: str) -> bool:
    """Whether no message stands before an earlier one, as in every export."""
    times = [time for e in found if (time := _when(e, order)) is not None]
    return all(a <= b for a, b in pairwise(times))


def _when(entry: _Written, order: str) -> datetime | None:
    year, month, day = (int(entry.date[place]) for place in _ORDERS[order])
    try:
        return datetime(year if year > 99 else 2000 + year, month, day, *entry.time)
    except ValueError:
        return None


def _said(entry: _Written, order: str) -> Found:
    at = _when(entry, order)
    if at is None:
        return Fault("", "a date or time that does not exist", entry.line)
    author, colon, text = entry.rest.partition(":")
    if not colon or len(author) > 80 or any(c in author for c in '\n"“”„«»'):
        return LeftOut("system line")  # «Ana changed the subject to "Trip: Rome"» is one too
    generated = text.startswith((" \u200e", "\u200e"))  # iPhones mark what nobody typed
    text = _EDITED.sub("", _HIDDEN.sub("", text)).strip()
    if not text:
        return LeftOut("message without text")
    if generated or _MEDIA.fullmatch(text) or _ATTACHED.fullmatch(text):
        return LeftOut("picture or file")
    return Said("user", text, author=_bare(author).strip().removeprefix("~").strip(), at=at)
