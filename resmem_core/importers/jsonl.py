"""JSONL: one message per line, read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from resmem_core.errors import InputError
from resmem_core.importers.items import BadLine, Imported, Item, guarded, moment, word
from resmem_core.types import Message, Role

MAX_LINE: Final = 1_000_000
"""Bytes of one JSONL line; a longer one is reported and skipped without being held."""

_ROLES: Final[dict[str, Role]] = {
    "user": "user", "human": "user", "assistant": "assistant", "ai": "assistant",
    "tool": "tool", "function": "tool", "system": "system",
}  # fmt: skip


def messages(file: BinaryIO, stem: str) -> Iterator[Item]:
    """The messages of an open file; `stem` is the session of those that name none."""
    for number, line in _lines(file):
        if line is None:
            yield BadLine(number, f"longer than {MAX_LINE:,} bytes")
        elif line.strip():
            yield guarded(number, _line, line, f"{stem}:{number}", stem)


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
        author=word(fields, "author"),
        id=word(fields, "id") or id,
        at=moment(fields.get("at", fields.get("timestamp"))),
    )
    return Imported(message, word(fields, "session") or session, word(fields, "conversation") or "")


def _text_of(fields: Mapping[str, Any]) -> str:
    text = fields.get("text", fields.get("content"))
    if not isinstance(text, str) or not text.strip():
        raise InputError("text (or content) must be a string that is not empty")
    return text
