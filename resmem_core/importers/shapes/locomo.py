"""LoCoMo: a JSON list of long conversations in numbered, dated sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from resmem_core.errors import InputError
from resmem_core.importers.items import Context, Found, Said, each, entries, listed, mapping

name = "locomo"

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_SESSION_TIME: Final = re.compile(r"(\d{1,2}):(\d\d) ([ap])m on (\d{1,2}) (\w+),? (\d{4})", re.I)
_MACHINES: Final = frozenset({"assistant", "ai", "bot", "agent", "chatbot", "model"})
_SESSION: Final = re.compile(r"session_([1-9]\d{0,5})")


def detects(document: Any) -> bool:
    """An entry has a `conversation` object with numbered sessions."""
    return any(
        isinstance(e, Mapping)
        and isinstance(talk := e.get("conversation"), Mapping)
        and any(str(key).startswith("session_") for key in talk)
        for e in entries(document)
    )


def messages(document: Any, context: Context) -> Iterator[Found]:
    """The messages of all conversations, session by session."""
    return each(entries(document), "", _conversation)


def _conversation(item: Any, path: str) -> Iterator[Found]:
    talk = mapping(mapping(item, "an entry").get("conversation"), "conversation")
    name = str(item.get("sample_id") or f"conversation-{path[1:-1]}")
    numbers = sorted(int(m[1]) for key in talk if (m := _SESSION.fullmatch(str(key))))
    for number in numbers:
        yield from _session(path, name, number, talk)


def _session(path: str, name: str, number: int, talk: Mapping[str, Any]) -> Iterator[Found]:
    """Turns one second apart, so that their order is in their times too."""
    where = f"{path}.conversation.session_{number}"

    def parse(turn: Any, at: str) -> Iterator[Found]:
        place = int(at.rpartition("[")[2][:-1])
        yield _turn(turn, name, number, began + timedelta(seconds=place) if began else None)

    try:
        began = _began(talk.get(f"session_{number}_date_time"))
        turns = listed(talk[f"session_{number}"], "a session")
    except InputError as error:
        return each([None], where, _refuse(error))
    return each(turns, where, parse)


def _refuse(error: InputError) -> Any:
    def parse(_: Any, where: str) -> Iterator[Found]:
        raise error

    return parse


def _turn(turn: Any, name: str, number: int, at: datetime | None) -> Said:
    """A speaker called like a machine is the assistant; a shared picture adds its caption."""
    ident = mapping(turn, "a turn").get("dia_id")
    if not isinstance(ident, str) or not 0 < len(ident) <= 256:
        raise InputError("a turn has no dia_id")
    caption = turn.get("blip_caption")
    text = str(turn.get("text") or "").strip()
    if caption:
        text = f"{text} [shared a picture: {caption}]".strip()
    if not text:
        raise InputError("a turn has no text")
    author = str(turn.get("speaker") or "") or None
    machine = author is not None and author.casefold() in _MACHINES
    thread = f"{name}:session_{number}"
    own = f"{name}:{ident}"
    return Said("assistant" if machine else "user", text, thread, author, own, at, data_set=name)


def _began(written: Any) -> datetime | None:
    """`1:56 pm on 8 May, 2023`, without a time zone; independent of the locale."""
    if written is None:
        return None
    match = _SESSION_TIME.search(written) if isinstance(written, str) else None
    if match is None or match[5].lower() not in _MONTHS:
        raise InputError("the session's date_time is none that is known")
    hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
    month = _MONTHS.index(match[5].lower()) + 1
    try:
        return datetime(int(match[6]), month, int(match[4]), hour, int(match[2]))
    except ValueError:
        raise InputError("the session's date_time does not exist") from None
