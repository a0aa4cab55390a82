"""Ours, and all that are measured beside it, by name.

The others are optional and loaded when they are asked for, so that this package depends on none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from benchmarks.peers import frameworks, qdrant
from benchmarks.peers.subject import NAMESPACE, Dense, Subject, Survives
from resmem_core.config.sleep import SleepConfig
from resmem_core.engine import ResilientMemory
from resmem_core.memory.index.minilm import MiniLMEmbedder
from resmem_core.protocols import Embedder
from resmem_core.types import Message


class Ours:
    """A SQLite file through the public API: redact, classify, gate, commit; search without credit.

    `keep=1.0`, so that nothing is dropped but repeats.
    """

    survives: ClassVar[Survives] = "power loss"

    embedder: ClassVar[type[Embedder]] = Dense

    def __init__(self, folder: Path) -> None:
        self._memory = ResilientMemory.open(
            str(folder / "ours.db"), keep=1.0, embedder=self.embedder(), sleep=SleepConfig()
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


class OursSemantic(Ours):
    """The same with the model of the extra `semantic`, which the others are spared."""

    embedder = MiniLMEmbedder


SUBJECTS: Final[dict[str, Callable[[Path], Subject]]] = {
    "ours": Ours,
    "ours with MiniLM": OursSemantic,
    "qdrant-edge": qdrant.QdrantEdge,
    "qdrant-edge, flushed": qdrant.QdrantEdgeFlushed,
    "qdrant-client local": qdrant.QdrantLocal,
    "langgraph InMemoryStore": frameworks.LangGraphStore,
    "langchain InMemoryVectorStore": frameworks.LangChainStore,
    "llamaindex SimpleVectorStore": frameworks.LlamaIndexStore,
    "llamaindex VectorMemoryBlock": frameworks.LlamaIndexMemoryBlock,
    "mem0": frameworks.Mem0,
    "langgraph-store-qdrant": qdrant.LangGraphQdrant,
}
"""Ours first; the others as issue and docs list them."""
