"""Memories as LlamaIndex nodes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from llama_index.core.schema import NodeWithScore, TextNode

from resmem_core.types import Hit, Memory

WHY: Final = "resmem_why"
"""Metadata key: the share that each signal had in the score."""

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


def as_node(hit: Hit) -> NodeWithScore:
    """The recalled memory as a node with its score; the node's id is the memory's."""
    memory = hit.memory
    hidden = list(HIDDEN)
    node = TextNode(
        id_=memory.id,
        text=memory.text,
        metadata=_metadata(memory, dict(hit.why)),
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
    )
    return NodeWithScore(node=node, score=float(hit.score))


def _metadata(memory: Memory, why: dict[str, float]) -> dict[str, Any]:
    return {
        "author": memory.author or memory.role,
        "date": datetime.fromtimestamp(memory.at, UTC).date().isoformat(),
        "trust": memory.trust,
        "resmem_why": why,
        "resmem_sources": list(memory.sources),
        "resmem_credit": memory.credit,
        "resmem_value": memory.state.value,
        "resmem_stress": memory.state.stress,
        "resmem_tier": memory.tier,
        "resmem_at": memory.at,
    }
