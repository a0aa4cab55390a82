"""`resmem train profile`: the command that reproduces the shipped profile."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from resmem_core.training.profile import Progress, Score
from resmem_core.training.recipe import SHIPPED, make

OUT = Path("results")


def command(
    out: Annotated[Path, typer.Option(help="Folder for the profile and its provenance.")] = OUT,
    steps: Annotated[int, typer.Option(help="Rounds of play and learning.")] = SHIPPED.rounds,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = SHIPPED.seed,
    json_: Annotated[bool, typer.Option("--json", help="Print the provenance as JSON.")] = False,
) -> None:
    """Train the controller's profile on simulated plants, from the hand-written table."""
    recipe = replace(SHIPPED, rounds=steps, seed=seed)
    console = Console(stderr=True, quiet=json_)
    with console.status("drawing episodes") as status:
        profile, provenance = make(recipe, lambda p: status.update(_line(p)))
    out.mkdir(parents=True, exist_ok=True)
    (out / "default.json").write_text(profile.to_json(), "utf-8")
    told = json.dumps(provenance, indent=1) + "\n"
    (out / "default.provenance.json").write_text(told, "utf-8")
    if json_:
        print(told, end="")
    else:
        console.print(f"wrote {out / 'default.json'}: {_figures(Score(**provenance['tune']))}")


def _line(p: Progress) -> str:
    return f"round {p.round} after {p.seconds:.0f} s: {_figures(p.tune)}"


def _figures(score: Score) -> str:
    return f"tuning seeds {100 * score.fitted:.1f} %, calm {100 * score.calm:.1f} %"
