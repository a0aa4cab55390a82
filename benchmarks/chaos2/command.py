"""Command line of the benchmark: `resmem bench agents`."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from benchmarks.chaos2 import families, run, table
from benchmarks.chaos2.entrants import ENTRANTS
from resmem_core.errors import ConfigError

SMOKE: Final = ("bare", "default_stack", "ours")
"""Entrants of the short form."""
BRIEF: Final = 16
"""Tasks per episode of the short form."""
LOOK: Final = tuple(families.TEST[1:13])
"""Seeds of the whole: everybody plays the first six, a part on trial plays all of them."""
OFTEN: Final = ("breaker_stack", "ours")
"""Who plays each episode of the whole four times."""


def agents(
    seeds: Annotated[str, typer.Option(help="First and last seed, A-B.")] = "",
    replicates: Annotated[int, typer.Option(help="Draws of the model per schedule.", min=1)] = 1,
    family: Annotated[str, typer.Option("--families", help="Comma-separated, F1 to F12.")] = "",
    entrants: Annotated[str, typer.Option(help="Comma-separated names.")] = "",
    loop: Annotated[str, typer.Option(help="langchain or llamaindex.")] = "langchain",
    whole: Annotated[bool, typer.Option(help="All entrants on the test seeds.")] = False,
    jobs: Annotated[int, typer.Option(help="Processes; 0: one per core.", min=0)] = 0,
    kept: Annotated[
        Path | None, typer.Option(help="File of episodes: those in it are not played again.")
    ] = None,
    tier: Annotated[str, typer.Option(help="The model: scripted or real.")] = "scripted",
    items: Annotated[int, typer.Option(help="Items per arm of the real tier.", min=2)] = 30,
    url: Annotated[str, typer.Option(help="An OpenAI-compatible server; none: our own.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for agents.json and pictures.")] = None,
    plot: Annotated[bool, typer.Option(help="Draw pictures (needs the extra `plot`).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Real agents with failing models and tools: what people put around them, and this product.

    Without options a short form on one tuning seed; `--whole` is what the docs show. `--tier real`
    asks a small real model on loopback whether the scripted one's effects have the right signs.
    """
    notes = Console(stderr=True, quiet=as_json)
    if tier not in ("scripted", "real"):
        raise ConfigError(f"tier is scripted or real, got {tier!r:.40}")
    if tier == "real":
        _show(_real(url, items, notes), out, notes, as_json=as_json, plot=False)
        return
    asked = _span(seeds) if seeds else ()
    plan = run.Plan(
        entrants=_names(entrants) or _default(loop, whole),
        families=_names(family) or families.NAMES,
        seeds=asked or (LOOK[:6] if whole else tuple(families.TUNE[:1])),
        replicates=replicates,
        loop=loop,
        jobs=jobs or len(os.sched_getaffinity(0)),
        often=OFTEN if whole else (),
        most=0 if whole or seeds else BRIEF,
        trial=(asked or LOOK) if whole else (),
        kept=kept,
    )
    with notes.status("playing") as status:
        games = run.play_all(
            plan, lambda done, of: status.update(f"{done} of {of} episodes are played")
        )
    _show(run.report(plan, games), out, notes, as_json=as_json, plot=plot)


def _real(url: str, items: int, notes: Console) -> dict[str, Any]:
    from benchmarks.chaos2 import real  # noqa: PLC0415 (optional extra)

    with nullcontext(url) if url else real.served() as at, notes.status("asking") as status:
        return real.played(real.model_at(at), items, lambda arm: status.update(f"asking: {arm}"))


def _show(
    report: dict[str, Any], out: Path | None, notes: Console, *, as_json: bool, plot: bool
) -> None:
    """Files where wanted; JSON or tables."""
    _written(report, out or (Path("results") if plot else None), plot, notes)
    if as_json:
        print(json.dumps(report, indent=1, ensure_ascii=False))
    else:
        table.show(report, Console())


def _default(loop: str, whole: bool) -> tuple[str, ...]:
    if loop == "llamaindex":
        return ("bare", "ours")
    return tuple(ENTRANTS) if whole else SMOKE


def _written(report: dict[str, Any], out: Path | None, plot: bool, notes: Console) -> None:
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    path = out / ("agents.json" if report["tier"] == "scripted" else "agents_real.json")
    path.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    notes.print(f"wrote {path}")
    if plot:
        from benchmarks.chaos2 import plot as pictures  # noqa: PLC0415 (optional extra)

        for path in pictures.draw(report, out):
            notes.print(f"wrote {path}")


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _span(text: str) -> tuple[int, ...]:
    first, _, last = text.partition("-")
    try:
        return tuple(range(int(first), int(last or first) + 1))
    except ValueError as error:
        raise ConfigError(f"seeds must be A-B with whole numbers, got {text!r:.40}") from error
