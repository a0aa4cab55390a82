"""Options that several commands share, and how results are shown."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from resmem_core.engine import ResilientMemory
from resmem_core.errors import InputError, NamespaceError
from resmem_core.stores import open_store
from resmem_core.types import Namespace, check_namespace

console = Console()

DEFAULT_DB: Final = "resmem.db"

LISTED: Final = 10
"""Namespaces that an error names."""

Location = Annotated[
    str, typer.Option("--db", help="A file, or a Qdrant address.", envvar="RESMEM_DB")
]
NamespaceOption = Annotated[
    str, typer.Option("--namespace", "-n", help="Parts joined by '/', such as acme/ada.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


Actor = Annotated[
    str, typer.Option("--actor", help="Who does it, for the audit log; the account's name else.")
]


def account() -> str:
    """The name of the account that runs the command, its number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def opened(db: str, keep: float | None = None) -> ResilientMemory:
    """The memory at `db`, which must be there: a mistyped name never becomes a new, empty one.

    Raises:
        InputError: there is no such file, or it is empty.
    """
    if not (db == ":memory:" or "://" in db or _is_something(Path(db))):
        raise InputError(
            f"there is no memory at {db}: name one with --db, or begin it with  resmem import"
        )
    return ResilientMemory.open(db, keep=keep)


def _is_something(path: Path) -> bool:
    return path.exists() and not (path.is_file() and path.stat().st_size == 0)


def parse_namespace(text: str, db: str) -> Namespace:
    """The namespace that a command line names.

    >>> parse_namespace("acme/ada", "resmem.db")
    ('acme', 'ada')

    Raises:
        NamespaceError: none is named, which tells those that `db` holds; or it is malformed.
    """
    if not text:
        raise NamespaceError(f"name the namespace with  --namespace acme/ada{_held(db)}")
    return check_namespace(text.split("/"))


def say_held(namespace: Namespace, db: str) -> None:
    """Say on the error stream which namespaces there are, where this one is none of them."""
    if db == ":memory:":
        return
    with closing(open_store(db)) as store:
        known = namespace in store.namespaces()
    if not known:
        typer.echo(f"{'/'.join(namespace)} holds nothing{_held(db)}", err=True)


def _held(db: str) -> str:
    """The namespaces at `db`, as the end of a sentence."""
    if not ("://" in db or (Path(db).is_file() and _is_something(Path(db)))):
        return ""
    with closing(open_store(db)) as store:
        names = ["/".join(name) for name in store.namespaces()]
    if not names:
        return f"; {db} holds none yet"
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"; {db} holds {', '.join(names[:LISTED])}{more}"


def parsed_filter(text: str | None) -> dict[str, Any] | None:
    """A filter that a command line gives as JSON.

    Raises:
        InputError: it is no JSON object.
    """
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError('a filter must be a JSON object, such as \'{"source": "slack"}\'')
    return value


def show_json(value: Any) -> None:
    """Print one JSON document on stdout, undecorated."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")  # an id is whole, however narrow it gets
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))  # no markup: "[EMAIL]" is text
    console.print(table)
