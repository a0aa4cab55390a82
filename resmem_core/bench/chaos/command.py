"""Command line of the benchmark: `resmem bench chaos`, `python -m resmem_core.bench.chaos`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from resmem_core.bench.chaos import episodes, registry, run, schedule, stream18, table
from resmem_core.errors import ConfigError, ResmemError

DEFAULT_SEEDS = "{}-{}".format(*episodes.TEST)


def chaos(
    seeds: Annotated[str, typer.Option(help="First and last seed, A-B.")] = DEFAULT_SEEDS,
    ticks: Annotated[int, typer.Option(help="Length of an episode.")] = 600,
    redraw: Annotated[float, typer.Option(help="Redraw every plant constant within ± F.")] = 0.0,
    families: Annotated[
        str, typer.Option(help=f"Comma-separated; of {', '.join(schedule.FAMILIES)}.")
    ] = "",
    controller: Annotated[
        list[str] | None,
        typer.Option(
            help="Name or package.module:factory; repeatable. Added to the built-in ones."
        ),
    ] = None,
    only: Annotated[str, typer.Option(help="Comma-separated names of controllers to run.")] = "",
    suite: Annotated[str, typer.Option(help="plant, or stream18 (published stream).")] = "plant",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    plot: Annotated[bool, typer.Option(help="Draw pictures (needs the extra `plot`).")] = False,
    out: Annotated[Path, typer.Option(help="Folder for JSON and pictures.")] = Path("results"),
) -> None:
    """Measure controllers on a simulated agent under hidden, delayed, confounded faults."""
    try:
        result = (
            _stream()
            if suite == "stream18"
            else _plant(
                suite,
                seeds,
                ticks,
                redraw,
                families,
                (*(controller or ()),),
                only,
                plot,
                out,
                as_json,
            )
        )
    except ResmemError as error:
        Console(stderr=True).print(f"[red]{error}")
        raise typer.Exit(2) from error
    if as_json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
    else:
        draw = table.stream if suite == "stream18" else table.comparison
        Console().print(draw(result))


def _stream() -> dict[str, Any]:
    return stream18.run()


def _plant(
    suite: str,
    seeds: str,
    ticks: int,
    redraw: float,
    families: str,
    entrants: tuple[str, ...],
    only: str,
    plot: bool,
    out: Path,
    quiet: bool,
) -> dict[str, Any]:
    if suite != "plant":
        raise ConfigError(f"suite must be plant or stream18, got {suite!r}")
    span = _span(seeds)
    names = _split(only) or registry.names()
    with Console(stderr=True, quiet=quiet).status("episodes") as status:
        played = run.play(
            span,
            ticks,
            _split(families) or None,
            redraw,
            (*names, *entrants),
            progress=lambda name: status.update(f"running {name}"),
        )
    result = run.report(played, span)
    if plot:
        from resmem_core.bench.chaos import plot as pictures  # noqa: PLC0415 (optional extra)

        for path in pictures.draw(played, result, out):
            Console(stderr=True, quiet=quiet).print(f"wrote {path}")
    return result


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _span(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    try:
        return int(first), int(last or first)
    except ValueError as error:
        raise ConfigError(f"seeds must be A-B with whole numbers, got {text!r}") from error
