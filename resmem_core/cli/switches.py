"""Commands that a person controls the controller with: safe mode and the audit log."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from resmem_core.audit import verify
from resmem_core.cli.memory import DEFAULT_DB
from resmem_core.cli.options import Json, Location, show_json
from resmem_core.engine import ResilientMemory
from resmem_core.engine.trace import replay
from resmem_core.errors import InputError

audit = typer.Typer(help="The append-only, hash-chained log of decisions.", no_args_is_help=True)


def safe_mode(
    state: Annotated[str, typer.Argument(help="on, off, or show")] = "show",
    db: Location = DEFAULT_DB,
    json_: Json = False,
) -> None:
    """The kill switch: argmax, no risky tools, capped tokens, no writes, for every worker."""
    if state not in ("on", "off", "show"):
        raise InputError("safe-mode takes on, off or show")
    with ResilientMemory.open(db) as memory:
        on = memory.safe_mode(None if state == "show" else state == "on")
    if json_:
        show_json({"safe_mode": on})
    else:
        typer.echo(f"safe mode is {'on' if on else 'off'}")


@audit.command("verify")
def audit_verify(db: Location = DEFAULT_DB, json_: Json = False) -> None:
    """Check the hash chain of the whole log."""
    count = 0
    with ResilientMemory.open(db) as memory:
        after = 0
        previous = None
        while records := memory.store.audit(after=after):
            previous = verify([record for _, record in records], previous)
            after = records[-1][0]
            count += len(records)
    if json_:
        show_json({"records": count, "intact": True})
    else:
        typer.echo(f"{count} records, chain intact")


@audit.command("replay")
def audit_replay(db: Location = DEFAULT_DB, json_: Json = False) -> None:
    """Recompute every recorded knob, bit for bit, and name the first that differs."""
    with ResilientMemory.open(db) as memory:
        found = replay(memory.store)
    if json_:
        show_json({**asdict(found), "identical": True})
    else:
        typer.echo(
            f"{found.ticks} ticks of {found.sessions} sessions replayed, every knob identical"
        )


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("safe-mode")(safe_mode)
    app.add_typer(audit, name="audit")
