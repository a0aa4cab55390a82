"""Late interaction: how well each piece of a question is met by one of a memory's pieces.

A memory's vector is the mean of what its pieces mean, and what is asked of one of them is lost in
it (Khattab and Zaharia, 2020).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resmem_core import kernel
from resmem_core.memory.index import pieces
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall.features import Column, sharpened
from resmem_core.protocols import Vector

CANDIDATES: Final = 200
"""Best rows by the other signs of content that are compared piece by piece."""
_BESIDE: Final = np.float32(0.9)
"""What the match of the row before or after one counts, where its own counts 1."""


def column(
    index: NamespaceIndex, asked: Vector, content: Column, dense: Column, sharp: float
) -> Column:
    """Per row ((match - mean)⁺ / (best - mean))^sharp among the candidates; 0 for all others.

    Args:
        index: the namespace.
        asked: the question's pieces, each times its weight [pieces, dim].
        content: what the candidates are chosen by.
        dense: what a candidate without pieces has instead.
        sharp: exponent.
    """
    out = np.zeros_like(content)
    rows = kernel.top(content, min(CANDIDATES, len(content)))
    match, known = _matches(index, asked, rows)
    mean, best = (float(match[known].mean()), float(match.max())) if known.any() else (0.0, 0.0)
    if best - mean > 1e-9:
        shares = np.maximum(match - np.float32(mean), 0) / np.float32(best - mean)
        out[rows] = sharpened(shares, sharp)
    out[rows[~known]] = dense[rows[~known]]
    return out


def _matches(
    index: NamespaceIndex, asked: Vector, rows: NDArray[np.int32]
) -> tuple[Column, NDArray[np.bool_]]:
    """The best of each row's own match and those of the rows beside it; and which rows have one."""
    beside = np.stack([index.columns[name][rows] for name in ("previous", "next")])
    all_rows = np.unique(np.concatenate([rows, beside[beside >= 0]]))
    codes, starts = pieces.decode(index.pieces(all_rows.tolist()), index.dim)
    found = np.append(kernel.late(codes, starts, asked), np.float32(-np.inf))
    place = np.full(len(index.columns) + 1, len(all_rows))  # of row -1: the last, which is nothing
    place[all_rows] = np.arange(len(all_rows))
    found[:-1][starts[1:] == starts[:-1]] = -np.inf
    own, around = found[place[rows]], found[place[beside]].max(axis=0)
    known = np.isfinite(own)
    return np.where(known, np.maximum(own, _BESIDE * around), 0), known
