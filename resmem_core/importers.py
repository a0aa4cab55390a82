"""Real conversations from files: LoCoMo JSON, JSONL of messages, a ChatGPT data export.

Nothing here stores anything: `read` yields `Imported` messages and `BadLine` reports in file order,
and the caller decides. A JSONL file is streamed line by line; the two JSON formats are one document
each and are parsed whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias

from resmem_core.errors import InputError, ResmemError, StoreUnavailable
from resmem_core.types import Message, Role

Format: TypeAlias = Literal["locomo", "jsonl", "chatgpt"]

MAX_LINE: Final = 1_000_000
"""Bytes of one JSONL line; a longer one is reported and skipped without being held."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A message and where it stood.

    Attributes:
        message: with an id that is the same each time the file is read.
        session: the conversation thread it belongs to.
        conversation: which of several independent data sets in one file; "" where there is one.
    """

    message: Message
    session: str
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """Something that was skipped: its line (JSONL) or place in the list (JSON), from 1, and why."""

    line: int
    reason: str


Item: TypeAlias = Imported | BadLine


def read(path: str | Path, format: Format | None = None) -> Iterator[Item]:
    """Messages of a file, in order; what cannot be used is reported and skipped.

    Args:
        path: the file.
        format: "locomo", "jsonl" or "chatgpt"; recognised from name and content when None.

    Raises:
        InputError: an unknown format, or JSON that is none of them.
        StoreUnavailable: the file cannot be read.
    """
    if format not in (None, "locomo", "jsonl", "chatgpt"):
        raise InputError(f"format must be locomo, jsonl or chatgpt, got {format!r:.40}")
    path = Path(path)
    try:
        if format == "jsonl" or (format is None and path.suffix in (".jsonl", ".ndjson")):
            with path.open("rb") as file:
                yield from _jsonl(file, path.stem)
        else:
            yield from _json(path, format)
    except OSError as error:
        raise StoreUnavailable(f"cannot read {path}: {error.strerror}") from error


def _json(path: Path, format: Format | None) -> Iterator[Item]:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name} is not one JSON document; a file with one message per line "
            "should end in .jsonl"
        ) from error
    items = document if isinstance(document, list) else [document]
    yield from _READERS[format or _recognise(items, path.name)](items)


def _recognise(items: list[Any], name: str) -> Format:
    for item in items:
        if isinstance(item, Mapping) and "mapping" in item:
            return "chatgpt"
        if isinstance(item, Mapping) and "conversation" in item:
            return "locomo"
    raise InputError(
        f"{name} is neither LoCoMo (a list with 'conversation') nor a ChatGPT export "
        "(conversations.json, a list with 'mapping'); messages one per line go in a .jsonl"
    )


# JSONL -------------------------------------------------------------------------------------------

_ROLES: Final[dict[str, Role]] = {
    "user": "user", "human": "user", "assistant": "assistant", "ai": "assistant",
    "tool": "tool", "function": "tool", "system": "system",
}  # fmt: skip


def _jsonl(file: BinaryIO, stem: str) -> Iterator[Item]:
    for number, line in _lines(file):
        if line is None:
            yield BadLine(number, f"longer than {MAX_LINE:,} bytes")
        elif line.strip():
            yield _guarded(number, _line, line, f"{stem}:{number}", stem)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None for one over the limit, which is passed over in pieces."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) <= MAX_LINE:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE)
        yield number, None


def _guarded(number: int, parse: Callable[..., Imported], *args: Any) -> Item:
    """The parsed message, or why there is none; reasons never quote the text."""
    try:
        return parse(*args)
    except ResmemError as error:
        return BadLine(number, str(error))
    except UnicodeDecodeError:
        return BadLine(number, "not UTF-8")
    except json.JSONDecodeError as error:
        return BadLine(number, f"not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError):
        return BadLine(number, "not JSON that can be read")


def _line(line: bytes, id: str, session: str) -> Imported:
    fields = json.loads(line.decode("utf-8"))
    if not isinstance(fields, dict):
        raise InputError(f"a line must be an object, got {type(fields).__name__}")
    role = fields.get("role", "user")
    if not isinstance(role, str) or role.lower() not in _ROLES:
        raise InputError(f"role must be one of {', '.join(_ROLES)}")
    message = Message(
        role=_ROLES[role.lower()],
        text=_text_of(fields),
        author=_word(fields, "author"),
        id=_word(fields, "id") or id,
        at=_moment(fields.get("at", fields.get("timestamp"))),
    )
    return Imported(
        message, _word(fields, "session") or session, _word(fields, "conversation") or ""
    )


def _text_of(fields: Mapping[str, Any]) -> str:
    text = fields.get("text", fields.get("content"))
    if not isinstance(text, str) or not text.strip():
        raise InputError("text (or content) must be a string that is not empty")
    return text


def _word(fields: Mapping[str, Any], name: str) -> str | None:
    """A short field that may be a string or a whole number."""
    value = fields.get(name)
    if value is None or (isinstance(value, str) and len(value) <= 256):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{name} must be a string of at most 256 characters")


def _moment(value: Any) -> datetime | None:
    """ISO 8601 text (kept naive if it is) or epoch seconds (UTC)."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise InputError("at must be an ISO 8601 date and time, or epoch seconds")


# LoCoMo ------------------------------------------------------------------------------------------

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_SESSION_TIME: Final = re.compile(r"(\d{1,2}):(\d\d) ([ap])m on (\d{1,2}) (\w+),? (\d{4})", re.I)
_SESSION: Final = re.compile(r"session_([1-9]\d{0,5})")


def _locomo(items: Iterable[Any]) -> Iterator[Item]:
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
        yield _guarded(place, _turn, turn, name, f"{name}:session_{number}", at, second)


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


# ChatGPT -----------------------------------------------------------------------------------------


def _chatgpt(items: Iterable[Any]) -> Iterator[Item]:
    for place, talk in enumerate(items, start=1):
        if not isinstance(talk, Mapping) or not isinstance(talk.get("mapping"), Mapping):
            yield BadLine(place, "no 'mapping' in it")
            continue
        session = str(talk.get("conversation_id") or talk.get("id") or f"conversation-{place}")
        for node in _branch(talk["mapping"], talk.get("current_node")):
            if _visible(node):
                yield _guarded(place, _said, node, session)


def _branch(mapping: Mapping[str, Any], last: Any) -> list[Mapping[str, Any]]:
    """Messages from the root to the current node; other branches are abandoned edits."""
    if not isinstance(last, str) or last not in mapping:
        last = next(reversed(list(mapping)), None)
    found: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while isinstance(last, str) and last in mapping and last not in seen:
        seen.add(last)
        node = mapping[last] if isinstance(mapping[last], Mapping) else {}
        if isinstance(node.get("message"), Mapping):
            found.append(node["message"])
        last = node.get("parent")
    return found[::-1]


def _visible(said: Mapping[str, Any]) -> bool:
    """What a person saw: no system prompts, no calls to tools, no hidden context."""
    author, notes = said.get("author"), said.get("metadata")
    return (
        isinstance(author, Mapping)
        and author.get("role") in ("user", "assistant")
        and said.get("recipient", "all") == "all"
        and said.get("weight", 1) != 0
        and not (isinstance(notes, Mapping) and notes.get("is_visually_hidden_from_conversation"))
        and bool(_parts(said.get("content")))
    )


def _parts(content: Any) -> str:
    """Written and spoken text of a message; pictures and other attachments have none."""
    if not isinstance(content, Mapping) or content.get("content_type") not in (
        "text",
        "multimodal_text",
    ):
        return ""
    parts = content.get("parts")
    texts = [
        part if isinstance(part, str) else part.get("text", "")
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, str | Mapping)
    ]
    return "\n".join(text for text in texts if isinstance(text, str) and text.strip())


def _said(said: Mapping[str, Any], session: str) -> Imported:
    role: Role = "user" if said["author"]["role"] == "user" else "assistant"
    made = said.get("create_time")
    message = Message(
        role=role,
        text=_parts(said["content"]),
        id=_word(said, "id"),
        at=_moment(made) if made else None,
    )
    return Imported(message, session)


_READERS: Final[dict[Format, Callable[[Iterable[Any]], Iterator[Item]]]] = {
    "locomo": _locomo,
    "chatgpt": _chatgpt,
}
