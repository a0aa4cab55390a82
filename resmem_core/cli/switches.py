"""Commands that a person controls the controller with: safe mode and the audit log."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from resmem_core.audit import anchor, anchored, records, verify
from resmem_core.cli.options import DEFAULT_DB, Json, Location, opened, show_json
from resmem_core.engine.trace import replay
from resmem_core.errors import InputError

audit = typer.Typer(help="The hash-chained log of decisions.", no_args_is_help=True)


def safe_mode(
    state: Annotated[str, typer.Argument(help="on, off, or show")] = "show",
    db: Location = DEFAULT_DB,
    json_: Json = False,
) -> None:
    """The kill switch: argmax, no risky tools, capped tokens, no writes, for every worker."""
    if state not in ("on", "off", "show"):
        raise InputError("safe-mode takes on, off or show")
    with opened(db) as memory:
        on = memory.safe_mode(None if state == "show" else state == "on")
    if json_:
        show_json({"safe_mode": on})
    else:
        typer.echo(f"safe mode is {'on' if on else 'off'}")


@audit.command("anchor")
def audit_anchor(db: Location = DEFAULT_DB, json_: Json = False) -> None:
    """Print the newest record's number and hash: kept elsewhere, they show a cut later."""
    with opened(db) as memory:
        verify(records(memory.store))
        kept = anchor(memory.store)
    if json_:
        show_json({"anchor": kept})
    else:
        typer.echo(kept)


@audit.command("verify")
def audit_verify(
    db: Location = DEFAULT_DB,
    anchors: Annotated[
        list[str] | None,
        typer.Option("--anchor", help="What `resmem audit anchor` printed; may be repeated."),
    ] = None,
    json_: Json = False,
) -> None:
    """Check the hash chain of the whole log, and that the anchors are in it."""
    with opened(db) as memory:
        log = list(records(memory.store))
        last = verify(log)
        anchored(memory.store, anchors or ())
    if json_:
        show_json({"records": len(log), "intact": True, "last": last})
    else:
        typer.echo(f"{len(log)} records, chain intact, last hash {last}")


@audit.command("replay")
def audit_replay(db: Location = DEFAULT_DB, json_: Json = False) -> None:
    """Recompute every recorded knob, bit for bit, and name the first that differs."""
    with opened(db) as memory:
        found = replay(memory.store)
    if json_:
        show_json({**asdict(found), "identical": True})
    elif not found.ticks:
        typer.echo("nothing was recorded: open the memory with  record=True")
    else:
        typer.echo(
            f"{found.ticks} ticks of {found.sessions} sessions replayed, every knob identical"
        )


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("safe-mode")(safe_mode)
    app.add_typer(audit, name="audit")
