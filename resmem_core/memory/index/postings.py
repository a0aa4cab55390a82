"""Which rows hold which stem, as append-only arrays: the inverted index behind BM25."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
Places = NDArray[np.int32]
Counts = NDArray[np.float32]

_NONE: tuple[Rows, Counts] = (np.empty(0, np.intp), np.empty(0, np.float32))


class Postings:
    """Stem → (row numbers, term frequencies). Each row is added once per stem.

    Where rows are added in rising order, `sharing` reads the newest first.

    A row that is gone stays in its arrays until `renumber`; readers mask it by their own list of
    live rows. Document frequencies are exact at all times.
    """

    def __init__(self) -> None:
        self._rows: dict[str, array[int]] = {}
        self._counts: dict[str, array[float]] = {}
        self._live: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, stem: str) -> bool:
        return self._live.get(stem, 0) > 0

    def add(self, row: int, counts: Mapping[str, float]) -> None:
        """Add a row's stems with their term frequencies."""
        for stem, count in counts.items():
            rows = self._rows.get(stem)
            if rows is None:
                self._rows[stem] = array("i", (row,))
                self._counts[stem] = array("f", (count,))
                self._live[stem] = 1
            else:
                rows.append(row)
                self._counts[stem].append(count)
                self._live[stem] += 1

    def drop(self, stems: Iterable[str]) -> None:
        """Note that a row with these stems is gone."""
        for stem in stems:
            self._live[stem] -= 1

    def frequency(self, stem: str) -> int:
        """How many live rows hold the stem."""
        return self._live.get(stem, 0)

    def get(self, stem: str) -> tuple[Rows, Counts]:
        """Copies of the stem's rows and term frequencies, rows that are gone included."""
        rows = self._rows.get(stem)
        if rows is None:
            return _NONE
        return np.array(rows, np.intp), np.array(self._counts[stem], np.float32)

    def together(self, stems: Sequence[str]) -> tuple[Places, Places, Counts]:
        """Copies of several stems' rows and term frequencies, one after the other.

        Returns:
            Where each stem's begin (int32 [stems + 1]), the rows (int32), and the frequencies.
        """
        found = [stem for stem in stems if stem in self._rows]
        sizes = [len(self._rows[stem]) if stem in self._rows else 0 for stem in stems]
        starts = np.cumsum([0, *sizes], dtype=np.int32)
        if not found:
            return starts, np.empty(0, np.int32), np.empty(0, np.float32)
        rows = np.concatenate([np.frombuffer(self._rows[stem], np.int32) for stem in found])
        counts = np.concatenate([np.frombuffer(self._counts[stem], np.float32) for stem in found])
        return starts, rows, counts

    def sharing(self, stems: Iterable[str], budget: int, total: int) -> dict[int, float]:
        """Rows that share a stem → the sum of the shared stems' rarity, ln(1 + total / rows).

        The rarest stem is read first, its newest rows first, `budget` postings in all.
        """
        shared: dict[int, float] = {}
        for count, stem in sorted((n, s) for s in stems if (n := self.frequency(s))):
            rarity = math.log1p(total / count)
            found = dict.fromkeys(self._rows[stem][-budget:], rarity)
            for row in found.keys() & shared.keys():
                found[row] += shared[row]
            shared.update(found)
            budget -= len(found)
            if budget <= 0:
                break
        return shared

    def renumber(self, place: NDArray[np.int32]) -> None:
        """Forget rows that are gone: `place[old]` is the new number, or -1; order is kept."""
        for stem in list(self._rows):
            rows, counts = self.get(stem)
            new = place[rows]
            live = new >= 0
            if not live.any():
                del self._rows[stem], self._counts[stem], self._live[stem]
                continue
            self._rows[stem] = array("i", new[live].tobytes())
            self._counts[stem] = array("f", counts[live].tobytes())
