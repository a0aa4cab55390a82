"""`resmem export`, and `resmem import` of what it wrote: a namespace with nothing lost."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from resmem_core.cli.options import (
    DEFAULT_DB,
    Json,
    Location,
    NamespaceOption,
    opened,
    parse_namespace,
    show_json,
    show_table,
)
from resmem_core.engine import ResilientMemory
from resmem_core.engine.keeping.portable import is_export, parsed
from resmem_core.errors import InputError
from resmem_core.verbs import memory_json

FORMAT: Final = "resmem"


def export(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, instead of the screen.")
    ] = None,
    json_: Json = False,
) -> None:
    """Write a namespace as JSONL that `resmem import` takes in with nothing lost.

    With --json: its memories alone, as one JSON array.
    """
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        if json_:
            show_json([memory_json(m) for m in memory.scan(name)])
        elif output is None:
            for line in memory.export(name):
                typer.echo(line)
        else:
            _write(output, memory.export(name))


def _write(path: Path, lines: Iterable[str]) -> None:
    """The lines in a file of the owner's, whole or not at all.

    Raises:
        InputError: there is no writable folder for it.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def is_ours(file: Path) -> bool:
    """Whether `resmem export` wrote the file."""
    if not file.is_file():
        return False
    with file.open("rb") as data:
        return is_export(data.readline(10_000).decode("utf-8", "replace"))


def take_in(file: Path, db: str, namespace: str, *, dry_run: bool, json_: bool) -> None:
    """Import an export; where it came from, unless a namespace is named."""
    name = parse_namespace(namespace, db) if namespace else None
    with file.open(encoding="utf-8") as lines:
        try:
            if dry_run:
                found = parsed(lines, name)
                report: dict[str, object] = {"memories": len(found.memories)}
            else:
                with ResilientMemory.open(db) as memory:
                    done = memory.import_(lines, name)
                report = {"memories": done.memories, "there": done.there, "buried": done.buried}
        except UnicodeDecodeError:
            raise InputError(f"{file.name} is not UTF-8; nothing was imported") from None
    if json_:
        show_json(report)
    else:
        show_table(f"{file.name}", list(report), [list(report.values())])


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(export)
