"""`resmem bench …`: each benchmark brings its own command function; loaded when it is called."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer

from resmem_core.bench.chaos.command import chaos
from resmem_core.errors import InputError, missing_extra

app = typer.Typer(help="Measurements, each with its own baselines in the same run.")

app.command("chaos")(chaos)

_ADAPTERS = {"langchain": "resmem_langchain.bench", "llamaindex": "resmem_llamaindex.bench"}


@app.command("turn")
def turn(
    adapter: Annotated[str, typer.Option(help="langchain or llamaindex")] = "langchain",
    json_: Annotated[bool, typer.Option("--json")] = False,
    memories: Annotated[int, typer.Option(help="How many memories are stored.")] = 10_000,
) -> None:
    """µs added to one agent turn, over the same agent with no-op parts."""
    if adapter not in _ADAPTERS:
        raise InputError(f"adapter must be langchain or llamaindex, got {adapter!r:.40}")
    try:
        module = importlib.import_module(_ADAPTERS[adapter])
    except ModuleNotFoundError as error:
        raise missing_extra(adapter, str(error.name)) from error
    module.command(memories=memories, json_=json_)
