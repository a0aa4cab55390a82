"""Which kind of thread a namespace is: weights of recall between people, and beside a machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.namespace_index import NamespaceIndex

_BETWEEN_PEOPLE: Final = (
    "previous", "next", "previous2", "next2", "answer", "episode", "asks", "length", "value",
)  # fmt: skip
"""Signals that say less the more of a thread is a machine's long answers, which hold the words of
every topic, follow every question and are worth little for being long."""
_SATURATION: Final = 1.5
"""BM25's k1 where lengths differ by orders of magnitude; its b is 1 there."""


def bulk(index: NamespaceIndex) -> float:
    """How much longer a machine's turns are than people's here: 1 - people's mean / machine's mean.

    In [0, 1]; 0 where no machine speaks, or only machines do, or both are equally long. It needs no
    labels, and moves a little with every message, so that no thread is switched over.
    """
    live, machine = index.columns["live"], index.columns["machine"]
    words = index.columns["words"]
    long, short = words[live & machine], words[live & ~machine]
    if not len(long) or not len(short):
        return 0.0
    return max(0.0, 1.0 - float(short.mean()) / max(float(long.mean()), 1e-9))


def weights_here(index: NamespaceIndex, weights: RecallWeights) -> RecallWeights:
    """The weights for this thread, kept until the next write."""
    return index.kept(("weights", weights), lambda: blended(weights, bulk(index)))


def blended(weights: RecallWeights, share: float) -> RecallWeights:
    """The weights as they are at share 0, those beside a machine at 1, and in between linearly."""
    if not share:
        return replace(weights, user=0.0)
    less = {name: getattr(weights, name) * (1 - share) for name in _BETWEEN_PEOPLE}
    k1 = weights.k1 + share * (max(_SATURATION, weights.k1) - weights.k1)
    b = weights.b + share * (1 - weights.b)
    return replace(weights, user=weights.user * share, k1=k1, b=min(b, 1.0), **less)
