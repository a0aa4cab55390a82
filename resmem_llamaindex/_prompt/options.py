"""What a memory block's user may choose: how it asks, and what is done with what it recalls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.bridge.pydantic import BaseModel
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle
from llama_index.core.utils import get_tokenizer

from resmem_core.errors import ConfigError
from resmem_core.prompt import CLOSING, OPENING, passage, shortened
from resmem_core.types import MAX_TEXT, Hit, Message
from resmem_llamaindex._documents.nodes import as_node
from resmem_llamaindex._turn.scope import IDS

MEMORIES: Final = "{memories}"
"""Where a template has the memories."""


def check_known(kind: type[BaseModel], given: Iterable[str]) -> None:
    """Refuse keywords that do not exist; pydantic would swallow them.

    Raises:
        ConfigError: there is one.
    """
    known = {*kind.model_fields, *IDS}
    if unknown := sorted(set(given) - known):
        raise ConfigError(f"{kind.__name__} has no {', '.join(unknown)}; it has {_listed(known)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def check_template(template: Any) -> None:
    """Refuse a template that has no place for the memories.

    Raises:
        ConfigError: no text, or not exactly one "{memories}".
    """
    if not isinstance(template, str) or template.count(MEMORIES) != 1:
        raise ConfigError(f"a template is a text with {MEMORIES} once, got {template!r:.60}")


def asked_with(turn: Sequence[Message], window: int) -> str:
    """What is recalled by: the last user message, after the `window` - 1 messages before it.

    >>> turn = [Message("user", "Our boiler leaks."), Message("assistant", "Where?")]
    >>> asked_with([*turn, Message("user", "At the valve.")], 2)
    'Where?\\nAt the valve.'
    """
    at = max((i for i, message in enumerate(turn) if message.role == "user"), default=-1)
    texts = [message.text for message in turn[max(at + 1 - window, 0) : at + 1]]
    return "\n".join(texts)[-MAX_TEXT:] if len(texts) > 1 else "".join(texts)[:MAX_TEXT]


async def processed(
    hits: Sequence[Hit], question: str, postprocessors: Sequence[BaseNodePostprocessor]
) -> list[Hit]:
    """The hits after LlamaIndex's postprocessors, which may drop, reorder, score and reword them.

    Standing wishes answer no question: they stay as they are, behind the others.
    """
    if not postprocessors:
        return list(hits)
    nodes = [as_node(hit) for hit in hits if not hit.standing]
    for one in postprocessors:
        nodes = await one.apostprocess_nodes(nodes, QueryBundle(question))
    by_id = {hit.id: hit for hit in hits}
    kept = [_after(by_id, node) for node in nodes if node.node.node_id in by_id]
    return [*kept, *(hit for hit in hits if hit.standing)]


def _after(hits: Mapping[str, Hit], node: NodeWithScore) -> Hit:
    """The hit as a node came back: its text where that was reworded."""
    hit = replace(hits[node.node.node_id], score=float(node.score or 0.0))
    text = node.node.get_content(metadata_mode=MetadataMode.NONE)
    if text in (hit.text, passage(hit)):
        return hit
    return replace(hit, memory=replace(hit.memory, text=text), part=None)


def truncated(content: Sequence[ChatMessage], saved: int) -> list[ChatMessage] | None:
    """The messages without their worst memories, so that so many tokens are saved, or None."""
    kept: list[ChatMessage] = []
    for message in reversed(content):
        text = message.content or ""
        block = _shortened(text, saved) if saved > 0 else text
        if block:
            kept.insert(0, message.model_copy(update={"blocks": [TextBlock(text=block)]}))
        saved -= tokens(text) - (tokens(block) if block else 0)
    return kept or None


def _shortened(text: str, saved: int) -> str:
    """The message without its last memories; "" with none left, whatever stands around them."""
    start, end = text.find(OPENING), text.rfind(CLOSING) + len(CLOSING)
    block = shortened(text[start:end], saved, tokens) if start >= 0 else ""
    return f"{text[:start]}{block}{text[end:]}" if block else ""


def tokens(text: str) -> int:
    """By LlamaIndex's tokenizer."""
    return len(get_tokenizer()(text))
