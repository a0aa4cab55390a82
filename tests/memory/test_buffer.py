"""The short-term buffer: what leaves it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resmem_core.memory.index import buffer
from resmem_core.types import Memory


def row(seq: int) -> Memory:
    return Memory(f"m{seq:04}", ("a",), "x", (str(seq),), seq=seq)


@given(st.permutations(range(12)), st.integers(-3, 20))
def test_the_oldest_over_capacity_leave_in_order(order: list[int], capacity: int) -> None:
    """Whatever order they come in, the oldest leave first and `capacity` stay."""
    due = buffer.leaving([row(seq) for seq in order], capacity)

    assert [memory.seq for memory in due] == list(range(max(12 - max(capacity, 0), 0)))


def test_nothing_leaves_an_empty_buffer() -> None:
    """An empty buffer has nothing due, whatever its capacity."""
    assert buffer.leaving([], 0) == []
