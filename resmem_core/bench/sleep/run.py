"""One cycle at several sizes, each in a process of its own; and many cycles, day by day."""

from __future__ import annotations

import math
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np

from resmem_core.bench.sleep.stream import DAY, NAMESPACE, buffered, memory, stream
from resmem_core.config.sleep import SleepConfig
from resmem_core.memory import sleep
from resmem_core.memory.embed import LexicalEmbedder
from resmem_core.protocols import Op, Put, Row
from resmem_core.stores.sqlite import SqliteStore

NOW: Final = 1.75e9
CHUNK: Final = 500
WRITE: Final = 5_000


def run(
    sizes: Sequence[int], days: int, per_day: int, progress: Callable[[str], None]
) -> dict[str, Any]:
    """The rows of `sizes`, how time grows with them, and the statistics of `days`.

    Returns:
        {"rows": [{"n", "seconds", "plan_s", "apply_s", "rss_mb", "after", "merged", "dropped",
        "semantic", "again"}], "exponent": float, "history": [{"day", "stored", "merged",
        "forgotten", tiers and quadrants}]}. `exponent` is the slope of log time over log n.
    """
    rows = []
    for size in sizes:
        progress(f"consolidating {size:,} buffered items")
        rows.append(alone(size))
    return {
        "rows": rows,
        "exponent": exponent([(row["n"], row["seconds"]) for row in rows]),
        "history": history(days, per_day, progress) if days else [],
    }


def alone(size: int) -> dict[str, Any]:
    """`cycle` in a fresh process, so that its peak memory is its own."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_send_cycle, args=(size, send))
    process.start()
    send.close()
    try:
        result: dict[str, Any] = receive.recv()
    finally:
        process.join()
    return result


def _send_cycle(size: int, send: Any) -> None:
    send.send(cycle(size))


def cycle(size: int) -> dict[str, Any]:
    """One cycle over `size` buffered items of the last 30 days, in a SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "sleep.db")
        _fill(store, buffered(size, now=NOW, span=30 * DAY))
        started = perf_counter()
        plan = _plan(store, NOW)
        planned = perf_counter()
        for ops in sleep.chunks(plan, CHUNK):
            store.apply(ops)
        done = perf_counter()
        peak = _peak_mb()
        again = len(_plan(store, NOW).ops)
        store.close()
    report = plan.report
    return {
        "n": size,
        "seconds": round(done - started, 3),
        "plan_s": round(planned - started, 3),
        "apply_s": round(done - planned, 3),
        "rss_mb": round(peak),
        "after": report.kept + report.semantic,
        "merged": report.merged,
        "dropped": report.dropped,
        "semantic": report.semantic,
        "again": again,
    }


def _fill(store: SqliteStore, rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), WRITE):
        store.apply([Put(tuple(rows[start : start + WRITE]))])


def _plan(store: SqliteStore, now: float, config: SleepConfig | None = None) -> sleep.SleepPlan:
    config = config or SleepConfig()
    return sleep.plan(store.rows(NAMESPACE), now=now, config=config, namespace=NAMESPACE)


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def exponent(points: Sequence[tuple[int, float]]) -> float | None:
    """The slope of log seconds over log n by least squares; 1 is linear.

    >>> exponent([(10, 1.0), (100, 10.0), (1000, 100.0)])
    1.0
    """
    if len(points) < 2:
        return None
    size, seconds = (np.log(np.array(column, float)) for column in zip(*points, strict=True))
    return round(float(np.polyfit(size, seconds, 1)[0]), 3)


def history(days: int, per_day: int, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """Tiers, quadrants and what was forgotten, for a memory that sleeps every night.

    Each day brings `per_day` messages, and one item in fifty that helps or harms.
    """
    store = SqliteStore(":memory:")
    said = stream(1)
    rng = np.random.default_rng(2)
    found = []
    for day in range(days):
        if day % 30 == 0:
            progress(f"day {day} of {days}")
        _live(store, [*islice(said, per_day)], day, rng)
        plan = _plan(store, NOW + (day + 1) * DAY)
        for ops in sleep.chunks(plan, CHUNK):
            store.apply(ops)
        report = plan.report
        found.append(
            {
                "day": day,
                "stored": report.kept + report.semantic,
                "merged": report.merged,
                "semantic": report.semantic,
                "forgotten": dict(report.forgotten),
                **report.after,
            }
        )
    store.close()
    return found


def _live(store: SqliteStore, said: Sequence[Any], day: int, rng: np.random.Generator) -> None:
    """One day: its messages, and credit for some of what is stored."""
    start = NOW + day * DAY
    vectors = LexicalEmbedder().embed([one.text for one in said])
    ops: list[Op] = [
        Put(
            tuple(
                Row(memory(one, day * len(said) + at, start + 600 * at), vector)
                for at, (one, vector) in enumerate(zip(said, vectors, strict=True))
            )
        )
    ]
    stored = store.rows(NAMESPACE)
    if stored:
        chosen = rng.choice(len(stored), math.ceil(len(stored) / 50), replace=False)
        ops.append(
            Put(tuple(_credited(stored[int(i)], float(rng.normal(0.1, 0.3))) for i in chosen))
        )
    store.apply(ops)


def _credited(row: Row, change: float) -> Row:
    credit = min(max(row.memory.credit + change, -1.0), 1.0)
    return Row(replace(row.memory, credit=credit, uses=row.memory.uses + 1), row.vector)
