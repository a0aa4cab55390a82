"""The memories of LangGraph, LangChain and LlamaIndex, and mem0; loaded by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.peers.subject import DIM, NAMESPACE, Numbered, Survives, embed_model, embeddings


class LangGraphStore(Numbered):
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


class LangChainStore(Numbered):
    """LangChain's InMemoryVectorStore."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        store = import_module("langchain_core.vectorstores").InMemoryVectorStore
        self._store = store(embeddings(self.embedder))

    def fill(self, texts: Sequence[str]) -> None:
        self._store.add_texts(list(texts))

    def add(self, text: str) -> None:
        self._store.add_texts([text])

    def search(self, question: str) -> int:
        return len(self._store.similarity_search(question, k=10))


class LlamaIndexStore(Numbered):
    """LlamaIndex's VectorStoreIndex over its SimpleVectorStore."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        core = import_module("llama_index.core")
        self._node = import_module("llama_index.core.schema").TextNode
        self._index = core.VectorStoreIndex([], embed_model=embed_model(self.embedder))
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


class LlamaIndexMemoryBlock(Numbered):
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
            embed_model=embed_model(self.embedder),
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


class Mem0(Numbered):
    """mem0 with `infer=False`, Qdrant in a local path, telemetry off."""

    survives: ClassVar[Survives] = "power loss"

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
                    "config": {"model": embeddings(self.embedder)},
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
