"""Commands over a store's file as a whole: backup, restore, check, repair."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resmem_core.cli.curate import restore_memory
from resmem_core.cli.options import DEFAULT_DB, Actor, Json, Location, NamespaceOption, show_json
from resmem_core.engine.keeping import files

_Target = Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")]


def backup(target: _Target, db: Location = DEFAULT_DB, json_: Json = False) -> None:
    """Copy the store to a file, while others use it."""
    size = files.backup(db, target)
    if json_:
        show_json({"file": str(target), "bytes": size})
    else:
        typer.echo(f"copied {db} to {target}: {size:,} bytes, checked")


def restore(
    what: Annotated[
        str,
        typer.Argument(help="A file that `resmem backup` wrote; with --namespace, a memory's id."),
    ],
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    version: Annotated[int | None, typer.Option(help="The wording that is to stand.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="A store that is there may be replaced; it is kept.")
    ] = False,
    actor: Actor = "",
    json_: Json = False,
) -> None:
    """Put a copy in the store's place; what was forgotten since does not come back.

    With --namespace: take one memory back, which sleep forgot, a newer one retired, or an edit
    worded otherwise.
    """
    if namespace:
        restore_memory(what, db, namespace, version, actor, json_)
        return
    memories = files.restore(Path(what), db, replace=replace)
    if json_:
        show_json({"store": db, "memories": memories})
    else:
        typer.echo(f"restored {db} from {what}: {memories:,} memories")


def check(db: Location = DEFAULT_DB, json_: Json = False) -> None:
    """Read everything and compare it with its checksums and the audit's chain.

    Every column of every row is under a checksum, and a row that is gone is missed. What somebody
    wrote on purpose, checksums included, only an anchor kept elsewhere shows (`audit verify`).
    """
    files.check(db)
    if json_:
        show_json({"store": db, "sound": True})
    else:
        typer.echo(f"{db} is sound: every row was read and compared with its checksum")


def repair(target: _Target, db: Location = DEFAULT_DB, json_: Json = False) -> None:
    """Save what can be read of a damaged store into another file."""
    saved = files.repair(db, target)
    if json_:
        show_json({name: getattr(saved, name) for name in saved.__slots__})
        return
    typer.echo(
        f"saved to {target}: {saved.memories:,} memories, {saved.docs:,} documents, "
        f"{saved.records:,} audit records; {saved.lost:,} could not be read, "
        f"{saved.missing:,} are missing"
    )


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (backup, restore, check, repair):
        app.command()(command)
