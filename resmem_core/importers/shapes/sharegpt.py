"""ShareGPT: `conversations` (or `conversation`) of `from` and `value`."""

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

name = "sharegpt"

_CALLS = ("function_call", "tool_call")


def detects(document: Any) -> bool:
    """An entry has a list of turns under `conversations`, `conversation` or `items`."""
    return any(
        isinstance(turns := _turns(e), list)
        and any(isinstance(t, Mapping) and ("from" in t or "role" in t) for t in turns)
        for e in entries(document)
    )


def _turns(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return None
    return next((entry[k] for k in ("conversations", "conversation", "items") if k in entry), None)


def messages(document: Any, context: Context) -> Iterator[Found]:
    """Every turn of every conversation."""
    return each(entries(document), "", _conversation)


def _conversation(entry: Any, path: str) -> Iterator[Found]:
    turns = listed(_turns(mapping(entry, "an entry")), "conversations")
    thread = fields.word(entry, *fields.THREAD_KEYS, "id") or fields.opening(turns)
    if isinstance(entry.get("system"), str) and entry["system"].strip():
        yield LeftOut("system prompt")
    yield from each(turns, f"{path}.conversations", lambda one, _: _said(one, thread))


def _said(turn: Any, thread: str) -> Iterator[Found]:
    who = mapping(turn, "a turn").get("from", turn.get("role"))
    if who in _CALLS:
        yield LeftOut("tool call")
        return
    role = fields.known_role(who, "from")
    text, left = fields.joined(fields.text(turn, ("value", "content", "text")))
    yield from left
    if text:
        yield Said(role, text, thread, own=fields.word(turn, "id"), at=fields.time(turn))
