"""Puts the command groups together and turns our errors into one line and exit code 2."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.text import Text

from resmem_core.cli import bench, demo, memory, policy, report, switches
from resmem_core.errors import ResmemError

app = typer.Typer(
    name="resmem",
    help="Resilient Memory: self-regulating memory and control for LLM agents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
demo.add_to(app)
memory.add_to(app)
switches.add_to(app)
report.add_to(app)
app.add_typer(policy.app, name="policy")
app.add_typer(bench.app, name="bench")
app.add_typer(bench.train, name="train")


def main() -> None:
    """Entry point of the console script."""
    try:
        bench.load(sys.argv)
        app()
    except ResmemError as error:
        line = Text.assemble(("error", "red"), f" ({type(error).__name__}): {error}")
        Console(stderr=True).print(line, soft_wrap=True)
        sys.exit(2)
