"""LoCoMo: a JSON list of long conversations in numbered, dated sessions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from resmem_core.errors import InputError
from resmem_core.importers.items import BadLine, Imported, Item, guarded
from resmem_core.types import Message

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_SESSION_TIME: Final = re.compile(r"(\d{1,2}):(\d\d) ([ap])m on (\d{1,2}) (\w+),? (\d{4})", re.I)
_SESSION: Final = re.compile(r"session_([1-9]\d{0,5})")


def messages(items: Iterable[Any]) -> Iterator[Item]:
    """The messages of all conversations, session by session."""
    for place, item in enumerate(items, start=1):
        talk = item.get("conversation") if isinstance(item, Mapping) else None
        if not isinstance(talk, Mapping):
            yield BadLine(place, "no 'conversation' in it")
            continue
        name = str(item.get("sample_id") or f"conversation-{place}")
        numbers = sorted(int(m[1]) for key in talk if (m := _SESSION.fullmatch(str(key))))
        for number in numbers:
            yield from _session(place, name, number, talk)


def _session(place: int, name: str, number: int, talk: Mapping[str, Any]) -> Iterator[Item]:
    """Turns one second apart, so that their order is in their times too."""
    began = _began(talk.get(f"session_{number}_date_time"))
    second = talk.get("speaker_b")
    turns = talk[f"session_{number}"]
    for i, turn in enumerate(turns if isinstance(turns, list) else []):
        at = began + timedelta(seconds=i) if began else None
        yield guarded(place, _turn, turn, name, f"{name}:session_{number}", at, second)


def _turn(turn: Any, name: str, session: str, at: datetime | None, second: Any) -> Imported:
    """The second speaker takes the assistant's role; a shared picture adds its caption."""
    if not isinstance(turn, Mapping) or not turn.get("dia_id"):
        raise InputError(f"a turn of {session} has no dia_id")
    caption = turn.get("blip_caption")
    text = str(turn.get("text") or "").strip()
    if caption:
        text = f"{text} [shared a picture: {caption}]".strip()
    if not text:
        raise InputError(f"turn {turn['dia_id']} has no text"[:80])
    author = str(turn.get("speaker") or "") or None
    message = Message(
        role="assistant" if author is not None and author == second else "user",
        text=text,
        author=author,
        id=f"{name}:{turn['dia_id']}",
        at=at,
    )
    return Imported(message, session, name)


def _began(written: Any) -> datetime | None:
    """`1:56 pm on 8 May, 2023`, without a time zone; independent of the locale."""
    match = _SESSION_TIME.search(written) if isinstance(written, str) else None
    if match is None or match[5].lower() not in _MONTHS:
        return None
    hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
    try:
        month = _MONTHS.index(match[5].lower()) + 1
        return datetime(int(match[6]), month, int(match[4]), hour, int(match[2]))
    except ValueError:
        return None
