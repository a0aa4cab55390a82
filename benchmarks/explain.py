"""`resmem bench explain`: what is wrong, read from the twelve levels alone by a printed rule.

A trace is a session's control loop: some healthy turns with ordinary noise, then a fault that
strikes most turns. The rule sees the levels after the last turn and nothing else. It was written
on traces of the seeds 1000 to 1031; the command reports others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from resmem_core.config.profile import Profile
from resmem_core.control.controller import levels_of
from resmem_core.control.signals import text_signals
from resmem_core.engine.base.clock import ManualClock
from resmem_core.engine.loop.control_loop import ControlLoop
from resmem_core.types import Signal

SEEDS: Final = 32
UNSEEN: Final = 9_000
BAR: Final = 0.8
FAULTS: Final = (
    "none", "provider", "tools", "injection", "hostile user", "panicking user", "unhappy user",
    "cut answers", "budget", "slow provider",
)  # fmt: skip


Levels = Mapping[str, float]
RULE: Final[tuple[tuple[str, Callable[[Levels], bool]], ...]] = (
    ("cut answers", lambda h: h["insulin"] > 0.3),
    ("tools", lambda h: h["norepinephrine"] > 0.3 and h["epinephrine"] > 0.3),
    ("hostile user", lambda h: h["norepinephrine"] > 0.1 and h["serotonin"] < 0.68),
    ("injection", lambda h: h["norepinephrine"] > 0.1),
    ("provider", lambda h: h["serotonin"] < 0.4),
    ("panicking user", lambda h: h["epinephrine"] > 0.2),
    ("unhappy user", lambda h: h["cortisol"] > 0.2),
    ("budget", lambda h: h["melatonin"] > 0.3),
    ("slow provider", lambda h: h["thyroid"] > 0.5),
)
"""What the levels say; the first line that fits counts, and none of them means no fault."""


def rule(h: Levels) -> str:
    """The fault that the levels name."""
    return next((fault for fault, fits in RULE if fits(h)), "none")


def trace(fault: str, rng: np.random.Generator) -> dict[str, float]:
    """The levels at the end of one trace."""
    clock = ManualClock(at=1.8e9)
    loop = ControlLoop(Profile.default(), None, lambda _: False, clock.elapsed)
    usual, strength = float(np.exp(rng.uniform(-1, 3.5))), rng.uniform(0.75, 1.0)
    healthy, ill = int(rng.integers(10, 60)), int(rng.integers(10, 22))
    for turn in range(healthy + ill):
        clock.wait(rng.uniform(3, 40))
        struck = turn >= healthy and bool(rng.random() < strength)
        seconds = usual * rng.lognormal(0, 0.25)
        signals = _turn(fault if struck else "none", seconds, rng)
        if fault == "budget" and turn >= healthy:  # a share that was spent stays spent
            signals["budget"] = (turn - healthy + 1) / ill
        loop.signal(*(Signal(n, v) for n, v in signals.items()))  # type: ignore[arg-type]
        loop.step()
    return levels_of(loop.present, loop.profile)


def _turn(fault: str, seconds: float, rng: np.random.Generator) -> dict[str, float]:
    """What one turn signals; one healthy turn of fifty has an error of its own."""
    down = fault == "provider"
    stray = rng.random() < 0.02
    seen = {
        "provider_error": float(down or stray), "latency": seconds,
        "success": float(not down) if fault != "tools" else 0.5,
        "truncation": float(fault == "cut answers"), "invalid_output": 0.0,
        "novelty": float(np.clip(rng.normal(0.15, 0.08), 0, 2)),
        "similarity": float(rng.normal(0.7, 0.06)),
    }  # fmt: skip
    if rng.random() < 0.6 or fault == "tools":
        seen["tool_error"] = float(fault == "tools")
        seen["tool_success"] = float(fault != "tools")
    seen |= {
        "injection": {"injection": float(rng.uniform(0.6, 1.0))},
        "unhappy user": {"feedback": -1.0},
        "slow provider": {"latency": seconds * float(rng.uniform(5, 20))},
    }.get(fault, {})
    scores = {
        "hostile user": {"norepinephrine": rng.uniform(0.7, 1.0), "cortisol": rng.uniform(0, 0.5)},
        "panicking user": {"epinephrine": rng.uniform(0.75, 1.0)},
    }.get(fault, {})
    return seen | {s.name: s.value for s in text_signals(scores)}


def measure(first: int, seeds: int) -> dict[str, Any]:
    """How often the rule is right, by fault, on the traces of these seeds."""
    right = dict.fromkeys(FAULTS, 0)
    named: dict[str, dict[str, int]] = {fault: {} for fault in FAULTS}
    for number, fault in enumerate(FAULTS):
        for seed in range(first, first + seeds):
            found = rule(trace(fault, np.random.default_rng([seed, number])))
            named[fault][found] = named[fault].get(found, 0) + 1
            right[fault] += found == fault
    return {
        "seeds": f"{first}-{first + seeds - 1}",
        "traces": seeds * len(FAULTS),
        "accuracy": round(sum(right.values()) / (seeds * len(FAULTS)), 4),
        "faults": {fault: round(n / seeds, 3) for fault, n in right.items()},
        "named": named,
    }


def explain(
    seeds: Annotated[int, typer.Option(help="Traces per fault.", min=1)] = SEEDS,
    first: Annotated[int, typer.Option(help="The first seed.")] = UNSEEN,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Name the running fault from the twelve levels alone, by the rule that the docs print."""
    result = measure(first, seeds)
    if json_:
        typer.echo(json.dumps(result, indent=1))
        return
    title = f"{result['accuracy']:.1%} of {result['traces']} unseen traces (bar {BAR:.0%})"
    table = Table(title=title)
    for column in ("fault", "named right", "named"):
        table.add_column(column)
    for fault, share in result["faults"].items():
        named = ", ".join(f"{name} {count}" for name, count in result["named"][fault].items())
        table.add_row(fault, f"{share:.0%}", named)
    Console().print(table)
