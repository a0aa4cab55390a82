"""How far recalled memories speak of what is asked: a number that can say "nothing does". Pure.

A question's information is the sum of its words' rarity, and a memory carries the part of it whose
words it, its neighbours or words of near meaning hold. What is asked about somebody of this
namespace ("my dentist", "Ada") is likelier to be stored than what is asked about the world. From
these, without labels:

    z = BEST * best + ALL * all + US * us + WHOSE * whose + OPEN * open
      + FULL * (1 - many) * full^4 - BIAS - CHANCE * many
    likely = sigmoid(z)
    relevance = likely * (the memory's score^2 * its share, beside the best)^(1/3)

`best` is the largest share of the information that one memory carries, `all` the share that those
recalled carry together, `us` whether it is about somebody who speaks here or, as far as one memory
carries it, about the asker, `whose` by how much the person named carries more than others do, and
`open` how little a question about "us" says besides ("Who am I?"). `many` grows with the namespace
to 1: among many memories some hold a word of any question; among few, one whose words are all known
(`full`) is about them. What a memory carries and where it is ranked say together how good a line it
is beside the best one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import news, wide
from resmem_core.memory.recall.coverage import Coverage, coverage
from resmem_core.memory.recall.features import Column
from resmem_core.memory.recall.query import Asked
from resmem_core.memory.text.tokens import stem, tokens
from resmem_core.protocols import Vector

DEFAULT: Final = 0.15
"""`min_relevance` of a recall where the caller names none."""

BEST, ALL, US, WHOSE, OPEN = 8.0, 5.0, 2.75, 7.0, 8.0
BIAS, CHANCE, FULL = 3.5, 3.25, 4.0
_MANY: Final = 60
"""Memories at which half of `CHANCE` counts: among many, some hold a word of any question."""
_SOMETHING: Final = 0.1
"""Share that must be carried together for somebody who speaks here to count in full."""
_OURS: Final = 0.5
"""Share that one memory must carry for the asker to count in full: "my" alone says little."""

_ELSE: Final = 0.6
"""What a memory counts whose speaker is not the one person that the question names."""
_WORDS: Final = 0.05
"""What the words of a question for one attribute count where another memory states it."""
_NEWS: Final = 0.8
"""What a line is worth beside the best one that tells, after it, that something changed."""
_NEAR: Final = 16
"""Best lines that are read for news."""
_PART: Final = 1 / 3
"""Of the best line's share: what such a line must carry."""
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


def measure(
    index: NamespaceIndex,
    question: str,
    asked: Asked,
    vector: Vector | None,
    slots: Sequence[int],
    scores: Column,
) -> Fit:
    """The relevance of recalled rows to a question, in [0, 1] each.

    Args:
        index: the namespace.
        question: as it was asked.
        asked: as it was read.
        vector: its embedding where the embedder knows more than words.
        slots: the rows, best first; none that is gone.
        scores: what each is ranked by, shape (slots,).
    """
    stems = list(asked.stems)
    if asked.overview:
        return Fit(np.ones(len(slots), np.float32), frozenset())
    if not slots:
        return Fit(np.zeros(0, np.float32), frozenset(stems))
    read = slots[:_READ]
    carried = coverage(index, [(s, *asked.forms.get(s, ())) for s in stems], read)
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
    about = _about(question, asked, carried.mass, best, together)
    many = len(index) / (len(index) + _MANY)
    full = float(known @ carried.weights) / carried.mass if carried.mass > 0 else 0.0
    z = BEST * best + ALL * together + WHOSE * _whose(carried, said) + about
    z += FULL * (1 - many) * full**4 - BIAS - CHANCE * many
    likely = 1 / (1 + math.exp(-z))
    merit = _beside_the_best(share, scores[: len(share)])
    relevance = np.zeros(len(slots), np.float32)
    relevance[: len(share)] = likely * np.maximum(merit, _NEWS * _later(index, read, share, merit))
    return Fit(relevance, frozenset(s for s, k in zip(stems, known, strict=True) if k < 0.5))


def _beside_the_best(share: Column, scores: Column) -> Column:
    """How good each line is, in [0, 1] with 1 for the best; 0 for what carries nothing."""
    if not share.any():
        return np.ones_like(share)
    merit = np.cbrt(np.maximum(scores, 0) ** 2 * share)
    top = merit.max()
    return np.asarray(merit / top if top > 0 else share / share.max(), np.float32)


def _stating(
    index: NamespaceIndex, attribute: str, slots: Sequence[int], carried: Coverage
) -> Column:
    """What each row carries of a question for one attribute: all, where it speaks of that, but
    little beside one that states it ("I live in Rome") where it only uses a word ("for a living").
    """
    memories = [index.at(slot) for slot in slots]
    speaks = np.array([wide.speaks_of(attribute, m.text, m.attributes) for m in memories])
    states = np.array([wide.states(attribute, m.attributes) for m in memories])
    share = np.maximum(speaks.astype(np.float32), carried.shares(carried.own))
    if not states.any():
        return share
    last = max((m for m, s in zip(memories, states, strict=True) if s), key=news.told_at)
    moved = [
        s and news.later(m, last) and news.changes(m) for s, m in zip(speaks, memories, strict=True)
    ]
    return np.where(states | moved, share, share * np.float32(_WORDS))


def _later(
    index: NamespaceIndex, slots: Sequence[int], share: Column, merit: Column
) -> NDArray[np.bool_]:
    """Which rows tell, later than the best one, that something of what is asked has changed."""
    told = np.zeros(len(share), bool)
    best = int(merit.argmax())
    if not share[best] > 0:
        return told
    first = index.at(slots[best])
    near = share[:_NEAR] >= _PART * share[best]
    for place in np.flatnonzero(near & (merit[:_NEAR] < _NEWS)).tolist():
        memory = index.at(slots[place])
        told[place] = news.later(memory, first) and news.changes(memory)
    return told


def _about(question: str, asked: Asked, mass: float, best: float, together: float) -> float:
    """What it adds that the question is about the asker or somebody who speaks here."""
    if not asked.people and not _US.search(question):
        return 0.0
    said = mass / (1 + mass)
    asks = _ASKS.search(question) or len(question.split()) == 1
    wide = max(0.0, 1 - 2 * said) if asks else 0.0
    known = together / _SOMETHING if asked.people else best / _OURS
    return US * max(min(1.0, known), wide) + OPEN * wide


def _said(index: NamespaceIndex, asked: Asked, slots: Sequence[int]) -> NDArray[np.bool_]:
    """Which rows the one person said whom the question names; all where it names none."""
    if len(asked.people) != 1:
        return np.ones(len(slots), bool)
    (who,) = asked.people
    return np.asarray(index.columns["author"][list(slots)] == who)


def _whose(carried: Coverage, said: NDArray[np.bool_]) -> float:
    """By how much the person named carries more of the question than others do; 0 without one."""
    shares = carried.shares(carried.own)
    return (
        float(shares[said].max(initial=0.0) - shares[~said].max(initial=0.0))
        if not said.all()
        else 0.0
    )


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
