"""`ResmemPostprocessor`: gates and rescores any retriever's nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.bridge.pydantic import Field
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, ImageNode, NodeWithScore, QueryBundle, TextNode
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.dispatcher import Dispatcher
from llama_index_instrumentation.event_handlers import NullEventHandler

from resmem_core.engine.external_credit import Used
from resmem_core.repeats import normalised
from resmem_llamaindex._component import ComponentBase
from resmem_llamaindex._nodes import NOTE_ID, WHY, flat, identity
from resmem_llamaindex._query import asked_k
from resmem_llamaindex._rescore import Mood, Scored, Weights, best, rescore
from resmem_llamaindex._scope import NamespaceOf, asession_for, session_for

if TYPE_CHECKING:
    from resmem_core import ResilientMemory, Session
    from resmem_core.engine.external_credit import Standing

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
        keys = _keys(nodes)
        return self._processed(nodes, query_bundle, session, keys, session.credit(keys))

    @dispatcher.span
    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        session = await asession_for(*self._place(), self.session_id)
        keys = _keys(nodes)
        known = await asyncio.to_thread(session.credit, keys)  # this may ask the store
        return self._processed(nodes, query_bundle, session, keys, known)

    def _processed(
        self,
        nodes: list[NodeWithScore],
        query_bundle: QueryBundle | None,
        session: Session,
        keys: Sequence[str],
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
        by_node = {n.node.node_id: key for n, key in zip(nodes, keys, strict=True)}
        earned = {ident: known[key] for ident, key in by_node.items() if key in known}
        mood = Mood(session.clock.now(), session.stress, session.curiosity)
        scored = rescore(_distinct(nodes), mood, earned, self.weights, self.time_key)
        kept = best(scored, top_n, self.cutoff)
        session.use(_foreign(kept, by_node))
        out = [self._returned(item) for item in kept]
        if heard:
            dispatcher.event(ReRankEndEvent(nodes=out))
        return out

    def _returned(self, item: Scored) -> NodeWithScore:
        node = item.node.node
        if self.explain and WHY not in node.metadata:
            why = flat({"retriever": item.node.score or 0.0, **item.why})
            node = node.model_copy(update={"metadata": {**node.metadata, WHY: why}})
            node.excluded_llm_metadata_keys = [*node.excluded_llm_metadata_keys, WHY]
            node.excluded_embed_metadata_keys = [*node.excluded_embed_metadata_keys, WHY]
        return NodeWithScore(node=node, score=item.score)


def _heard(place: Dispatcher) -> bool:
    """Whether anybody listens: events with fifty nodes cost more than their rescoring."""
    while True:
        if any(type(handler) is not NullEventHandler for handler in place.event_handlers):
            return True
        if not place.propagate or not place.parent_name:
            return False
        place = place.parent


def _keys(nodes: Sequence[NodeWithScore]) -> list[str]:
    return [_key(scored.node) for scored in nodes]


def _key(node: BaseNode) -> str:
    """What a node's credit is kept under: its document and its text, which a rebuilt index keeps.

    Its id is new whenever the index is made from documents; a node without text has only that.
    """
    text = "" if isinstance(node, ImageNode) else _text(node).strip()
    if not text:
        return node.node_id
    return identity(node, text)


def _text(node: BaseNode) -> str:
    return node.text if isinstance(node, TextNode) else node.get_content()


def _distinct(nodes: Sequence[NodeWithScore]) -> list[NodeWithScore]:
    """The nodes without exact repeats; of each, the one that the retriever liked best stays."""
    by_liking = sorted(nodes, key=lambda node: node.score or 0.0, reverse=True)
    first = {_content(node.node): id(node) for node in reversed(by_liking)}
    kept = set(first.values())
    return [node for node in nodes if id(node) in kept]


def _content(node: BaseNode) -> tuple[str, str]:
    """What makes two nodes the same: their text, or the node itself where the text is not all."""
    text = "" if isinstance(node, ImageNode) else normalised(_text(node))
    return (text, "") if text else ("", node.node_id)


def _foreign(kept: Sequence[Scored], keys: Mapping[str, str]) -> list[Used]:
    """The nodes that are no memories of ours: of those, recall has taken note already."""
    return [
        Used(keys[ident := item.node.node.node_id], rank, item.score, _text(item.node.node), ident)
        for rank, item in enumerate(kept)
        if WHY not in item.node.node.metadata and item.node.node.node_id != NOTE_ID
    ]
