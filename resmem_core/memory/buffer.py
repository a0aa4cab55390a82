"""The short-term buffer: which items are due for their verdict."""

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
