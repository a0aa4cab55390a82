"""Measure every subject at every size, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np

from benchmarks.peers.subjects import SUBJECTS
from benchmarks.sleep.stream import stream

BATCH: Final = 500
ADDS: Final = 200
SEARCHES: Final = 60
FEW: Final = 5
"""Calls that are measured at least, however long they take."""
PATIENCE: Final = 30.0
"""Seconds after which no further call is measured."""


def run(
    sizes: Sequence[int], names: Sequence[str], budget: float, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Rows for every subject and size, and who could not be measured.

    Args:
        sizes: stored texts.
        names: of `SUBJECTS`; "ours" should be among them for the ratios.
        budget: seconds that filling may take; a subject that needs longer has no row there.
        progress: is told what is being measured.

    Returns:
        {"rows": [{"name", "what", "n", "p50", "p95", "unit", "ratio"}], "missing": {name: why},
        "stopped": [{"name", "n", "stored"}], "fsync_ms": float}. `what` is add, search, build or
        rss; `ratio` is to the row named ours of the same n and what. Build is one figure (p50),
        in seconds. An add's row says what an added text `survives`; rows of calls have
        the CPU time of one (p50) as `cpu`, which a busy machine or disk does not move.
    """
    rows: list[dict[str, Any]] = []
    missing: dict[str, str] = {}
    stopped: list[dict[str, Any]] = []
    for size in sizes:
        for name in names:
            if name in missing or any(s["name"] == name for s in stopped):
                continue
            progress(f"{name} at {size:,}")
            found = apart(name, size, budget)
            if "missing" in found:
                missing[name] = found["missing"]
            elif "stopped" in found:
                stopped.append({"name": name, "n": size, "stored": found["stopped"]})
            else:
                rows += found["rows"]
    disk = round(fsync_ms(), 3)
    return {"rows": with_ratios(rows), "missing": missing, "stopped": stopped, "fsync_ms": disk}


def apart(name: str, size: int, budget: float) -> dict[str, Any]:
    """`measure` in a fresh process: its memory and its imports are its own."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(name, size, budget, send))
    process.start()
    send.close()
    try:
        found: dict[str, Any] = receive.recv()
    except EOFError:
        found = {"missing": f"its process ended with code {process.exitcode}"}
    finally:
        process.join()
    return found


def _send(name: str, size: int, budget: float, pipe: Any) -> None:
    pipe.send(measure(name, size, budget))


def measure(name: str, size: int, budget: float) -> dict[str, Any]:
    """Fill, add, search; or why that was not possible."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            subject = SUBJECTS[name](Path(folder))
        except ImportError as error:
            return {"missing": f"not installed: {error.name or error}"}
        before = resident_mb()
        texts = texts_of(size + ADDS + SEARCHES)
        started = perf_counter()
        stored = 0
        while stored < size:
            subject.fill([*islice(texts, min(BATCH, size - stored))])
            stored = min(stored + BATCH, size)
            if perf_counter() - started > budget:
                return {"stopped": stored}
        built = perf_counter() - started
        adds = timed(subject.add, [*islice(texts, ADDS)])
        questions = [*islice(texts, SEARCHES)]
        found = subject.search(questions[0])  # the first one may load or build something
        if not found:
            return {"missing": "its search found nothing, so its times mean nothing"}
        searches = timed(subject.search, questions)
        rows = [
            {"name": name, "what": "add", "n": size, **adds, "unit": "ms",
             "survives": subject.survives},
            {"name": name, "what": "search", "n": size, **searches, "unit": "ms", "found": found},
            {"name": name, "what": "build", "n": size, "p50": round(built, 2), "p95": None,
             "unit": "s"},
            {"name": name, "what": "rss", "n": size, "p50": round(resident_mb()),
             "p95": round(peak_mb()), "unit": "MB", "before": round(before)},
        ]  # fmt: skip
        subject.close()
    return {"rows": rows}


def texts_of(count: int) -> Iterator[str]:
    """Texts of the synthetic stream, each with a number of its own, so that none is a repeat."""
    for number, said in enumerate(islice(stream(3), count)):
        yield f"{said.text}, note {number}"


def fsync_ms(count: int = 100) -> float:
    """What the disk takes to make 32 kB durable (p50): no durable add can be faster."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(count):
            file.write(b"x" * 32_768)
            file.flush()
            started = perf_counter()
            os.fsync(file.fileno())
            times.append(1e3 * (perf_counter() - started))
    return float(np.median(times))


def timed(call: Callable[[str], Any], texts: Sequence[str]) -> dict[str, float]:
    """Milliseconds that a call takes, until patience ends: p50, p95, and p50 of CPU time."""
    found: list[tuple[float, float]] = []
    begun = perf_counter()
    for text in texts:
        started, worked = perf_counter(), process_time()
        call(text)
        found.append((perf_counter() - started, process_time() - worked))
        if len(found) >= FEW and perf_counter() - begun > PATIENCE:
            break
    wall, cpu = 1e3 * np.array(found).T
    p50, p95 = np.percentile(wall, [50, 95])
    return {
        "p50": round(float(p50), 3),
        "p95": round(float(p95), 3),
        "cpu": round(float(np.median(cpu)), 3),
    }


def with_ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with how many times ours they are."""
    ours = {(row["what"], row["n"]): row["p50"] for row in rows if row["name"] == "ours"}
    for row in rows:
        base = ours.get((row["what"], row["n"]))
        row["ratio"] = round(row["p50"] / base, 2) if base else None
    return rows


def peak_mb() -> float:
    """The process's highest resident memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def resident_mb() -> float:
    """The process's resident memory now; its peak where that cannot be read."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_mb()
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
