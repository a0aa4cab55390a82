"""`ResmemVectorStore`: the memory where LlamaIndex wants a vector store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from llama_index.core.bridge.pydantic import Field
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)

from resmem_core.errors import EmbedderError, InputError, StoreError
from resmem_core.filters import Filter
from resmem_core.types import MAX_TEXT, Memory, Namespace, Trust
from resmem_llamaindex._documents.nodes import NODE, stored_node
from resmem_llamaindex._documents.sink import SESSION, messages
from resmem_llamaindex._turn.component import ComponentBase
from resmem_llamaindex._turn.scope import NamespaceOf, asession_for, session_for

if TYPE_CHECKING:
    from resmem_core import ResilientMemory

_log = logging.getLogger(__name__)

_REF: Final = f"{NODE}.ref_doc_id"
_PAGE: Final = 10_000


class ResmemVectorStore(ComponentBase, BasePydanticVectorStore):
    """
    A resilient memory as the vector store of a `VectorStoreIndex` or an `IngestionPipeline`.

    It keeps texts and metadata, and asks by the words of the query: the memory embeds by itself,
    the vectors that LlamaIndex makes are not used. `MockEmbedding(embed_dim=1)` does where
    LlamaIndex wants a model. It sees the documents of the namespace, not what was said there.

    A store that is away reads as empty (logged); writes raise. A deleted node may be added again.

    Args:
        memory (ResilientMemory): an open memory; when None, the one registered as `memory_name`.
        namespace: whose memory; by default from the context of the call.
        trust (str): "trusted" for texts of your own; by default as little as a tool's result.

    Raises (where it is used):
        NamespaceError: nobody names a namespace.
        TooLarge: a node of over 16,000 characters; a node parser splits it.
        InputError: a query without words, or a filter that cannot be read.

    Examples:
        ```python
        store = ResmemVectorStore(memory, namespace=("acme", "ada"))
        context = StorageContext.from_defaults(vector_store=store)
        index = VectorStoreIndex.from_documents(
            documents, storage_context=context, embed_model=MockEmbedding(embed_dim=1)
        )
        ```
    """

    stores_text: bool = True
    is_embedding_query: bool = False
    trust: Trust | None = Field(default=None, description="How far the texts are trusted.")

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
        return "ResmemVectorStore"

    @property
    def client(self) -> ResilientMemory:
        """The memory."""
        return self._place()[0]

    def _where(self) -> tuple[ResilientMemory, Namespace]:
        return self._place()[0], session_for(*self._place(), SESSION).namespace

    # -- writing

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Store the nodes; the ids of all that are kept or were there."""
        made = messages(nodes, self.trust)
        session_for(*self._place(), SESSION).observe_documents(made)
        return [str(message.id) for message in made]

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """`add`, off the event loop."""
        made = messages(nodes, self.trust)
        session = await asession_for(*self._place(), SESSION)
        await session.aobserve_documents(made)
        return [str(message.id) for message in made]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Erase the nodes of a document."""
        self._erase(self._found(filter_={_REF: ref_doc_id}))

    async def adelete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """`delete`, off the event loop."""
        await asyncio.to_thread(self.delete, ref_doc_id)

    def delete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        """Erase the nodes that fit all that is given; nothing where nothing is."""
        if node_ids is not None or filters is not None:
            self._erase(self._found(node_ids, _condition(filters)))

    async def adelete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        """`delete_nodes`, off the event loop."""
        await asyncio.to_thread(self.delete_nodes, node_ids, filters)

    def clear(self) -> None:
        """Erase every document of the namespace; what was said there stays."""
        self._erase(self._found())

    async def aclear(self) -> None:
        """`clear`, off the event loop."""
        await asyncio.to_thread(self.clear)

    def _erase(self, memories: Sequence[Memory]) -> None:
        memory, namespace = self._where()
        if memories:
            memory.forget(namespace, [one.id for one in memories], tombstones=False)

    # -- reading

    def get_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
    ) -> list[BaseNode]:
        """The nodes that fit all that is given, as they came in."""
        return [stored_node(one) for one in self._found(node_ids, _condition(filters))]

    async def aget_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
    ) -> list[BaseNode]:
        """`get_nodes`, off the event loop."""
        return await asyncio.to_thread(self.get_nodes, node_ids, filters)

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The `similarity_top_k` nodes that answer best, best first, with their scores."""
        words = (query.query_str or "").strip()[:MAX_TEXT]
        if not words:
            raise InputError("the query needs query_str: the memory asks by words, not by a vector")
        wanted = [_condition(query.filters)]
        if query.doc_ids:  # an index that keeps no list of its nodes passes an empty one
            wanted.append({_REF: {"$in": list(query.doc_ids)}})
        memory, namespace = self._where()
        varied = query.mode == VectorStoreQueryMode.MMR
        try:
            hits = memory.search(
                namespace,
                words,
                k=query.similarity_top_k,
                diversity=1.0 - (query.mmr_threshold or 0.5) if varied else 0.0,
                ids=query.node_ids or None,
                metadata=_documents(*wanted),
            )
        except (StoreError, EmbedderError) as error:
            _log.warning("nothing was found: the memory is away (%s)", type(error).__name__)
            hits = []
        return VectorStoreQueryResult(
            nodes=[stored_node(hit.memory) for hit in hits],
            similarities=[float(hit.score) for hit in hits],
            ids=[hit.id for hit in hits],
        )

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """`query`, off the event loop."""
        return await asyncio.to_thread(self.query, query)

    def _found(
        self, node_ids: list[str] | None = None, filter_: Filter | None = None
    ) -> list[Memory]:
        """All documents that are meant, in the order in which they came in."""
        memory, namespace = self._where()
        found: list[Memory] = []
        cursor: str | None = None
        while True:
            page = memory.list(
                namespace,
                ids=node_ids,
                metadata=_documents(filter_),
                limit=_PAGE,
                cursor=cursor,
            )
            found += page.items
            cursor = page.cursor
            if cursor is None:
                return found


def _documents(*filters: Filter | None) -> Filter:
    """A filter that documents pass which pass all of these."""
    return {"$and": [{NODE: {"$exists": True}}, *filter(None, filters)]}


def _condition(filters: MetadataFilters | None) -> Filter | None:
    """LlamaIndex's filters as ours."""
    if filters is None or not filters.filters:
        return None
    parts = [
        _condition(one) or {} if isinstance(one, MetadataFilters) else _field(one)
        for one in filters.filters
    ]
    condition = filters.condition or FilterCondition.AND
    return {_CONDITIONS[condition]: parts}


_CONDITIONS: Final[Mapping[FilterCondition, str]] = {
    FilterCondition.AND: "$and",
    FilterCondition.OR: "$or",
    FilterCondition.NOT: "$nor",
}

_OPERATORS: Final[Mapping[FilterOperator, str]] = {
    FilterOperator.EQ: "$eq",
    FilterOperator.NE: "$ne",
    FilterOperator.GT: "$gt",
    FilterOperator.GTE: "$gte",
    FilterOperator.LT: "$lt",
    FilterOperator.LTE: "$lte",
    FilterOperator.IN: "$in",
    FilterOperator.NIN: "$nin",
    FilterOperator.CONTAINS: "$contains",
    FilterOperator.TEXT_MATCH: "$contains",
}


def _field(one: MetadataFilter) -> Filter:
    """One condition.

    Raises:
        InputError: an operator that we do not have.
    """
    if one.operator == FilterOperator.IS_EMPTY:
        return {"$or": [{one.key: {"$in": [None, "", []]}}]}
    if one.operator in (FilterOperator.ANY, FilterOperator.ALL):
        several = one.value if isinstance(one.value, list) else [one.value]
        joint = "$or" if one.operator == FilterOperator.ANY else "$and"
        return {joint: [{one.key: {"$contains": value}} for value in several]}
    if one.operator not in _OPERATORS:
        raise InputError(f"the filter operator {one.operator.value!r} is not supported")
    return {one.key: {_OPERATORS[one.operator]: one.value}}
