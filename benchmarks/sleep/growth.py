"""A stream that never ends: does the store stay bounded, and recall as fast as it was?"""

from __future__ import annotations

import math
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from benchmarks.sleep.stream import NAMESPACE, START, Said, stream
from resmem_core.audit import records
from resmem_core.config.sleep import SleepConfig
from resmem_core.engine import ResilientMemory
from resmem_core.engine.base.clock import ManualClock
from resmem_core.types import Message

EVERY: Final = 60.0
"""Seconds from one message to the next."""
BATCH: Final = 200
QUESTIONS: Final = 20


def grow(
    messages: int,
    *,
    capacity: int,
    keep: float,
    progress: Callable[[str], None],
    audit_records: int = 100_000,
) -> list[dict[str, Any]]:
    """Feed a stream through the engine, sleep after every `capacity` messages, and look.

    Args:
        messages: how many in all.
        capacity: items that the namespace may hold (`SleepConfig.capacity`).
        keep: the gate's budget.
        progress: is told how far it is.
        audit_records: that the audit log keeps (`SleepConfig.audit_records`).

    Returns:
        One row per cycle: {"messages", "stored", "semantic", "body_mb", "file_mb", "audit_mb",
        "recall_ms", "rss_mb", "observe_ms", "sleep_s"}. Vectors and texts are in `body_mb`; the
        audit log grows until it is trimmed.
    """
    rows = []
    clock = ManualClock(START)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "growth.db"
        config = SleepConfig(capacity=capacity, audit_records=audit_records)
        memory = ResilientMemory.open(
            str(path), keep=keep, clock=clock, sleep=config, auto_sleep=False
        )
        session = memory.session("growth", namespace=NAMESPACE)
        said = stream(4)
        for done in range(capacity, messages + 1, capacity):
            started = perf_counter()
            for batch in _batches([*islice(said, capacity)]):
                session.observe_all([_message(one, clock) for one in batch])
            observed = perf_counter()
            memory.sleep(NAMESPACE)
            slept = perf_counter()
            rows.append(
                {
                    "messages": done,
                    **_sizes(memory, path),
                    "recall_ms": _recall_ms(session, said),
                    "rss_mb": round(_resident_mb()),
                    "observe_ms": round(1e3 * (observed - started) / capacity, 3),
                    "sleep_s": round(slept - observed, 3),
                }
            )
            progress(f"{done:,} of {messages:,}: {rows[-1]}")
        memory.close()
    return rows


def _batches(said: Sequence[Said]) -> Iterator[Sequence[Said]]:
    for start in range(0, len(said), BATCH):
        yield said[start : start + BATCH]


def _message(said: Said, clock: ManualClock) -> Message:
    clock.wait(EVERY)
    return Message(role="user", text=said.text, at=datetime.fromtimestamp(clock.at, UTC))


def _sizes(memory: ResilientMemory, path: Path) -> dict[str, Any]:
    rows = memory.store.rows(NAMESPACE)
    body = sum(row.vector.nbytes + len(row.memory.text) + _sources(row.memory) for row in rows)
    audit = sum(len(str(record)) for record in records(memory.store))
    files = (path, path.with_name(path.name + "-wal"))
    return {
        "stored": len(rows),
        "semantic": sum(row.memory.semantic for row in rows),
        "body_mb": round(body / 1e6, 3),
        "file_mb": round(sum(f.stat().st_size for f in files if f.exists()) / 1e6, 3),
        "audit_mb": round(audit / 1e6, 3),
    }


def _sources(memory: Any) -> int:
    return sum(map(len, memory.sources))


def _recall_ms(session: Any, said: Iterator[Said]) -> float:
    times = []
    for one in islice(said, QUESTIONS):
        started = perf_counter()
        session.search(one.text, k=10)
        times.append(perf_counter() - started)
    return round(1e3 * statistics.median(times), 3)


def _resident_mb() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return math.nan
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
