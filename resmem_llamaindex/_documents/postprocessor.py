"""`ResmemPostprocessor`: gates and rescores any retriever's nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_index.core.bridge.pydantic import Field
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import (
    BaseNode,
    ImageNode,
    MetadataMode,
    NodeWithScore,
    QueryBundle,
    TextNode,
)
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.dispatcher import Dispatcher
from llama_index_instrumentation.event_handlers import NullEventHandler

from resmem_core.engine.state.external_credit import Used
from resmem_core.repeats import normalised
from resmem_llamaindex._documents.nodes import NOTE_ID, WHY, flat, identity
from resmem_llamaindex._documents.query import asked_k
from resmem_llamaindex._documents.rescore import Mood, Scored, Weights, best, rescore
from resmem_llamaindex._turn.component import ComponentBase
from resmem_llamaindex._turn.scope import NamespaceOf, asession_for, session_for

if TYPE_CHECKING:
    from resmem_core import ResilientMemory, Session
    from resmem_core.engine.state.external_credit import Standing

dispatcher = get_dispatcher(__name__)


class ResmemPostprocessor(ComponentBase, BaseNodePostprocessor):
    """
    Rescores nodes by what helped before, leaves out exact repeats, keeps as many as the knobs say.

    Works behind any retriever. A node of which nothing is known keeps its score; recency, value,
    credit and novelty move the others by at most their weight's share of the scores' spread. No
    outcome takes a node out: blame only moves it back. Of nodes with the same text (blanks aside)
    the one that the retriever liked best stays.

    Returns new `NodeWithScore`s and emits rerank events. Nodes that are returned share in the
    credit of the session's next outcome. Credit belongs to a node's text and document, so that an
    index that is built anew keeps it.

    Args:
        memory (ResilientMemory): an open memory; when None, the one registered as `memory_name`.
        namespace: a tuple, or a function of the session id (which is not serialized), or None to
            take it from the context of the call.
        session_id (str): the conversation; by default from the context.
        top_n (int): how many nodes to keep; the session's `retrieve_k` knob when None.
        cutoff (float): nodes that score lower, blame aside, are left out.
        weights (Weights): how far each sign may move a node.
        time_key (str): metadata key of a node's time (epoch seconds or ISO 8601).
        explain (bool): write the reasons to a copy of the node, as JSON in
            `metadata["resmem_why"]`.

    Examples:
        ```python
        engine = index.as_query_engine(
            similarity_top_k=20,
            node_postprocessors=[ResmemPostprocessor(memory, namespace=("acme", "ada"))],
        )
        ```
    """

    session_id: str | None = Field(default=None, description="The conversation.")
    top_n: int | None = Field(default=None, ge=1, description="Nodes to keep; knob when None.")
    cutoff: float | None = Field(default=None, description="Lowest score to keep.")
    weights: Weights = Field(default_factory=Weights, description="How far signs move a node.")
    time_key: str | None = Field(default=None, description="Metadata key of a node's time.")
    explain: bool = Field(default=False, description="Write the reasons to the nodes' metadata.")

    def __init__(  # type checkers see pydantic's constructor where a model has none of its own
        self,
        memory: ResilientMemory | None = None,
        *,
        namespace: NamespaceOf | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(memory, namespace=namespace, **kwargs)

    @classmethod
    def class_name(cls) -> str:
        """Name used in serialization."""
        return "ResmemPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        session = session_for(*self._place(), self.session_id)
        seen = _seen(nodes)
        known = session.credit([one.key for one in seen.values()])
        return self._processed(nodes, query_bundle, session, seen, known)

    @dispatcher.span
    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        session = await asession_for(*self._place(), self.session_id)
        seen = _seen(nodes)
        keys = [one.key for one in seen.values()]
        known = await asyncio.to_thread(session.credit, keys)  # this may ask the store
        return self._processed(nodes, query_bundle, session, seen, known)

    def _processed(
        self,
        nodes: list[NodeWithScore],
        query_bundle: QueryBundle | None,
        session: Session,
        seen: Mapping[str, _Seen],
        known: Mapping[str, Standing],
    ) -> list[NodeWithScore]:
        top_n = asked_k(query_bundle) if query_bundle is not None else None
        top_n = top_n or self.top_n or max(session.knobs.retrieve_k, 1)
        heard = _heard(dispatcher)
        if heard:
            start = ReRankStartEvent(
                query=query_bundle, nodes=nodes, top_n=top_n, model_name=self.class_name()
            )
            dispatcher.event(start)
        earned = {i: known[one.key] for i, one in seen.items() if one.key in known} if known else {}
        mood = Mood(session.clock.now(), session.stress, session.curiosity)
        scored = rescore(_distinct(nodes, seen), mood, earned, self.weights, self.time_key)
        kept = best(scored, top_n, self.cutoff)
        session.use(_foreign(kept, seen))
        made = self._explained if self.explain else _node
        out = [NodeWithScore(node=made(item), score=item.score) for item in kept]
        if heard:
            dispatcher.event(ReRankEndEvent(nodes=out))
        return out

    @staticmethod
    def _explained(item: Scored) -> BaseNode:
        """The node, with the reasons for its score in a copy of its metadata."""
        node = item.node.node
        if WHY not in node.metadata:
            why = flat({"retriever": item.node.score or 0.0, **item.why})
            node = node.model_copy(update={"metadata": {**node.metadata, WHY: why}})
            node.excluded_llm_metadata_keys = [*node.excluded_llm_metadata_keys, WHY]
            node.excluded_embed_metadata_keys = [*node.excluded_embed_metadata_keys, WHY]
        return node


def _node(item: Scored) -> BaseNode:
    return item.node.node


def _heard(place: Dispatcher) -> bool:
    """Whether anybody listens: events with fifty nodes cost more than their rescoring."""
    while True:
        if any(type(handler) is not NullEventHandler for handler in place.event_handlers):
            return True
        if not place.propagate or not place.parent_name:
            return False
        place = place.parent


class _Seen(NamedTuple):
    """What a node says: its text, what makes it a repeat of another, what its credit is under."""

    text: str
    content: str
    key: str


def _seen(nodes: Sequence[NodeWithScore]) -> dict[str, _Seen]:
    """By node id. A node whose text is not all, such as a picture, is no other's repeat."""
    found: dict[str, _Seen] = {}
    for scored in nodes:
        node = scored.node
        ident = node.node_id
        text = node.text if type(node) is TextNode else _text(node)
        content = _normalised(text) if text else ""
        key = identity(node, text.strip()) if content else ident
        found[ident] = _Seen(text, content or f"\0{ident}", key)
    return found


def _text(node: BaseNode) -> str:
    return "" if isinstance(node, ImageNode) else node.get_content(metadata_mode=MetadataMode.NONE)


_normalised = lru_cache(maxsize=4_096)(normalised)
"""An index gives the same nodes again and again."""


def _distinct(nodes: Sequence[NodeWithScore], seen: Mapping[str, _Seen]) -> Sequence[NodeWithScore]:
    """The nodes without exact repeats; of each, the one that the retriever liked best stays."""
    contents = [seen[scored.node.node_id].content for scored in nodes]
    if len(set(contents)) == len(contents):
        return nodes
    best_of: dict[str, NodeWithScore] = {}
    for content, node in zip(contents, nodes, strict=True):
        held = best_of.get(content)
        if held is None or (node.score or 0.0) > (held.score or 0.0):
            best_of[content] = node
    kept = set(map(id, best_of.values()))
    return [node for node in nodes if id(node) in kept]


def _foreign(kept: Sequence[Scored], seen: Mapping[str, _Seen]) -> list[Used]:
    """The nodes that are no memories of ours: of those, recall has taken note already."""
    used: list[Used] = []
    for rank, item in enumerate(kept):
        node = item.node.node
        ident = node.node_id
        if ident != NOTE_ID and WHY not in node.metadata:
            one = seen[ident]
            used.append(Used(one.key, rank, item.score, one.text, ident))
    return used
