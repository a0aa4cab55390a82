"""What comes along with the memories that answer: their questions, and standing instructions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.memory.gate import statements
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import news
from resmem_core.memory.text import limits as read_limits
from resmem_core.memory.text.analysis import QUESTION_MARKS
from resmem_core.memory.text.courtesy import is_small_talk
from resmem_core.memory.text.sentences import words
from resmem_core.memory.text.standing import still
from resmem_core.types import Hit, Memory

MOST: Final = 5
"""Standing instructions, and limits, that a recall brings; the newest ones."""
_SHORT: Final = 25
"""Topic words of a memory that may need its question; a longer one says what it is about."""
_QUESTION: Final = 300
"""Characters of a question that is shown with its answer."""
_SPOKEN: Final = frozenset({"me", "it", "this", "that", "he", "she", "they"})
"""Who may be somebody that the question means."""
_QUARANTINED: Final = 0
_TRUSTED: Final = 2


def question_of(index: NamespaceIndex, slot: int) -> Memory | None:
    """The message just before a short memory, by somebody else, with a question; or None."""
    columns = index.columns
    before = int(columns["previous"][slot])
    if before < 0 or columns["words"][slot] > _SHORT:
        return None
    if columns["trust"][before] == _QUARANTINED or not columns["live"][before]:
        return None
    question, memory = index.at(before), index.at(slot)
    if (question.role, question.author) == (memory.role, memory.author) or columns["asks"][slot]:
        return None
    asks = any(mark in question.text for mark in QUESTION_MARKS)
    fits = asks and len(question.text) <= _QUESTION and not is_small_talk(question.text)
    return question if fits else None


def limits(index: NamespaceIndex, question: str) -> list[Hit]:
    """What trusted people must not have or do that the question touches, the newest first."""
    topics = read_limits.asked(question)
    if not topics:
        return []
    columns = index.derived
    bound = columns["limits"] & topics > 0
    newest = _newest(index, bound & (columns["trust"] == _TRUSTED))[:MOST]
    return [Hit(memory, 0.0, {"limit": 1.0}, 1.0) for memory in newest]


def _newest(index: NamespaceIndex, chosen: NDArray[np.bool_]) -> list[Memory]:
    """The chosen rows that hold, the newest first."""
    rows = np.flatnonzero(chosen & index.columns["live"] & ~index.columns["superseded"])
    return sorted(map(index.at, rows.tolist()), key=news.told_at, reverse=True)


def with_rivals(
    index: NamespaceIndex, hits: Sequence[Hit], hidden: frozenset[str], question: str = ""
) -> list[Hit]:
    """The hits, each followed by what may contradict it: a correction need not say the topic.

    "Actually it's the 500, not the 300." comes with "I have a Brewmaster 300.". What only speaks of
    somebody else, whom the question does not name, stays away.
    """
    shown = {hit.id for hit in hits}
    told: list[Hit] = []
    for hit in hits:
        told.append(hit)
        for rival in (index.get(ident) for ident in hit.conflict if ident not in shown):
            if rival is not None and _may_stand(rival, hidden) and _bears(rival, question):
                shown.add(rival.id)
                told.append(replace(hit, memory=rival, why={"conflict": 1.0}, part=None))
    return told


def _bears(rival: Memory, question: str) -> bool:
    """Whether it may be about what is asked: it leaves open of whom it speaks, or that is named."""
    of = {one.who for one in statements.read(rival.text)}
    asked = set(words(question.lower()))
    return not of or not _SPOKEN.isdisjoint(of) or any(not asked.isdisjoint(w.split()) for w in of)


def _may_stand(memory: Memory, hidden: frozenset[str]) -> bool:
    known = not hidden.isdisjoint((memory.id, *memory.sources))
    return memory.valid_to is None and memory.trust != "quarantined" and not known


def standing(index: NamespaceIndex) -> list[Hit]:
    """The standing instructions of trusted people that nothing overruled, the newest first."""
    return index.kept("instructions", lambda: _standing(index))


def _standing(index: NamespaceIndex) -> list[Hit]:
    newest = _newest(index, index.derived["standing"])
    by_author: dict[str | None, list[Memory]] = {}
    for memory in newest:
        by_author.setdefault(memory.author, []).append(memory)
    held = {said[at].id for said in by_author.values() for at in still([m.text for m in said])}
    wishes = [memory for memory in newest if memory.id in held]
    return [Hit(memory, 0.0, {"standing": 1.0}, 1.0, standing=True) for memory in wishes[:MOST]]
