"""The short-term buffer: which items are due, and what came after an item."""

from __future__ import annotations

from collections.abc import Sequence

from resmem_core.types import Memory


def leaving(buffered: Sequence[Memory], capacity: int) -> Sequence[Memory]:
    """The oldest memories over `capacity`, oldest first; their verdict is now due.

    >>> leaving([], 64)
    []
    """
    ordered = sorted(buffered, key=lambda memory: (memory.seq, memory.id))
    return ordered[: max(len(ordered) - max(capacity, 0), 0)]


def after(buffered: Sequence[Memory], memory: Memory) -> list[Memory]:
    """What was observed after `memory`, oldest first."""
    later = [other for other in buffered if other.seq > memory.seq]
    return sorted(later, key=lambda other: (other.seq, other.id))
