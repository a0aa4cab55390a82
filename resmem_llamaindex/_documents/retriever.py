"""`ResmemRetriever`: the memory as a LlamaIndex retriever, or over an existing one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle

from resmem_core.errors import ConfigError, EmbedderError, StoreError
from resmem_core.types import MAX_TEXT, Decision, Hit, Trust
from resmem_llamaindex._documents.nodes import as_node, note_node
from resmem_llamaindex._documents.postprocessor import ResmemPostprocessor
from resmem_llamaindex._documents.query import asked_k
from resmem_llamaindex._documents.sink import SESSION, messages, passages
from resmem_llamaindex._turn.scope import (
    NamespaceOf,
    asession_for,
    by_name,
    register,
    session_for,
    taken,
)

if TYPE_CHECKING:
    from resmem_core import ResilientMemory

_log = logging.getLogger(__name__)


class ResmemRetriever(BaseRetriever):
    """
    Retrieves from a resilient memory: gated, consolidated, weighted by what helped before.

    How many nodes come back follows the session's `retrieve_k` knob, unless the query asks for its
    own number (`ResmemQuery`). Every node has a score, the reasons for it as JSON in
    `metadata["resmem_why"]`, the message's own metadata, and the memory's id as its own. A store
    that is away reads as empty (logged); a missing namespace is an error.

    Args:
        memory (ResilientMemory): an open memory.
        namespace: whose memory: a tuple such as `("acme", "ada")`, or a function of the session
            id. When None, it comes with each call, from `scope(session)` or from
            `instrument_tags({"namespace": ..., "session_id": ...})`.
        session_id (str): the conversation; by default from the context.
        user_id, agent_id, run_id, tenant (str): ids that fill fields of the namespace, or are it.
        empty: what comes where no memory does. "none": no node; LlamaIndex's query and context
            engines then answer "Empty Response" without asking their model. "note": one node that
            says that no memory fits, so that the model is asked.

    Raises:
        ConfigError: `empty` is something else.

    Examples:
        ```python
        from resmem_core import ResilientMemory
        from resmem_llamaindex import ResmemRetriever

        memory = ResilientMemory.open("agent.db")
        retriever = ResmemRetriever(memory, namespace=("acme", "ada"))
        engine = RetrieverQueryEngine.from_args(retriever)
        ```
    """

    def __init__(
        self,
        memory: ResilientMemory,
        namespace: NamespaceOf | None = None,
        *,
        session_id: str | None = None,
        empty: Literal["none", "note"] = "none",
        **kwargs: Any,
    ) -> None:
        if empty not in ("none", "note"):
            raise ConfigError(f"empty must be 'none' or 'note', got {empty!r:.40}")
        names = taken(kwargs)
        super().__init__(**kwargs)
        self._memory = memory
        self._namespace = by_name(namespace, names)
        self._session_id = session_id or names.get("run_id")
        self._empty = empty
        register(memory)

    @staticmethod
    def over(
        retriever: BaseRetriever,
        memory: ResilientMemory,
        namespace: NamespaceOf | None = None,
        **kwargs: Any,
    ) -> RescoredRetriever:
        """
        Another retriever's nodes, with our gate, score and credit.

        Args:
            retriever (BaseRetriever): e.g. `index.as_retriever(similarity_top_k=20)`; give it room,
                what is returned is cut to the `retrieve_k` knob.
            memory, namespace: as for `ResmemRetriever`.
            kwargs: further arguments of `ResmemPostprocessor`, such as `time_key`.

        Examples:
            ```python
            retriever = ResmemRetriever.over(index.as_retriever(similarity_top_k=20), memory)
            ```
        """
        kwargs = {"explain": True, **kwargs}
        return RescoredRetriever(
            retriever, ResmemPostprocessor(memory, namespace=namespace, **kwargs)
        )

    def observe_documents(
        self, documents: Sequence[BaseNode], *, trust: Trust | None = None
    ) -> list[Decision]:
        """
        Store documents or nodes in the memory that is asked, each passage whole.

        Passages are not gated, and sleep neither merges nor forgets them. Their metadata and their
        document come back with them, so that they can be cited. What is read again is stored once.

        Args:
            documents: a `Document` is split by LlamaIndex's `SentenceSplitter`, nodes are taken as
                they are.
            trust: "trusted" for texts of your own; by default as little as a tool's result.

        Returns:
            A decision for each passage.

        Raises:
            NamespaceError: nobody names a namespace. TooLarge: a node of over 16,000 characters.
            StoreError, EmbedderError, SafeModeError: the 500 passages at hand were not stored.
        """
        session = session_for(self._memory, self._namespace, self._session_id or SESSION)
        return session.observe_documents(messages(passages(documents), trust))

    async def aobserve_documents(
        self, documents: Sequence[BaseNode], *, trust: Trust | None = None
    ) -> list[Decision]:
        """`observe_documents`, off the event loop."""
        return await asyncio.to_thread(self.observe_documents, documents, trust=trust)

    def _source(self) -> tuple[ResilientMemory, NamespaceOf | None, str | None]:
        return self._memory, self._namespace, self._session_id

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = query_bundle.query_str[:MAX_TEXT]
        try:
            session = session_for(*self._source())
            k = asked_k(query_bundle)
            hits = session.recall(question, k=k).answers if question.strip() else []
        except (StoreError, EmbedderError) as error:
            hits = _away(error)
        return self._nodes(hits)

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = query_bundle.query_str[:MAX_TEXT]
        try:
            session = await asession_for(*self._source())
            k = asked_k(query_bundle)
            hits = (await session.arecall(question, k=k)).answers if question.strip() else []
        except (StoreError, EmbedderError) as error:
            hits = _away(error)
        return self._nodes(hits)

    def _nodes(self, hits: Sequence[Hit]) -> list[NodeWithScore]:
        if not hits and self._empty == "note":
            return [note_node()]
        return [as_node(hit) for hit in hits]


def _away(error: Exception) -> list[Hit]:
    _log.warning("nothing was retrieved: the memory is away (%s)", type(error).__name__)
    return []


class RescoredRetriever(BaseRetriever):
    """Another retriever's nodes after `ResmemPostprocessor`; made by `ResmemRetriever.over`."""

    def __init__(self, retriever: BaseRetriever, postprocessor: ResmemPostprocessor) -> None:
        super().__init__(callback_manager=retriever.callback_manager)
        self._retriever = retriever
        self._postprocessor = postprocessor

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        nodes = self._retriever.retrieve(query_bundle)
        return self._postprocessor.postprocess_nodes(nodes, query_bundle)

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        nodes = await self._retriever.aretrieve(query_bundle)
        return await self._postprocessor.apostprocess_nodes(nodes, query_bundle)
