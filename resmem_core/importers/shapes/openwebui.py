"""Open WebUI exports: a list of chats, each with a `chat` that holds a tree of messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, Said, each, entries, listed, mapping

name = "openwebui"


def detects(document: Any) -> bool:
    """An entry has a `chat` object with `history` or `messages`."""
    return any(
        isinstance(e, Mapping)
        and isinstance(chat := e.get("chat"), Mapping)
        and ("history" in chat or "messages" in chat)
        for e in entries(document)
    )


def messages(document: Any, context: Context) -> Iterator[Found]:
    """The current branch of every chat."""
    return each(entries(document), "", _conversation)


def _conversation(entry: Any, path: str) -> Iterator[Found]:
    chat = mapping(mapping(entry, "an entry").get("chat"), "chat")
    thread = fields.word(entry, "id") or fields.word(chat, "id") or ""
    return each(_branch(chat), f"{path}.chat.messages", lambda one, _: _said(one, thread))


def _branch(chat: Mapping[str, Any]) -> list[Any]:
    """From the root to the current message; other branches are answers that were not chosen."""
    history = chat.get("history")
    nodes = history.get("messages") if isinstance(history, Mapping) else None
    if not isinstance(history, Mapping) or not isinstance(nodes, Mapping) or not nodes:
        return listed(chat.get("messages"), "messages")
    last = history.get("currentId")
    if not isinstance(last, str) or last not in nodes:
        last = next(reversed(list(nodes)))
    found: list[Any] = []
    seen: set[str] = set()
    while isinstance(last, str) and last in nodes and last not in seen:
        seen.add(last)
        found.append(nodes[last])
        last = nodes[last].get("parentId") if isinstance(nodes[last], Mapping) else None
    return found[::-1]


def _said(said: Any, thread: str) -> Iterator[Found]:
    role = fields.role(mapping(said, "a message"), ("role",))
    text, left = fields.joined(fields.parts(said.get("content") or "", "content"))
    yield from left
    if text:
        yield Said(role, text, thread, own=fields.word(said, "id"), at=fields.time(said))
