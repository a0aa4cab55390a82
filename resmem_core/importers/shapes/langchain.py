"""LangChain dumps: constructors (`lc`, `kwargs`) or `type` and `data`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resmem_core.errors import InputError
from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, LeftOut, Said, each, mapping

name = "langchain"


def detects(document: Any) -> bool:
    """A message is a constructor, or an object with `type` and `data`."""
    return any(_is_dump(entry) for entry in _dumps(document))


def _dumps(document: Any) -> list[Any]:
    """The messages: a list, a single one, or the list under `messages`, however it is wrapped."""
    if isinstance(document, Mapping):
        inner = document.get("kwargs") if not _is_dump(document) else None
        inner = document.get("messages", inner)
        if isinstance(inner, Mapping | list):
            return _dumps(inner)
        return [document]
    return document if isinstance(document, list) else []


def _is_dump(entry: Any) -> bool:
    if not isinstance(entry, Mapping):
        return False
    if "lc" in entry:
        kind = entry.get("id")
        return isinstance(kind, list) and bool(kind) and "Message" in str(kind[-1])
    return isinstance(entry.get("data"), Mapping) and "type" in entry and "content" in entry["data"]


def messages(document: Any, context: Context) -> Iterator[Found]:
    """Every message; calls to tools without a text are left out."""
    thread = fields.word(document, *fields.THREAD_KEYS) if isinstance(document, Mapping) else None
    return each(_dumps(document), "", lambda one, _: _said(one, thread or ""))


def _said(entry: Any, thread: str) -> Iterator[Found]:
    kind, body = _opened(mapping(entry, "a message"))
    if kind in ("RemoveMessage", "remove"):
        yield LeftOut("removal")
        return
    role = (
        fields.role(body, ("role",)) if kind in ("ChatMessage", "chat") else fields.known_role(kind)
    )
    text, left = fields.joined(fields.parts(body.get("content") or "", "content"))
    yield from left
    if body.get("tool_calls"):
        yield LeftOut("tool call")
    if text:
        author = fields.word(body, "name")
        own = fields.word(body, "id")
        yield Said(role, text, thread, author, own, fields.time({**_extra(body), **body}))


def _opened(entry: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The class or type of a dumped message, and its fields."""
    if "lc" in entry and isinstance(entry.get("id"), list) and entry["id"]:
        return str(entry["id"][-1]), mapping(entry.get("kwargs"), "kwargs")
    if isinstance(entry.get("type"), str):
        return entry["type"], mapping(entry.get("data", entry), "data")
    raise InputError("a message has neither lc and id, nor a type")


def _extra(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Times are often kept in `additional_kwargs`."""
    extra = body.get("additional_kwargs")
    return extra if isinstance(extra, Mapping) else {}
