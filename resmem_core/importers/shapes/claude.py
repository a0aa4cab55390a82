"""Claude data exports: a list of conversations with `chat_messages`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resmem_core.importers import fields
from resmem_core.importers.items import (
    Context,
    Found,
    LeftOut,
    Said,
    each,
    entries,
    listed,
    mapping,
)

name = "claude"


def detects(document: Any) -> bool:
    """A conversation is an object with `chat_messages`."""
    return any(isinstance(e, Mapping) and "chat_messages" in e for e in entries(document))


def messages(document: Any, context: Context) -> Iterator[Found]:
    """Every message of every conversation; thinking, tools and files are left out."""
    return each(entries(document), "", _conversation)


def _conversation(talk: Any, path: str) -> Iterator[Found]:
    said = listed(mapping(talk, "a conversation").get("chat_messages"), "chat_messages")
    thread = fields.word(talk, "uuid", "id") or ""
    return each(said, f"{path}.chat_messages", lambda one, _: _said(one, thread))


def _said(said: Any, thread: str) -> Iterator[Found]:
    role = fields.role(mapping(said, "a message"), ("sender", "role"))
    text, left = fields.joined(fields.parts(said.get("content") or [], "content"))
    yield from left
    yield from (LeftOut("picture or file") for _ in _attached(said))
    text = text or _plain(said, left)
    if text:
        own = fields.word(said, "uuid", "id")
        yield Said(role, text, thread, own=own, at=fields.time(said))


def _plain(said: Mapping[str, Any], left: list[LeftOut]) -> str:
    """The flat text of older exports, which have no blocks; of newer ones it repeats them."""
    text = said.get("text")
    return text if isinstance(text, str) and text.strip() and not left else ""


def _attached(said: Mapping[str, Any]) -> list[Any]:
    found = [said.get("attachments"), said.get("files"), said.get("files_v2")]
    return [one for some in found if isinstance(some, list) for one in some]
