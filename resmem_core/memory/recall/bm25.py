"""BM25 of memories and of their episodes, in which a message takes words from those around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import features
from resmem_core.memory.recall.features import Column, Slots
from resmem_core.memory.recall.query import Asked

Around: TypeAlias = tuple[Slots, Slots, Column]
"""Each row's neighbour in one direction, in the opposite one, and what its words count here."""

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
    episode = index.kept("episode", lambda: features.places(index, "episode"))
    scores = np.zeros(len(by_row), np.float32)
    around = index.kept(("around", weights), lambda: _around(index, weights))
    episode_scores = np.zeros(index.episodes, np.float32)
    for stem, weight, idf in _wanted(index, asked, weights):
        if stem in index.context:
            rows, counts = index.context.get(stem)
            scores[rows] += np.float32(weights.context) * idf * counts / (counts + by_row[rows])
        rows, counts = index.postings.get(stem)
        if not len(rows):
            continue
        _add(scores, rows, idf * counts / (counts + by_row[rows]), around)
        counts = counts if live is None else counts * live[rows]
        totals = _totals(episode, rows, counts, index.episodes)
        rarity = np.float32(weight * features.idf(int(np.count_nonzero(totals)), episodes))
        episode_scores += (rarity * totals / (totals + by_episode)).astype(np.float32)
    if live is not None:
        scores *= live
    sharp = weights.sharp_words
    whole = features.sharpened(features.scaled(episode_scores), sharp)
    return features.sharpened(features.scaled(scores), sharp), whole[episode]


def _add(scores: Column, rows: Slots, part: Column, around: Sequence[Around]) -> None:
    """Add a stem's part to the rows that hold it, and a share to those around that do not."""
    if not around:
        scores[rows] += part
        return
    own = np.zeros(len(scores) + 1, np.float32)  # where there is no neighbour, it reads the zero
    own[rows] = part
    touched = np.concatenate([rows, *(back[rows] for _, back, _ in around)])
    touched = touched[touched < len(scores)]
    best = own[touched]
    for near, _, share in around:
        np.maximum(best, share[touched] * own[near[touched]], out=best)
    scores[touched] += best  # once each, however often it is named


def _around(index: NamespaceIndex, w: RecallWeights) -> tuple[Around, ...]:
    """Where a row may take a word from, and what it counts there, by `RecallWeights.beside`."""
    before, after, before2, after2 = index.kept("near", lambda: features.near(index))[0]
    machine = index.columns["machine"]
    replied = np.where(machine, w.beside, max(w.beside, w.reply)).astype(np.float32)
    one, two = (np.full(len(machine), share, np.float32) for share in (w.beside, w.beside2))
    found = (
        (before, after, one), (after, before, replied),
        (before2, after2, two), (after2, before2, two),
    )  # fmt: skip
    return tuple(each for each in found if each[2].any())


def _norms(index: NamespaceIndex, weights: RecallWeights) -> tuple[Column, Column, int]:
    """What BM25 divides by, per row and per episode; and how many episodes hold words."""
    lengths = index.columns["words"] * index.columns["live"]
    by_episode = np.bincount(index.columns["episode"], lengths, index.episodes)
    episodes = int(np.count_nonzero(by_episode))
    return _norm(lengths, len(index), weights), _norm(by_episode, episodes, weights), episodes


def _wanted(
    index: NamespaceIndex, asked: Asked, weights: RecallWeights
) -> list[tuple[str, float, np.float32]]:
    """Stem, weight and weighted idf of what is asked for.

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


def _totals(
    episode: NDArray[np.intp], rows: NDArray[np.intp], counts: Column, episodes: int
) -> NDArray[Any]:
    """How often the rows' stem occurs in each episode."""
    if episodes == 1:
        return np.array([counts.sum()])
    return np.bincount(episode[rows], counts, episodes)


def _norm(lengths: NDArray[Any], count: int, weights: RecallWeights) -> Column:
    mean = max(float(lengths.sum()) / max(count, 1), 1e-9)
    norm = weights.k1 * (1 - weights.b + weights.b * lengths / mean)
    return np.asarray(norm + 1e-9, np.float32)
