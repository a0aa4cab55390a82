"""The order of memories for a question: the sum of signals, then versions, diversity, trust."""

from __future__ import annotations

import math
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core import kernel
from resmem_core.config.recall import RecallWeights
from resmem_core.memory.gate import statements
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import bm25, features, kind, late, query
from resmem_core.memory.recall.features import Column, Slots
from resmem_core.memory.recall.query import Asked
from resmem_core.memory.text.idle import asks_about_talk
from resmem_core.protocols import Vector

_PLAIN: Final = RecallWeights()
_READ: Final = 64
"""Best memories of an overview that are read for what they state."""
_QUARANTINED: Final = 0
_UNTRUSTED: Final = 1

Signs: TypeAlias = dict[str, tuple[float, Column]]
"""Signal → its weight and its column."""


class Order(NamedTuple):
    """Rows in the order of their score.

    Attributes:
        rows: the best ones, best first; merit: what each of them says of what is asked, which an
            older version of a fact does no less than the newer.
        total: each row's score; parts: what it is made of.
        asked: the question as it was read; vector: its embedding, where it can be used.
    """

    rows: Slots
    merit: Column
    total: Column
    parts: Signs
    asked: Asked
    vector: Vector | None

    def scores(self) -> list[float]:
        """The total of each chosen row."""
        found: list[float] = self.total[self.rows].tolist()
        return found

    def reasons(self) -> list[dict[str, float]]:
        """Each signal's part of a chosen row's total, without those that are 0."""
        signs = self.parts.values()
        shares = np.array([w * column[self.rows].astype(float) for w, column in signs]).T.tolist()
        return [{n: x for n, x in zip(self.parts, row, strict=True) if x} for row in shares]


def order(
    index: NamespaceIndex,
    words: query.Words,
    vector: Vector | None,
    *,
    now: float,
    k: int,
    diversity: float = 0.0,
    stress: float = 0.0,
    weights: RecallWeights | None = None,
    hidden: Slots | None = None,
    min_relevance: float = 0.0,
) -> Order:
    """The k rows that answer best, before it is asked how far they do: see `rank.rank`.

    The index holds one memory at least.
    """
    index.order()
    embedded = _usable(index, vector)
    weights = kind.weights_here(index, weights or _PLAIN)
    asked = query.read(words, index, now)
    signs = _content(index, asked, embedded, weights)
    signs |= _matched(index, asked, now, stress, weights)
    always, together = index.kept(("standing", weights), lambda: _standing(index, weights))
    total = _fused(signs | together)
    parts = signs | always
    final = _newest_first(index, total, weights.superseded)
    parts["superseded"] = (1.0, final - total)
    if asked.overview:
        final, parts = _overview(index)
    talk = not min_relevance or asks_about_talk(words.text)
    final[index.kept(("hidden", talk), lambda: _hidden(index, talk))] = -np.inf
    if hidden is not None:
        final[hidden] = -np.inf
    if min_relevance > 0:
        _limit_untrusted(index, final, math.ceil(weights.untrusted * k))
    best = _best(final, k if diversity <= 0 else 4 * k + 16)
    chosen = _trusted_first(index, _diverse(index, best, final, k, diversity))
    merit = np.maximum(final, total)[chosen]  # an older version says no less of what is asked
    return Order(chosen, merit, final, parts, asked, None if embedded is None else embedded[0])


def _hidden(index: NamespaceIndex, talk: bool) -> Slots:
    """The rows that are not shown: gone, quarantined, and, but for `talk`, what only talks."""
    gone = ~index.columns["live"] | (index.columns["trust"] == _QUARANTINED)
    return np.flatnonzero(gone if talk else gone | index.derived["idle"])


def _overview(index: NamespaceIndex) -> tuple[Column, Signs]:
    """What people said of themselves, the worthiest and newest first, whatever the words."""
    columns = index.columns
    signs: Signs = {
        "user": (2.0, (~columns["machine"]).astype(np.float32)),
        "first_person": (1.0, columns["first_person"].astype(np.float32)),
        "value": (1.0, columns["value"]),
        "recency": (0.5, _place(columns["seq"])),
        "superseded": (-2.0, columns["superseded"].astype(np.float32)),
    }
    told = np.zeros(len(columns["seq"]), np.float32)
    for slot in np.argsort(-_fused(signs))[:_READ].tolist():
        told[slot] = any(one.who == "me" for one in statements.read(index.at(slot).text))
    signs["stated"] = (2.0, told)  # who wants something done tells little of themselves
    return _fused(signs), signs


def _place(values: NDArray[np.int64]) -> Column:
    """Where each value stands among all, in [0, 1)."""
    return (np.argsort(np.argsort(values)) / max(len(values), 1)).astype(np.float32)


def _fused(signs: Signs) -> Column:
    """The weighted sum, in one pass."""
    weights, columns = zip(*signs.values(), strict=True)
    return kernel.fuse(columns, np.array(weights, np.float32))


def _usable(index: NamespaceIndex, vector: Vector | None) -> Vector | None:
    """The question's vector, above those of its pieces [1 + pieces, dim]; None if of no use."""
    if vector is None or not index.scan or np.shape(vector)[-1:] != (index.dim,):
        return None
    rows = np.atleast_2d(vector)
    return rows if rows.ndim == 2 and np.isfinite(rows).all() and np.any(rows[0]) else None


def _content(
    index: NamespaceIndex, asked: Asked, embedded: Vector | None, w: RecallWeights
) -> Signs:
    """What is said and near what is said, weighted so that the best row has 1.

    `embedded` holds the question's vector, and below it those of its pieces.
    """
    words, episode = bm25.bm25(index, asked, w)
    context = w.several if asked.several else 1.0
    signs: Signs = {"words": (w.words, words)}
    if embedded is not None:
        dense = features.dense(index, embedded[0], w.sharp_dense)
        signs["dense"] = (w.dense, dense)
        if w.late and len(embedded) > 1:
            best = _fused(signs)
            pieces = late.column(index, embedded[1:], best, dense, w.sharp_dense)
            signs["late"] = (w.late, pieces)
    elif w.meaning and (means := features.means(index, asked, w.sharp_dense)) is not None:
        signs["meaning"] = (w.meaning, means)
    by = features.speaker(index, asked)
    if by is not None and w.others != 1:
        heard = np.float32(w.others) + np.float32(1 - w.others) * by
        signs = {name: (weight, column * heard) for name, (weight, column) in signs.items()}
    content = _fused(signs)
    near = features.neighbours(index, content, w, context)
    links = features.linked(index, content, w.linked)
    for name, column in (("neighbours", near), ("linked", links)):
        if column is not None:
            signs[name] = (1.0, column)
            content = content + column
    top = float(content.max())
    scale = 1.0 / top if top > 0 else 0.0
    signs = {name: (weight * scale, column) for name, (weight, column) in signs.items()}
    return {**signs, "episode": (w.episode * context, episode)}


def _matched(
    index: NamespaceIndex, asked: Asked, now: float, stress: float, w: RecallWeights
) -> Signs:
    """Who said it and when, by what is asked and how it is asked."""
    columns = index.columns
    signs: dict[str, tuple[float, Column | None]] = {
        "speaker": (w.speaker, features.speaker(index, asked)),
        "date": (w.date, features.date_match(index, asked)),
        "when": (w.when, columns["time"] if asked.when else None),
        "recency": (w.recency, features.recency(index, now, w.half_life)),
        "congruence": (-w.congruence, np.abs(columns["stress"] - np.float32(stress))),
    }
    return {
        name: (weight, column)
        for name, (weight, column) in signs.items()
        if weight and column is not None
    }


def _standing(index: NamespaceIndex, w: RecallWeights) -> tuple[Signs, Signs]:
    """How it is said and how it has served so far, the same for every question; and as one."""
    columns = index.columns
    signs = {
        "asks": (-w.asks, columns["asks"]),
        "user": (w.user, ~columns["machine"]),
        "first_person": (w.first_person, columns["first_person"]),
        "length": (w.length / 3, columns["length"]),
        "image": (w.image, columns["image"]),
        "value": (w.value, columns["value"] - np.float32(0.5)),
        "credit": (w.credit, columns["credit"]),
    }
    signs = {name: (weight, column) for name, (weight, column) in signs.items() if weight}
    return signs, {"standing": (1.0, _fused(signs))} if signs else {}


def _newest_first(index: NamespaceIndex, total: Column, penalty: float) -> Column:
    """Give the newer version of a fact the score of the older one, and put that one below it."""
    total = total.copy()
    pairs = index.kept("versions", lambda: _versions(index))
    for old, new in pairs:
        if new is not None:
            total[new] = max(total[new], total[old])
    for old, new in reversed(pairs):
        total[old] = (total[old] if new is None else min(total[old], total[new])) - penalty
    return total


def _versions(index: NamespaceIndex) -> list[tuple[int, int | None]]:
    """The rows of older versions, oldest first, each with the row that replaced it."""
    columns = index.columns
    older = np.flatnonzero(columns["superseded"] & columns["live"])
    older = older[np.argsort(columns["seq"][older], kind="stable")]
    return [(slot, index.newer(slot)) for slot in older.tolist()]


def _best(total: Column, count: int) -> Slots:
    """The best rows that may be shown, at most `count`, best first; equals by row."""
    best = kernel.top(total, min(count, len(total))).astype(np.intp)
    return best[np.isfinite(total[best])]


def _diverse(index: NamespaceIndex, rows: Slots, total: Column, k: int, diversity: float) -> Slots:
    """Maximal marginal relevance (Carbonell and Goldstein, 1998) over the best rows."""
    if diversity <= 0 or len(rows) < 2:
        return rows[:k]
    vectors = index.columns["vector"][rows]
    scores = np.maximum(total[rows], 0) / np.float32(max(float(total[rows].max()), 1e-9))
    merit, nearest = (1 - diversity) * scores, np.zeros(len(rows), np.float32)
    chosen: list[int] = []
    for _ in range(min(k, len(rows))):
        best = int((merit - diversity * nearest).argmax())
        chosen.append(best)
        merit[best] = -np.inf
        np.maximum(nearest, vectors @ vectors[best], out=nearest)
    return rows[chosen]


def _limit_untrusted(index: NamespaceIndex, total: Column, places: int) -> None:
    """Take the untrusted rows beyond the best `places` of them out of the choice, in place."""
    rows = index.kept("untrusted", lambda: np.flatnonzero(index.columns["trust"] == _UNTRUSTED))
    rows = rows[np.isfinite(total[rows])]
    if len(rows) > places:
        total[rows[np.argsort(-total[rows], kind="stable")[places:]]] = -np.inf


def _trusted_first(index: NamespaceIndex, rows: Slots) -> Slots:
    """Trusted before untrusted, otherwise as they come."""
    return rows[np.argsort(-index.columns["trust"][rows], kind="stable")]
