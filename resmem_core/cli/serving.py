"""`resmem serve`: the console in the browser."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from resmem_core.cli.options import DEFAULT_DB, Json, Location, opened, show_json
from resmem_core.engine import ResilientMemory
from resmem_core.types import check_namespace


def serve(
    db: Location = DEFAULT_DB,
    namespaces: Annotated[
        list[str] | None,
        typer.Option("--namespace", "-n", help="Such as acme/ada; repeat for several; else all."),
    ] = None,
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 8765,
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    new: Annotated[bool, typer.Option("--new", help="Begin it where there is none.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    editor: Annotated[str | None, typer.Option(envvar="RESMEM_EDITOR_TOKEN", hidden=True)] = None,
    viewer: Annotated[str | None, typer.Option(envvar="RESMEM_VIEWER_TOKEN", hidden=True)] = None,
    json_: Json = False,
) -> None:
    """Serve the console, the HTTP API and, for a single namespace, MCP, on this machine only.

    The printed address holds a token: whoever has it may change memories; the second address
    lets one look only. RESMEM_EDITOR_TOKEN and RESMEM_VIEWER_TOKEN set tokens that stay.
    """
    from resmem_core.serve import run  # noqa: PLC0415 the extra is asked for here alone

    chosen = [check_namespace(name.split("/")) for name in namespaces or ()] or None
    listening = run.bound(host, port)

    def tell(edits: str, sees: str) -> None:
        if json_:
            show_json({"url": edits, "viewer_url": sees})
        else:
            typer.echo(f"console:         {edits}\nto look at only: {sees}\nstop with Ctrl+C")
        if open_:
            webbrowser.open(edits)

    with listening, ResilientMemory.open(db) if new else opened(db) as memory:
        run.run(memory, chosen, listening, tell, editor=editor, viewer=viewer)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("serve")(serve)
