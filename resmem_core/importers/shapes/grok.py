"""Grok data exports: `conversations` of a `conversation` and its `responses`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, LeftOut, Said, each, listed, mapping

name = "grok"


def detects(document: Any) -> bool:
    """`conversations`, of which one has `responses`."""
    talks = document.get("conversations") if isinstance(document, Mapping) else None
    return isinstance(talks, list) and any(
        isinstance(t, Mapping) and "responses" in t for t in talks
    )


def messages(document: Any, context: Context) -> Iterator[Found]:
    """Every response of every conversation, the person's and Grok's."""
    return each(document["conversations"], ".conversations", _conversation)


def _conversation(talk: Any, path: str) -> Iterator[Found]:
    about = mapping(mapping(talk, "a conversation").get("conversation") or {}, "conversation")
    thread = fields.word(about, "id", "conversation_id") or ""
    said = listed(talk.get("responses"), "responses")
    return each(said, f"{path}.responses", lambda one, _: _said(one, thread))


def _said(entry: Any, thread: str) -> Iterator[Found]:
    said = mapping(mapping(entry, "a response").get("response", entry), "response")
    role = fields.role(said, ("sender", "role"))
    text, left = fields.joined(fields.text(said, ("message", "text", "content")))
    yield from left
    if said.get("thinking_trace"):
        yield LeftOut("thinking")
    if text:
        own = fields.word(said, "_id", "id", "response_id")
        yield Said(role, text, thread, own=own, at=fields.time(said))
