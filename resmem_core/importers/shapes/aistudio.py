"""Google AI Studio: a saved prompt with `chunkedPrompt`, or Gemini `contents`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resmem_core.importers import fields
from resmem_core.importers.items import Context, Found, LeftOut, Said, each, listed, mapping

name = "aistudio"


def detects(document: Any) -> bool:
    """An object with `chunkedPrompt`, or with `contents` of `parts`."""
    if not isinstance(document, Mapping):
        return False
    contents = document.get("contents")
    return "chunkedPrompt" in document or (
        isinstance(contents, list)
        and any(isinstance(c, Mapping) and "parts" in c for c in contents)
    )


def messages(document: Any, context: Context) -> Iterator[Found]:
    """The chunks that a person or the model said; thoughts are left out."""
    if document.get("systemInstruction") or document.get("system_instruction"):
        yield LeftOut("system prompt")
    if "chunkedPrompt" in document:
        chunks = mapping(document["chunkedPrompt"], "chunkedPrompt").get("chunks")
        yield from each(listed(chunks, "chunks"), ".chunkedPrompt.chunks", _said)
    else:
        yield from each(document["contents"], ".contents", _said)


def _said(chunk: Any, _: str) -> Iterator[Found]:
    role = fields.role(mapping(chunk, "a chunk"), ("role",))
    if chunk.get("isThought") or chunk.get("thought"):
        yield LeftOut("thinking")
        return
    text, left = fields.joined(_pieces(chunk))
    yield from left or ([LeftOut("picture or file")] if not text else [])
    if text:
        yield Said(role, text, own=fields.word(chunk, "id"), at=fields.time(chunk))


def _pieces(chunk: Mapping[str, Any]) -> Iterator[str | LeftOut]:
    if isinstance(chunk.get("text"), str):
        yield chunk["text"]  # `parts` repeat it
        return
    some = chunk.get("parts")
    for part in some if isinstance(some, list) else []:
        if isinstance(part, Mapping) and part.get("thought"):
            yield LeftOut("thinking")
        else:
            yield from fields.parts([part], "parts")
