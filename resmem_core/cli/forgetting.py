"""`resmem forget` and `resmem allow`: what goes for good, and what may come back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from resmem_core.cli.options import (
    DEFAULT_DB,
    Json,
    Location,
    NamespaceOption,
    as_dict,
    opened,
    parse_namespace,
    show_json,
    show_table,
)
from resmem_core.errors import InputError


def forget(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    ids: Annotated[list[str] | None, typer.Option("--id", help="Repeat for several.")] = None,
    session: Annotated[str | None, typer.Option(help="A whole conversation.")] = None,
    author: Annotated[str | None, typer.Option(help="All that one person said.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Said at this time or later.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Said at this time or earlier.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything of the namespace.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is meant only.")] = False,
    json_: Json = False,
) -> None:
    """Erase memories, so that no bytes of them are left and they do not come back."""
    wanted: dict[str, Any] = {
        "ids": ids or None, "session": session, "author": author, "since": since, "until": until,
    }  # fmt: skip
    if all(value is None for value in wanted.values()) != all_:
        raise InputError(
            "name memories with --id, --session, --author, --since or --until, "
            "or the whole namespace with --all"
        )
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        if dry_run:
            meant = memory.scan(name, **wanted)
        else:
            count = memory.forget(name, **wanted)
    if json_:
        show_json([as_dict(m) for m in meant] if dry_run else {"erased": count})
    elif dry_run:
        show_table(f"{len(meant)} meant", ["id", "text"], [(m.id, m.text) for m in meant])
    else:
        typer.echo(f"erased {count}")


def allow(
    text: Annotated[str, typer.Argument(help="What may be said again.")] = "",
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    all_: Annotated[bool, typer.Option("--all", help="Everything that was forgotten.")] = False,
    json_: Json = False,
) -> None:
    """Let what was forgotten be stored again."""
    if bool(text) == all_:
        raise InputError("give the text that may be said again, or --all")
    with opened(db) as memory:
        count = memory.allow(parse_namespace(namespace, db), text or None)
    if json_:
        show_json({"allowed": count})
    else:
        typer.echo(f"{count} statements may be stored again")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("forget")(forget)
    app.command("allow")(allow)
