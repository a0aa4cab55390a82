"""Which kind of thread a namespace is, and what recall's signals weigh there.

Two measures without labels: `bulk` says how far a machine's long answers fill it, `coherence` how
far a message is about what the one before it is about. Both move a little with every message, so
no thread is switched over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.namespace_index import NamespaceIndex

_AROUND: Final = (
    "previous", "next", "previous2", "next2", "answer", "beside", "beside2", "reply",
)  # fmt: skip
"""Signals that come from the messages around one: they say nothing where those are about others."""
_BETWEEN_PEOPLE: Final = (
    "previous", "next", "previous2", "next2", "answer", "beside", "beside2", "episode", "asks",
    "length", "value", "linked",
)  # fmt: skip
"""Signals that say less the more of a thread is a machine's long answers, which hold the words of
every topic, follow every question, are linked to all that is alike, and are worth little for their
length."""
_SATURATION: Final = 1.5
"""BM25's k1 where lengths differ by orders of magnitude; its b is 1 there."""


_COHERENT: Final = 0.08
"""Lift of the words that neighbours share from which a thread counts as coherent in full: chats of
people are above it, lists of facts that have nothing to do with each other at 0."""
_PAIRS: Final = 128
"""Newest pairs of neighbours that are compared."""
_PRIOR: Final = 5
"""Pairs of a coherent thread that a thread's own are counted with: few pairs say little."""
_ELSEWHERE: Final = 0.618
"""A message is compared with the one this share of the way to it: far off, the same every time."""


def bulk(index: NamespaceIndex) -> float:
    """How much longer a machine's turns are than people's here: 1 - people's mean / machine's mean.

    In [0, 1]; 0 where no machine speaks, or only machines do, or both are equally long.
    """
    live, machine = index.columns["live"], index.columns["machine"]
    words = index.columns["words"]
    long, short = words[live & machine], words[live & ~machine]
    if not len(long) or not len(short):
        return 0.0
    return max(0.0, 1.0 - float(short.mean()) / max(float(long.mean()), 1e-9))


def coherence(index: NamespaceIndex) -> float:
    """How much more of its words a message shares with the one before it than with another.

    In [0, 1]; 1 where nothing can be compared.
    """
    live = _in_order(index)
    before = index.columns["previous"][live]
    places = np.flatnonzero(before >= 0)[-_PAIRS:].tolist()
    rows = live.tolist()
    beside = [_shared(index, rows[place], int(before[place])) for place in places]
    others = ((place, int(place * _ELSEWHERE)) for place in places)
    apart = [_shared(index, rows[one], rows[two]) for one, two in others if one - two > 2]
    if not apart:
        return 1.0
    chance = sum(apart) / len(apart)
    lift = sum(share - chance for share in beside) / max(1.0 - chance, 1e-9)
    mean = (lift + _PRIOR * _COHERENT) / (len(beside) + _PRIOR)
    return min(max(mean / _COHERENT, 0.0), 1.0)


def _in_order(index: NamespaceIndex) -> NDArray[np.intp]:
    """The rows as they were said, however they arrived."""
    live = np.flatnonzero(index.columns["live"])
    if bool((np.diff(index.columns["seq"][live]) > 0).all()):
        return live
    return np.array([index.slot(memory.id) for memory in index.memories()], np.intp)


def _shared(index: NamespaceIndex, row: int, other: int) -> float:
    """The words that two rows share, of those of the one with fewer."""
    one, two = set(index.stems(row)), set(index.stems(other))
    return len(one & two) / max(min(len(one), len(two)), 1)


def weights_here(index: NamespaceIndex, weights: RecallWeights) -> RecallWeights:
    """The weights for this thread, kept until the next write."""
    return index.kept(("weights", weights), lambda: blended(weights, bulk(index), coherence(index)))


def blended(weights: RecallWeights, share: float, coherent: float = 1.0) -> RecallWeights:
    """The weights as they are at share 0, those beside a machine at 1, and in between linearly.

    What comes from the messages around one counts by how far they belong together (`coherent`).
    """
    weights = _scaled(weights, _AROUND, coherent)
    if not share:
        return replace(weights, user=0.0)
    weights = _scaled(weights, _BETWEEN_PEOPLE, 1 - share)
    k1 = weights.k1 + share * (max(_SATURATION, weights.k1) - weights.k1)
    b = weights.b + share * (1 - weights.b)
    return replace(weights, user=weights.user * share, k1=k1, b=min(b, 1.0))


def _scaled(weights: RecallWeights, names: Iterable[str], share: float) -> RecallWeights:
    return replace(weights, **{name: getattr(weights, name) * share for name in names})
