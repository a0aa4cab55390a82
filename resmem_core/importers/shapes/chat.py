"""Messages of `role` and `content`: OpenAI's chats and fine-tuning files, and anything alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from resmem_core.errors import InputError
from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, LeftOut, Said, each, entries, mapping
from resmem_core.types import Role

name = "chat"

_PLAIN: Final = frozenset(
    (*fields.TEXT_KEYS, *fields.TIME_KEYS, *fields.THREAD_KEYS, *fields.ID_KEYS,
     "author", "name", "conversation", "user_id")
)  # fmt: skip
"""Fields of a note, which says nothing about a role: whoever keeps it has written it."""


def detects(document: Any) -> bool:
    """A list of messages, or objects with such a list under `messages`."""
    return any(_is_message(e) or _is_talk(e) for e in entries(document))


def _is_talk(entry: Any) -> bool:
    said = entry.get("messages") if isinstance(entry, Mapping) else None
    return isinstance(said, list) and any(_is_message(one) for one in said)


def _is_message(entry: Any) -> bool:
    return (
        isinstance(entry, Mapping)
        and any(key in entry for key in ("role", "sender", "type", "from", "author"))
        and any(isinstance(entry.get(key), str | list) for key in fields.TEXT_KEYS)
    )


def messages(document: Any, context: Context) -> Iterator[Found]:
    """Every message of every conversation."""
    return each(entries(document), "", _entry)


def _entry(entry: Any, path: str) -> Iterator[Found]:
    if isinstance(entry, Mapping) and isinstance(entry.get("messages"), list):
        said = entry["messages"]
        thread = fields.word(entry, *fields.THREAD_KEYS, "id", "uuid") or fields.opening(said)
        return each(said, f"{path}.messages", lambda one, _: message(one, thread))
    return message(entry)


def message(entry: Any, thread: str = "") -> Iterator[Found]:
    """One message, under whatever names its fields have."""
    said = _opened(mapping(entry, "a message"))
    role = _role(said)
    text, left = fields.joined(_content(said))
    yield from left
    if said.get("tool_calls") or said.get("function_call"):
        yield LeftOut("tool call")
    elif not text and not left:
        raise InputError("the text is empty")
    if text:
        yield Said(
            role,
            text,
            fields.word(said, *fields.THREAD_KEYS) or thread,
            _author(said),
            fields.word(said, *fields.ID_KEYS),
            fields.time(said),
            fields.word(said, "conversation") or "",
        )


def _opened(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a message that lies in an envelope of its own, with those of the envelope."""
    inner = entry.get("message")
    return {**entry, "message": None, **inner} if isinstance(inner, Mapping) else entry


def _content(said: Mapping[str, Any]) -> Iterator[str | LeftOut]:
    called = said.get("tool_calls") or said.get("function_call")
    if called and all(said.get(key) is None for key in fields.TEXT_KEYS):
        return iter(())
    return fields.text(said)


def _role(said: Mapping[str, Any]) -> Role:
    """The role that the message names; a bare note is its keeper's.

    `type` and `author` often say something else, so they are asked last.
    """
    for keys in (("role",), ("sender", "from", "speaker"), ("type",)):
        if any(said.get(key) is not None for key in keys):
            return fields.role(said, keys)
    author = said.get("author")
    if isinstance(author, Mapping) or str(author).lower() in fields.ROLES:
        return fields.role(said, ("author",))
    if set(said) <= _PLAIN:
        return "user"
    return fields.role(said)


def _author(said: Mapping[str, Any]) -> str | None:
    author = said.get("author")
    if isinstance(author, Mapping):
        return fields.word(author, "name")
    return fields.word(said, "author", "name")
