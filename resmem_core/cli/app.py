"""Puts the command groups together and turns our errors into one line and exit code 2."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from resmem_core.cli import (
    agents,
    chat,
    curate,
    developer,
    files,
    forgetting,
    inspect,
    memory,
    policy,
    portable,
    report,
    serving,
    settle,
    switches,
)
from resmem_core.errors import ResmemError


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"resilient-memory {metadata.version('resilient-memory')}")
        raise typer.Exit


app = typer.Typer(
    name="resmem",
    help="Resilient Memory: self-regulating memory and control for LLM agents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    """Resilient Memory: self-regulating memory and control for LLM agents."""


memory.add_to(app)
files.add_to(app)
forgetting.add_to(app)
portable.add_to(app)
curate.add_to(app)
settle.add_to(app)
switches.add_to(app)
report.add_to(app)
agents.add_to(app)
serving.add_to(app)
chat.add_to(app)
app.add_typer(inspect.app, name="inspect")
app.add_typer(policy.app, name="policy")


def main() -> None:
    """Entry point of the console script."""
    try:
        developer.load(app, sys.argv[1:])
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except ResmemError as error:
        _fail(f"({type(error).__name__}): {error}")
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"(OSError): cannot use {error.filename}: {error.strerror}")


def _fail(why: str) -> NoReturn:
    Console(stderr=True).print(Text.assemble(("error", "red"), f" {why}"), soft_wrap=True)
    sys.exit(2)
