"""`resmem bench …` and `resmem train …`: each brings its own command function.

They import much, so they are loaded only when the command line asks for them.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from resmem_core.errors import InputError, MissingExtra, missing_extra

app = typer.Typer(help="Measurements, each with its own baselines in the same run.")
train = typer.Typer(help="Training of what is shipped; needs the extra 'train'.")

BENCHES: Final = {
    "chaos": "resmem_core.bench.chaos.command",
    "kernel": "resmem_core.bench.kernel",
    "memory": "resmem_core.bench.memory.command",
    "peers": "resmem_core.bench.peers.command",
    "sleep": "resmem_core.bench.sleep.command",
    "value": "resmem_core.bench.value",
}
"""Each module has a function of the command's name."""

ADAPTERS: Final = {"langchain": "resmem_langchain.bench", "llamaindex": "resmem_llamaindex.bench"}


def load(arguments: Sequence[str]) -> None:
    """Register the commands that the command line is about."""
    if "bench" in arguments:
        app.command("turn")(turn)
        for name, module in BENCHES.items():
            if name in arguments or "--help" in arguments:
                app.command(name)(getattr(importlib.import_module(module), name))
    if "train" in arguments:
        train.callback()(lambda: None)
        train.command("profile")(importlib.import_module("resmem_core.training.command").command)


def turn(
    adapter: Annotated[str, typer.Option(help="langchain or llamaindex.")] = "langchain",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    memories: Annotated[int, typer.Option(help="How many memories are stored.", min=0)] = 10_000,
) -> None:
    """µs added to one agent turn, over the same agent with no-op parts."""
    if adapter not in ADAPTERS:
        raise InputError(f"adapter must be langchain or llamaindex, got {adapter!r:.40}")
    try:
        module = importlib.import_module(ADAPTERS[adapter])
    except MissingExtra:
        raise
    except ModuleNotFoundError as error:
        raise missing_extra(adapter, str(error.name)) from error
    module.command(memories=memories, json_=json_)
