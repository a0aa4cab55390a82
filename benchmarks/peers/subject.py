"""What is measured: something behind three calls, with one embedder for all."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar, Final, Literal, Protocol, TypeAlias

from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.protocols import Vector

Survives: TypeAlias = Literal["power loss", "a crash", "nothing"]
"""What a text outlives whose `add` has returned."""

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
    """Something that stores texts and finds them again.

    Attributes:
        survives: what a text outlives whose `add` has returned.
    """

    survives: ClassVar[Survives]

    def fill(self, texts: Sequence[str]) -> None:
        """Store many texts, in the fastest way it offers."""

    def add(self, text: str) -> None:
        """Store one text, as durably as it can."""

    def search(self, question: str) -> int:
        """Find ten; how many were found."""

    def close(self) -> None:
        """Release everything."""


class Numbered:
    """Counts ids for libraries that want one per item; kept in memory unless said otherwise."""

    survives: ClassVar[Survives] = "nothing"

    def __init__(self) -> None:
        self.embedder = Dense()
        self.count = 0

    def next(self) -> int:
        self.count += 1
        return self.count

    def close(self) -> None:
        """Nothing to release."""


def embeddings(embedder: Dense) -> Any:
    """The embedder as LangChain wants it."""
    base = import_module("langchain_core.embeddings").Embeddings
    methods = {
        "embed_documents": lambda self, texts: embedder.lists(texts),
        "embed_query": lambda self, text: embedder.lists([text])[0],
    }
    return type("BenchEmbeddings", (base,), methods)()


def embed_model(embedder: Dense) -> Any:
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
