"""Rows to store, and how to compare them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from resmem_core.protocols import Row
from resmem_core.types import Link, Memory, Namespace, StateVector

ADA: Namespace = ("acme", "ada")
BEN: Namespace = ("acme", "ben")


def row(
    ident: str = "m1", namespace: Namespace = ADA, seed: int = 0, pieces: bytes = b"", **fields: Any
) -> Row:
    """A row that differs with its id; any field of the memory may be given."""
    fields.setdefault("text", f"text of {ident}")
    fields.setdefault("sources", (ident,))
    vector = np.random.default_rng(seed).standard_normal(8).astype(np.float32)
    return Row(Memory(id=ident, namespace=namespace, **fields), vector, pieces)


FULL = row(
    "full",
    pieces=b"\x00\xff\x7f",
    text="héllo \x00 \u202e 漢字",
    sources=("full", "other"),
    role="tool",
    author="Ada",
    session="s",
    at=1.7e9 + 0.123456789,
    seq=7,
    state=StateVector(0.1, 1 / 3, 2 / 3),
    credit=-0.25,
    uses=3,
    tier="mid",
    quadrant="exploration",
    semantic=True,
    trust="quarantined",
    expires=1.8e9,
    valid_to=0.0,
    links=(Link("m1", "next"), Link("m2", "cluster", 0.1)),
    features=(0.1, 0.2),
    scores=(1e-300, 1.0),
    context=("kayak", "漢字"),
    metadata={"a": {"b": [1, 2.5, None, True, "x"]}, "n": 2**62},
)
"""Every field away from its default."""


def same(a: Row, b: Row) -> bool:
    """Whether two rows are equal, vectors and pieces bit by bit."""
    read = [(each.memory, each.vector.tobytes(), each.pieces) for each in (a, b)]
    return read[0] == read[1]


def ids(rows: Iterable[Row]) -> list[str]:
    """The ids of rows, in their order."""
    return [row.memory.id for row in rows]
