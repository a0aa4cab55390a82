"""What of a question's words each memory carries, and how rare each of them is. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.memory.index import word_vectors
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall.features import Column
from resmem_core.memory.text import vocabulary
from resmem_core.memory.text.tokens import stem

_PRIOR: Final = 200
"""Messages of everyday language that a namespace's own are counted with: few messages of its own
cannot say which words are rare."""
_COMMON: Final = 20
"""In how many of those a common word stands."""
_FEW: Final = 10
"""Messages from which on one can tell a word that all of them hold from what they are about."""
_NEAR: Final = 0.6
"""What a word counts that a neighbour holds, or one of near meaning."""
_KIN: Final = 0.5
"""Cosine from which two words share a meaning."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far each of the first rows carries each stem, in [0, 1], shape (rows, stems)."""

    own: NDArray[np.float32]
    near: NDArray[np.float32]
    weights: Column

    def shares(self, held: NDArray[np.float32]) -> Column:
        return np.asarray(held @ self.weights / np.float32(self.mass + 1), np.float32)

    @property
    def mass(self) -> float:
        return float(self.weights.sum())


@cache
def _common() -> frozenset[str]:
    return frozenset(map(stem, vocabulary.COMMON))


def rarity(frequency: int, total: int, common: bool) -> float:
    """Information of a word in [0, 1]: 1 where neither the namespace nor the language holds it,
    near 0 where nearly all messages of the namespace do: it belongs to a form that they share.

    >>> [round(rarity(*of), 2) for of in ((0, 0, False), (1, 1, False), (0, 0, True))]
    [1.0, 0.74, 0.38]
    >>> round(rarity(90, 90, False), 2)
    0.02
    """
    form = frequency / (total + _FEW)
    held, total = frequency + (_COMMON if common else 0), total + _PRIOR
    rare = math.log1p((total - held + 0.5) / (held + 0.5)) / math.log1p((total + 0.5) / 0.5)
    return (1 - form) * rare


def coverage(
    index: NamespaceIndex, words: Sequence[tuple[str, ...]], slots: Sequence[int]
) -> Coverage:
    """How far rows carry each word, in any of its forms; its stem comes first."""
    texts = [frozenset(index.forms(slot)) for slot in slots]
    around = [text | _beside(index, slot) for text, slot in zip(texts, slots, strict=True)]
    own = _holding(texts, words)
    common = _common()
    weights = [
        rarity(max(map(index.postings.frequency, word)), len(index), word[0] in common)
        for word in words
    ]
    near = np.float32(_NEAR) * np.maximum(_holding(around, words), _by_meaning(words, around))
    return Coverage(own, np.maximum(own, near), np.array(weights, np.float32))


def _holding(
    texts: Sequence[frozenset[str]], words: Sequence[tuple[str, ...]]
) -> NDArray[np.float32]:
    held = [[not text.isdisjoint(word) for word in words] for text in texts]
    return np.array(held, np.float32).reshape(len(texts), len(words))


def _beside(index: NamespaceIndex, slot: int) -> frozenset[str]:
    """The stems of the messages before and after, and those that dropped ones left."""
    columns = index.columns
    rows = (int(columns[name][slot]) for name in ("previous", "next"))
    held = [row for row in rows if row >= 0 and _joined(index, slot, row)]
    beside: frozenset[str] = frozenset().union(*(index.forms(row) for row in held))
    return beside.union(index.at(slot).context)


def _joined(index: NamespaceIndex, slot: int, other: int) -> bool:
    """Whether a message may take its topic from one beside it: as a reply, or as "he" or "it".

    A person and a tool do not reply to each other.
    """
    one, two = index.at(slot), index.at(other)
    replies = (one.role, one.author) != (two.role, two.author)
    replies = replies and {one.role, two.role} != {"user", "tool"}
    return replies or bool(index.columns["points"][slot])


def _by_meaning(
    words: Sequence[tuple[str, ...]], texts: Sequence[frozenset[str]]
) -> NDArray[np.float32]:
    """How near the nearest word of each text is to each word: 0 at `_KIN`, 1 for the same word."""
    if not words:
        return np.zeros((len(texts), 0), np.float32)
    said = [text or frozenset({""}) for text in texts]
    place = {stem: row for row, stem in enumerate(frozenset[str]().union(*said))}
    held = word_vectors.each([*place])
    wanted = word_vectors.each([form for word in words for form in word])
    alike = (held @ wanted.T)[[place[stem] for text in said for stem in text]]
    near = np.maximum.reduceat(alike, _starts(said), axis=0)
    best = np.maximum.reduceat(near, _starts(words), axis=1)
    return np.asarray(np.clip((best - np.float32(_KIN)) / np.float32(1 - _KIN), 0, 1))


def _starts(groups: Sequence[Collection[object]]) -> NDArray[np.intp]:
    """Where each group begins in all of them laid end to end."""
    return np.cumsum([0, *map(len, groups[:-1])]).astype(np.intp)
