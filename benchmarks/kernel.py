"""`resmem bench kernel`: what a control tick costs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks import draws
from resmem_core import kernel as kernel_
from resmem_core.config.heads import GraphHead, Head, MlpHead
from resmem_core.config.profile import Profile
from resmem_core.control import controller
from resmem_core.kernel.reference import heads as reference_heads
from resmem_core.kernel.reference import tick as reference
from resmem_core.types import Signal

OURS: Final = "C, one session from Python, MLP value head"


def kernel(
    sessions: Annotated[int, typer.Option(help="Sessions of the batched rows.")] = 100_000,
    repeats: Annotated[int, typer.Option(help="Timed repeats of each row.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the JSON.")] = Path("results"),
) -> None:
    """Nanoseconds per tick: C and NumPy, one session and many, with and without a value head.

    A batched row that names no threads uses every core, as a fleet does unless told.
    """
    measured = rows(sessions, repeats)
    out.mkdir(parents=True, exist_ok=True)
    (out / "kernel.json").write_text(json.dumps(measured, indent=1), "utf-8")
    if as_json:
        print(json.dumps(measured, indent=1))
        return
    table = Table(title="ns per tick and session")
    for heading in ("what", "sessions", "p50", "p95", "of ours"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in measured:
        p50, p95 = f"{row['p50']:,.0f}", f"{row['p95']:,.0f}"
        table.add_row(row["name"], f"{row['n']:,}", p50, p95, f"{row['ratio']:.2f}")
    Console().print(table)


def rows(sessions: int = 100_000, repeats: int = 30) -> list[dict[str, Any]]:
    """One row per form: name, n (sessions), p50, p95, unit, ratio to the row of `OURS`."""
    profile, rng = Profile.default(), np.random.default_rng(0)
    measured = [
        _row(name, n, _times(work, n, repeats)) for name, n, work in _forms(profile, rng, sessions)
    ]
    ours = next((row["p50"] for row in measured if row["name"] == OURS), None)
    return [row | {"ratio": row["p50"] / ours if ours else float("nan")} for row in measured]


def heads(n: int, rng: np.random.Generator) -> tuple[MlpHead, GraphHead]:
    """An MLP n-16-1 and a graph head of 8 features, with random weights."""
    mlp = MlpHead(rng.normal(size=(16, n)), rng.normal(size=16), rng.normal(size=16), 0.1)
    node, wide = (n + 1, 8), (8, 8)
    e, c, r, t = (rng.normal(size=node) for _ in range(4))
    a, u, v = rng.normal(size=(n + 1, n + 1)), rng.normal(size=wide), rng.normal(size=wide)
    return mlp, GraphHead(e, c, a, u, v, rng.normal(size=8), r, t, 0.1)


def _forms(
    profile: Profile, rng: np.random.Generator, sessions: int
) -> list[tuple[str, int, Callable[[], object]]]:
    mlp, graph = heads(profile.n, rng)
    forms: list[tuple[str, int, Callable[[], object]]] = []
    if kernel_.COMPILED:
        forms += [
            ("C, one session from Python", 1, _fleet(profile, 1, None, rng).tick),
            (OURS, 1, _fleet(profile, 1, mlp, rng).tick),
            ("C, one session from Python, graph value head", 1,
             _fleet(profile, 1, graph, rng).tick),
            ("C, batched", sessions, _fleet(profile, sessions, None, rng).tick),
            ("C, batched, MLP value head", sessions, _fleet(profile, sessions, mlp, rng).tick),
            ("C, batched, two threads", sessions, _fleet(profile, sessions, None, rng, 2).tick),
            ("C, batched, MLP value head, two threads", sessions,
             _fleet(profile, sessions, mlp, rng, 2).tick),
            ("C, batched, one thread", sessions, _fleet(profile, sessions, None, rng, 1).tick),
            ("C, batched, MLP value head, one thread", sessions,
             _fleet(profile, sessions, mlp, rng, 1).tick),
            ("C, batched, in cache", 1000, _fleet(profile, 1000, None, rng, 1).tick),
        ]  # fmt: skip
    one, many = kernel_.start(profile, 1), kernel_.start(profile, 1000)
    raw_one, raw_many = np.abs(draws.signals(rng, 1)), np.abs(draws.signals(rng, 1000))
    state, given = controller.start(profile), [Signal("latency", 3.0), Signal("success", 1.0)]
    forms += [
        ("NumPy reference, one session", 1, lambda: reference.tick(profile, one, raw_one)),
        ("NumPy reference, one session, MLP value head", 1,
         lambda: reference_heads.value(mlp, reference.tick(profile, one, raw_one)[: profile.n].T)),
        ("NumPy reference, batched", 1000, lambda: reference.tick(profile, many, raw_many)),
        ("controller.step, all of it", 1,
         lambda: controller.step(state, given, profile=profile)),
    ]  # fmt: skip
    return forms


def _fleet(
    profile: Profile, sessions: int, head: Head | None, rng: np.random.Generator,
    threads: int | None = None,
) -> kernel_.Fleet:  # fmt: skip
    """A fleet with random signals; on all cores unless told."""
    fleet = kernel_.Fleet(profile, sessions, head=head, threads=threads)
    fleet.signals[:] = rng.uniform(0, 1, fleet.signals.shape)
    return fleet


def _times(work: Callable[[], object], sessions: int, repeats: int) -> list[float]:
    """ns per tick and session; short work is repeated within one reading of the clock."""
    start = time.perf_counter_ns()
    work()
    loops = max(1, int(2e6 / max(time.perf_counter_ns() - start, 1)))
    times = []
    for _ in range(repeats):
        start = time.perf_counter_ns()
        for _ in range(loops):
            work()
        times.append((time.perf_counter_ns() - start) / loops / sessions)
    return times


def _row(name: str, n: int, times: list[float]) -> dict[str, Any]:
    p50, p95 = np.percentile(times, [50, 95])
    return {"name": name, "n": n, "p50": float(p50), "p95": float(p95), "unit": "ns"}
