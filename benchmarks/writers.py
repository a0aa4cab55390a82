"""Many processes write to one file: what is refused, what is lost, and how long each waits."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from resmem_core import Message, ResilientMemory
from resmem_core.errors import ResmemError

_PLACES: Final = ("Lisbon", "Oslo", "Kyoto", "Quito", "Accra", "Turin", "Perth", "Leeds")


def writers(
    processes: Annotated[int, typer.Option(help="Processes that write.", min=1)] = 8,
    messages: Annotated[int, typer.Option(help="Messages, all processes together.")] = 10_000,
    namespaces: Annotated[int, typer.Option(help="Namespaces that they write to.", min=1)] = 1,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Several processes write to one file at once: nothing may be refused, nothing lost."""
    figures = measure(processes, messages, namespaces)
    if json_:
        print(json.dumps(figures))
        return
    table = Table("figure", "value", title=f"{processes} processes, one file")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.1f}" if isinstance(value, float) else f"{value:,}")
    Console().print(table)


def measure(processes: int, messages: int, namespaces: int) -> dict[str, Any]:
    """Counts, and milliseconds that an `observe` took."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "shared.db")
        ResilientMemory.open(path).close()
        context = multiprocessing.get_context("spawn")
        each = messages // processes
        jobs = [(path, worker, each, namespaces) for worker in range(processes)]
        begun = time.perf_counter()
        with context.Pool(processes) as pool:
            parts = pool.starmap(_write, jobs, chunksize=1)
        seconds = time.perf_counter() - begun
        stored = _stored(path, namespaces)
    took = np.array([t for part in parts for t in part[0]])
    refused = sum(part[1] for part in parts)
    slowest, fastest = (f(part[2] for part in parts) for f in (max, min))
    return {
        "messages": each * processes,
        "refused": refused,
        "lost": each * processes - refused - stored,
        "seconds": round(seconds, 1),
        "p50_ms": float(np.percentile(took, 50)),
        "p95_ms": float(np.percentile(took, 95)),
        "max_ms": float(took.max()),
        "slowest_over_fastest_writer": round(slowest / fastest, 2),
    }


def _write(path: str, worker: int, each: int, namespaces: int) -> tuple[list[float], int, float]:
    """Milliseconds of each observe, how many were refused, and seconds in all."""
    took, refused = [], 0
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        sessions = [
            memory.session(f"thread-{worker}", namespace=("bench", str(n)))
            for n in range(namespaces)
        ]
        begun = time.perf_counter()
        for n in range(each):
            started = time.perf_counter()
            try:
                sessions[n % namespaces].observe(_message(worker, n))
            except ResmemError:
                refused += 1
            took.append(1e3 * (time.perf_counter() - started))
        return took, refused, time.perf_counter() - begun


def _message(worker: int, n: int) -> Message:
    place = _PLACES[n % len(_PLACES)]
    text = f"Parcel {worker}-{n:05d} weighs {n} kg and leaves {place} at gate {worker}."
    return Message(role="user", text=text, id=f"{worker}-{n}")


def _stored(path: str, namespaces: int) -> int:
    with ResilientMemory.open(path) as memory:
        found = (memory.scan(("bench", str(n))) for n in range(namespaces))
        return len({source for part in found for m in part for source in m.sources})


if __name__ == "__main__":
    typer.run(writers)
