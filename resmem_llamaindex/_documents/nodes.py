"""Memories as LlamaIndex nodes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from llama_index.core.schema import (
    BaseNode,
    Document,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    RelatedNodeInfo,
    RelatedNodeType,
    TextNode,
)

from resmem_core.prompt import passage
from resmem_core.types import Hit, Memory, Message, Trust
from resmem_llamaindex._turn.messages import NOTE

WHY: Final = "resmem_why"
"""Metadata key: the share that each signal had in the score, as JSON."""

NOTE_ID: Final = "resmem-no-memories"

NODE: Final = "resmem_node"
"""Metadata key of a document: what its node is made of beside text and metadata."""

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
    """The recalled memory as a node with its score; the node's id is the memory's.

    Of a long message the node holds the part that answers, as a prompt does; a node that was put in
    comes back whole.
    """
    memory = hit.memory
    node = stored_node(memory) if NODE in memory.metadata else _said(memory, passage(hit))
    node.metadata = {
        **{key: flat(value) for key, value in node.metadata.items()},
        **_state(memory),
        "resmem_why": flat(dict(hit.why)),
    }
    node.excluded_llm_metadata_keys += HIDDEN
    node.excluded_embed_metadata_keys += HIDDEN
    return NodeWithScore(node=node, score=float(hit.score))


def _said(memory: Memory, text: str) -> TextNode:
    """A message as a node: where a key is the message's own and ours, ours holds."""
    hidden = [key for key in memory.metadata if key not in SHOWN]
    return TextNode(
        id_=memory.id,
        text=text,
        metadata={
            **memory.metadata,
            "author": memory.author or memory.role,
            "date": datetime.fromtimestamp(memory.at, UTC).date().isoformat(),
            "trust": memory.trust,
        },
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=[*hidden],
    )


def _state(memory: Memory) -> dict[str, Any]:
    return {
        "resmem_sources": flat(list(memory.sources)),
        "resmem_credit": memory.credit,
        "resmem_value": memory.state.value,
        "resmem_stress": memory.state.stress,
        "resmem_tier": memory.tier,
        "resmem_at": memory.at,
    }


# -- nodes that are put in as documents


def as_document(node: BaseNode, trust: Trust | None = None) -> Message:
    """A node as a document of the memory: its text, its metadata, and what else makes it up.

    Raises:
        TooLarge: its text has more than 16,000 characters.
    """
    own = json.loads(json.dumps(node.metadata, ensure_ascii=False, default=str))
    made = {
        "ref_doc_id": node.node_id if isinstance(node, Document) else node.ref_doc_id,
        "related": {str(kind.value): _ids(to) for kind, to in node.relationships.items()},
        "hidden": [node.excluded_llm_metadata_keys, node.excluded_embed_metadata_keys],
        "span": [getattr(node, "start_char_idx", None), getattr(node, "end_char_idx", None)],
    }
    author = own.get("author")
    return Message(
        "tool",
        node.get_content(metadata_mode=MetadataMode.NONE),
        author=author if isinstance(author, str) else None,
        id=node.node_id,
        trust=trust,
        metadata={**own, NODE: made},
    )


def stored_node(memory: Memory) -> TextNode:
    """The node that a document was made from; what names persons in it may be redacted."""
    made = memory.metadata[NODE]
    own = {key: value for key, value in memory.metadata.items() if key != NODE}
    for_model, for_embedder = made["hidden"]
    start, end = made["span"]
    return TextNode(
        id_=memory.id,
        text=memory.text,
        metadata=own,
        relationships={NodeRelationship(k): _related(ids) for k, ids in made["related"].items()},
        excluded_llm_metadata_keys=[*for_model],
        excluded_embed_metadata_keys=[*for_embedder],
        start_char_idx=start,
        end_char_idx=end,
    )


def _ids(related: RelatedNodeType) -> str | list[str]:
    return [one.node_id for one in related] if isinstance(related, list) else related.node_id


def _related(ids: str | list[str]) -> RelatedNodeType:
    if isinstance(ids, str):
        return RelatedNodeInfo(node_id=ids)
    return [RelatedNodeInfo(node_id=one) for one in ids]


SOURCES: Final = ("file_name", "url", "source")
"""Metadata that names the document, the first that is there: it outlives a rebuilt index."""


def identity(node: BaseNode, text: str, sources: Sequence[str] = SOURCES) -> str:
    """What a rebuilt index keeps of a node: its document and its text; its id is new then."""
    metadata = node.metadata
    for key in sources if metadata else ():
        if key in metadata:
            return _digest(str(metadata[key]), text)
    return _digest("", text)


@lru_cache(maxsize=4_096)
def _digest(source: str, text: str) -> str:
    said = f"{source}\x1f{text}".encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=16).hexdigest()
