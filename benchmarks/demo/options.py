"""`resmem demo`: its options; what it runs is imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from resmem_core.errors import missing_extra


def demo(
    data: Annotated[
        Path, typer.Option(help="LoCoMo JSON, JSONL messages, a ChatGPT export.")
    ] = Path("examples/data/sample.jsonl"),
    db: Annotated[
        str, typer.Option(help="Where the demo remembers; kept for the next run.")
    ] = "results/demo.db",
    out: Annotated[Path, typer.Option(help="Folder of the picture.")] = Path("results"),
    model: Annotated[str, typer.Option(help="Ollama model that answers the questions.")] = "",
    base_url: Annotated[str, typer.Option(help="Ollama server.")] = "http://127.0.0.1:11434",
    keep: Annotated[float, typer.Option(help="Share of messages to keep.")] = 0.75,
    conversation: Annotated[int, typer.Option(help="Which of several conversations.")] = 0,
    offline: Annotated[bool, typer.Option(help="Never look for a model server.")] = False,
    fresh: Annotated[bool, typer.Option(help="Start with an empty memory.")] = False,
    acks: Annotated[Path | None, typer.Option(help="Append each acknowledged id here.")] = None,
    live: Annotated[bool, typer.Option(help="Show it in the console while it runs.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Replay a long conversation through a LangChain agent that remembers, then ask it."""
    try:
        module = importlib.import_module("benchmarks.demo.command")
    except ModuleNotFoundError as error:
        raise missing_extra("demo", str(error.name)) from error
    module.run(
        data=data,
        db=db,
        out=out,
        model=model,
        base_url=base_url,
        keep=keep,
        conversation=conversation,
        offline=offline,
        fresh=fresh,
        acks=acks,
        live=live,
        json_=json_,
    )


def add_to(app: typer.Typer, _: Sequence[str]) -> None:
    """Add the command."""
    app.command("demo")(demo)
