"""Vectors in eight bits: a quarter of the bytes, which is what a scan of many vectors waits for."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from resmem_core.protocols import Vector

Coded = tuple[NDArray[np.int8], NDArray[np.float32]]
"""Codes [rows, dim] and steps [rows]: a vector is about step * code, off by half a step at most."""

_CHUNK: Final = 4096
_LARGEST: Final = 127


def encode(vectors: Vector) -> Coded:
    """Each row as whole steps, its largest number being 127 of them (or -127).

    >>> codes, steps = encode(np.array([[1.27, -0.5, 0.004]], np.float32))
    >>> codes.tolist(), round(float(steps[0]), 6)
    ([[127, -50, 0]], 0.01)
    """
    steps = np.abs(vectors).max(axis=1) / np.float32(_LARGEST)
    codes = np.rint(vectors / np.where(steps > 0, steps, 1)[:, None])
    return codes.astype(np.int8), steps.astype(np.float32)


class Rows(Protocol):
    """Vectors, one per row: an array, or what makes them when they are read."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | NDArray[np.intp], /) -> Vector: ...


class Codes:
    """The codes of a growing matrix, made when they are read and kept until a row changes."""

    def __init__(self, dim: int) -> None:
        self._codes = np.empty((0, dim), np.int8)
        self._steps = np.empty(0, np.float32)
        self._size = 0
        self._stale: set[int] = set()

    def stale(self, row: int) -> None:
        """Note that a row has another vector."""
        if row < self._size:
            self._stale.add(row)

    def clear(self) -> None:
        """Note that rows have other numbers."""
        self._size = 0
        self._stale.clear()

    def of(self, vectors: Rows) -> Coded:
        """The codes of all rows; those of rows that were read before are not made again."""
        if len(vectors) > len(self._steps):
            self._grow(max(len(vectors), 2 * self._size))
        for start in range(self._size, len(vectors), _CHUNK):
            self._encode(slice(start, start + _CHUNK), vectors)
        self._size = len(vectors)
        if self._stale:
            self._encode(np.array(sorted(self._stale)), vectors)
            self._stale.clear()
        return self._codes[: self._size], self._steps[: self._size]

    def _encode(self, rows: slice | NDArray[np.intp], vectors: Rows) -> None:
        codes, steps = encode(vectors[rows])
        if isinstance(rows, slice):
            rows = slice(rows.start, rows.start + len(codes))
        self._codes[rows], self._steps[rows] = codes, steps

    def _grow(self, capacity: int) -> None:
        codes, steps = self._codes, self._steps
        self._codes = np.empty((capacity, codes.shape[1]), np.int8)
        self._steps = np.empty(capacity, np.float32)
        self._codes[: self._size], self._steps[: self._size] = (
            codes[: self._size],
            steps[: self._size],
        )
