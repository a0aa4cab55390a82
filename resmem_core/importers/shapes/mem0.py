"""What mem0's `get_all` returns: memories that it took from conversations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resmem_core.errors import InputError
from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, Said, each, mapping

name = "mem0"


def detects(document: Any) -> bool:
    """Entries with a text under `memory`, in a list or under `results` or `memories`."""
    return any(isinstance(e, Mapping) and isinstance(e.get("memory"), str) for e in _all(document))


def _all(document: Any) -> list[Any]:
    if isinstance(document, Mapping):
        found = document.get("results", document.get("memories"))
        return found if isinstance(found, list) else [document]
    return document if isinstance(document, list) else []


def messages(document: Any, context: Context) -> Iterator[Found]:
    """Every memory, as of its last change; one of an agent is the assistant's."""
    return each(_all(document), ".results", _said)


def _said(entry: Any, _: str) -> Iterator[Found]:
    memory = mapping(entry, "a memory").get("memory")
    if not isinstance(memory, str) or not memory.strip():
        raise InputError("a memory has no text")
    if entry.get("role") is not None:
        role = fields.role(entry, ("role",))
    else:
        role = "assistant" if entry.get("agent_id") and not entry.get("user_id") else "user"
    yield Said(
        role,
        memory,
        fields.word(entry, "run_id", "session_id", "user_id", "agent_id") or "",
        fields.word(entry, "actor_id"),
        fields.word(entry, "id"),
        fields.time(entry, ("updated_at", "created_at")),
    )
