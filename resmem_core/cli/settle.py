"""Commands with which a person settles what the memory decided: merges and conflicts."""

from __future__ import annotations

from typing import Annotated

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


def split(
    id_: Annotated[str, typer.Argument(help="The id of a memory, or of a merged message.")],
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    json_: Json = False,
) -> None:
    """Undo the merges of a memory: every message that went into it stands by itself again."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        parts = memory.split(name, id_)
    if json_:
        show_json([as_dict(part) for part in parts])
        return
    show_table(f"{len(parts)} memories", ["id", "text"], [(part.id, part.text) for part in parts])


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(split)
