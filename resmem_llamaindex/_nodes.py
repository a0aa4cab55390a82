"""Memories as LlamaIndex nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from llama_index.core.schema import NodeWithScore, TextNode

from resmem_core.types import Hit, Memory

WHY: Final = "resmem_why"
"""Metadata key: the share that each signal had in the score, as JSON."""

NOTE: Final = "No memories fit this question."
"""Text of the node that stands for no node, so that an engine asks its model all the same."""

NOTE_ID: Final = "resmem-no-memories"

HIDDEN: Final = (
    "resmem_why",
    "resmem_sources",
    "resmem_credit",
    "resmem_value",
    "resmem_stress",
    "resmem_tier",
    "resmem_at",
)
"""Metadata for code, not for the prompt: excluded from what the model and embedder read."""


SHOWN: Final = ("author", "date", "trust")
"""Metadata that the model reads beside the text."""


def note_node() -> NodeWithScore:
    """The node that says that there is none."""
    return NodeWithScore(node=TextNode(id_=NOTE_ID, text=NOTE), score=0.0)


def flat(value: Any) -> str | int | float | bool | None:
    """The value as vector stores take it: what is no plain value becomes JSON.

    >>> flat({"words": 0.5}), flat(["a"]), flat("page 3")
    ('{"words": 0.5}', '["a"]', 'page 3')
    """
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def as_node(hit: Hit) -> NodeWithScore:
    """The recalled memory as a node with its score; the node's id is the memory's."""
    memory = hit.memory
    hidden = [*HIDDEN, *(key for key in memory.metadata if key not in SHOWN)]
    node = TextNode(
        id_=memory.id,
        text=memory.text,
        metadata=_metadata(memory, dict(hit.why)),
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
    )
    return NodeWithScore(node=node, score=float(hit.score))


def _metadata(memory: Memory, why: Mapping[str, float]) -> dict[str, Any]:
    """The message's own metadata and ours, one level deep; where a key is in both, ours holds."""
    return {
        **{key: flat(value) for key, value in memory.metadata.items()},
        "author": memory.author or memory.role,
        "date": datetime.fromtimestamp(memory.at, UTC).date().isoformat(),
        "trust": memory.trust,
        "resmem_why": flat(dict(why)),
        "resmem_sources": flat(list(memory.sources)),
        "resmem_credit": memory.credit,
        "resmem_value": memory.state.value,
        "resmem_stress": memory.state.stress,
        "resmem_tier": memory.tier,
        "resmem_at": memory.at,
    }
