"""Rows about to be put, with what a newer version or a conflict changes on stored ones. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.protocols import Row
from resmem_core.types import Link, Memory


def newest(put: Sequence[Row], memory: Memory) -> Memory:
    """The memory as it is about to be put, or as it was."""
    return next((row.memory for row in put if row.memory.id == memory.id), memory)


def with_changed(put: Sequence[Row], changed: Memory, index: NamespaceIndex) -> tuple[Row, ...]:
    """The rows with a stored memory changed."""
    others = (row for row in put if row.memory.id != changed.id)
    return (*others, Row(changed, index.row(changed.id).vector))


def in_conflict(
    put: tuple[Row, ...], one: str, other: str, index: NamespaceIndex
) -> tuple[Row, ...]:
    """The rows with two memories marked as a conflict of each other."""
    held = {row.memory.id: row for row in put}
    if one not in held:
        return put
    for a, b in ((one, other), (other, one)):
        row = held.get(a) or index.row(a)
        links = (*row.memory.links, Link(b, "conflict"))
        held[a] = Row(replace(row.memory, links=links), row.vector)
    return tuple(held.values())
