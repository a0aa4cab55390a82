"""Many writers to one store: what is refused, what is lost, and how long each waits."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from resmem_core import Message, ResilientMemory
from resmem_core.errors import ResmemError

_PLACES: Final = ("Lisbon", "Oslo", "Kyoto", "Quito", "Accra", "Turin", "Perth", "Leeds")


def writers(
    processes: Annotated[int, typer.Option(help="Processes that write.", min=1)] = 8,
    threads: Annotated[int, typer.Option(help="Threads of each that write.", min=1)] = 1,
    messages: Annotated[int, typer.Option(help="Messages, all writers together.")] = 10_000,
    namespaces: Annotated[int, typer.Option(help="Namespaces that they write to.", min=1)] = 1,
    store: Annotated[
        str,
        typer.Option(
            help="file; cluster: three replicas of a Qdrant cluster on this machine; or the "
            "address of a server."
        ),
    ] = "file",
    delay: Annotated[
        float, typer.Option(help="Milliseconds by which each of the cluster's answers is late.")
    ] = 0.0,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Several writers to one store at once: nothing may be refused, nothing lost."""
    figures = measure(Load(processes, threads, messages, namespaces), store, delay)
    if json_:
        print(json.dumps(figures))
        return
    title = f"{processes * threads} writers, {namespaces} namespaces, one store ({store})"
    table = Table("figure", "value", title=title)
    for name, value in figures.items():
        table.add_row(name, f"{value:,.1f}" if isinstance(value, float) else f"{value:,}")
    Console().print(table)


class Load(NamedTuple):
    """Who writes how much, and where."""

    processes: int
    threads: int
    messages: int
    namespaces: int


class Share(NamedTuple):
    """One writer's part: milliseconds of each observe, how many were refused, seconds in all."""

    took: list[float]
    refused: int
    seconds: float


def measure(load: Load, store: str = "file", delay: float = 0.0) -> dict[str, Any]:
    """Counts, and milliseconds that an `observe` took."""
    each = load.messages // (load.processes * load.threads)
    with _opened(store, delay) as location:
        ResilientMemory.open(location).close()
        context = multiprocessing.get_context("spawn")
        jobs = [(location, number, each, load) for number in range(load.processes)]
        begun = time.perf_counter()
        with context.Pool(load.processes) as pool:
            shares = [s for part in pool.starmap(_process, jobs, chunksize=1) for s in part]
        seconds = time.perf_counter() - begun
        stored = _stored(location, load.namespaces)
    took = np.array([milliseconds for share in shares for milliseconds in share.took])
    sent, refused = each * len(shares), sum(share.refused for share in shares)
    slowest, fastest = (f(share.seconds for share in shares) for f in (max, min))
    return {
        "messages": sent,
        "refused": refused,
        "lost": sent - refused - stored,
        "seconds": round(seconds, 1),
        "per_second": round((sent - refused) / slowest, 1),
        "p50_ms": float(np.percentile(took, 50)),
        "p95_ms": float(np.percentile(took, 95)),
        "max_ms": float(took.max()),
        "slowest_over_fastest_writer": round(slowest / fastest, 2),
    }


@contextmanager
def _opened(store: str, delay: float) -> Iterator[str]:
    """The address of a fresh store, or of the server that is named."""
    with ExitStack() as stack:
        if store == "file":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            yield str(Path(folder) / "shared.db")
        elif store == "cluster":
            from benchmarks.cluster import Cluster, serve  # noqa: PLC0415 - an extra

            cluster = Cluster(3, factor=2)
            stack.callback(cluster.close)
            yield stack.enter_context(serve(cluster, delay / 1e3))
        else:
            yield store


def _process(location: str, process: int, each: int, load: Load) -> list[Share]:
    """What the threads of one process did, all with one open memory."""
    with (
        ResilientMemory.open(location, keep=1.0, auto_sleep=False) as memory,
        ThreadPoolExecutor(load.threads) as pool,
    ):
        numbers = range(process * load.threads, (process + 1) * load.threads)
        return [*pool.map(lambda number: _write(memory, number, each, load.namespaces), numbers)]


def _write(memory: ResilientMemory, writer: int, each: int, namespaces: int) -> Share:
    took, refused = [], 0
    sessions = [
        memory.session(f"thread-{writer}", namespace=("bench", str((writer + n) % namespaces)))
        for n in range(min(namespaces, each))
    ]
    begun = time.perf_counter()
    for n in range(each):
        started = time.perf_counter()
        try:
            sessions[n % namespaces].observe(_message(writer, n))
        except ResmemError:
            refused += 1
        took.append(1e3 * (time.perf_counter() - started))
    return Share(took, refused, time.perf_counter() - begun)


def _message(writer: int, n: int) -> Message:
    place = _PLACES[n % len(_PLACES)]
    text = f"Parcel {writer}-{n:05d} weighs {n} kg and leaves {place} at gate {writer}."
    return Message(role="user", text=text, id=f"{writer}-{n}")


def _stored(location: str, namespaces: int) -> int:
    with ResilientMemory.open(location) as memory:
        found = (memory.scan(("bench", str(n))) for n in range(namespaces))
        return len({source for part in found for m in part for source in m.sources})


if __name__ == "__main__":
    typer.run(writers)
