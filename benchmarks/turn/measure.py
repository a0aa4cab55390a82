"""What the adapters' `resmem bench turn` have in common: the memory, the texts, rows and table."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike
from rich.console import Console
from rich.table import Table

from resmem_core.engine import ResilientMemory
from resmem_core.types import Message

NAMESPACE: Final = ("bench", "turn")
WARM: Final = 20
"""Calls of each way before the first that counts."""

_BATCH: Final = 200
_PLACES: Final = ("Lisbon", "Oslo", "Kyoto", "Quito", "Accra", "Turin", "Perth", "Leeds")
_THINGS: Final = ("cat", "boat", "garden", "cello", "bakery", "tandem", "kiln")


def statement(n: int) -> str:
    """The n-th of many different plain statements."""
    thing, place = _THINGS[n % 7], _PLACES[n % 8]
    return f"In {1950 + n % 70} my friend number {n} bought a {thing} near {place}."


def question(n: int) -> str:
    """The n-th question about them."""
    return f"Visitor {n} asks: who bought a {_THINGS[n % 7]} near {_PLACES[n % 8]}?"


@contextmanager
def filled(memories: int) -> Iterator[ResilientMemory]:
    """A memory in a file of its own, with that many statements in the namespace."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ResilientMemory.open(str(Path(folder) / "bench.db"), keep=1.0) as memory,
    ):
        session = memory.session("filling", namespace=NAMESPACE)
        for start in range(0, memories, _BATCH):
            batch = range(start, min(start + _BATCH, memories))
            session.observe_all([Message("user", statement(n), id=f"m{n}") for n in batch])
        yield memory


def row(name: str, seconds: ArrayLike, ours: float) -> dict[str, Any]:
    """One row: microseconds, and the ratio of its median to `ours`, the median seconds of ours."""
    micro = 1e6 * np.asarray(seconds, float)
    p50, p95 = np.percentile(micro, [50, 95])
    return {
        "name": name,
        "n": len(micro),
        "p50": round(float(p50), 2),
        "p95": round(float(p95), 2),
        "unit": "µs",
        "ratio": round(float(p50) / (1e6 * float(ours)), 4),
    }


def report(rows: Sequence[Mapping[str, Any]], title: str, as_json: bool) -> None:
    """Print the rows, for people or as JSON."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(title=title)
    for column in ("name", "n", "p50 µs", "p95 µs"):
        table.add_column(column, justify="left" if column == "name" else "right")
    for line in rows:
        table.add_row(line["name"], str(line["n"]), f"{line['p50']:,.1f}", f"{line['p95']:,.1f}")
    Console().print(table)
