"""ChatGPT data exports: `conversations.json`, a list of message trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, LeftOut, Said, each, entries, mapping

name = "chatgpt"


def detects(document: Any) -> bool:
    """A conversation is an object with a `mapping` of nodes."""
    return any(isinstance(e, Mapping) and "mapping" in e for e in entries(document))


def messages(document: Any, context: Context) -> Iterator[Found]:
    """What a person saw of each conversation, along its current branch."""
    return each(entries(document), "", _conversation)


def _conversation(talk: Any, path: str) -> Iterator[Found]:
    nodes = mapping(mapping(talk, "a conversation").get("mapping"), "mapping")
    thread = fields.word(talk, "conversation_id", "id") or ""
    branch = _branch(nodes, talk.get("current_node"))
    return each(branch, f"{path}.branch", lambda node, _: _said(node, thread))


def _branch(nodes: Mapping[str, Any], last: Any) -> list[Mapping[str, Any]]:
    """Messages from the root to the current node; other branches are abandoned edits."""
    if not isinstance(last, str) or last not in nodes:
        last = next(reversed(list(nodes)), None)
    found: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while isinstance(last, str) and last in nodes and last not in seen:
        seen.add(last)
        node = nodes[last] if isinstance(nodes[last], Mapping) else {}
        if isinstance(node.get("message"), Mapping):
            found.append(node["message"])
        last = node.get("parent")
    return found[::-1]


def _said(said: Mapping[str, Any], thread: str) -> Iterator[Found]:
    hidden = _hidden(said)
    if hidden:
        yield LeftOut(hidden)
        return
    content = mapping(said.get("content"), "content")
    if content.get("content_type") not in ("text", "multimodal_text"):
        yield LeftOut("thinking" if content.get("content_type") == "thoughts" else "tool call")
        return
    text, left = fields.joined(fields.parts(content.get("parts") or [], "parts"))
    yield from left
    if text:
        made = said.get("create_time")
        at = fields.moment(made, "create_time") if made else None
        own = fields.word(said, "id")
        yield Said(fields.role(said, ("author",)), text, thread, own=own, at=at)


def _hidden(said: Mapping[str, Any]) -> str:
    """What a message is that no person saw: a system prompt, a call to a tool; "" for others."""
    notes = said.get("metadata")
    role = fields.role(said, ("author",))
    if role in ("system", "tool"):
        return "system prompt" if role == "system" else "tool result"
    if said.get("recipient", "all") != "all":
        return "tool call"
    unseen = isinstance(notes, Mapping) and notes.get("is_visually_hidden_from_conversation")
    return "hidden context" if unseen or said.get("weight", 1) == 0 else ""
