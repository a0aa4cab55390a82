"""What words mean, without a model: a shipped vector per common English stem, summed over a text.

The vectors were distilled from all-MiniLM-L6-v2 (`training.words`; Apache-2.0, see
`data/words.provenance.json`). They let a question find a message that says the same in other words.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.protocols import Vector

DIM: Final = 96
"""Length of the vectors."""


@cache
def _table() -> tuple[dict[str, int], Vector]:
    """Stem → its row, and the vectors [stems + 1, DIM], the last one of zeros for unknown stems."""
    with np.load(io.BytesIO((files("resmem_core.data") / "words.npz").read_bytes())) as file:
        stems = file["stems"].tobytes().decode().split("\n")
        vectors = np.zeros((len(stems) + 1, DIM), np.float32)
        vectors[:-1] = file["codes"] * file["steps"][:, None]
    return {stem: row for row, stem in enumerate(stems)}, vectors


def of(stems: Mapping[str, float]) -> Vector | None:
    """The weighted sum of the stems' vectors, of unit length; None where no stem is known.

    >>> from resmem_core.memory.text.tokens import stem
    >>> pet, dog, tax = (of({stem(word): 1.0}) for word in ("pet", "dog", "tax"))
    >>> bool(pet @ dog > 0.5 > pet @ tax), of({"qqqq": 1.0})
    (True, None)
    """
    rows, vectors = _table()
    known = [(rows[stem], weight) for stem, weight in stems.items() if stem in rows]
    if not known:
        return None
    row, weight = zip(*known, strict=True)
    total = np.asarray(weight, np.float32) @ vectors[list(row)]
    size = float(np.sqrt(total @ total))
    return np.asarray(total / np.float32(size)) if size > 0 else None


@cache
def _unit() -> Vector:
    """What makes each vector of the table one of unit length, shape (stems + 1, 1)."""
    _, vectors = _table()
    size = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.asarray(1 / np.where(size > 0, size, 1)[:, None], np.float32)


def each(stems: Sequence[str]) -> Vector:
    """The vector of each stem, of unit length, shape (stems, DIM); zeros for unknown ones."""
    rows, vectors = _table()
    found = np.array([rows.get(stem, -1) for stem in stems], np.intp)  # the last row: unknown
    return np.asarray(vectors[found] * _unit()[found])


class Texts:
    """The vectors of texts by their stems, summed when they are read; zero where none is known."""

    def __init__(self, stems: Sequence[Iterable[str]]) -> None:
        self._stems = stems

    def __len__(self) -> int:
        return len(self._stems)

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> Vector:
        if not isinstance(rows, slice):
            return np.stack([self[slice(row, row + 1)][0] for row in rows.tolist()])
        known, vectors = _table()
        unknown = len(known)
        texts = self._stems[rows]
        held = [[known.get(stem, unknown) for stem in text] or [unknown] for text in texts]
        if not held:
            return np.empty((0, DIM), np.float32)
        starts = np.cumsum([0, *(len(text) for text in held[:-1])])
        total = np.add.reduceat(vectors[[row for text in held for row in text]], starts, axis=0)
        size = np.sqrt(np.einsum("ij,ij->i", total, total))
        return np.asarray(total / np.where(size > 0, size, 1)[:, None])
