"""How far recalled memories speak of what is asked: a number that can say "nothing does". Pure.

A question's information is the sum of its words' rarity, and a memory carries the part of it whose
words it, its neighbours or words of near meaning hold. What is asked about somebody of this
namespace ("my dentist", "Ada") is likelier to be stored than what is asked about the world. From
these, without labels:

    z = BEST * best + ALL * all + US * us + WHOSE * whose + OPEN * open
      + FULL * (1 - many) * full^4 - BIAS - CHANCE * many
    relevance = sigmoid(z) * (the memory's share / the best share)^(1/4)

`best` is the largest share of the information that one memory carries, `all` the share that those
recalled carry together, `us` whether it is about the asker or somebody who speaks here, `whose` by
how much the person named carries more than others do, and `open` how little a question about "us"
says besides ("Who am I?"). `many` grows with the namespace to 1: among many memories some hold a
word of any question; among few, one whose words are all known (`full`) is about them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resmem_core.memory.index import word_vectors
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import wide
from resmem_core.memory.recall.features import Column
from resmem_core.memory.recall.query import Asked
from resmem_core.memory.text import vocabulary
from resmem_core.memory.text.tokens import stem, tokens
from resmem_core.protocols import Vector

DEFAULT: Final = 0.15
"""`min_relevance` of a recall where the caller names none."""

BEST, ALL, US, WHOSE, OPEN = 8.0, 5.0, 2.75, 7.0, 8.0
BIAS, CHANCE, FULL = 3.5, 3.25, 4.0
_MANY: Final = 60
"""Memories at which half of `CHANCE` counts: among many, some hold a word of any question."""
_SOMETHING: Final = 0.1
"""Share that must be carried for "us" to count in full."""

_PRIOR: Final = 200
"""Messages of everyday language that a namespace's own are counted with: few messages of its own
cannot say which words are rare."""
_COMMON: Final = 20
"""In how many of those a common word stands."""
_NEAR: Final = 0.6
"""What a word counts that a neighbour holds, or one of near meaning."""
_KIN: Final = 0.5
"""Cosine from which two words share a meaning."""
_ELSE: Final = 0.6
"""What a memory counts whose speaker is not the one person that the question names."""
_READ: Final = 64
"""Best memories that are read; those after them carry nothing of their own."""
_ALIKE: Final = (0.3, 0.8)
"""Cosines of a sentence embedder at which a memory carries nothing and all of a question."""
_NAMED: Final = 6
"""Words of a question that a reason names."""

_US: Final = re.compile(
    r"\b(?:i|i['’][a-z]+|my|me|mine|myself|we|we['’][a-z]+|our|ours|us|ich|mir|mich|mein\w*|wir"
    r"|unser\w*|uns|je|[jm]['’]\w+|moi|mon|ma|mes|nous|notre|nos|yo|mi|mis|mí|mío|mía|nosotros"
    r"|nuestr[oa]s?|conmigo|io|mio|mia|miei|mie|noi|nostr[oaie]|eu|meus?|minhas?|mim|comigo|nós"
    r"|noss[oa]s?|я|мне|меня|мной|мо[йяеию]\w?|моего|моему|моём|моем|мы|нам|нас|наш\w*)\b"
    r"|[我咱私僕俺]|わたし|ぼく",
    re.I,
)
"""Words by which a question is about its asker."""
_ASKS: Final = re.compile(
    r"[?？؟]\s*$|^\W*(?:who|what|when|where|which|why|how|do|does|did|am|is|are|was|tell|remind|wer"
    r"|was|wann|wo|wie|qui|que|quand|où|comment|quién|qué|cuándo|dónde|cómo|chi|cosa|quando|dove|come"
    r"|quem|onde|кто|что|где|когда)\b",
    re.I,
)
_WIDE: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Fit(NamedTuple):
    """What is asked, and how far it is known.

    Attributes:
        relevance: of each memory, in [0, 1].
        unknown: the question's stems that no recalled memory speaks of.
    """

    relevance: Column
    unknown: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Carried:
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
    """Information of a word in [0, 1]: 1 where neither the namespace nor the language holds it.

    >>> [round(rarity(*of), 2) for of in ((0, 0, False), (1, 1, False), (0, 0, True))]
    [1.0, 0.82, 0.38]
    """
    held, total = frequency + (_COMMON if common else 0), total + _PRIOR
    return math.log1p((total - held + 0.5) / (held + 0.5)) / math.log1p((total + 0.5) / 0.5)


def measure(
    index: NamespaceIndex, question: str, asked: Asked, vector: Vector | None, slots: Sequence[int]
) -> Fit:
    """The relevance of recalled rows to a question, in [0, 1] each.

    Args:
        index: the namespace.
        question: as it was asked.
        asked: as it was read.
        vector: its embedding where the embedder knows more than words.
        slots: the rows, best first; none that is gone.
    """
    stems = list(asked.stems)
    if asked.overview:
        return Fit(np.ones(len(slots), np.float32), frozenset())
    if not slots:
        return Fit(np.zeros(0, np.float32), frozenset(stems))
    read = slots[:_READ]
    carried = _carried(index, [(s, *asked.forms.get(s, ())) for s in stems], read)
    said = _said(index, asked, read)
    alike = _alike(index, vector, read) * np.float32(carried.mass / (carried.mass + 1))
    known = carried.near.max(axis=0, initial=0.0)
    share = np.maximum(carried.shares(carried.near), alike)
    share = np.where(said, share, share * np.float32(_ELSE))
    if asked.attribute is not None and _US.search(question):
        share = _stating(index, asked.attribute, read, carried)
        if not share.any():
            return Fit(np.zeros(len(slots), np.float32), frozenset(stems))
        known = np.maximum(known, share.max())
    best = float(share.max())
    together = max(float(carried.shares(known)), float(alike.max()))
    about = _about(question, asked, carried.mass, together)
    many = len(index) / (len(index) + _MANY)
    full = float(known @ carried.weights) / carried.mass if carried.mass > 0 else 0.0
    z = BEST * best + ALL * together + WHOSE * _whose(carried, said) + about
    z += FULL * (1 - many) * full**4 - BIAS - CHANCE * many
    likely = 1 / (1 + math.exp(-z))
    own = share / np.float32(best) if best > 0 else np.ones_like(share)
    relevance = np.zeros(len(slots), np.float32)
    relevance[: len(own)] = likely * own**0.25
    return Fit(relevance, frozenset(s for s, k in zip(stems, known, strict=True) if k < 0.5))


def _stating(
    index: NamespaceIndex, attribute: str, slots: Sequence[int], carried: _Carried
) -> Column:
    """What each row carries of a question for one attribute: all, where it speaks of that."""
    memories = [index.at(slot) for slot in slots]
    speaks = [wide.speaks_of(attribute, m.text, m.attributes) for m in memories]
    return np.maximum(np.array(speaks, np.float32), carried.shares(carried.own))


def _about(question: str, asked: Asked, mass: float, carried: float) -> float:
    """What it adds that the question is about the asker or somebody who speaks here."""
    if not asked.people and not _US.search(question):
        return 0.0
    said = mass / (1 + mass)
    asks = _ASKS.search(question) or len(question.split()) == 1
    wide = max(0.0, 1 - 2 * said) if asks else 0.0
    return US * max(min(1.0, carried / _SOMETHING), wide) + OPEN * wide


def _said(index: NamespaceIndex, asked: Asked, slots: Sequence[int]) -> NDArray[np.bool_]:
    """Which rows the one person said whom the question names; all where it names none."""
    if len(asked.people) != 1:
        return np.ones(len(slots), bool)
    (who,) = asked.people
    return np.asarray(index.columns["author"][list(slots)] == who)


def _whose(carried: _Carried, said: NDArray[np.bool_]) -> float:
    """By how much the person named carries more of the question than others do; 0 without one."""
    shares = carried.shares(carried.own)
    return (
        float(shares[said].max(initial=0.0) - shares[~said].max(initial=0.0))
        if not said.all()
        else 0.0
    )


def _carried(
    index: NamespaceIndex, words: Sequence[tuple[str, ...]], slots: Sequence[int]
) -> _Carried:
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
    return _Carried(own, np.maximum(own, near), np.array(weights, np.float32))


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
    said = [sorted(text) or [""] for text in texts]
    held = word_vectors.each([stem for text in said for stem in text])
    wanted = word_vectors.each([form for word in words for form in word])
    near = np.maximum.reduceat(held @ wanted.T, _starts(said), axis=0)
    best = np.maximum.reduceat(near, _starts(words), axis=1)
    return np.asarray(np.clip((best - np.float32(_KIN)) / np.float32(1 - _KIN), 0, 1))


def _starts(groups: Sequence[Sequence[str]]) -> NDArray[np.intp]:
    """Where each group begins in all of them laid end to end."""
    return np.cumsum([0, *map(len, groups[:-1])]).astype(np.intp)


def _alike(index: NamespaceIndex, vector: Vector | None, slots: Sequence[int]) -> Column:
    """How far each row carries the question by its embedding, in [0, 1]."""
    if vector is None:
        return np.zeros(len(slots), np.float32)
    rows = list(slots)
    sizes = np.maximum(index.columns["norm"][rows], 1e-9) * float(np.linalg.norm(vector))
    cosines = index.columns["vector"][rows] @ np.asarray(vector, np.float32) / sizes
    low, high = _ALIKE
    return np.asarray(np.clip((cosines - low) / (high - low), 0, 1), np.float32)


def reason(question: str, standing: Fit) -> str:
    """Why a question brings nothing, in one clause with its own words.

    >>> reason("What is the capital of Peru?", Fit(np.zeros(0), frozenset({"capit", "peru"})))
    'nothing stored speaks of capital peru'
    """
    if _WIDE.search(question):
        return "nothing stored speaks of that"
    words = [word for word in tokens(question) if stem(word) in standing.unknown]
    if not words:
        return "what is stored speaks too little of that"
    return f"nothing stored speaks of {' '.join([*dict.fromkeys(words)][:_NAMED])}"
