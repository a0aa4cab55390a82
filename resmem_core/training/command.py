"""`resmem train profile`: the command that reproduces the shipped profile."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from resmem_core.training.profile import Progress
from resmem_core.training.recipe import SHIPPED, make


def command(
    out: Annotated[Path, typer.Option(help="Folder for default.json and provenance.json.")],
    steps: Annotated[int, typer.Option(help="Rounds of play and learning; 0: as shipped.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of everything random; -1: as shipped.")] = -1,
    json_: Annotated[bool, typer.Option("--json", help="Print the provenance as JSON.")] = False,
) -> None:
    """Train the controller's profile on simulated plants, from the hand-written table."""
    recipe = replace(
        SHIPPED, rounds=steps or SHIPPED.rounds, seed=SHIPPED.seed if seed < 0 else seed
    )
    console = Console(stderr=True, quiet=json_)
    with console.status("playing the first rounds") as status:
        profile, provenance = make(recipe, lambda p: status.update(_line(p, recipe.rounds)))
    out.mkdir(parents=True, exist_ok=True)
    (out / "default.json").write_text(profile.to_json(), "utf-8")
    told = json.dumps(provenance, indent=1) + "\n"
    (out / "provenance.json").write_text(told, "utf-8")
    if json_:
        print(told, end="")
    else:
        console.print(f"wrote {out / 'default.json'}: {_percent(provenance['tune'])}")


def _line(p: Progress, rounds: int) -> str:
    return f"round {p.round} of {rounds}: {_percent(p.tune._asdict())}, {p.seconds:.0f} s"


def _percent(tune: object) -> str:
    assert isinstance(tune, dict)
    return f"tuning seeds {100 * tune['fitted']:.1f} %, calm {100 * tune['calm']:.1f} %"
