"""`resmem bench calm`: what a controller does while nothing fails, at four speeds of a provider.

Good turns through real sessions, with seconds that scatter, answers of any length, tools, talk and
recalled memories. Everything counted here should be 0.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Annotated, Any, Final

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from resmem_core import Message, Outcome, ResilientMemory, Session, Signal
from resmem_core.control.authority import Change
from resmem_core.engine.base.clock import ManualClock
from resmem_core.types import Mode

SPEEDS: Final = (0.3, 1.5, 10.0, 40.0)
"""Usual seconds of a call."""
SCATTER: Final = 0.4
"""Deviation of log seconds."""
TURNS: Final = 300
SAID: Final = (
    "The dough for tomorrow rests in the cellar.", "Could you list what the kiln still needs?",
    "My sister comes on Sunday with the children.", "Thanks, that was what I meant.",
    "How long does the glaze have to dry?", "The bus was late again, as always.",
)  # fmt: skip
COUNTED: Final = ("mode", "knob off base", "request changed", "tool hidden", "answer limit moved")


def played(usual: float, seed: int, turns: int) -> Counter[str]:
    """How many turns of one session showed what nothing called for."""
    rng, clock = np.random.default_rng(seed), ManualClock(at=1.8e9)
    found: Counter[str] = Counter()
    with ResilientMemory.open(":memory:", clock=clock, auto_sleep=False) as memory:
        session = memory.session("t", namespace=("acme", "ada"))
        for number in range(turns):
            clock.wait(float(rng.exponential(20)))
            session.recall(SAID[number % len(SAID)])
            session.begin_call()
            _count(session, found)
            seconds = usual * float(rng.lognormal(0, SCATTER))
            clock.wait(seconds)
            session.signal(Signal("provider_error", 0.0), Signal("truncation", 0.0))
            session.signal(Signal("latency", seconds))
            if rng.random() < 0.5:
                session.signal(Signal("tool_error", 0.0), Signal("tool_success", 1.0))
            told = Message("user", f"{SAID[number % len(SAID)]} ({number})", id=str(number))
            tokens = int(rng.integers(20, 3_000))
            session.turn([told], Outcome(True, latency=seconds, tokens=tokens))
    return found


def _count(session: Session, found: Counter[str]) -> None:
    change, loop = session.change, session.loop
    found["mode"] += session.mode not in (Mode.NORMAL, Mode.SLEEP)
    found["knob off base"] += any(
        value != getattr(loop.base, name)
        for name, value in asdict(session.knobs).items()
        if name not in ("retrieve_k", "diversity")
    )
    found["request changed"] += change != Change()
    found["tool hidden"] += change.tool_access < 1.0
    found["answer limit moved"] += change.stretch != 1


def measure(seeds: int = 2, turns: int = TURNS) -> dict[str, Any]:
    """Turns of each speed in which something was done though nothing failed."""
    rows = {}
    for usual in SPEEDS:
        total: Counter[str] = Counter()
        for seed in range(seeds):
            total.update(played(usual, seed, turns))
        rows[f"{usual:g}"] = {name: total[name] for name in COUNTED}
    return {"turns": seeds * turns, "seconds": rows}


def calm(
    seeds: Annotated[int, typer.Option(help="Sessions per speed.", min=1)] = 2,
    turns: Annotated[int, typer.Option(help="Turns of a session.", min=1)] = TURNS,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """False alarms while nothing fails, at four speeds of a provider."""
    result = measure(seeds, turns)
    if json_:
        typer.echo(json.dumps(result, indent=1))
        return
    table = Table(title=f"of {result['turns']} good turns per speed, those with a …")
    for column in ("seconds a call", *COUNTED):
        table.add_column(column, justify="right")
    for usual, row in result["seconds"].items():
        table.add_row(usual, *(str(row[name]) for name in COUNTED))
    Console().print(table)
