"""`resmem bench kernel`: what a session's control step costs, and what it is made of."""

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
from resmem_core.config.heads import GraphHead, MlpHead
from resmem_core.config.profile import Profile
from resmem_core.engine.loop.control_loop import ControlLoop
from resmem_core.kernel.reference import margins, tick
from resmem_core.types import Signal

OURS: Final = "ours"
"""`session.step`: signals checked, lock, tick, its bounds checked, a frozen state."""


def kernel(
    sessions: Annotated[int, typer.Option(help="Sessions of the batched rows.")] = 1000,
    repeats: Annotated[int, typer.Option(help="Timed repeats of each row.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the JSON.")] = Path("results"),
) -> None:
    """Microseconds per tick: a session's step, the C kernel alone and the NumPy reference."""
    measured = rows(sessions, repeats)
    out.mkdir(parents=True, exist_ok=True)
    (out / "kernel.json").write_text(json.dumps(measured, indent=1), "utf-8")
    if as_json:
        print(json.dumps(measured, indent=1))
        return
    table = Table(title="µs per tick and session")
    for heading in ("what", "sessions", "p50", "p95", "of ours"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in measured:
        p50, p95 = f"{row['p50']:,.2f}", f"{row['p95']:,.2f}"
        table.add_row(row["name"], f"{row['n']:,}", p50, p95, f"{row['ratio']:.2f}")
    Console().print(table)


def rows(sessions: int = 1000, repeats: int = 200) -> list[dict[str, Any]]:
    """One row per form: name, n (sessions), p50, p95, unit, ratio to the row of `OURS`."""
    forms = _forms(Profile.default(), np.random.default_rng(0), sessions)
    measured = [_row(name, n, _times(work, n, repeats)) for name, n, work in forms]
    return [row | {"ratio": row["p50"] / measured[0]["p50"]} for row in measured]


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
    """The first one is ours."""
    loop = ControlLoop(profile, None, lambda on: False, time.monotonic)
    given = (Signal("latency", 3.0), Signal("success", 1.0))
    many, raw_many = kernel_.start(profile, sessions), np.abs(draws.signals(rng, sessions))
    one, raw_one = kernel_.start(profile, 1), np.ascontiguousarray(raw_many[:, :1])
    flat, raw_flat = one[:, 0].copy(), raw_one[:, 0].copy()

    def turn() -> object:
        loop.signal(*given)
        return loop.tick()

    forms: list[tuple[str, int, Callable[[], object]]] = [
        (OURS, 1, loop.step),
        ("ours, two signals in, knobs read", 1, turn),
        ("NumPy reference, one session", 1, lambda: tick.tick(profile, one, raw_one)),
        ("NumPy reference, margins of the bounds", 1,
         lambda: margins.margins(profile, flat, flat, dt=1.0, safe=False)),
        ("NumPy reference, batched", sessions, lambda: tick.tick(profile, many, raw_many)),
    ]  # fmt: skip
    if kernel_.COMPILED:
        forms += [
            ("C, one session", 1, lambda: kernel_.step(profile, flat, raw_flat)),
            ("C, margins of the bounds", 1, lambda: kernel_.margins(profile, flat, flat)),
            ("C, batched", sessions, lambda: kernel_.tick(profile, many, raw_many)),
        ]
    return forms


def _times(work: Callable[[], object], sessions: int, repeats: int) -> list[float]:
    """µs per tick and session; short work is repeated within one reading of the clock."""
    start = time.perf_counter_ns()
    work()
    loops = max(1, int(2e6 / max(time.perf_counter_ns() - start, 1)))
    times = []
    for _ in range(repeats):
        start = time.perf_counter_ns()
        for _ in range(loops):
            work()
        times.append((time.perf_counter_ns() - start) / 1000 / loops / sessions)
    return times


def _row(name: str, n: int, times: list[float]) -> dict[str, Any]:
    p50, p95 = np.percentile(times, [50, 95])
    return {"name": name, "n": n, "p50": float(p50), "p95": float(p95), "unit": "us"}
