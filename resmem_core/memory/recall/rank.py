"""Which memories answer a question: the best by their order, and how far each of them does."""

from __future__ import annotations

from typing import Final

import numpy as np

from resmem_core.config.recall import RecallWeights
from resmem_core.errors import InputError, InputTypeError, TooLarge
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import companions, news, order, parts, query, relevance
from resmem_core.memory.recall.features import Slots
from resmem_core.memory.text.courtesy import is_small_talk
from resmem_core.protocols import Vector
from resmem_core.types import MAX_TEXT, Hit, Hits

MAX_K: Final = 10_000
"""The most memories that one recall may ask for."""


NOTHING_STORED: Final = "nothing is stored here"
SMALL_TALK: Final = "small talk calls for no memory"


def check_question(question: str, k: int) -> None:
    """Refuse a question or a `k` that cannot be used.

    Raises:
        InputTypeError: the question is not a str, or k not an int.
        TooLarge: the question has more than 16,000 characters, or k is above 10,000.
        InputError: the question is empty, or k below 1.
    """
    if not isinstance(question, str):
        raise InputTypeError(f"question must be str, got {type(question).__name__}")
    if not isinstance(k, int | np.integer) or isinstance(k, bool):
        raise InputTypeError(f"k must be int, got {type(k).__name__}")
    if len(question) > MAX_TEXT:
        raise TooLarge(f"question has {len(question):,} characters; {MAX_TEXT:,} are allowed")
    if not question.strip():
        raise InputError("question is empty; ask something")
    if k > MAX_K:
        raise TooLarge(f"k must be from 1 to {MAX_K:,}, got {k:,}")
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
    stress: float = 0.0,
    weights: RecallWeights | None = None,
    hidden: Slots | None = None,
    min_relevance: float = 0.0,
    words: query.Words | None = None,
) -> Hits:
    """The k memories that answer best, best first. Pure over the index.

    Args:
        index: the namespace.
        question: 1 to 16,000 characters.
        vector: the question's embedding [dim], with those of its pieces below it [1 + pieces, dim]
            where the embedder tells them, or None; one that cannot be used (another length, NaN,
            zero) is left out, because a read goes on without it.
        now: epoch seconds, for "last week" and recency.
        k: 1 to 10,000.
        diversity: 0 for relevance alone to 1 for difference alone (maximal marginal relevance).
        stress: the present stress, in [0, 1].
        weights: what each signal weighs.
        hidden: rows that are not to be among the hits.
        min_relevance: hits below it are left out.
        words: the question's, where they were read before a lock was taken.

    Returns:
        At most k hits, and where there are none the reason. Small talk and bare questions are not
        among them, unless the question is about such or `min_relevance` is 0, nor are quarantined
        memories; an untrusted one never comes before a trusted one, nor an older version of a fact
        before the newer. At most `weights.untrusted` of the k places, rounded up, are for untrusted
        ones, also where fewer trusted ones fit, unless `min_relevance` is 0. `Hit.why` holds each
        signal's part of `Hit.score`, `Hit.part` says which part of a long text answers.

    Raises:
        InputError, InputTypeError, TooLarge: see `check_question`.
    """
    check_question(question, k)
    if not len(index):
        return Hits(reason=NOTHING_STORED)
    words = words or query.words_of(question, now)
    question = words.text
    if min_relevance > 0 and is_small_talk(question):
        return Hits(reason=SMALL_TALK)
    found = order.order(
        index,
        words,
        vector,
        now=now,
        k=k,
        diversity=diversity,
        stress=stress,
        weights=weights,
        hidden=hidden,
        min_relevance=min_relevance,
    )
    rows = found.rows.tolist()
    standing = relevance.measure(index, question, found.asked, found.vector, rows, found.merit)
    near = standing.relevance.tolist()
    hits = [
        Hit(
            memory := index.at(slot),
            score,
            why,
            fits,
            companions.question_of(index, slot),
            part=parts.part_of(index, found.asked, memory.text),
        )
        for slot, score, why, fits in zip(rows, found.scores(), found.reasons(), near, strict=True)
        if fits >= min_relevance
    ]
    if min_relevance > 0:
        hits = news.with_news(index, hits, found.asked.attribute)[:k]
    return Hits(hits, "" if hits else relevance.reason(question, standing))
