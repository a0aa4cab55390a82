"""Telegram exports: one chat, or all of them under `chats.list`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, LeftOut, Said, each, listed, mapping

name = "telegram"


def detects(document: Any) -> bool:
    """A list of chats, or a chat whose messages have a type and a sender's id or a unix time."""
    if not isinstance(document, Mapping):
        return False
    chats = document.get("chats")
    if isinstance(chats, Mapping):
        return isinstance(chats.get("list"), list)
    said = document.get("messages")
    return isinstance(said, list) and any(
        isinstance(m, Mapping)
        and m.get("type") in ("message", "service")
        and any(key in m for key in ("from_id", "date_unixtime", "text_entities", "actor_id"))
        for m in said
    )


def messages(document: Any, context: Context) -> Iterator[Found]:
    """What people wrote in every chat; service messages are left out."""
    chats = document.get("chats")
    if isinstance(chats, Mapping):
        return each(chats["list"], ".chats.list", _chat)
    return _chat(document, "")


def _chat(chat: Any, path: str) -> Iterator[Found]:
    said = listed(mapping(chat, "a chat").get("messages"), "messages")
    thread = fields.word(chat, "id", "name") or ""
    return each(said, f"{path}.messages", lambda one, _: _said(one, thread))


def _said(said: Any, thread: str) -> Iterator[Found]:
    if mapping(said, "a message").get("type", "message") != "message":
        yield LeftOut("system line")
        return
    text = _text(said)
    if "photo" in said or "file" in said or "media_type" in said:
        yield LeftOut("picture or file")
    elif not text.strip():
        yield LeftOut("message without text")
    if text.strip():
        author = fields.word(said, "from", "from_id")
        at = fields.time(said, ("date_unixtime", "date"))
        yield Said("user", text, thread, author, fields.word(said, "id"), at)


def _text(said: Mapping[str, Any]) -> str:
    """The text, which runs on through its entities: links, bold words, mentions."""
    pieces = fields.parts(said.get("text") or said.get("text_entities") or "", "text")
    return "".join(piece for piece in pieces if isinstance(piece, str))
