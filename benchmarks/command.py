"""`resmem bench …`: each benchmark brings its own command function.

They import much, so they are loaded only when the command line asks for them.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from resmem_core.errors import InputError, MissingExtra, missing_extra

BENCHES: Final = {
    "agents": "benchmarks.chaos2.command",
    "answers": "benchmarks.answers.command",
    "attacks": "benchmarks.attacks.command",
    "away": "benchmarks.away",
    "calm": "benchmarks.calm",
    "chaos": "benchmarks.chaos.command",
    "critic": "benchmarks.critic",
    "damage": "benchmarks.damage",
    "explain": "benchmarks.explain",
    "forget": "benchmarks.forget",
    "kernel": "benchmarks.kernel",
    "memory": "benchmarks.memory.command",
    "peers": "benchmarks.peers.command",
    "privacy": "benchmarks.privacy.command",
    "sleep": "benchmarks.sleep.command",
    "store": "benchmarks.store",
    "value": "benchmarks.value",
    "writers": "benchmarks.writers",
}
"""Each module has a function of the command's name."""

ADAPTERS: Final = {
    "langchain": "benchmarks.turn.langchain",
    "llamaindex": "benchmarks.turn.llamaindex",
}


def add_to(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Add `bench` with the benchmarks that the command line is about."""
    bench = typer.Typer(help="Measurements, each with its own baselines in the same run.")
    bench.command("turn")(turn)
    for name, module in BENCHES.items():
        if name in arguments or "--help" in arguments:
            bench.command(name)(getattr(importlib.import_module(module), name))
    app.add_typer(bench, name="bench")


def turn(
    adapter: Annotated[str, typer.Option(help="langchain or llamaindex.")] = "langchain",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    memories: Annotated[int, typer.Option(help="How many memories are stored.", min=0)] = 10_000,
    cache: Annotated[
        bool, typer.Option("--cache", help="Instead: what each placement costs in a prompt cache.")
    ] = False,
    turns: Annotated[int, typer.Option(help="Of the thread, with --cache.", min=2)] = 30,
) -> None:
    """µs added to one agent turn, over the same agent with no-op parts."""
    if cache:
        importlib.import_module("benchmarks.turn.cache").report(turns, json_=json_)
        return
    if adapter not in ADAPTERS:
        raise InputError(f"adapter must be langchain or llamaindex, got {adapter!r:.40}")
    try:
        module = importlib.import_module(ADAPTERS[adapter])
    except MissingExtra:
        raise
    except ModuleNotFoundError as error:
        raise missing_extra(adapter, str(error.name)) from error
    module.command(memories=memories, json_=json_)
