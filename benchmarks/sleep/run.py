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
from time import perf_counter
from typing import Any, Final

import numpy as np

from benchmarks.sleep.stream import DAY, NAMESPACE, START, Said, item, stream, unconsolidated
from resmem_core.engine import ResilientMemory
from resmem_core.engine.base.clock import ManualClock
from resmem_core.memory.sleep import plan
from resmem_core.memory.sleep.atoms import SleepPlan
from resmem_core.protocols import Put, Row

WRITE: Final = 5_000


def run(
    sizes: Sequence[int], days: int, per_day: int, progress: Callable[[str], None]
) -> dict[str, Any]:
    """The rows of `sizes`, how time grows with them, and the statistics of `days`.

    Returns:
        {"rows": [{"n", "seconds", "rss_mb", "after", "merged", "dropped", "semantic",
        "again"}], "exponent": float, "history": [{"day", "stored", "merged",
        "forgotten", tiers and quadrants}]}. `exponent` is the slope of log time over log n.
    """
    rows = []
    for size in sizes:
        progress(f"consolidating {size:,} items")
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
    """One cycle of the engine over `size` new items of 30 days, in a SQLite file.

    They are judged already: what waits for its verdict is bounded by the gate's buffer.
    """
    with tempfile.TemporaryDirectory() as folder, _opened(f"{folder}/plan.db") as memory:
        rows = unconsolidated(size, now=START, span=30 * DAY)
        for start in range(0, size, WRITE):
            memory.store.apply([Put(tuple(rows[start : start + WRITE]))])
        _plan(memory, rows[:200])  # what is loaded once is not measured
        started = perf_counter()
        (report,) = memory.sleep(NAMESPACE)
        seconds, peak = perf_counter() - started, _peak_mb()
        left = _plan(memory, memory.store.rows(NAMESPACE))
    return {
        "n": size,
        "seconds": round(seconds, 3),
        "rss_mb": round(peak),
        "after": report.kept + report.semantic,
        "merged": report.merged,
        "dropped": report.dropped,
        "semantic": report.semantic,
        "again": len(left.atoms),
    }


def _opened(location: str, clock: ManualClock | None = None) -> ResilientMemory:
    clock = clock or ManualClock(START)
    return ResilientMemory.open(location, keep=1.0, clock=clock, auto_sleep=False)


def _plan(memory: ResilientMemory, rows: Sequence[Row]) -> SleepPlan:
    now, config = memory.clock.now(), memory.components.sleep
    return plan.plan(rows, now=now, config=config, namespace=NAMESPACE)


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
    clock = ManualClock(START)
    said = stream(1)
    rng = np.random.default_rng(2)
    found = []
    with _opened(":memory:", clock) as memory:
        for day in range(days):
            if day % 30 == 0:
                progress(f"day {day} of {days}")
            _live(memory, [*islice(said, per_day)], day, rng)
            clock.wait(DAY)
            (report,) = memory.sleep(NAMESPACE)
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
    return found


def _live(
    memory: ResilientMemory, said: Sequence[Said], day: int, rng: np.random.Generator
) -> None:
    """One day: its messages, and credit for some of what is stored."""
    vectors = memory.components.embedder.embed([one.text for one in said])
    now = memory.clock.now()
    new = tuple(
        Row(item(one, day * len(said) + at, now + 600 * at), vector)
        for at, (one, vector) in enumerate(zip(said, vectors, strict=True))
    )
    stored = memory.store.rows(NAMESPACE)
    count = math.ceil(len(stored) / 50)
    chosen = rng.choice(len(stored), count, replace=False) if stored else ()
    credited = tuple(_credited(stored[int(i)], float(rng.normal(0.1, 0.3))) for i in chosen)
    memory.store.apply([Put((*new, *credited))])


def _credited(row: Row, change: float) -> Row:
    credit = min(max(row.memory.credit + change, -1.0), 1.0)
    return Row(replace(row.memory, credit=credit, uses=row.memory.uses + 1), row.vector)
