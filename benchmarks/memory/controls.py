"""What recall is compared with: BM25, cosine, the fusion of their ranks, and fixed orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory.conversations import Question
from benchmarks.memory.score import Prepared, Ranker
from resmem_core.errors import missing_extra
from resmem_core.protocols import Vector

Scores: TypeAlias = NDArray[np.float64]

_FUSION = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009)."""


def rankers(prepared: Prepared, embed: Callable[[str], Vector], seed: int = 0) -> dict[str, Ranker]:
    """The controls over one conversation, by name.

    BM25 reads the speaker's name before each message, which is its better form by far here; "user
    first" is BM25 with all of the user's messages before all others.

    Raises:
        MissingExtra: bm25s is not installed.
    """
    ids = [str(item.message.id) for item in prepared.conversation.messages]
    by_words = bm25(
        [f"{m.message.author}: {m.message.text}" for m in prepared.conversation.messages]
    )

    def words(question: Question) -> Scores:
        return by_words(question.text)

    def cosine(question: Question) -> Scores:
        return np.asarray(prepared.messages @ embed(question.text), np.float64)

    def fused(question: Question) -> Scores:
        return np.asarray(_reciprocal(words(question)) + _reciprocal(cosine(question)))

    said = prepared.conversation.messages
    length = np.array([float(len(item.message.text)) for item in said])
    by_user = np.array([float(item.message.role == "user") for item in said])
    rng = np.random.default_rng(seed)
    scores: dict[str, Callable[[Question], Scores]] = {
        "bm25s": words,
        "cosine": cosine,
        "rrf": fused,
        "user first": lambda question: words(question) + 1e6 * by_user,
        "random": lambda _: rng.random(len(ids)),
        "longest": lambda _: length,
        "newest": lambda _: np.arange(len(ids), dtype=np.float64),
    }
    return {name: _ranked(score, ids) for name, score in scores.items()}


def _ranked(score: Any, ids: Sequence[str]) -> Ranker:
    def ranked(question: Question, k: int) -> list[tuple[str, ...]]:
        order = np.argsort(-score(question), kind="stable")[:k]
        return [(ids[i],) for i in order]

    return ranked


def _reciprocal(scores: Scores) -> Scores:
    rank = np.empty(len(scores))
    rank[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return np.asarray(1.0 / (_FUSION + 1 + rank))


def bm25(texts: Sequence[str]) -> Callable[[str], Scores]:
    """The score of each text for a question: `bm25s` with its defaults and its English stop words,
    no stemmer.

    Raises:
        MissingExtra: bm25s is not installed.
    """
    try:
        import bm25s  # noqa: PLC0415  # only this benchmark needs it
    except ImportError as error:
        raise missing_extra("bench", "bm25s") from error
    model = bm25s.BM25()
    model.index(
        bm25s.tokenize(list(texts), stopwords="en", show_progress=False), show_progress=False
    )

    def score(question: str) -> Scores:
        words = bm25s.tokenize([question], stopwords="en", return_ids=False, show_progress=False)[0]
        return np.asarray(model.get_scores(words), np.float64) if words else np.zeros(len(texts))

    return score
