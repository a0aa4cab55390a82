"""LongMemEval: questions, each with its `haystack_sessions`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, Said, each, entries, listed, mapping

name = "longmemeval"

_DATE: Final = re.compile(r"(\d{4})/(\d\d)/(\d\d) \(\w{2,4}\) (\d\d):(\d\d)")


def detects(document: Any) -> bool:
    """A question is an object with `haystack_sessions`."""
    return any(isinstance(e, Mapping) and "haystack_sessions" in e for e in entries(document))


def messages(document: Any, context: Context) -> Iterator[Found]:
    """The sessions of every question, a data set each."""
    return each(entries(document), "", _question)


def _question(entry: Any, path: str) -> Iterator[Found]:
    sessions = listed(mapping(entry, "a question").get("haystack_sessions"), "haystack_sessions")
    name = fields.word(entry, "question_id") or f"question-{path[1:-1]}"
    dates = entry.get("haystack_dates") or []
    idents = entry.get("haystack_session_ids") or []

    def parse(turns: Any, where: str) -> Iterator[Found]:
        i = int(where.rpartition("[")[2][:-1])
        ident = str(idents[i]) if i < len(idents) else str(i)
        began = _began(dates[i]) if i < len(dates) else None
        return _session(listed(turns, "a session"), where, name, ident, began)

    return each(sessions, f"{path}.haystack_sessions", parse)


def _session(
    turns: list[Any], path: str, name: str, ident: str, began: datetime | None
) -> Iterator[Found]:
    """Turns one second apart, so that their order is in their times too."""

    def parse(turn: Any, where: str) -> Iterator[Found]:
        i = int(where.rpartition("[")[2][:-1])
        role = fields.role(mapping(turn, "a turn"), ("role",))
        text, left = fields.joined(fields.text(turn, ("content",)))
        yield from left
        at = began + timedelta(seconds=i) if began else None
        if text:
            own = f"{name}:{ident}:{i}"
            yield Said(role, text, f"{name}:{ident}", None, own, at, data_set=name)

    return each(turns, path, parse)


def _began(written: Any) -> datetime:
    """`2023/05/20 (Sat) 02:21`, without a time zone."""
    match = _DATE.fullmatch(written) if isinstance(written, str) else None
    try:
        if match:
            return datetime(*map(int, match.groups()))  # type: ignore[arg-type]
    except ValueError:
        pass
    return fields.moment(written, "haystack_dates")
