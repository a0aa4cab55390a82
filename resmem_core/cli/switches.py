"""Commands that a person controls the controller with: safe mode and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from resmem_core.audit import anchor, anchored, records, verify
from resmem_core.cli.options import (
    DEFAULT_DB,
    Actor,
    Json,
    Location,
    account,
    opened,
    show_json,
    show_table,
)
from resmem_core.engine.base import pseudonyms
from resmem_core.engine.policy.trace import replay
from resmem_core.errors import InputError
from resmem_core.memory.privacy.aliases import alias
from resmem_core.memory.privacy.redact import PatternRedactor
from resmem_core.types import Namespace

audit = typer.Typer(help="The hash-chained log of decisions.", no_args_is_help=True)


def safe_mode(
    state: Annotated[str, typer.Argument(help="on, off, or show")] = "show",
    db: Location = DEFAULT_DB,
    actor: Actor = "",
    json_: Json = False,
) -> None:
    """The kill switch: argmax, no risky tools, capped tokens, no writes, for every worker."""
    if state not in ("on", "off", "show"):
        raise InputError("safe-mode takes on, off or show")
    with opened(db) as memory:
        wanted = None if state == "show" else state == "on"
        on = memory.safe_mode(wanted, actor=actor or account())
    if json_:
        show_json({"safe_mode": on})
    else:
        typer.echo(f"safe mode is {'on' if on else 'off'}")


@audit.command("show")
def audit_show(
    db: Location = DEFAULT_DB,
    events: Annotated[
        list[str] | None, typer.Option("--event", help="Such as forget; may be repeated.")
    ] = None,
    actor: Annotated[str, typer.Option("--actor", help="What this one did.")] = "",
    limit: Annotated[int, typer.Option(help="Records, the newest.", min=1)] = 50,
    json_: Json = False,
) -> None:
    """Show the newest records: when, what, who, and about which namespace."""
    with opened(db) as memory:
        names = pseudonyms.known(memory.store, memory.store.namespaces())
        who = alias(actor, PatternRedactor()) if actor else ""
        found = [
            _readable(record, names)
            for record in records(memory.store)
            if (not events or record["event"] in events) and who in ("", record.get("by"))
        ][-limit:]
    if json_:
        show_json(found)
        return
    rows = [
        (_time(one["at"]), one["event"], one.get("by", ""), one["namespace"], _details(one))
        for one in found
    ]
    show_table("audit, the latest last", ["when", "event", "by", "namespace", "details"], rows)


def _readable(record: Mapping[str, Any], names: Mapping[str, Namespace]) -> dict[str, Any]:
    """The record with its namespace's name, where there is such a namespace still."""
    spelt = [str(part) for part in record.get("namespace", ())]
    known = names.get(spelt[0]) if len(spelt) == 1 else None
    return {**record, "at": record.get("at", 0.0), "namespace": "/".join(known or spelt)}


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"


def _details(record: Mapping[str, Any]) -> str:
    told = {name: value for name, value in record.items() if name not in _COLUMNS}
    return ", ".join(f"{name} {value}" for name, value in told.items())


_COLUMNS: Final = frozenset({"at", "event", "by", "namespace", "prev", "hash"})


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
