"""Command line: `resmem bench sleep`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.sleep.growth import grow
from benchmarks.sleep.run import run
from resmem_core.errors import InputError


def sleep(
    sizes: Annotated[str, typer.Option(help="Items of each row.")] = "1000,10000,100000",
    days: Annotated[int, typer.Option(help="Days of the history; 0 for none.", min=0)] = 120,
    per_day: Annotated[int, typer.Option(help="Messages of each of those days.", min=1)] = 20,
    messages: Annotated[int, typer.Option(help="Messages of an endless stream.", min=0)] = 0,
    capacity: Annotated[
        int, typer.Option(help="Items that it may leave, and its messages a night.", min=100)
    ] = 1_000,
    plot: Annotated[
        bool, typer.Option(help="Write the figures and draw the history (extra `plot`).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for --plot.")] = Path("results"),
) -> None:
    """Measure what consolidation costs, and what a memory looks like after months of it."""
    screen = Console(stderr=True, quiet=as_json)

    def told(what: str) -> None:
        screen.print(f"[dim]{what}")

    try:
        counts = [int(part) for part in sizes.split(",") if part.strip()]
    except ValueError as error:
        raise InputError(f"--sizes takes numbers such as 1000,10000, got {sizes!r:.80}") from error
    if min(counts, default=1) < 1:
        raise InputError(f"--sizes takes numbers from 1, got {min(counts)}")
    result = run(counts, days, per_day, told)
    if messages:
        result["growth"] = grow(messages, capacity=capacity, keep=0.5, progress=told)
    if plot:
        for path in _drawn(result, out):
            told(str(path))
    if as_json:
        print(json.dumps(result, indent=1))
    else:
        _show(result, Console())


def _drawn(result: dict[str, Any], out: Path) -> list[Path]:
    """The pictures of what was measured, and the figures."""
    from benchmarks.sleep.plot import draw, draw_growth  # noqa: PLC0415 - needs matplotlib

    paths = []
    if result["history"]:
        paths.append(draw(result["history"], out / "sleep.png"))
    if result.get("growth"):
        paths.append(draw_growth(result["growth"], out / "growth.png"))
    return [*paths, _save(result, out / "sleep.json")] if paths else []


def _save(result: dict[str, Any], path: Path) -> Path:
    """The figures as JSON, with the command that made them."""
    path.write_text(json.dumps({"command": "resmem bench sleep", **result}, indent=1) + "\n")
    return path


def _show(result: dict[str, Any], console: Console) -> None:
    table = Table(title="one cycle over items of 30 days")
    headings = {
        "n": "items", "seconds": "seconds", "rss_mb": "peak MB", "after": "left",
        "merged": "merged", "semantic": "semantic", "again": "left to do",
    }  # fmt: skip
    for heading in headings.values():
        table.add_column(heading, justify="right")
    for row in result["rows"]:
        table.add_row(*(f"{row[key]:,}" for key in headings))
    console.print(table)
    if result["exponent"] is not None:
        console.print(f"time grows with n to the power of {result['exponent']}")
    if result["history"]:
        last = result["history"][-1]
        console.print(f"after {last['day'] + 1} days: {last}")
    if result.get("growth"):
        console.print(f"at the end of the stream: {result['growth'][-1]}")
