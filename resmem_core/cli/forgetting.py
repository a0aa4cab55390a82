"""`resmem forget` and `resmem allow`: what goes for good, and what may come back."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from resmem_core.cli.options import (
    DEFAULT_DB,
    Actor,
    Json,
    Location,
    NamespaceOption,
    account,
    opened,
    parse_namespace,
    show_json,
    show_table,
)
from resmem_core.engine.keeping.receipts import Receipt
from resmem_core.errors import InputError
from resmem_core.verbs import memory_json


def forget(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    ids: Annotated[list[str] | None, typer.Option("--id", help="Repeat for several.")] = None,
    session: Annotated[str | None, typer.Option(help="A whole conversation.")] = None,
    author: Annotated[str | None, typer.Option(help="All that one person said.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Said at this time or later.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Said at this time or earlier.")] = None,
    query: Annotated[
        str | None, typer.Option(help="What holds all of these words; see it with --dry-run.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything of the namespace.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is meant only.")] = False,
    receipt: Annotated[
        Path | None, typer.Option(help="Scan for what is left, and write the receipt here.")
    ] = None,
    actor: Actor = "",
    json_: Json = False,
) -> None:
    """Erase memories, so that no bytes of them are left and they do not come back."""
    wanted: dict[str, Any] = {
        "ids": ids or None, "session": session, "author": author, "since": since, "until": until,
        "query": query,
    }  # fmt: skip
    if all(value is None for value in wanted.values()) != all_:
        raise InputError(
            "name memories with --id, --session, --author, --since, --until or --query, "
            "or the whole namespace with --all"
        )
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        if dry_run:
            meant = memory.scan(name, **wanted)
        elif receipt is not None:
            given = memory.forget_with_receipt(name, **wanted, actor=actor or account())
            _with_receipt(given, receipt, json_)
            return
        else:
            count = memory.forget(name, **wanted, actor=actor or account())
    if json_:
        show_json([memory_json(m) for m in meant] if dry_run else {"erased": count})
    elif dry_run:
        show_table(f"{len(meant)} meant", ["id", "text"], [(m.id, m.text) for m in meant])
    else:
        unknown = "" if count or not ids else f": no memory has the id {', '.join(ids)}"
        typer.echo(f"erased {count}{unknown}")


def _with_receipt(given: Receipt, file: Path, json_: bool) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(given.as_dict(), out, indent=2)
    _told(given, json_)


def _told(given: Receipt, json_: bool) -> None:
    """What was scanned and found; exit code 1 where something is left."""
    left = sum(given.found.values())
    if json_:
        show_json({
            "erased": given.erased, "canaries": sum(map(len, given.canaries.values())),
            "scanned": given.scanned, "found": given.found,
        })  # fmt: skip
    else:
        rows = [(name, size, given.found.get(name, 0)) for name, size in given.scanned.items()]
        show_table(f"erased {given.erased}", ["file", "bytes", "canaries found"], rows)
        typer.echo(f"{left} of its canaries are left" if left else "nothing of it is left")
    if left:
        raise typer.Exit(1)


def verify_erasure(
    receipt: Annotated[Path, typer.Argument(help="What  resmem forget --receipt  wrote.")],
    db: Location = DEFAULT_DB,
    json_: Json = False,
) -> None:
    """Check a receipt against the audit log, and scan again for what is left."""
    try:
        given = json.loads(receipt.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise InputError(f"{receipt} is no receipt of an erasure") from None
    with opened(db) as memory:
        again = memory.verify_erasure(given)
    if isinstance(given, dict) and given.get("anchor") and not again.anchor:
        typer.echo("a copy was put in the store's place since: the log of before is gone", err=True)
    _told(again, json_)


def allow(
    text: Annotated[str, typer.Argument(help="What may be said again.")] = "",
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    all_: Annotated[bool, typer.Option("--all", help="Everything that was forgotten.")] = False,
    actor: Actor = "",
    json_: Json = False,
) -> None:
    """Let what was forgotten be stored again."""
    if bool(text) == all_:
        raise InputError("give the text that may be said again, or --all")
    with opened(db) as memory:
        name = parse_namespace(namespace, db)
        count = memory.allow(name, text or None, actor=actor or account())
    if json_:
        show_json({"allowed": count})
    else:
        typer.echo(f"{count} statements may be stored again")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("forget")(forget)
    app.command("allow")(allow)
    app.command("verify-erasure")(verify_erasure)
