"""The signals of recall: each a column of one number per row of the index."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.recall import RecallWeights
from resmem_core.memory.dates import EPOCH
from resmem_core.memory.index import NamespaceIndex
from resmem_core.memory.query import Asked
from resmem_core.protocols import Vector

Column = NDArray[np.float32]

_DAY: Final = 86_400.0


def bm25(index: NamespaceIndex, asked: Asked, weights: RecallWeights) -> tuple[Column, Column]:
    """BM25 of every row, and of the episode that it is in, each scaled to a maximum of 1.

    Robertson and Zaragoza (2009), with the idf that cannot be negative: ln(1 + (N-n+.5)/(n+.5)).
    """
    lengths, episode = index.columns["words"], index.columns["episode"]
    live = index.columns["live"]
    rows_score = np.zeros(len(lengths), np.float32)
    episode_words = np.bincount(episode, lengths * live, index.episodes)
    episode_score = np.zeros(index.episodes, np.float32)
    many = max(1, np.count_nonzero(episode_words))
    norm = _norm(lengths, float(lengths[live].mean()), weights)
    episode_norm = _norm(episode_words, float(episode_words.sum() / many), weights)
    for stem, weight in _wanted(asked, weights.related):
        rows, counts = index.postings.get(stem)
        if not len(rows):
            continue
        idf = _idf(index.postings.frequency(stem), len(index))
        rows_score[rows] += weight * idf * counts * (weights.k1 + 1) / (counts + norm[rows])
        counts = np.where(live[rows], counts, 0)
        total = np.bincount(episode[rows], counts, index.episodes)
        idf = _idf(np.count_nonzero(total), many)
        episode_score += weight * idf * total * (weights.k1 + 1) / (total + episode_norm)
    rows_score *= live
    return _scaled(rows_score), _scaled(episode_score)[episode]


def _wanted(asked: Asked, related: float) -> list[tuple[str, float]]:
    others = [(stem, related) for stem in sorted(asked.related)] if related else []
    return [*asked.stems.items(), *others]


def _norm(lengths: NDArray[np.floating], mean: float, weights: RecallWeights) -> Column:
    share = lengths / max(mean, 1e-9)
    return (weights.k1 * (1 - weights.b + weights.b * share) + 1e-9).astype(np.float32)


def _idf(frequency: int, total: int) -> float:
    return float(np.log1p((total - frequency + 0.5) / (frequency + 0.5)))


def _scaled(column: Column) -> Column:
    top = float(column.max(initial=0.0))
    return column / np.float32(top) if top > 0 else column


def dense(index: NamespaceIndex, vector: Vector) -> Column:
    """Cosine of every row with the question, as (s - mean) / (max - mean) over live rows."""
    live = index.columns["live"]
    scores: Column = index.columns["vector"] @ vector.astype(np.float32)
    mean, top = float(scores[live].mean()), float(scores[live].max())
    if top - mean < 1e-9:
        return np.zeros_like(scores)
    return np.where(live, (scores - mean) / (top - mean), 0).astype(np.float32)


def spread(index: NamespaceIndex, content: Column, weights: RecallWeights, reach: float) -> Column:
    """What a row gets from its neighbours in the episode, one and two away."""
    before, after = index.columns["previous"], index.columns["next"]
    padded = np.append(content, np.float32(0))  # -1, "no neighbour", reads the zero at the end
    out = weights.previous * padded[before] + weights.next * padded[after]
    hop = np.append(before, -1)
    out += weights.previous2 * padded[hop[before]]
    hop = np.append(after, -1)
    out += weights.next2 * padded[hop[after]]
    return (reach * out).astype(np.float32)


def speaker(index: NamespaceIndex, asked: Asked) -> Column | None:
    """1 for what the one person that the question names has said."""
    if len(asked.people) != 1:
        return None
    (who,) = asked.people
    return (index.columns["author"] == who).astype(np.float32)


def date_match(index: NamespaceIndex, asked: Asked) -> Column | None:
    """How near a row's day, or the time it names, is to the time that the question names."""
    if not asked.spans:
        return None
    said = np.floor(index.columns["at"] / _DAY) + EPOCH
    best = np.zeros(len(said), np.float32)
    for first, last in asked.spans:
        weight = 0.5 if last - first > 92 else 1.0
        slack = 3.0 + (last - first) / 4
        own = np.maximum(np.maximum(first - said, said - last), 0)
        told = np.maximum(first - index.columns["to_day"], index.columns["from_day"] - last)
        told = np.where(index.columns["to_day"] >= 0, np.maximum(told, 0), 10**6)
        gap = np.minimum(own, told)
        best = np.maximum(best, weight * np.exp(-gap / slack)).astype(np.float32)
    return best


def recency(index: NamespaceIndex, now: float, half_life: float) -> Column:
    """2^(-age / half-life); a memory from the future counts as new."""
    age = np.maximum(now - index.columns["at"], 0.0) / _DAY
    return np.exp2(-age / half_life).astype(np.float32)
