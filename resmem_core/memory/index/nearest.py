"""The memories most like a text: what the gate asks before each write."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from operator import itemgetter
from typing import Final

import numpy as np

from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.text import analysis
from resmem_core.protocols import Vector

SCANNED: Final = 128
"""Postings that are read at most."""


def nearest(
    index: NamespaceIndex, vector: Vector, text: str, limit: int
) -> list[tuple[str, float, float]]:
    """The memories most like a text that share a rare stem with it, best first.

    The one with the same stems in the same order is always among them. Beside it at most
    `SCANNED` postings are read, so the cost does not grow with the namespace.

    Returns:
        (id, cosine, share of stems in common: intersection over union).
    """
    seen = analysis.read(text)
    wanted = tuple(dict.fromkeys([*seen.stems, *seen.caption]))
    slots = _sharing(index, wanted, 4 * limit)
    if not slots:
        return []
    norms = index.columns["norm"][slots] * math.sqrt(float(vector @ vector))
    cosines = (index.columns["vector"][slots] @ vector) / np.maximum(norms, 1e-12)
    found = sorted(zip((-cosines).tolist(), slots, strict=True))[:limit]
    known = frozenset(wanted)
    return [
        (index.at(slot).id, -cosine, _overlap(known, index.stems(slot))) for cosine, slot in found
    ]


def _sharing(index: NamespaceIndex, wanted: tuple[str, ...], limit: int) -> list[int]:
    """Live rows that share the most (rarity-weighted) stems, at most `limit`."""
    shared = index.postings.sharing(wanted, SCANNED, len(index))
    same = index.worded(wanted)
    if same is not None:
        shared[same] = math.inf
    best = sorted(shared.items(), key=itemgetter(1), reverse=True)
    live = index.columns["live"]
    return [*islice((slot for slot, _ in best if live[slot]), limit)]


def _overlap(wanted: frozenset[str], stems: Sequence[str]) -> float:
    shared = len(wanted.intersection(stems))
    return shared / max(1, len(wanted) + len(stems) - shared)
