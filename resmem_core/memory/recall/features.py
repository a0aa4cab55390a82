"""The signals of recall: each a column of one number per row of the index."""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core import kernel
from resmem_core.config.recall import RecallWeights
from resmem_core.config.sleep import DAY
from resmem_core.memory.index import word_vectors
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall.query import Asked
from resmem_core.memory.text.dates import EPOCH
from resmem_core.protocols import Vector

Column: TypeAlias = NDArray[np.float32]
Slots: TypeAlias = NDArray[np.intp]

CODED: Final = 4096
"""Rows from which vectors are scanned in eight bits: fewer fit into a processor's cache."""
EXACT: Final = 256
"""Best rows of such a scan that are compared again in full."""
_LINKING: Final = 16
"""How many of the best rows pass content along their links."""


def living(index: NamespaceIndex) -> NDArray[Any] | None:
    """Which rows are not gone; None when all are there."""
    live: NDArray[Any] = index.columns["live"]
    return None if len(index) == len(live) else live


def idf(frequency: int, total: int) -> float:
    """How rare a word is that `frequency` of `total` texts hold; above 0."""
    return math.log1p((total - frequency + 0.5) / (frequency + 0.5))


def scaled(column: NDArray[Any]) -> Column:
    """The column over its maximum."""
    top = float(column.max(initial=0.0))
    return np.asarray(column / top if top > 0 else column, np.float32)


def sharpened(column: Column, exponent: float) -> Column:
    """The column to a power; the usual ones without the slow general one."""
    if exponent == 1.5:
        return np.asarray(column * np.sqrt(column))
    return np.asarray(np.square(column) if exponent == 2 else column ** np.float32(exponent))


def dense(index: NamespaceIndex, vector: Vector, sharp: float) -> Column:
    """Cosine of every live row with the question, as ((s - mean)⁺ / (max - mean))^sharp."""
    live = living(index)
    scores = _cosines(index, np.asarray(vector, np.float32))
    known = scores if live is None else scores[live]
    mean, top = float(known.mean()), float(known.max())
    if top - mean < 1e-9:
        return np.zeros_like(scores)
    scores = np.maximum(scores - np.float32(mean), 0) / np.float32(top - mean)
    return sharpened(scores if live is None else scores * live, sharp)


def means(index: NamespaceIndex, asked: Asked, sharp: float) -> Column | None:
    """Cosine by the meaning of words (`meaning`), as (s⁺ / max)^sharp; None where none is known.

    The question's words count by their rarity here (idf). The vectors are centred, so that what
    has nothing to do with the question is near 0.
    """
    rarity = {
        form: weight * idf(index.postings.frequency(form), len(index))
        for stem, weight in asked.stems.items()
        if stem in asked.meant
        for form in (stem, *asked.forms.get(stem, ()))
    }
    vector = word_vectors.of(rarity)
    if vector is None:
        return None
    scores = np.maximum(kernel.scan_codes(*index.meanings(), vector), 0)
    live = living(index)
    return sharpened(scaled(scores if live is None else scores * live), sharp)


def _cosines(index: NamespaceIndex, vector: Vector) -> Column:
    """Every row's dot product with the question: of many rows exact for the best ones only."""
    vectors: Column = index.columns["vector"]
    if len(vectors) < CODED or not kernel.COMPILED:
        return kernel.scan(vectors, vector)
    scores = kernel.scan_codes(*index.codes.of(vectors), vector)
    best = _highest(scores, EXACT)
    scores[best] = vectors[best] @ vector
    return scores


def _highest(scores: Column, count: int) -> Slots:
    """The rows that `kernel.top` would choose, in no order: so many need not be sorted."""
    least = np.partition(scores, -count)[-count]
    above, level = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
    return np.concatenate([above, level[: count - len(above)]])


def neighbours(
    index: NamespaceIndex, content: Column, weights: RecallWeights, reach: float
) -> Column | None:
    """What a row gets of the content one and two away from it in its episode; None for nothing.

    What follows a question gets more: it is the answer, and often shares no word with it.
    """
    around, share = index.kept(("shares", weights), lambda: _shares(index, weights))
    if not around.size or not reach:
        return None
    near = kernel.around(content, around, share)
    return near if reach == 1 else near * np.float32(reach)


def _shares(index: NamespaceIndex, w: RecallWeights) -> tuple[NDArray[np.int32], Column]:
    """The rows around each, and what a row gets of their content."""
    around = index.kept("near", lambda: near(index))
    share = np.empty(around.shape, np.float32)
    share[:] = (w.previous, w.next, w.previous2, w.next2)
    share[:, 0] += w.answer * np.append(index.columns["asks"], False)[around[:, 0]]
    asked = np.append(index.derived["idle"], False)[around]
    share[:, 1:][asked[:, 1:]] = 0.0  # a bare question serves what follows it, its answer
    return (around, share) if share.any() else (around[:, :0], share[:, :0])


def near(index: NamespaceIndex) -> NDArray[np.int32]:
    """The rows before, after, two before and two after each in its episode, or -1; [rows, 4].

    What a row has before it has the row after it; a row that is gone has none.
    """
    live, columns = index.columns["live"], (index.columns[name] for name in ("previous", "next"))
    before, after = (np.append(np.where(live, column, -1), -1) for column in columns)
    return np.stack([before, after, before[before], after[after]], axis=1)[:-1].astype(np.int32)


def linked(index: NamespaceIndex, content: Column, weight: float) -> Column | None:
    """What rows get of the content of the best ones that link to them; None where nothing does."""
    if not index.linking or not weight:
        return None
    count = min(_LINKING, len(content))
    out = np.zeros_like(content)
    for slot in np.argpartition(-content, count - 1)[:count].tolist():
        if content[slot] <= 0:
            continue
        for link in index.at(slot).links:
            target = None if link.kind == "replaces" else index.slot(link.target)
            if target is not None:
                out[target] = max(out[target], weight * link.weight * content[slot])
    return out if out.any() else None


def speaker(index: NamespaceIndex, asked: Asked) -> Column | None:
    """1 for what the one person that the question names has said."""
    if len(asked.people) != 1:
        return None
    (who,) = asked.people
    return np.asarray(index.columns["author"] == who, np.float32)


def date_match(index: NamespaceIndex, asked: Asked) -> Column | None:
    """How near a row's day, or the time that it names, is to the time that the question names.

    1 within it, falling by e every 3 to 13 days, longer for a longer time; half of that for a time
    longer than a quarter of a year, which says little.
    """
    if not asked.spans:
        return None
    days, place, naming, named_from, named_to = index.kept("days", lambda: _days(index))
    by_day, by_name = np.zeros(len(days), np.float32), np.zeros(len(naming), np.float32)
    for first, last in asked.spans:
        own = np.maximum(np.maximum(first - days, days - last), 0)
        named = np.maximum(np.maximum(first - named_to, named_from - last), 0)
        gap = np.minimum(own[place[naming]], named)
        weight = np.float32(0.5 if last - first > 92 else 1.0)
        width = np.float32(_width(first, last))
        by_day = np.maximum(by_day, weight * np.exp(-own / width))
        by_name = np.maximum(by_name, weight * np.exp(-gap / width))
    best = by_day[place]
    best[naming] = by_name
    return np.asarray(best)


def _width(first: int, last: int) -> float:
    """Days by which a match falls by e."""
    return 3.0 + min((last - first) / 4, 10.0)


def _days(index: NamespaceIndex) -> tuple[Column, Slots, Slots, Column, Column]:
    """The days on which something was said, and where each row's is among them; the rows that name
    a time, and its first and last day.

    Far fewer days than rows, where there are many; else a day per row.
    """
    said = np.floor(index.columns["at"] / DAY) + EPOCH
    low, high = float(said.min()), float(said.max())
    few = high - low < len(said)
    days = np.arange(low, high + 1) if few else said
    place = said - low if few else np.arange(len(said))
    first, last = (index.derived[name].astype(np.float32) for name in ("from_day", "to_day"))
    naming = np.flatnonzero(last >= 0)  # days are exact in 32 bits: below 2^24
    return days.astype(np.float32), place.astype(np.intp), naming, first[naming], last[naming]


def recency(index: NamespaceIndex, now: float, half_life: float) -> Column:
    """2^(-age / half-life); a memory from the future counts as new."""
    newest, column = index.kept(("recency", half_life), lambda: _recency(index, half_life))
    if newest > now:  # something is dated ahead: that cannot be shifted
        return _as_of(index, now, half_life)
    return column * np.float32(2.0 ** max((newest - now) / (DAY * half_life), -100.0))


def _recency(index: NamespaceIndex, half_life: float) -> tuple[float, Column]:
    """The newest memory's time, and recency as of then."""
    newest = float(index.columns["at"].max(initial=0.0))
    return newest, _as_of(index, newest, half_life)


def _as_of(index: NamespaceIndex, now: float, half_life: float) -> Column:
    """Recency at a time, in [0, 1]."""
    ages = np.maximum(now - index.columns["at"], 0)
    return np.exp2(-np.minimum(ages / (DAY * half_life), 100.0)).astype(np.float32)
