"""`resmem train profile`: the command that reproduces the shipped profile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from training.profile import Progress, Score
from training.recipe import SHIPPED, make

OUT = Path("results")


def add_to(app: typer.Typer, _: Sequence[str]) -> None:
    """Add `train`."""
    train = typer.Typer(help="Training of what is shipped; needs torch.")
    train.callback()(lambda: None)  # so that `profile` stays a command of its own
    train.command("profile")(command)
    app.add_typer(train, name="train")


def command(
    out: Annotated[Path, typer.Option(help="Folder for the profile and its provenance.")] = OUT,
    steps: Annotated[int, typer.Option(help="Rounds of the first stage.")] = SHIPPED.learn.rounds,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = SHIPPED.learn.seed,
    json_: Annotated[bool, typer.Option("--json", help="Print the provenance as JSON.")] = False,
) -> None:
    """Train the controller's profile on simulated plants, from the hand-written table."""
    plan = replace(SHIPPED, learn=replace(SHIPPED.learn, rounds=steps, seed=seed))
    console = Console(stderr=True, quiet=json_)
    with console.status("drawing episodes") as status:
        profile, provenance = make(plan, lambda stage, p: status.update(_line(stage, p)))
    out.mkdir(parents=True, exist_ok=True)
    (out / "default.json").write_text(profile.to_json(), "utf-8")
    told = json.dumps(provenance, indent=1) + "\n"
    (out / "default.provenance.json").write_text(told, "utf-8")
    if json_:
        print(told, end="")
    else:
        console.print(f"wrote {out / 'default.json'}: {_figures(Score(**provenance['tune']))}")


def _line(stage: str, p: Progress) -> str:
    return f"{stage}: round {p.round} after {p.seconds:.0f} s: {_figures(p.tune)}"


def _figures(score: Score) -> str:
    return f"tuning seeds {100 * score.fitted:.1f} %, calm {100 * score.calm:.1f} %"
