"""The fields of a message under the names that programs give them.

A value that is not understood is an error, never a default.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from resmem_core.errors import InputError
from resmem_core.importers.items import LeftOut
from resmem_core.types import Role

ROLES: Final[dict[str, Role]] = {
    **dict.fromkeys(("user", "human", "humanmessage", "humanmessagechunk", "prompter"), "user"),
    **dict.fromkeys(
        ("assistant", "ai", "aimessage", "aimessagechunk", "bot", "model", "gpt", "chatgpt",
         "claude", "gemini", "grok", "llm", "agent", "chatbot", "assistantmessage"),
        "assistant",
    ),
    **dict.fromkeys(("system", "developer", "systemmessage"), "system"),
    **dict.fromkeys(
        ("tool", "function", "toolmessage", "functionmessage", "observation", "ipython",
         "function_response", "tool_response"),
        "tool",
    ),
}  # fmt: skip
"""Words for a role, in lower case, to the role."""

ROLE_KEYS: Final = ("role", "type", "sender", "from", "speaker", "author")
TIME_KEYS: Final = (
    "at", "timestamp", "created_at", "createdAt", "create_time", "createTime", "created", "ts",
    "time", "date", "datetime", "sent_at", "sentAt",
)  # fmt: skip
TEXT_KEYS: Final = ("text", "content", "value", "message", "body")
THREAD_KEYS: Final = (
    "session", "session_id", "thread", "thread_id", "conversation_id", "chat_id", "sessionId",
    "threadId", "conversationId",
)  # fmt: skip
ID_KEYS: Final = ("id", "uuid", "message_id", "messageId", "_id")

_SCALES: Final = ((1e11, 1), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
"""Below the first number, epochs count in the unit of which a second has the second number."""
_NUMBER: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,9})?")
_WORDED: Final = re.compile(r"[A-Za-z]{3},? ")


def role(fields: Mapping[str, Any], keys: Sequence[str] = ROLE_KEYS) -> Role:
    """The role, under the first of the keys that is there.

    An `author` object names its role inside; where `role` is there, nothing else is asked.

    Raises:
        InputError: no key is there, or its word is no role that is known.
    """
    for key in keys:
        value = fields.get(key)
        if isinstance(value, Mapping):
            value = value.get("role", value.get("type"))
        if value is not None:
            return known_role(value, key)
    raise InputError(f"no role: {', '.join(keys)} are looked at")


def known_role(value: Any, key: str = "role") -> Role:
    """The role that a word names.

    Raises:
        InputError: it is no word for a role.

    >>> known_role("AI"), known_role("developer")
    ('assistant', 'system')
    """
    if isinstance(value, str) and value.strip().lower() in ROLES:
        return ROLES[value.strip().lower()]
    raise InputError(f"{key} is none of the roles that are known ({', '.join(ROLES)})")


def time(fields: Mapping[str, Any], keys: Sequence[str] = TIME_KEYS) -> datetime | None:
    """The time under the first of the keys that holds something; None where none does.

    Raises:
        InputError: it holds something that is no time.
    """
    for key in keys:
        if fields.get(key) not in (None, ""):
            return moment(fields[key], key)
    return None


def time_said(fields: Mapping[str, Any]) -> datetime | None:
    """When a message was said, where its fields say so in a way that can be read."""
    try:
        return time(fields)
    except InputError:
        return None


def moment(value: Any, key: str = "at") -> datetime:
    """ISO 8601 (kept naive if it is), RFC 2822, or an epoch in s, ms, µs or ns (UTC).

    Raises:
        InputError: anything else, and a date whose day and month cannot be told apart.

    >>> moment(1700000000) == moment("1700000000000") == moment("2023-11-14T22:13:20Z")
    True
    """
    if isinstance(value, Mapping):  # MongoDB's extended JSON
        value = value.get("$date", value.get("$numberLong"))
        if isinstance(value, Mapping):
            return moment(value, key)
    try:
        if isinstance(value, str):
            return _written(value.strip())
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _epoch(float(value))
    except (ValueError, OverflowError, OSError):
        pass
    raise InputError(f"{key} must be an ISO 8601 date and time, or an epoch")


def _written(text: str) -> datetime:
    if _NUMBER.fullmatch(text) and not re.fullmatch(r"(?:19|20)\d{6}", text):
        return _epoch(float(text))
    if _WORDED.match(text):
        return parsedate_to_datetime(text)
    return datetime.fromisoformat(re.sub(r" ?UTC$", "+00:00", text))


def _epoch(value: float) -> datetime:
    for below, unit in _SCALES:
        if abs(value) < below:
            return datetime.fromtimestamp(value / unit, UTC)
    raise ValueError("no epoch is that large")


def word(fields: Mapping[str, Any], *names: str) -> str | None:
    """A short field, a string or a whole number, under the first of the names that is there.

    Raises:
        InputError: it is something else, or over 256 characters.
    """
    for name in names:
        value = fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**80:
            return str(value)
        if isinstance(value, str) and len(value) <= 256:
            if value:
                return value
        elif value is not None:
            raise InputError(f"{name} must be a string of at most 256 characters")
    return None


_NOT_TEXT: Final = {
    "thinking": "thinking", "redacted_thinking": "thinking", "reasoning": "thinking",
    "thoughts": "thinking", "tool_use": "tool call", "tool_call": "tool call",
    "function_call": "tool call", "tool_result": "tool result",
}  # fmt: skip
"""Types of content parts that nobody said, to what they are."""


def text(fields: Mapping[str, Any], keys: Sequence[str] = TEXT_KEYS) -> Iterator[str | LeftOut]:
    """The pieces of the text under the first of the keys that is there, and what is left out.

    Raises:
        InputError: there is none, or it is neither text nor a list of parts.
    """
    for key in keys:
        if fields.get(key) is not None:
            return parts(fields[key], key)
    raise InputError(f"no text: {', '.join(keys)} are looked at")


def parts(content: Any, key: str = "content") -> Iterator[str | LeftOut]:
    """The texts of a content: a string, or a list of strings and typed blocks."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        yield from _part(content, key)
    elif isinstance(content, list):
        for part in content:
            yield from _part(part, key)
    else:
        raise InputError(f"{key} must be text or a list of parts, got {type(content).__name__}")


def _part(part: Any, key: str) -> Iterator[str | LeftOut]:
    if isinstance(part, str):
        yield part
        return
    if not isinstance(part, Mapping):
        raise InputError(f"a part of {key} must be text or an object, got {type(part).__name__}")
    kind = str(part.get("type") or "")
    if kind in _NOT_TEXT:
        yield LeftOut(_NOT_TEXT[kind])
        return
    inner = part.get("text", part.get("value"))
    if isinstance(inner, Mapping):
        inner = inner.get("value")
    yield inner if isinstance(inner, str) else LeftOut("picture or file")


def joined(pieces: Iterator[str | LeftOut]) -> tuple[str, list[LeftOut]]:
    """The texts as one, a line each, and what was left out."""
    texts, left = [], []
    for piece in pieces:
        if isinstance(piece, LeftOut):
            left.append(piece)
        elif piece.strip():
            texts.append(piece)
    return "\n".join(texts), left


def opening(turns: Sequence[Any]) -> str:
    """A name for a conversation without one: a digest of how it begins, which stays as it grows."""
    written = json.dumps(turns[:3], sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:16]
