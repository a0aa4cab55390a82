"""Growable columns: one NumPy array per attribute, capacity doubled when it runs out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Columns:
    """Named arrays of one length. `columns["at"]` is a view of the rows in use.

    Args:
        dtypes: name → dtype, or (dtype, width) for a matrix.

    >>> columns = Columns({"at": "f8"})
    >>> columns.append({"at": 1.5}), columns.append({"at": 2.5}), columns["at"].tolist()
    (0, 1, [1.5, 2.5])
    """

    def __init__(self, dtypes: Mapping[str, DTypeLike | tuple[DTypeLike, int]]) -> None:
        self._size = 0
        self._arrays: dict[str, NDArray[Any]] = {}
        for name, kind in dtypes.items():
            dtype, shape = (kind[0], (0, kind[1])) if isinstance(kind, tuple) else (kind, (0,))
            self._arrays[name] = np.empty(shape, dtype)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name][: self._size]

    def append(self, values: Mapping[str, Any]) -> int:
        """Add a row; returns its number."""
        row = self._size
        first = next(iter(self._arrays.values()))
        if row == len(first):
            self._grow(max(64, 2 * row))
        self._size += 1
        for name, value in values.items():
            self._arrays[name][row] = value
        return row

    def update(self, row: int, values: Mapping[str, Any]) -> None:
        """Change some values of a row."""
        for name, value in values.items():
            self._arrays[name][row] = value

    def keep(self, rows: NDArray[np.intp]) -> None:
        """Keep only these rows, in this order."""
        for name in self._arrays:
            self._arrays[name] = np.ascontiguousarray(self[name][rows])
        self._size = len(rows)

    def _grow(self, capacity: int) -> None:
        for name, old in self._arrays.items():
            new = np.zeros((capacity, *old.shape[1:]), old.dtype)
            new[: len(old)] = old
            self._arrays[name] = new
