"""Commands for agents of other programs: an MCP server, and its entry in a harness."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from resmem_core.cli.options import (
    DEFAULT_DB,
    Json,
    Location,
    NamespaceOption,
    parse_namespace,
    show_json,
)
from resmem_core.engine import ResilientMemory
from resmem_core.mcp import install
from resmem_core.mcp.harness import HARNESSES, Entry, entry


def mcp(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    keep: Annotated[float, typer.Option(help="Share of what agents remember to keep.")] = 1.0,
) -> None:
    """Serve one namespace to an agent over stdio, by the Model Context Protocol.

    A memory that is not there yet is begun.
    """
    from resmem_core.mcp.server import server  # noqa: PLC0415 the extra is asked for here alone

    name = parse_namespace(namespace, db)
    with ResilientMemory.open(db, keep=keep) as memory:
        server(memory, name).run("stdio")


def init(
    name: Annotated[str, typer.Argument(metavar="HARNESS", help=f"One of {', '.join(HARNESSES)}.")],
    home: Annotated[Path | None, typer.Option(help="The home directory; yours by default.")] = None,
    db: Annotated[
        str | None, typer.Option(help="A file, or a Qdrant address; by default below the home.")
    ] = None,
    namespace: NamespaceOption = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the entry out again.")] = False,
    json_: Json = False,
) -> None:
    """Give a coding agent this memory: write the MCP server into its settings, and try it.

    A second run changes nothing; --remove puts the bytes back that were there.
    """
    root = (home or Path.home()).absolute()
    settings = install.Settings.of(name, root)
    if remove:
        exact = install.remove(settings)
        _show({"harness": name, "config": str(settings.file), "restored": exact}, json_)
        return
    from resmem_core.mcp import canary  # noqa: PLC0415 the extra is asked for here alone

    place = _place(db, root)
    chosen = "/".join(parse_namespace(namespace or f"local/{_user()}", place))
    told = entry(settings.kind, canary.command(place, chosen))
    took: list[float] = []

    def check(written: Entry) -> None:
        took.append(canary.sing(written, place))

    changed = install.install(settings, told, check)
    backup = str(settings.backup) if settings.backup.exists() else None
    _show(
        {
            "harness": name, "config": str(settings.file), "changed": changed, "backup": backup,
            "db": place, "namespace": chosen, "canary": "recalled", "seconds": round(took[-1], 2),
        },
        json_,
    )  # fmt: skip


def _place(db: str | None, home: Path) -> str:
    """Where the memory is, as a path that holds wherever the harness starts."""
    if db is not None:
        return db if "://" in db else str(Path(db).absolute())
    folder = home / install.FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return str(folder / "memory.db")


def _user() -> str:
    try:
        return getpass.getuser().replace("/", "-")
    except (KeyError, OSError):
        return "me"


def _show(report: dict[str, Any], json_: bool) -> None:
    if json_:
        show_json(report)
        return
    for name, value in report.items():
        typer.echo(f"{name}: {'-' if value is None else value}")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("mcp")(mcp)
    app.command("init")(init)
