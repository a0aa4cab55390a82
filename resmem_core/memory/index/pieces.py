"""The pieces of a text for late interaction: the signs of their vectors, a bit per number.

One bit keeps as much recall here as the numbers do (`docs/research/recall.md`), in a thirty-second
of their bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.protocols import Vector

MOST: Final = 64
"""Pieces of a text that are kept, the rarest: with 384 numbers a piece at most 3,072 bytes."""

Signs = NDArray[np.uint8]


def encode(vectors: Vector, rarity: NDArray[np.floating]) -> bytes:
    """The signs of the rarest pieces' vectors, in their order: dim / 8 bytes each.

    >>> encode(np.array([[1.0, -2.0, 0.5, 3.0, -1.0, -1.0, -1.0, 9.0]]), np.ones(1)).hex()
    'b1'
    """
    rarest = np.sort(np.argsort(-rarity, kind="stable")[:MOST])
    return np.packbits(vectors[rarest] > 0, axis=1).tobytes()


def fits(pieces: bytes, dim: int) -> bool:
    """Whether these can be the pieces of a text whose vector has `dim` numbers."""
    return not pieces or (dim % 8 == 0 and len(pieces) % (dim // 8) == 0)


def decode(texts: Sequence[bytes], dim: int) -> tuple[Signs, NDArray[np.int32]]:
    """The pieces of several texts [pieces, dim / 8], and where each text begins [texts + 1]."""
    size = dim // 8
    starts = np.cumsum([0, *(len(text) // size for text in texts)], dtype=np.int32)
    return np.frombuffer(b"".join(texts), np.uint8).reshape(-1, size), starts
