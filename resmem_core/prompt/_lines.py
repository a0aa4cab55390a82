"""One line per memory: who, when, how long ago, what, and what it answers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import dropwhile
from math import isfinite
from typing import Final, NamedTuple

from resmem_core.memory.privacy.evidence import named
from resmem_core.memory.privacy.screen import clean
from resmem_core.prompt._excerpt import questions
from resmem_core.types import Memory

MAX_AUTHOR: Final = 60
"""Characters of an author's name that are shown."""

_INDENTED: Final = 3
"""Lines that begin with blanks from which a text without a fence is code or data."""
BAR: Final = "    |"
"""What a further line of a memory begins with, so that it can be none of ours."""
_LOOKALIKES: Final = str.maketrans({"＜": "&lt;", "＞": "&gt;", "﹤": "&lt;", "﹥": "&gt;"})
_NOT_IN_NAMES: Final = str.maketrans("[]", "  ")
_NEAR: Final = {0: "today", 1: "yesterday", -1: "tomorrow"}
_UNITS: Final = (("years", 365, 730), ("months", 30, 60), ("weeks", 7, 14), ("days", 1, 0))


class Entry(NamedTuple):
    """A memory, the newer version of it that it stands under, the question it answers, whether
    another one that is shown may contradict it, and whether it is a standing wish."""

    memory: Memory
    newer: Memory | None = None
    asked: Memory | None = None
    disputed: bool = False
    standing: bool = False


def line(entry: Entry, today: date | None) -> str:
    """The line of a memory; indented where it stands under its newer version."""
    memory = entry.memory
    author = flat(named(memory.author).translate(_NOT_IN_NAMES))[:MAX_AUTHOR].strip()
    name = author or memory.role
    if entry.standing:
        whose = f"[{escaped(name)}] " if author else ""
        return f"- {whose}{escaped(flat(memory.text))}"
    doubt = "" if memory.trust == "trusted" else memory.trust
    dispute = "another line may contradict this" if entry.disputed else ""
    facts = ", ".join(filter(None, (*_when(entry, today), escaped(name), doubt, dispute)))
    return f"{'  ' if entry.newer else ''}- [{facts}] {_said(memory, _asked(entry))}"


def _said(memory: Memory, asked: str) -> str:
    """What it says and answers on one line; code and data keep their lines, each behind a bar."""
    rows = clean(memory.text).text.expandtabs(4).splitlines()
    if memory.trust != "trusted" or not _laid_out(rows):
        return f"{escaped(flat(memory.text))}{asked}"
    first, *more = dropwhile(lambda row: not row.strip(), rows)
    lines = (f"{BAR} {escaped(row)}".rstrip() for row in more)
    return "\n".join((f"{escaped(first.strip())}{asked}", *lines))


def _laid_out(rows: Sequence[str]) -> bool:
    """Whether a fence, or blanks at the start of several lines, say that lines have a meaning."""
    fenced = any(row.lstrip().startswith(("```", "~~~")) for row in rows)
    indented = sum(row.startswith("  ") and bool(row.strip()) for row in rows[1:])
    return len(rows) > 1 and (fenced or indented >= _INDENTED)


def _asked(entry: Entry) -> str:
    """What the line answers, without what else was said beside the question."""
    asked = "" if entry.asked is None else questions(flat(entry.asked.text))
    return f" (asked: {escaped(asked)})" if asked else ""


def _when(entry: Entry, today: date | None) -> tuple[str, ...]:
    """When it was said, or until when it held; nothing where no date is known."""
    memory, newer = entry.memory, entry.newer
    if newer is None and memory.valid_to is None:
        said = day(memory.at)
        return () if said is None else (said.isoformat(), _ago(said, today))
    ended = day(memory.valid_to) or (day(newer.at) if newer else None)
    return ("no longer true",) if ended is None else (f"until {ended.isoformat()}",)


def day(at: float | None) -> date | None:
    """The UTC day of a time; None for 0 (no time was given) and for what no calendar holds."""
    if not at or not isfinite(at):
        return None
    try:
        return datetime.fromtimestamp(at, UTC).date()
    except (OverflowError, OSError, ValueError):
        return None


def _ago(said: date, today: date | None) -> str:
    """How long before today, in words; "" without a today."""
    if today is None:
        return ""
    days = (today - said).days
    if days in _NEAR:
        return _NEAR[days]
    unit, size = next((u, s) for u, s, least in _UNITS if abs(days) >= least)
    number = f"{abs(days) // size} {unit}"
    return f"{number} ago" if days > 0 else f"in {number}"


def flat(text: str) -> str:
    """The text on one line, without what cannot be seen."""
    return " ".join(clean(text).text.split())


def escaped(text: str) -> str:
    """The text without what could close a block."""
    return html.escape(text, quote=False).translate(_LOOKALIKES)
