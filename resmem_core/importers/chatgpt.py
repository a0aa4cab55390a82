"""ChatGPT data exports: `conversations.json`, a list of message trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from resmem_core.importers.items import BadLine, Imported, Item, guarded, moment, word
from resmem_core.types import Message, Role


def messages(items: Iterable[Any]) -> Iterator[Item]:
    """What a person saw of each conversation, along its current branch."""
    for place, talk in enumerate(items, start=1):
        if not isinstance(talk, Mapping) or not isinstance(talk.get("mapping"), Mapping):
            yield BadLine(place, "no 'mapping' in it")
            continue
        session = str(talk.get("conversation_id") or talk.get("id") or f"conversation-{place}")
        for node in _branch(talk["mapping"], talk.get("current_node")):
            if _visible(node):
                yield guarded(place, _said, node, session)


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
        id=word(said, "id"),
        at=moment(made) if made else None,
    )
    return Imported(message, session)
