"""Qdrant, embedded: edge, the client's local mode, and LangGraph's store over that."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.peers.frameworks import LangGraphStore
from benchmarks.peers.subject import DIM, Numbered, Survives


class QdrantEdge(Numbered):
    """qdrant-edge-py: dense and sparse (stems, IDF) in one hybrid query, not optimised.

    An add is in its log when it returns, but not flushed: safe from a crash, not from power loss.
    """

    survives: ClassVar[Survives] = "a crash"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._edge = edge = import_module("qdrant_edge")
        config = edge.EdgeConfig(
            vectors={"dense": edge.EdgeVectorParams(size=DIM, distance=edge.Distance.Cosine)},
            sparse_vectors={"words": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        )
        target = folder / "edge"
        target.mkdir()
        self._shard = edge.EdgeShard.create(str(target), config)

    def _sparse(self, text: str) -> Any:
        counts = Counter(zlib.crc32(word.encode()) for word in re.findall(r"\w+", text.lower()))
        return self._edge.SparseVector(list(counts), [float(n) for n in counts.values()])

    def fill(self, texts: Sequence[str]) -> None:
        points = [
            self._edge.Point(
                self.next(), {"dense": vector, "words": self._sparse(text)}, {"text": text}
            )
            for text, vector in zip(texts, self.embedder.lists(texts), strict=True)
        ]
        self._shard.update(self._edge.UpdateOperation.upsert_points(points))

    def add(self, text: str) -> None:
        self.fill([text])

    def search(self, question: str) -> int:
        edge = self._edge
        dense = edge.Query.Nearest(self.embedder.lists([question])[0], using="dense")
        words = edge.Query.Nearest(self._sparse(question), using="words")
        request = edge.QueryRequest(
            limit=10,
            prefetches=[edge.Prefetch(limit=50, query=dense), edge.Prefetch(limit=50, query=words)],
            query=edge.Fusion.Rrf(k=60),
            with_payload=True,
        )
        return len(self._shard.query(request))

    def close(self) -> None:
        self._shard.close()


class QdrantEdgeFlushed(QdrantEdge):
    """The same with a flush after every add, which is how it makes one safe from power loss."""

    survives: ClassVar[Survives] = "power loss"

    def add(self, text: str) -> None:
        super().add(text)
        self._shard.flush()


class QdrantLocal(Numbered):
    """qdrant-client's local mode in memory, dense."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._models = import_module("qdrant_client.models")
        self._client = import_module("qdrant_client").QdrantClient(":memory:")
        params = self._models.VectorParams(size=DIM, distance=self._models.Distance.COSINE)
        self._client.create_collection("bench", params)

    def fill(self, texts: Sequence[str]) -> None:
        points = [
            self._models.PointStruct(id=self.next(), vector=vector, payload={"text": text})
            for text, vector in zip(texts, self.embedder.lists(texts), strict=True)
        ]
        self._client.upsert("bench", points)

    def add(self, text: str) -> None:
        self.fill([text])

    def search(self, question: str) -> int:
        vector = self.embedder.lists([question])[0]
        return len(self._client.query_points("bench", query=vector, limit=10).points)


class LangGraphQdrant(LangGraphStore):
    """langgraph-store-qdrant over qdrant-client's local mode."""

    def __init__(self, folder: Path) -> None:
        Numbered.__init__(self)
        store = import_module("langgraph.store.qdrant").QdrantStore
        self._op = import_module("langgraph.store.base").PutOp
        client = import_module("qdrant_client").QdrantClient(":memory:")
        index = {"dims": DIM, "embed": self.embedder.lists, "fields": ["text"]}
        self._store = store(client, index=index)
        self._store.setup()
