"""Command line of the benchmark: `resmem bench chaos`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.chaos import episodes, registry, run, schedule, stream18, table
from resmem_core.errors import ConfigError, ResmemError

DEFAULT_SEEDS = "{}-{}".format(*episodes.TEST)
FAMILIES = f"Comma-separated, of {', '.join(schedule.FAMILIES)}."
ENTRANT = "package.module:factory of a controller to add; repeatable."


def chaos(
    seeds: Annotated[str, typer.Option(help="First and last seed, A-B.")] = DEFAULT_SEEDS,
    ticks: Annotated[int, typer.Option(help="Length of an episode.")] = 600,
    redraw: Annotated[float, typer.Option(help="Redraw every plant constant within ± F.")] = 0.0,
    families: Annotated[str, typer.Option(help=FAMILIES)] = "",
    controller: Annotated[list[str] | None, typer.Option(help=ENTRANT)] = None,
    only: Annotated[str, typer.Option(help="Comma-separated built-in controllers to run.")] = "",
    suite: Annotated[str, typer.Option(help="plant, or stream18 (published stream).")] = "plant",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    plot: Annotated[bool, typer.Option(help="Draw pictures (needs the extra `plot`).")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for chaos.json and pictures.")] = None,
) -> None:
    """Measure controllers on a simulated agent under hidden, delayed, confounded faults."""
    notes = Console(stderr=True, quiet=as_json)
    try:
        if suite == "stream18":
            result = stream18.run()
        elif suite == "plant":
            names = (*(_split(only) or registry.names()), *(controller or ()))
            result = _plant(
                _span(seeds), ticks, _split(families) or None, redraw, names,
                Path("results") if plot and out is None else out, plot, notes,
            )  # fmt: skip
        else:
            raise ConfigError(f"suite must be plant or stream18, got {suite!r}")
    except ResmemError as error:
        Console(stderr=True).print(f"[red]{error}")
        raise typer.Exit(2) from error
    if as_json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
    else:
        table.show(result, Console())


def _plant(
    seeds: tuple[int, int],
    ticks: int,
    families: tuple[str, ...] | None,
    redraw: float,
    names: tuple[str, ...],
    out: Path | None,
    plot: bool,
    notes: Console,
) -> dict[str, Any]:
    with notes.status("drawing episodes") as status:
        played = run.play(
            seeds, ticks, families, redraw, names,
            progress=lambda name: status.update(f"running {name}"),
        )  # fmt: skip
        result = run.report(played, seeds)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "chaos.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        notes.print(f"wrote {out / 'chaos.json'}")
    if plot and out is not None:
        from benchmarks.chaos import plot as pictures  # noqa: PLC0415 (optional extra)

        for path in pictures.draw(played, result, out):
            notes.print(f"wrote {path}")
    return result


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _span(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    try:
        return int(first), int(last or first)
    except ValueError as error:
        raise ConfigError(f"seeds must be A-B with whole numbers, got {text!r}") from error
