"""What every store does alike: the namespaces that a call touches, and the part of a list meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from resmem_core.protocols import Delete, Op, Put
from resmem_core.types import Namespace

T = TypeVar("T")

TOMBSTONES: Final = 10_000
"""Deletions of a namespace that are listed one by one; who missed more reloads everything."""


def touched(ops: Sequence[Op]) -> list[Namespace]:
    """The namespaces whose rows the operations touch, each once, in order."""
    names: dict[Namespace, None] = {}
    for op in ops:
        if isinstance(op, Put):
            names.update((row.memory.namespace, None) for row in op.rows)
        elif isinstance(op, Delete) and op.ids:
            names[op.namespace] = None
    return list(names)


def part(items: Sequence[T], limit: int | None, offset: int, *, newest: bool) -> list[T]:
    """Some of an ordered list, from its other end with `newest`.

    >>> part("abcd", 2, 1, newest=True)
    ['c', 'b']
    """
    turned = [*reversed(items)] if newest else [*items]
    return turned[offset:][:limit]
