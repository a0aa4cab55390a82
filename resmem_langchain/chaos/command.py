"""Command line: `resmem chaos my_agent:build --faults F1,F7,F8 --tasks tasks.jsonl`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from resmem_core.errors import ConfigError
from resmem_langchain.chaos import subject, tasks, trial
from resmem_langchain.chaos.certificate import certificate, page

FAULTS: Final = "F1,F7,F8"


def chaos(
    agent: Annotated[str, typer.Argument(help="PATH:FACTORY, such as my_agent:build.")],
    tasks_: Annotated[Path, typer.Option("--tasks", help="JSON Lines: text, contains, calls, …")],
    faults: Annotated[str, typer.Option(help="Comma-separated families, F1 to F11.")] = FAULTS,
    seeds: Annotated[int, typer.Option(help="Schedules of each family.", min=1)] = 1,
    turns: Annotated[int, typer.Option(help="Tasks per trial.", min=1)] = 24,
    without_only: Annotated[bool, typer.Option(help="Leave Resilient Memory out.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of the certificate.")] = Path("results"),
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Let your own agent's models and tools fail, and see what it survives."""
    families = trial.check(tuple(part.strip() for part in faults.split(",") if part.strip()))
    course = trial.Course(subject.load(agent), tasks.read(tasks_), turns)
    sides = (False,) if without_only else (False, True)
    notes = Console(stderr=True, quiet=json_)
    runs: list[trial.Run] = []
    with notes.status("playing") as status:
        for family in families:
            status.update(f"playing {family}")
            for seed in range(seeds):
                for resilient in sides:
                    runs += trial.play(course, family, seed, resilient=resilient)
    doc = certificate(agent, runs, range(seeds))
    _write(doc, out)
    if json_:
        typer.echo(json.dumps(doc, ensure_ascii=False, indent=1))
    else:
        _show(doc, Console())
        typer.echo(f"wrote {out / 'certificate.html'} and {out / 'certificate.json'}")


def _write(doc: dict[str, Any], out: Path) -> None:
    if out.is_file():
        raise ConfigError(f"--out must be a folder, and {out} is a file")
    out.mkdir(parents=True, exist_ok=True)
    (out / "certificate.json").write_text(json.dumps(doc, ensure_ascii=False, indent=1), "utf-8")
    (out / "certificate.html").write_text(page(doc), "utf-8")


def _show(doc: dict[str, Any], console: Console) -> None:
    sides = [side for side in ("without", "with") if side in doc]
    table = Table(title=f"{doc['agent']}: tasks done, %", title_justify="left")
    for column in ("family", "what happened", *sides):
        table.add_column(column)
    for family, title in doc["families"].items():
        table.add_row(family, title, *(f"{doc[side][family]['success']:g}" for side in sides))
    console.print(table)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("chaos")(chaos)
