"""Which part of a long memory answers a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np

from resmem_core import kernel
from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall.features import Column, idf
from resmem_core.memory.recall.query import Asked
from resmem_core.memory.text import analysis
from resmem_core.memory.text.passages import head, is_long, passages
from resmem_core.memory.text.sentence_ends import Span
from resmem_core.memory.text.tokens import ideographs

Wanted: TypeAlias = tuple[str, float, np.float32]
"""A stem, its weight and its weighted idf."""

_KEPT: Final = 2048
"""Long texts whose parts are remembered."""
_BEST: Final = 16
"""Best rows by all of their words whose parts are read."""
_LONG: Final = 30
"""Topic words of a text from which on it may have parts."""
_USUAL: Final = 60
"""Topic words of a part of usual length, for its BM25."""


def part_of(index: NamespaceIndex, asked: Asked, text: str) -> Span | None:
    """The part that holds most of what is asked, by the rarity of the words; the first of equals.

    None for a text of one part, and where none of its parts holds a word of the question.
    """
    if not is_long(text):
        return None
    wanted = {form: stem for stem in asked.stems for form in (stem, *asked.forms.get(stem, ()))}
    held = index.postings.frequency
    best, most = None, 0.0
    for span, counts, _ in _read(text):
        known = {wanted[word] for word in counts.keys() & wanted.keys()}
        found = sum(idf(held(stem), len(index)) for stem in sorted(known))
        if found > most:
            best, most = span, found
    return best


def by_part(
    index: NamespaceIndex, wanted: Sequence[Wanted], scores: Column, w: RecallWeights
) -> Column:
    """The scores, of long texts among the best mixed with that of their best part.

    A long answer holds words of everything; the part that answers holds those of the question.

    Args:
        index: the namespace.
        wanted: what is asked for.
        scores: BM25 of each row as a whole, for the shares of `RecallWeights.passage`.
    """
    if not w.passage or not index.kept(
        "long", lambda: bool((index.columns["words"] > _LONG).any())
    ):
        return scores
    best = kernel.top(scores, min(_BEST, len(scores)))
    for row in best[(index.columns["words"][best] > _LONG) & (scores[best] > 0)].tolist():
        text = index.at(row).text
        if is_long(text):
            part = max(_score(counts, words, wanted, w) for _, counts, words in _read(text))
            scores[row] += np.float32(w.passage) * (part - scores[row])
    return scores


def _score(
    counts: Mapping[str, int], words: int, wanted: Sequence[Wanted], w: RecallWeights
) -> np.float32:
    norm = w.k1 * (1 - w.b + w.b * words / _USUAL)
    found = ((rarity, counts[stem]) for stem, _, rarity in wanted if stem in counts)
    return np.float32(sum(rarity * count / (count + norm) for rarity, count in found))


@lru_cache(maxsize=_KEPT)
def _read(text: str) -> tuple[tuple[Span, Mapping[str, int], int], ...]:
    """The parts of a text, each with how often it holds each stem, the columns that it fills
    included, and with its topic words."""
    return tuple(
        (span, *_counts(f"{head(text, span)}\n{text[slice(*span)]}")) for span in passages(text)
    )


def _counts(text: str) -> tuple[Mapping[str, int], int]:
    seen = analysis.read(text)
    counts = Counter((*ideographs(text),)) + Counter(seen.stems)
    return {**seen.forms, **counts}, counts.total()
