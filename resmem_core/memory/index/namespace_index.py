"""One namespace's memories as columns, postings and a matrix: what recall reads instead of rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from operator import attrgetter
from typing import Any, Final, TypeVar

import numpy as np

from resmem_core.errors import ConfigError, EmbedderError
from resmem_core.memory.index import pieces, record, word_vectors
from resmem_core.memory.index.buffer import Buffer
from resmem_core.memory.index.columns import Columns
from resmem_core.memory.index.postings import Postings
from resmem_core.memory.index.quantized import Coded, Codes
from resmem_core.memory.index.stating import Stating
from resmem_core.protocols import Row, Vector
from resmem_core.types import Link, Memory

T = TypeVar("T")

PAUSE: Final = 6 * 3600.0
"""Seconds of silence after which a conversation's next message begins a new episode."""

_PLACE: Final = attrgetter("text", "author", "session", "seq", "at", "semantic")


class NamespaceIndex:
    """The mutable mirror of one namespace's rows. Not thread-safe: the engine locks.

    `put`, `remove` and `get` cost O(text). Attributes are for `recall`; treat them as read-only.

    Args:
        dim: length of the vectors.
        scan: whether recall should scan the vectors; False for an embedder whose vectors only
            repeat what the postings say (`Embedder.semantic` is False).
    """

    def __init__(self, dim: int, *, scan: bool = True) -> None:
        if dim < 1:
            raise ConfigError(f"dim must be at least 1, got {dim!r}")
        self.dim = dim
        self.scan = scan
        self.revision = 0
        self.columns = Columns({**record.DTYPES, "norm": "f4", "vector": ("f4", dim)})
        self.postings = Postings()
        self.context = Postings()
        self.codes = Codes(dim)
        self._meanings = Codes(word_vectors.DIM)
        self.authors: dict[str, int] = {}
        self.episodes = 0
        self.linking: set[str] = set()
        self._slots: dict[str, int] = {}
        self._memories: list[Memory | None] = []
        self._pieces: list[bytes] = []
        self._stems: list[tuple[str, ...]] = []
        self._forms: list[tuple[str, ...]] = []
        self._worded: dict[tuple[str, ...], int] = {}
        self._tails: dict[str, int] = {}
        self._buffer = Buffer()
        self.stating = Stating()
        self._newer: dict[str, str] = {}
        self._unordered = False
        self._underived: list[int] = []
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, ident: object) -> bool:
        return ident in self._slots

    def get(self, ident: str) -> Memory | None:
        """The memory, or None."""
        slot = self._slots.get(ident)
        return None if slot is None else self._memories[slot]

    def row(self, ident: str) -> Row:
        """The memory with a copy of its vector, and its pieces.

        Raises:
            KeyError: there is no such memory.
        """
        slot = self._slots[ident]
        return Row(self.at(slot), self.columns["vector"][slot].copy(), self._pieces[slot])

    def at(self, slot: int) -> Memory:
        """The memory of a live row.

        Raises:
            KeyError: the row is gone.
        """
        memory = self._memories[slot]
        if memory is None:
            raise KeyError(slot)
        return memory

    def slot(self, ident: str) -> int | None:
        """The memory's row number, or None."""
        return self._slots.get(ident)

    def stems(self, slot: int) -> tuple[str, ...]:
        """The topic stems of a row's own text, each once."""
        return self._stems[slot]

    def forms(self, slot: int) -> tuple[str, ...]:
        """All that a row's own text is found by: its topic stems and their other forms."""
        return self._forms[slot]

    def pieces(self, slots: Iterable[int]) -> list[bytes]:
        """The pieces of some rows; b"" where there are none."""
        return [self._pieces[slot] for slot in slots]

    def unread(self) -> list[str]:
        """The ids of the memories whose pieces are not known."""
        return [ident for ident, slot in self._slots.items() if not self._pieces[slot]]

    def worded(self, stems: tuple[str, ...]) -> int | None:
        """The newest live row with just these stems in this order, or None."""
        return self._worded.get(stems)

    def meanings(self) -> Coded:
        """The vector of each row's stems (`word_vectors.Texts`), made when first asked for."""
        return self._meanings.of(word_vectors.Texts(self._forms))

    def newer(self, slot: int) -> int | None:
        """The row that replaced this one as the current version, or None."""
        return self._slots.get(self._newer.get(self.at(slot).id, ""))

    def replaced_by(self, ident: str) -> str | None:
        """The id of the memory that says it replaces this one, which may be gone."""
        newer = self._newer.get(ident, "")
        return newer if newer in self._slots else None

    def memories(self) -> list[Memory]:
        """Every memory, ordered by (seq, id)."""
        return sorted((self.at(s) for s in self._slots.values()), key=lambda m: (m.seq, m.id))

    def buffered(self) -> list[Memory]:
        """Memories whose verdict is pending, oldest first."""
        return self._buffer.memories()

    @property
    def derived(self) -> Columns:
        """The columns with those that `record.derived` reads from a text, once recall asks.

        A process that only writes mirrors what all others write, and never needs them.
        """
        rows, self._underived = self._underived, []
        for slot in rows:
            memory = self._memories[slot]
            if memory is not None:
                self.columns.update(slot, record.derived(memory))
        return self.columns

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` derives from the index, made anew after every write; do not change it."""
        found: T | None = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
        return found

    # -- writing

    def put(self, rows: Iterable[Row]) -> None:
        """Insert or replace rows by id.

        Raises:
            EmbedderError: a vector or pieces have another length, or a vector is not finite;
                nothing was put.
        """
        rows = list(rows)
        for row in rows:
            self._check(row)
        self._kept.clear()
        for row in rows:
            self._put(row.memory, row.vector)
            self._pieces[self._slots[row.memory.id]] = row.pieces

    def _check(self, row: Row) -> None:
        vector = row.vector
        if not pieces.fits(row.pieces, self.dim):
            raise EmbedderError(f"pieces of vectors of {self.dim} numbers have another length")
        if np.shape(vector) != (self.dim,) or not math.isfinite(float(np.dot(vector, vector))):
            raise EmbedderError(
                f"a vector must hold {self.dim} finite numbers, got shape {np.shape(vector)}"
            )

    def _put(self, memory: Memory, vector: Vector) -> None:
        old = self._slots.get(memory.id)
        if old is not None and self._same_place(self.at(old), memory):
            self._add_context(old, set(memory.context).difference(self.at(old).context))
            self._memories[old] = memory
            self.codes.stale(old)
            self.columns.update(old, {**record.changing(memory), **_direction(vector)})
        else:
            if old is not None:
                self.remove([memory.id])
            self._append(memory, vector)
        self.stating.put(memory)
        self._newer.update((link.target, memory.id) for link in _replacing(memory))
        if any(link.kind != "replaces" for link in memory.links):
            self.linking.add(memory.id)
        else:
            self.linking.discard(memory.id)
        if memory.tier == "buffer":
            self._buffer.put(memory)
        else:
            self._buffer.drop(memory.id)

    def _add_context(self, slot: int, stems: Iterable[str]) -> None:
        self.context.add(slot, dict.fromkeys(sorted(stems), 1.0))

    @staticmethod
    def _same_place(old: Memory, new: Memory) -> bool:
        return _PLACE(old) == _PLACE(new) and set(old.context) <= set(new.context)

    def _append(self, memory: Memory, vector: Vector) -> None:
        counts, fixed = record.fixed(memory)
        previous, episode = self._follow(memory)
        slot = self.columns.append(
            {
                **fixed,
                **record.changing(memory),
                "author": self.authors.setdefault(memory.author, len(self.authors)),
                "episode": episode,
                "previous": previous,
                "next": -1,
                **_direction(vector),
            }
        )
        if previous >= 0:
            self.columns["next"][previous] = slot
        others = record.forms(memory, counts)
        self.postings.add(slot, counts | others if others else counts)
        self._add_context(slot, memory.context)
        self._slots[memory.id] = slot
        self._memories.append(memory)
        self._pieces.append(b"")
        self._underived.append(slot)
        self._stems.append(tuple(counts))
        self._forms.append((*self._stems[slot], *others) if others else self._stems[slot])
        self._worded[self._stems[slot]] = slot
        if not memory.semantic:
            self._tails[memory.session] = slot

    def _follow(self, memory: Memory) -> tuple[int, int]:
        """The row before this one in its conversation (-1: none), and its episode."""
        tail = -1 if memory.semantic else self._tails.get(memory.session, -1)
        if tail >= 0 and self.columns["seq"][tail] >= memory.seq:
            self._unordered = True  # arrived late: `order` links it before the next recall
        if tail < 0 or not 0.0 <= memory.at - self.columns["at"][tail] <= PAUSE:
            self.episodes += 1
            return -1, self.episodes - 1
        return tail, int(self.columns["episode"][tail])

    def remove(self, ids: Iterable[str]) -> None:
        """Remove memories by id; unknown ids are ignored."""
        self._kept.clear()
        for ident in ids:
            slot = self._slots.pop(ident, None)
            if slot is None:
                continue
            memory = self.at(slot)
            self._unlink(slot, memory.session)
            for link in _replacing(memory):
                self._newer.pop(link.target, None)
            self.postings.drop(self._forms[slot])
            self.context.drop(memory.context)
            if self._worded.get(self._stems[slot]) == slot:
                del self._worded[self._stems[slot]]
            self.columns["live"][slot] = False
            self._memories[slot] = None
            self._pieces[slot] = b""
            self._buffer.drop(ident)
            self.linking.discard(ident)
            self.stating.drop(ident)
        if len(self.columns) > 1024 and 2 * len(self._slots) < len(self.columns):
            self._compact()

    def _unlink(self, slot: int, session: str) -> None:
        previous, following = self.columns["previous"], self.columns["next"]
        before, after = int(previous[slot]), int(following[slot])
        if before >= 0:
            following[before] = after
        if after >= 0:
            previous[after] = before
        if self._tails.get(session) == slot:
            if before >= 0:
                self._tails[session] = before
            else:
                del self._tails[session]

    def _compact(self) -> None:
        """Give back the places of rows that are gone."""
        self._kept.clear()
        kept = np.flatnonzero(self.derived["live"])
        place = np.full(len(self.columns) + 1, -1, np.int32)  # the last one maps -1 to -1
        place[kept] = np.arange(len(kept), dtype=np.int32)
        for name in ("previous", "next"):
            self.columns[name][:] = place[self.columns[name]]
        self.columns.keep(kept)
        self.codes.clear()
        self._meanings.clear()
        self.postings.renumber(place[:-1])
        self.context.renumber(place[:-1])
        self._memories = [self._memories[i] for i in kept]
        self._pieces = [self._pieces[i] for i in kept]
        self._stems = [self._stems[i] for i in kept]
        self._forms = [self._forms[i] for i in kept]
        self._worded = {stems: i for i, stems in enumerate(self._stems)}
        self._slots = {m.id: i for i, m in enumerate(self._memories) if m is not None}
        self._tails = {s: int(place[slot]) for s, slot in self._tails.items()}

    def order(self) -> None:
        """Link neighbours and number episodes anew, if rows arrived out of order."""
        if not self._unordered:
            return
        self._unordered = False
        self._kept.clear()
        self._tails.clear()
        self.episodes = 0
        self.columns["episode"][:] = 0
        self.columns["previous"][:] = -1
        self.columns["next"][:] = -1
        for memory in self.memories():
            slot = self._slots[memory.id]
            before, episode = self._follow(memory)
            self.columns.update(slot, {"previous": before, "episode": episode})
            if before >= 0:
                self.columns["next"][before] = slot
            if not memory.semantic:
                self._tails[memory.session] = slot


def _replacing(memory: Memory) -> Iterable[Link]:
    return (link for link in memory.links if link.kind == "replaces")


def _direction(vector: Vector) -> dict[str, Any]:
    return {"vector": vector, "norm": math.sqrt(float(vector @ vector))}
