"""BM25 of memories and of their episodes, in which a message takes words from those around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resmem_core import kernel
from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.index.postings import Places
from resmem_core.memory.recall import features
from resmem_core.memory.recall.features import Column
from resmem_core.memory.recall.parts import Wanted, by_part
from resmem_core.memory.recall.query import Asked

NOTHING: Final = 1e-4
"""Share of the rarest stem's weight below which a stem is not looked up."""


def bm25(index: NamespaceIndex, asked: Asked, weights: RecallWeights) -> tuple[Column, Column]:
    """BM25 of every row, and of its episode, each scaled to a maximum of 1 and sharpened.

    A row takes words that it does not hold from those around it, at a share (`RecallWeights`).
    Robertson and Zaragoza (2009), with the idf that cannot be negative: ln(1 + (N-n+.5)/(n+.5)).
    """
    by_row, by_episode, episodes = index.kept(
        ("norms", weights.k1, weights.b), lambda: _norms(index, weights)
    )
    live = features.living(index)
    episode = index.columns["episode"]
    wanted = _wanted(index, asked, weights)
    starts, rows, counts = index.postings.together([stem for stem, _, _ in wanted])
    rarity = np.array([idf for _, _, idf in wanted], np.float32)
    near, share = index.kept(("beside", weights), lambda: _beside(index, weights))
    scores = kernel.bm25(starts, rows, counts, rarity, by_row, near, share)
    if len(index.context):
        scores += _left(index, wanted, by_row, weights.context)
    counts = counts if live is None else counts * live[rows]
    totals = kernel.tally(starts, rows, counts, episode, index.episodes)
    held = np.count_nonzero(totals, axis=1).tolist()
    rare = [w * features.idf(n, episodes) for (_, w, _), n in zip(wanted, held, strict=True)]
    whole = (np.array(rare)[:, None] * (totals / (totals + by_episode))).sum(axis=0)
    if live is not None:
        scores *= live
    scores = by_part(index, wanted, scores, weights)
    sharp = weights.sharp_words
    around = features.sharpened(features.scaled(whole), sharp)
    return features.sharpened(features.scaled(scores), sharp), around.take(episode)


def _left(index: NamespaceIndex, wanted: Sequence[Wanted], norms: Column, weight: float) -> Column:
    """The same of the words that dropped neighbours left."""
    scores = np.zeros(len(norms), np.float32)
    for stem, _, idf in wanted:
        rows, counts = index.context.get(stem)
        scores[rows] += np.float32(weight) * idf * counts / (counts + norms[rows])
    return scores


def _beside(index: NamespaceIndex, w: RecallWeights) -> tuple[Places, Column]:
    """Where each row may take a word from, and what it counts there, by `RecallWeights.beside`."""
    near = index.kept("near", lambda: features.near(index))
    machine = index.columns["machine"]
    share = np.empty(near.shape, np.float32)
    share[:] = (w.beside, w.beside, w.beside2, w.beside2)
    share[~machine, 1] = max(w.beside, w.reply)
    return (near, share) if share.any() else (near[:, :0], share[:, :0])


def _norms(index: NamespaceIndex, weights: RecallWeights) -> tuple[Column, Column, int]:
    """What BM25 divides by, per row and per episode; and how many episodes hold words."""
    lengths = index.columns["words"] * index.columns["live"]
    by_episode = np.bincount(index.columns["episode"], lengths, index.episodes)
    episodes = int(np.count_nonzero(by_episode))
    return _norm(lengths, len(index), weights), _norm(by_episode, episodes, weights), episodes


def _wanted(index: NamespaceIndex, asked: Asked, weights: RecallWeights) -> list[Wanted]:
    """What is asked for.

    A stem that nearly every memory holds is left out: it could add less than `NOTHING` of what
    the rarest stem may add (the bound by which MaxScore skips a list, Turtle and Flood 1995).
    """
    found = [
        (
            stem,
            weight,
            np.float32(weight * features.idf(index.postings.frequency(stem), len(index))),
        )
        for stem, weight in _weighed(asked, weights)
    ]
    least = NOTHING * max((idf for _, _, idf in found), default=np.float32(0))
    return [item for item in found if item[2] >= least]


def _weighed(asked: Asked, weights: RecallWeights) -> Iterator[tuple[str, float]]:
    yield from asked.stems.items()
    forms = dict.fromkeys(form for each in asked.forms.values() for form in each)
    others = forms.keys() - asked.stems.keys() - asked.compounds
    for weight, stems in (
        (weights.forms, others),
        (weights.related, asked.related),
        (weights.compounds, asked.compounds),
    ):
        if weight:
            yield from ((stem, weight) for stem in sorted(stems))


def _norm(lengths: NDArray[Any], count: int, weights: RecallWeights) -> Column:
    mean = max(float(lengths.sum()) / max(count, 1), 1e-9)
    norm = weights.k1 * (1 - weights.b + weights.b * lengths / mean)
    return np.asarray(norm + 1e-9, np.float32)
