"""The short-term buffer: the items whose verdict is pending, and which are due for it."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from resmem_core.types import Memory

_AGE: Final = attrgetter("seq", "id")


class Buffer:
    """Memories by id, listed oldest first; the list is kept while only its end grows."""

    def __init__(self) -> None:
        self._held: dict[str, Memory] = {}
        self._listed: list[Memory] | None = []

    def put(self, memory: Memory) -> None:
        """Add or replace one."""
        listed = self._listed
        if memory.id in self._held or (listed and _AGE(listed[-1]) > _AGE(memory)):
            self._listed = None
        elif listed is not None:
            listed.append(memory)
        self._held[memory.id] = memory

    def drop(self, ident: str) -> None:
        """Remove one; an unknown id is ignored."""
        if self._held.pop(ident, None) is not None:
            self._listed = None

    def memories(self) -> list[Memory]:
        """All of them, ordered by (seq, id)."""
        if self._listed is None:
            self._listed = sorted(self._held.values(), key=_AGE)
        return self._listed.copy()


def leaving(buffered: Sequence[Memory], capacity: int) -> Sequence[Memory]:
    """The oldest memories over `capacity`, oldest first; their verdict is now due.

    >>> leaving([], 64)
    []
    """
    ordered = sorted(buffered, key=_AGE)
    return ordered[: max(len(ordered) - max(capacity, 0), 0)]
