"""Command line: `resmem bench peers`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from resmem_core.errors import ResmemError


def peers(
    sizes: Annotated[str, typer.Option(help="Stored texts.")] = "10000,50000,100000",
    only: Annotated[str, typer.Option(help="Comma-separated names; all when empty.")] = "",
    budget: Annotated[float, typer.Option(help="Seconds that filling one may take.")] = 300.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the JSON to this file.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw a picture into this PNG file.")] = None,
) -> None:
    """Time add and search beside other memory layers, in one run with one embedder."""
    from benchmarks.peers.run import run  # noqa: PLC0415 - loads the engine
    from benchmarks.peers.subjects import SUBJECTS  # noqa: PLC0415

    screen = Console(stderr=True)
    try:
        counts = [int(part) for part in sizes.split(",") if part.strip()]
    except ValueError as error:
        raise typer.BadParameter(f"--sizes takes numbers such as 10000,50000: {sizes!r}") from error
    names = [name.strip() for name in only.split(",") if name.strip()] or list(SUBJECTS)
    if unknown := set(names) - set(SUBJECTS):
        raise typer.BadParameter(f"--only takes {', '.join(SUBJECTS)}; got {sorted(unknown)}")
    try:
        result = run(counts, names, budget, lambda what: screen.print(f"[dim]{what}"))
    except ResmemError as error:
        screen.print(f"[red]{error}")
        raise typer.Exit(2) from error
    text = json.dumps(result, indent=1)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n")
    if plot is not None:
        from benchmarks.peers.plot import draw  # noqa: PLC0415 - an extra

        screen.print(f"[dim]{draw(result, plot)}")
    if as_json:
        print(text)
    else:
        _show(result, Console())


def _show(result: dict[str, Any], console: Console) -> None:
    table = Table(title="beside others: p50 / p95, and how many times ours")
    for heading in ("name", "n", "add ms", "survives", "search ms", "build s", "MB"):
        table.add_column(heading, justify="left" if heading == "name" else "right")
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for row in result["rows"]:
        found.setdefault((row["name"], row["n"]), {})[row["what"]] = row
    for (name, n), by in found.items():
        add, search = (
            f"{r['p50']:g} / {r['p95']:g} ({r['ratio']}x)" for r in (by["add"], by["search"])
        )
        build, held = (f"{by[what]['p50']:g}" for what in ("build", "rss"))
        table.add_row(name, f"{n:,}", add, by["add"]["survives"], search, build, held)
    console.print(table)
    console.print(f"the disk makes 32 kB durable in {result['fsync_ms']:g} ms (p50)")
    for name, why in result["missing"].items():
        console.print(f"not measured: {name}: {why}")
    for row in result["stopped"]:
        console.print(f"too slow to fill: {row['name']} had {row['stored']:,} of {row['n']:,}")
