"""Requests to a Qdrant server: named collections, batches, retries, our errors."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from qdrant_client import QdrantClient, models

from resmem_core.errors import EmbeddingMismatch, StoreUnavailable
from resmem_core.stores.journal import Journal
from resmem_core.stores.qdrant.cells import DENSE
from resmem_core.stores.qdrant.refusals import refuse_old, refuse_open_key, translated
from resmem_core.stores.retry import Retry

T = TypeVar("T")

LOCAL: Final = ":memory:"
BATCH: Final = 200
"""Points of one write, or ids of one condition, unless the server allows fewer."""
PAGE: Final = 1_000
"""Points of one page, unless the server allows fewer."""

_INDEXES: Final = {
    "memories": {"memory": "keyword", "tier": "keyword", "sources": "keyword",
                 "revision": "integer", "commit": "integer", "seq": "integer", "at": "integer",
                 "gone": "bool"},
    "docs": {"kind": "keyword", "within": "keyword", "stamp": "keyword", "lock": "keyword",
             "ns": "keyword", "commit": "integer", "gone": "bool"},
    "audit": {"number": "integer"},
}  # fmt: skip


class Collections:
    """A store's collections on a server, or in qdrant-client's local mode.

    Raises:
        StoreUnavailable, StoreFull: in place of what the client raises, without a server's text.
        ConfigError: the server is older than `OLDEST`, or an API key would go over plain http.

    On a cluster each write goes through the shard's permanent leader and each read asks the
    majority of its replicas: a writer sees whether its conditional write came first.
    """

    def __init__(
        self,
        location: str,
        *,
        api_key: str | None,
        prefix: str,
        timeout: int,
        retry: Retry,
        replicas: int | None,
        client: Mapping[str, Any],
    ) -> None:
        self.location = location
        self._replicas = replicas
        self.retry = retry
        self._prefix = prefix
        self._dim: int | None = None
        if location == LOCAL:
            self.client = QdrantClient(LOCAL)
        else:
            refuse_open_key(location, api_key)
            self.client = QdrantClient(
                url=location, api_key=api_key, timeout=timeout, check_compatibility=False,
                **client,
            )  # fmt: skip
            refuse_old(location, self._call(self.client.info).version)
        self._batch, self._page = BATCH, PAGE
        self.create("docs", {})
        self.create("audit", {})
        self._heed_limits()
        self._find_dim()

    def close(self) -> None:
        """Release the connection."""
        self.client.close()

    def _call(self, action: Callable[[], T]) -> T:
        def once() -> T:
            try:
                return action()
            except Exception as error:
                raise translated(self.location, error) from None

        return self.retry.call(self.location, once)

    def _name(self, collection: str) -> str:
        return f"{self._prefix}_{collection}"

    def create(self, collection: str, vectors: dict[str, Any]) -> None:
        name = self._name(collection)
        if self._call(lambda: self.client.collection_exists(name)):
            return
        copies: dict[str, Any] = {}
        if self._replicas:  # a write and a read that ask the majority meet in one replica
            needed = self._replicas // 2 + 1
            copies = {"replication_factor": self._replicas, "write_consistency_factor": needed}
        with suppress(StoreUnavailable):  # another may be first
            self._call(
                lambda: self.client.create_collection(name, vectors_config=vectors, **copies)
            )
        if self.location == LOCAL:
            return  # it has no indexes
        tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
        indexes: dict[str, Any] = dict(_INDEXES[collection])
        if collection == "memories":
            indexes["ns"] = tenant
        for field, schema in indexes.items():
            self._index(name, field, schema)

    def _index(self, name: str, field: str, schema: Any) -> None:
        self._call(lambda: self.client.create_payload_index(name, field, field_schema=schema))

    def _heed_limits(self) -> None:
        """Ask for no more at once than the operator's strict mode allows."""
        config = self._call(lambda: self.client.get_collection(self._name("docs"))).config
        limits = config.strict_mode_config
        if not limits or not limits.enabled:
            return
        self._page = min(PAGE, limits.max_query_limit or PAGE)
        sizes = (limits.max_query_limit, limits.upsert_max_batchsize, limits.condition_max_size)
        self._batch = min(BATCH, *(size or BATCH for size in sizes))

    def _find_dim(self) -> None:
        name = self._name("memories")
        if self._call(lambda: self.client.collection_exists(name)):
            vectors = self._call(lambda: self.client.get_collection(name)).config.params.vectors
            self._dim = int(vectors[DENSE].size)  # type: ignore[index]

    def check_dim(self, entry: Journal) -> None:
        sizes = {len(base64.b64decode(r["vector"])) // 4 for r in entry.rows if r["vector"]}
        if self._dim is None and sizes:
            # a process searches its own mirror, so that a server keeps vectors and no graph of them
            dense = models.VectorParams(
                size=min(sizes), distance=models.Distance.DOT, on_disk=True,
                hnsw_config=models.HnswConfigDiff(m=0),
            )  # fmt: skip
            self.create("memories", {DENSE: dense})
            self._find_dim()  # as whoever was first made it
        if sizes - {self._dim}:
            raise EmbeddingMismatch(
                f"{self.location} holds vectors of {self._dim} dimensions, got "
                f"{sorted(sizes - {self._dim})}; open it with the embedder it was made with"
            )

    def upsert(
        self,
        collection: str,
        points: Sequence[models.PointStruct],
        *,
        condition: models.Filter | None = None,
        mode: models.UpdateMode | None = None,
    ) -> None:
        for batch in self.batches(points):
            self._call(
                lambda batch=batch: self.client.upsert(  # type: ignore[misc]
                    self._name(collection), batch, wait=True, update_filter=condition,
                    update_mode=mode, ordering=models.WriteOrdering.STRONG,
                )
            )  # fmt: skip

    def delete(self, collection: str, which: list[Any] | models.Filter) -> None:
        if which == [] or self.missing(collection):
            return
        name, strong = self._name(collection), models.WriteOrdering.STRONG
        self._call(lambda: self.client.delete(name, which, wait=True, ordering=strong))

    def set_payload(self, collection: str, changes: dict[str, Any], which: models.Filter) -> None:
        """Change some fields of all points that match."""
        name, strong = self._name(collection), models.WriteOrdering.STRONG
        self._call(
            lambda: self.client.set_payload(name, changes, which, wait=True, ordering=strong)
        )

    def retrieve(
        self, collection: str, ids: Sequence[Any], fields: list[str] | None = None
    ) -> list[dict[str, Any]]:
        """The payloads of some points, in the order of the ids."""
        return [*self.retrieve_by_id(collection, ids, fields).values()]

    def retrieve_by_id(
        self, collection: str, ids: Sequence[Any], fields: list[str] | None = None
    ) -> dict[Any, dict[str, Any]]:
        """The payloads of those of some points that are there, or only some of their fields."""
        if not ids or self.missing(collection):
            return {}
        found: dict[Any, dict[str, Any]] = {}
        for batch in self.batches(ids):
            records = self._call(
                lambda batch=batch: self.client.retrieve(  # type: ignore[misc]
                    self._name(collection), batch, fields or True,
                    consistency=models.ReadConsistencyType.MAJORITY,
                )
            )  # fmt: skip
            found.update((record.id, record.payload or {}) for record in records)
        return {ident: found[ident] for ident in ids if ident in found}

    def batches(self, items: Sequence[T]) -> Iterator[list[T]]:
        """The items, as many at a time as one request may name."""
        for start in range(0, len(items), self._batch):
            yield list(items[start : start + self._batch])

    def scroll(self, collection: str, wanted: list[Any], vectors: bool = False) -> Iterator[Any]:
        offset = None
        while not self.missing(collection):
            records, offset = self._call(
                lambda offset=offset: self.client.scroll(  # type: ignore[misc]
                    self._name(collection), models.Filter(must=wanted), limit=self._page,
                    offset=offset, with_vectors=vectors,
                    consistency=models.ReadConsistencyType.MAJORITY,
                )
            )  # fmt: skip
            yield from records
            if offset is None:
                return

    def count(self, wanted: list[Any]) -> int:
        if self.missing("memories"):
            return 0
        name = self._name("memories")
        return self._call(lambda: self.client.count(name, models.Filter(must=wanted))).count

    def missing(self, collection: str) -> bool:
        """Whether the memories have no collection yet: it is made with the first vector."""
        if collection == "memories" and self._dim is None:
            self._find_dim()
        return collection == "memories" and self._dim is None
