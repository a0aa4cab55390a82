"""What recall costs: milliseconds of a search, bytes of a stored message."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import controls
from benchmarks.memory.conversations import Question
from benchmarks.memory.score import Prepared, ours
from resmem_core.config.recall import RecallWeights
from resmem_core.engine.state.components import embed_question
from resmem_core.memory.recall import query
from resmem_core.protocols import Embedder, Put, Row
from resmem_core.stores import open_store

_K = 10
"""Memories that a timed search asks for."""
_ASKED = 50
"""Questions that are timed."""


def measure(
    prepared: Sequence[Prepared],
    kept: Sequence[Sequence[Row]],
    embedder: Embedder,
    weights: RecallWeights,
) -> dict[str, dict[str, float]]:
    """Per ranker: "ms", the median of one search with the question's embedding, and "bytes".

    `kept` are the rows that ours stores of each conversation. Bytes per message are those of our
    database file with everything in it; for the plain rankers only what they search: the text,
    the vector, or both. Measured on the largest conversation.
    """
    part, rows = max(zip(prepared, kept, strict=True), key=lambda pair: len(pair[0].messages))
    index = part.index(rows)
    rank = ours(part, index, weights)

    def search(question: Question, k: int) -> Any:
        if part.scan:
            embed_question(embedder, query.for_embedding(question.text, index))
        return rank(question, k)

    searches: dict[str, Callable[[Question, int], Any]] = {
        "ours": search,
        **controls.rankers(part, lambda text: embedder.embed([text])[0]),
    }
    sizes = _bytes(part, rows)
    return {
        name: {"ms": _median_ms(each, part.conversation.questions), "bytes": sizes[name]}
        for name, each in searches.items()
        if name in sizes
    }


def _median_ms(search: Callable[[Question, int], Any], questions: Sequence[Question]) -> float:
    took = []
    for question in questions[:_ASKED]:
        began = time.perf_counter()
        search(question, _K)
        took.append((time.perf_counter() - began) * 1e3)
    return round(float(np.median(took)), 3) if took else 0.0


def _bytes(part: Prepared, rows: Sequence[Row]) -> dict[str, float]:
    count = max(1, len(part.messages))
    text = sum(len(m.message.text.encode()) for m in part.conversation.messages) / count
    vector = float(part.messages.shape[1] * 4)
    sizes = {
        "ours": stored(rows) / count,
        "bm25s": text,
        "cosine": vector + text,
        "rrf": vector + text,
    }
    return {name: round(size, 1) for name, size in sizes.items()}


def stored(rows: Sequence[Row]) -> int:
    """Bytes of a database file with these memories in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.db"
        store = open_store(str(path))
        store.apply([Put(tuple(rows))])
        store.close()
        return path.stat().st_size
