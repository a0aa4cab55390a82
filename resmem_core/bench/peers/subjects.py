"""What is measured: ours and eight others, each behind the same three calls.

The others are optional and loaded by name, so that this package depends on none of them.
"""

from __future__ import annotations

import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from resmem_core.config.sleep import SleepConfig
from resmem_core.engine import ResilientMemory
from resmem_core.memory.embed import LexicalEmbedder
from resmem_core.protocols import Vector
from resmem_core.types import Message

DIM: Final = 384
NAMESPACE: Final = ("bench", "peers")


class Dense:
    """The one embedder of all subjects: deterministic, local, treated as a model's vectors.

    A hashed bag of stems, of which recall is told (by `semantic`) to scan the vectors as it does
    for a neural model: nobody gets a shortcut.
    """

    semantic = True

    def __init__(self) -> None:
        self._lexical = LexicalEmbedder(DIM)
        self.name = f"bench-{DIM}"
        self.dim = DIM

    def embed(self, texts: Sequence[str]) -> Vector:
        """One row per text."""
        return self._lexical.embed(texts)

    def lists(self, texts: Sequence[str]) -> list[list[float]]:
        """The same as lists of floats, as other libraries want them."""
        return [list(map(float, row)) for row in self.embed(texts)]


class Subject(Protocol):
    """Something that stores texts and finds them again."""

    def fill(self, texts: Sequence[str]) -> None:
        """Store many texts, in the fastest way it offers."""

    def add(self, text: str) -> None:
        """Store one text, as durably as it can."""

    def search(self, question: str) -> int:
        """Find ten; how many were found."""

    def close(self) -> None:
        """Release everything."""


class Ours:
    """A SQLite file through the public API: redact, classify, gate, commit; search without credit.

    `keep=1.0`, so that nothing is dropped but repeats.
    """

    def __init__(self, folder: Path) -> None:
        self._memory = ResilientMemory.open(
            str(folder / "ours.db"), keep=1.0, embedder=Dense(), sleep=SleepConfig()
        )
        self._session = self._memory.session("bench", namespace=NAMESPACE)

    def fill(self, texts: Sequence[str]) -> None:
        self._session.observe_all([Message(role="user", text=text) for text in texts])

    def add(self, text: str) -> None:
        self._session.observe(Message(role="user", text=text))

    def search(self, question: str) -> int:
        return len(self._session.search(question, k=10))

    def close(self) -> None:
        self._memory.close()


class _Numbered:
    """Counts ids for libraries that want one per item."""

    def __init__(self) -> None:
        self.embedder = Dense()
        self.count = 0

    def next(self) -> int:
        self.count += 1
        return self.count

    def close(self) -> None:
        """Nothing to release."""


class QdrantEdge(_Numbered):
    """qdrant-edge-py: dense and sparse (stems, IDF) in one hybrid query, not optimised.

    An add is in its log when it returns, but not flushed: safe from a crash, not from power loss.
    """

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


class QdrantLocal(_Numbered):
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


class LangGraphStore(_Numbered):
    """LangGraph's InMemoryStore with an index."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        store = import_module("langgraph.store.memory").InMemoryStore
        self._op = import_module("langgraph.store.base").PutOp
        self._store = store(index={"dims": DIM, "embed": self.embedder.lists, "fields": ["text"]})

    def fill(self, texts: Sequence[str]) -> None:
        self._store.batch([self._op(NAMESPACE, str(self.next()), {"text": t}) for t in texts])

    def add(self, text: str) -> None:
        self._store.put(NAMESPACE, str(self.next()), {"text": text})

    def search(self, question: str) -> int:
        return len(self._store.search(NAMESPACE, query=question, limit=10))


class LangGraphQdrant(LangGraphStore):
    """langgraph-store-qdrant over qdrant-client's local mode."""

    def __init__(self, folder: Path) -> None:
        _Numbered.__init__(self)
        store = import_module("langgraph.store.qdrant").QdrantStore
        self._op = import_module("langgraph.store.base").PutOp
        client = import_module("qdrant_client").QdrantClient(":memory:")
        index = {"dims": DIM, "embed": self.embedder.lists, "fields": ["text"]}
        self._store = store(client, index=index)
        self._store.setup()


class LangChainStore(_Numbered):
    """LangChain's InMemoryVectorStore."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        store = import_module("langchain_core.vectorstores").InMemoryVectorStore
        self._store = store(_embeddings(self.embedder))

    def fill(self, texts: Sequence[str]) -> None:
        self._store.add_texts(list(texts))

    def add(self, text: str) -> None:
        self._store.add_texts([text])

    def search(self, question: str) -> int:
        return len(self._store.similarity_search(question, k=10))


class LlamaIndexStore(_Numbered):
    """LlamaIndex's VectorStoreIndex over its SimpleVectorStore."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        core = import_module("llama_index.core")
        self._node = import_module("llama_index.core.schema").TextNode
        self._index = core.VectorStoreIndex([], embed_model=_embed_model(self.embedder))
        self._retriever: Any = None

    def fill(self, texts: Sequence[str]) -> None:
        self._retriever = None  # it only knows the nodes that were there when it was made
        self._index.insert_nodes([self._node(text=text) for text in texts])

    def add(self, text: str) -> None:
        self.fill([text])

    def search(self, question: str) -> int:
        if self._retriever is None:
            self._retriever = self._index.as_retriever(similarity_top_k=10)
        return len(self._retriever.retrieve(question))


class LlamaIndexMemoryBlock(_Numbered):
    """LlamaIndex's VectorMemoryBlock over qdrant-client's local mode in memory."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        memory = import_module("llama_index.core.memory")
        qdrant = import_module("llama_index.vector_stores.qdrant")
        self._message = import_module("llama_index.core.llms").ChatMessage
        self._node = import_module("llama_index.core.schema").TextNode
        self._runner = import_module("asyncio").Runner()
        client = import_module("qdrant_client").AsyncQdrantClient(":memory:")
        self._store = qdrant.QdrantVectorStore(collection_name="bench", aclient=client)
        self._block = memory.VectorMemoryBlock(
            vector_store=self._store,
            embed_model=_embed_model(self.embedder),
            similarity_top_k=10,
            retrieval_context_window=1,
        )

    def fill(self, texts: Sequence[str]) -> None:
        pairs = zip(texts, self.embedder.lists(texts), strict=True)
        nodes = [self._node(text=text, embedding=vector) for text, vector in pairs]
        self._runner.run(self._store.async_add(nodes))

    def add(self, text: str) -> None:
        self._runner.run(self._block.aput([self._message(role="user", content=text)]))

    def search(self, question: str) -> int:
        """It answers with one text of all it found."""
        found = self._runner.run(self._block.aget([self._message(role="user", content=question)]))
        return str(found).count(", note ")

    def close(self) -> None:
        self._runner.close()


class Mem0(_Numbered):
    """mem0 with `infer=False`, Qdrant in a local path, telemetry off."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        os.environ |= {"MEM0_TELEMETRY": "False", "MEM0_DIR": str(folder / "mem0")}
        os.environ.setdefault("OPENAI_API_KEY", "not-used")  # its constructor asks; infer=False
        path = str(folder / "qdrant")
        self._memory = import_module("mem0").Memory.from_config(
            {
                "vector_store": {
                    "provider": "qdrant",
                    "config": {"path": path, "embedding_model_dims": DIM, "on_disk": True},
                },
                "embedder": {
                    "provider": "langchain",
                    "config": {"model": _embeddings(self.embedder)},
                },
                "history_db_path": str(folder / "history.db"),
            }
        )

    def fill(self, texts: Sequence[str]) -> None:
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        self._memory.add(text, user_id="bench", infer=False)

    def search(self, question: str) -> int:
        found = self._memory.search(question, filters={"user_id": "bench"}, top_k=10)
        return len(found["results"])


def _embeddings(embedder: Dense) -> Any:
    """The embedder as LangChain wants it."""
    base = import_module("langchain_core.embeddings").Embeddings
    methods = {
        "embed_documents": lambda self, texts: embedder.lists(texts),
        "embed_query": lambda self, text: embedder.lists([text])[0],
    }
    return type("BenchEmbeddings", (base,), methods)()


def _embed_model(embedder: Dense) -> Any:
    """The embedder as LlamaIndex wants it."""
    base = import_module("llama_index.core.embeddings").BaseEmbedding

    async def aquery(self: Any, query: str) -> list[float]:
        return embedder.lists([query])[0]

    methods = {
        "__module__": __name__,
        "_get_text_embedding": lambda self, text: embedder.lists([text])[0],
        "_get_text_embeddings": lambda self, texts: embedder.lists(texts),
        "_get_query_embedding": lambda self, query: embedder.lists([query])[0],
        "_aget_query_embedding": aquery,
    }
    return type("BenchEmbedding", (base,), methods)()


SUBJECTS: Final[dict[str, Callable[[Path], Subject]]] = {
    "ours": Ours,
    "qdrant-edge": QdrantEdge,
    "qdrant-client local": QdrantLocal,
    "langgraph InMemoryStore": LangGraphStore,
    "langchain InMemoryVectorStore": LangChainStore,
    "llamaindex SimpleVectorStore": LlamaIndexStore,
    "llamaindex VectorMemoryBlock": LlamaIndexMemoryBlock,
    "mem0": Mem0,
    "langgraph-store-qdrant": LangGraphQdrant,
}
"""Ours first; the others as issue and docs list them."""
