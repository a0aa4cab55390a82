"""Commands with which a person settles what the memory decided: merges and conflicts."""

from __future__ import annotations

from typing import Annotated

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
from resmem_core.verbs import memory_json


def split(
    id_: Annotated[str, typer.Argument(help="The id of a memory, or of a merged message.")],
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    actor: Actor = "",
    json_: Json = False,
) -> None:
    """Undo the merges of a memory: every message that went into it stands by itself again."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        parts = memory.split(name, id_, actor=actor or account())
    if json_:
        show_json([memory_json(part) for part in parts])
        return
    show_table(f"{len(parts)} memories", ["id", "text"], [(part.id, part.text) for part in parts])


def conflicts(
    db: Location = DEFAULT_DB, namespace: NamespaceOption = "", json_: Json = False
) -> None:
    """List memories of which the newer may contradict the older;  resmem settle  ends it."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        found = memory.conflicts(name)
    if json_:
        show_json([{"older": memory_json(c.older), "newer": memory_json(c.newer)} for c in found])
        return
    rows = [(c.newer.id, c.newer.text, c.older.id, c.older.text) for c in found]
    show_table(f"{len(rows)} conflicts", ["newer", "it says", "older", "it says"], rows)


def settle(
    holds: Annotated[str, typer.Argument(help="The id of the memory that holds.")],
    other: Annotated[str, typer.Argument(help="The id of the other one.")],
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    both: Annotated[bool, typer.Option("--both", help="Both hold.")] = False,
    actor: Actor = "",
    json_: Json = False,
) -> None:
    """Settle a conflict: one memory holds and the other is closed, or both hold."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        winner = memory.settle(name, holds, other, both=both, actor=actor or account())
    if json_:
        show_json({"holds": winner.id, "other": other, "both": both})
    else:
        typer.echo(
            f"{winner.id} holds" + (f", and so does {other}" if both else f"; {other} is closed")
        )


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (split, conflicts, settle):
        app.command()(command)
