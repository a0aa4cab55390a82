"""Commands that live above the core: `resmem chaos`, and `bench`, `train` and `demo`.

`chaos` is in the LangChain adapter, which needs that extra. The others come with the repository's
`benchmarks/` and `training/`, which `make` installs and the wheel does not carry, and announce
themselves by an entry point each.
"""

from __future__ import annotations

import importlib
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

ADAPTERS: Final = {
    "chaos": (
        "resmem_langchain.chaos.command",
        "Let your own agent's models and tools fail, and see what it survives.",
    )
}
"""Commands of adapters: modules with an `add_to`, by name since the core imports no adapter."""


def load(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Add the commands; what they import is imported only where the command line names them."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    for name, text in COMMANDS.items():
        if name not in found or name not in arguments:
            app.command(name, help=text, context_settings=_ANYTHING)(_absent(name))
        else:
            found[name].load()(app, arguments)
    asked = next((word for word in arguments if not word.startswith("-")), "")
    for name, (module, text) in ADAPTERS.items():
        if name == asked:
            importlib.import_module(module).add_to(app)
        else:
            app.command(name, help=text)(_unasked)


_ANYTHING: Final = {"allow_extra_args": True, "ignore_unknown_options": True}


def _unasked() -> None:
    """Stands in the list of commands; who asks for one by name gets the real one."""


def _absent(name: str) -> Callable[[], None]:
    def command() -> None:
        raise MissingExtra(
            f"resmem {name} is not part of the installed package: clone the repository and run "
            "make demo  there, which installs it"
        )

    return command
