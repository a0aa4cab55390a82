"""`resmem bench`, `resmem train`, `resmem demo`: commands that live outside the package.

They come with the repository's `benchmarks/` and `training/`, which `make` installs and the wheel
does not carry, and announce themselves by an entry point each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Final

import typer

from resmem_core.errors import MissingExtra

GROUP: Final = "resmem.commands"
"""Entry points: functions of the application and the command line, which add what it asks for."""

COMMANDS: Final = {
    "bench": "Measurements, each with its own baselines in the same run.",
    "demo": "Replay a long conversation through a LangChain agent that remembers, then ask it.",
    "train": "Training of what is shipped.",
}


def load(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Add the commands; what they import is imported only where the command line names them."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    for name, text in COMMANDS.items():
        if name not in found or name not in arguments:
            app.command(name, help=text, context_settings=_ANYTHING)(_absent(name))
        else:
            found[name].load()(app, arguments)


_ANYTHING: Final = {"allow_extra_args": True, "ignore_unknown_options": True}


def _absent(name: str) -> Callable[[], None]:
    def command() -> None:
        raise MissingExtra(
            f"resmem {name} is not part of the installed package: clone the repository and run "
            "make demo  there, which installs it"
        )

    return command
