"""Which memories answer a question: a weighted sum of signals, then diversity, then trust."""

from __future__ import annotations


from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.recall import RecallWeights
from resmem_core.errors import InputError, InputTypeError, TooLarge
from resmem_core.memory import query, signals
from resmem_core.memory.index import NamespaceIndex
from resmem_core.memory.query import Asked
from resmem_core.memory.signals import Column
from resmem_core.protocols import Vector
from resmem_core.types import MAX_TEXT, Hit

MAX_K: Final = 10_000


def check_question(question: str, k: int) -> None:
    """Refuse a question or a `k` that cannot be used.

    Raises:
        InputTypeError: the question is not a str, or k not an int.
        TooLarge: the question has more than 16,000 characters, or k is above 10,000.
        InputError: the question is empty, or k below 1.
    """
    if not isinstance(question, str):
        raise InputTypeError(f"question must be str, got {type(question).__name__}")
    if not isinstance(k, int) or isinstance(k, bool):
        raise InputTypeError(f"k must be int, got {type(k).__name__}")
    if len(question) > MAX_TEXT:
        raise TooLarge(
            f"question has {len(question):,} characters; ask in at most {MAX_TEXT:,}"
        )
    if not question.strip():
        raise InputError("question is empty; ask something")
    if k > MAX_K:
        raise TooLarge(f"k must be from 1 to {MAX_K:,}, got {k}")
    if k < 1:
        raise InputError(f"k must be from 1 to {MAX_K:,}, got {k}")


def rank(
    index: NamespaceIndex,
    question: str,
    vector: Vector | None,
    *,
    now: float,
    k: int,
    diversity: float = 0.0,
    spread: float = 1.0,
    stress: float = 0.0,
    weights: RecallWeights | None = None,
) -> list[Hit]:
    """The k memories that answer best, best first. Pure over the index.

    Args:
        index: the namespace.
        question: 1 to 16,000 characters.
        vector: the question's embedding, or None; one that cannot be used (another length, NaN)
            is left out, because a read goes on without it.
        now: epoch seconds, for "last week" and recency.
        k: 1 to 10,000.
        diversity: 0 for relevance alone to 1 for difference alone (maximal marginal relevance).
        spread: reach of the neighbours' influence, 0 to 1.
        stress: the present stress, in [0, 1].
        weights: what each signal weighs.

    Returns:
        At most k hits. Quarantined memories are never among them, and an untrusted one never
        comes before a trusted one. `Hit.why` holds each signal's part of the score.

    Raises:
        InputError, InputTypeError, TooLarge: see `check_question`.
    """
    check_question(question, k)
    weights = weights or RecallWeights()
    if not len(index):
        return []
    index.order()
    asked = query.read(question, index, now)
    parts = _parts(index, asked, _usable(index, vector), now, spread, stress, weights)
    total = np.sum(list(parts.values()), axis=0, dtype=np.float32)
    total[~index.columns["live"] | (index.columns["trust"] == 0)] = -np.inf
    chosen = _ordered(index, _diverse(index, _best(total, k, diversity), total, k, diversity))
    return [
        Hit(index.at(s), float(total[s]), {n: float(c[s]) for n, c in parts.items() if c[s]})
        for s in chosen
    ]


def _usable(index: NamespaceIndex, vector: Vector | None) -> Vector | None:
    if vector is None or not index.scan or np.shape(vector) != (index.dim,):
        return None
    return vector if np.isfinite(vector).all() and np.any(vector) else None


def _parts(
    index: NamespaceIndex,
    asked: Asked,
    vector: Vector | None,
    now: float,
    reach: float,
    stress: float,
    weights: RecallWeights,
) -> dict[str, Column]:
    """Every signal times its weight, by name; the sum of them is the score."""
    w, columns = weights, index.columns
    context = w.several if asked.several else 1.0
    words, episode = signals.bm25(index, asked, w)
    parts = {"words": w.words * words}
    if vector is not None:
        parts["dense"] = w.dense * signals.dense(index, vector)
    content = np.sum(list(parts.values()), axis=0, dtype=np.float32)
    parts["neighbours"] = signals.spread(index, content, w, reach * context)
    top = float((content + parts["neighbours"]).max())
    if top > 0:
        parts = {name: column / top for name, column in parts.items()}
    matched = {
        "speaker": (w.speaker, signals.speaker(index, asked)),
        "date": (w.date, signals.date_match(index, asked)),
        "when": (w.when, columns["time"] if asked.when else None),
        "episode": (w.episode * context, episode),
        "asks": (-w.asks, columns["asks"]),
        "first_person": (w.first_person, columns["first_person"]),
        "length": (w.length / 3, np.log1p(columns["words"])),
        "image": (w.image, columns["image"]),
        "recency": (w.recency, signals.recency(index, now, w.half_life)),
        "value": (w.value, columns["value"] - 0.5),
        "credit": (w.credit, columns["credit"]),
        "congruence": (-w.congruence, np.abs(columns["stress"] - stress)),
        "superseded": (-w.superseded, columns["superseded"]),
    }
    for name, (weight, column) in matched.items():
        if weight and column is not None:
            parts[name] = (weight * column).astype(np.float32)
    return parts


def _best(total: Column, k: int, diversity: float) -> NDArray[np.intp]:
    """The best rows in order: k of them, or more where diversity may choose among them."""
    count = min(k if diversity <= 0 else 4 * k + 16, int(np.isfinite(total).sum()))
    found = np.argpartition(-total, count - 1)[:count] if count < len(total) else None
    rows = np.arange(len(total)) if found is None else found
    order = np.lexsort((rows, -total[rows]))
    return rows[order][:count]


def _diverse(
    index: NamespaceIndex, rows: NDArray[np.intp], total: Column, k: int, diversity: float
) -> NDArray[np.intp]:
    """Maximal marginal relevance (Carbonell and Goldstein, 1998) over the best rows."""
    if diversity <= 0 or len(rows) < 2:
        return rows[:k]
    vectors = index.columns["vector"][rows]
    scores = total[rows] - total[rows].min()
    scores /= max(float(scores.max()), 1e-9)
    nearest = np.zeros(len(rows), np.float32)
    chosen: list[int] = []
    for _ in range(min(k, len(rows))):
        merit = (1 - diversity) * scores - diversity * nearest
        merit[chosen] = -np.inf
        best = int(np.argmax(merit))
        chosen.append(best)
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return rows[chosen]


def _ordered(index: NamespaceIndex, rows: Sequence[int] | NDArray[np.intp]) -> list[int]:
    """Trusted before untrusted; otherwise as they come."""
    trust = index.columns["trust"]
    return sorted((int(row) for row in rows), key=lambda row: -int(trust[row]))


