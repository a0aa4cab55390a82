"""Commands with which a person looks at memories and corrects them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
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
    parsed_filter,
    say_held,
    show_json,
    show_table,
)
from resmem_core.errors import UnknownMemory
from resmem_core.types import Memory
from resmem_core.verbs import memory_json, version_json

Ident = Annotated[str, typer.Argument(help="The id of a memory, or of a message.")]
AsOf = Annotated[datetime | None, typer.Option(help="As it was at this time (UTC).")]
SessionOption = Annotated[str | None, typer.Option(help="One conversation.")]
Author = Annotated[str | None, typer.Option(help="What one person said.")]
RoleOption = Annotated[str | None, typer.Option(help="user, assistant, tool or system.")]
TrustOption = Annotated[str | None, typer.Option(help="trusted, untrusted or quarantined.")]
Since = Annotated[datetime | None, typer.Option(help="Said at this time or later.")]
Until = Annotated[datetime | None, typer.Option(help="Said at this time or earlier.")]
Metadata = Annotated[
    str | None, typer.Option(help='A filter as JSON, such as \'{"source": "slack"}\'.')
]


def get(
    id_: Ident, db: Location = DEFAULT_DB, namespace: NamespaceOption = "", json_: Json = False
) -> None:
    """Show one memory."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        found = memory.get(name, id_)
    if found is None:
        raise UnknownMemory(f"no memory of the id {id_!r:.80} is in this namespace")
    _show(found, json_)


def edit(
    id_: Ident,
    text: Annotated[str, typer.Argument(help="What it should say.")],
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    version: Annotated[int | None, typer.Option(help="The version that you saw.")] = None,
    actor: Actor = "",
    json_: Json = False,
) -> None:
    """Correct what a memory says; the wording that it had stays in its history."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        _show(memory.update(name, id_, text, version=version, actor=actor or account()), json_)


def pin(
    id_: Ident,
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    off: Annotated[bool, typer.Option("--off", help="Take the pin off.")] = False,
    actor: Actor = "",
    json_: Json = False,
) -> None:
    """Keep a memory whatever it is worth, or take the pin off."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        change = memory.unpin if off else memory.pin
        _show(change(name, id_, actor=actor or account()), json_)


def unpin(
    id_: Ident,
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    actor: Actor = "",
    json_: Json = False,
) -> None:
    """Take the pin off a memory."""
    pin(id_, db, namespace, True, actor, json_)


def history(
    id_: Ident, db: Location = DEFAULT_DB, namespace: NamespaceOption = "", json_: Json = False
) -> None:
    """Show every wording of a memory, and of those it replaced or that replaced it."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        versions = memory.history(name, id_)
    if json_:
        show_json([version_json(one) for one in versions])
        return
    rows = [(v.id, v.number, v.how, _day(v.at), _day(v.until), v.text) for v in versions]
    show_table(f"history of {id_}", ["id", "version", "how", "from", "until", "text"], rows)


def restore_memory(
    id_: str, db: str, namespace: str, version: int | None, actor: str, json_: bool
) -> None:
    """Take back what sleep forgot, what a newer memory retired, or an older wording."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        _show(memory.restore(name, id_, version, actor=actor or account()), json_)


def list_(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    ids: Annotated[list[str] | None, typer.Option("--id", help="Repeat for several.")] = None,
    session: SessionOption = None,
    author: Author = None,
    role: RoleOption = None,
    trust: TrustOption = None,
    since: Since = None,
    until: Until = None,
    metadata: Metadata = None,
    as_of: AsOf = None,
    forgotten: Annotated[bool, typer.Option(help="What sleep forgot, instead.")] = False,
    limit: Annotated[int, typer.Option(help="Memories of a page.", min=1, max=10_000)] = 100,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    json_: Json = False,
) -> None:
    """List memories, page by page."""
    name = parse_namespace(namespace, db)
    wanted: dict[str, Any] = {
        "ids": ids or None, "session": session, "author": author, "role": role, "trust": trust,
        "since": since, "until": until, "metadata": parsed_filter(metadata),
    }  # fmt: skip
    with opened(db) as memory:
        page = memory.list(
            name, as_of=as_of, forgotten=forgotten, limit=limit, cursor=cursor, **wanted
        )
    if json_:
        show_json({"items": [memory_json(item) for item in page.items], "cursor": page.cursor})
        return
    show_table(
        f"{len(page.items)} memories",
        ["id", "when", "author", "text"],
        [(m.id, _day(m.at), m.author or m.role, m.text) for m in page.items],
    )
    if not page.items:
        say_held(name, db)
    if page.cursor:
        typer.echo(f"more with  --cursor {page.cursor}")


def search(
    question: str,
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    k: Annotated[int, typer.Option("--k", "-k", help="How many.")] = 8,
    session: SessionOption = None,
    author: Author = None,
    role: RoleOption = None,
    trust: TrustOption = None,
    since: Since = None,
    until: Until = None,
    metadata: Metadata = None,
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Search memories; what a session recalls is shown by  resmem recall."""
    name = parse_namespace(namespace, db)
    wanted: dict[str, Any] = {
        "session": session, "author": author, "role": role, "trust": trust, "since": since,
        "until": until, "metadata": parsed_filter(metadata),
    }  # fmt: skip
    with opened(db) as memory:
        hits = memory.search(name, question, k=k, as_of=as_of, **wanted)
    if json_:
        show_json([{**memory_json(h.memory), "score": h.score, "why": dict(h.why)} for h in hits])
        return
    rows = [(f"{h.score:.3f}", h.id, h.memory.author or h.memory.role, h.text) for h in hits]
    show_table(question, ["score", "id", "author", "memory"], rows)


def _show(memory: Memory, json_: bool) -> None:
    if json_:
        show_json(memory_json(memory))
        return
    rows: Sequence[Sequence[object]] = [
        (name, value)
        for name, value in memory_json(memory).items()
        if value not in ("", None, [], {})
    ]
    show_table(memory.id, ["field", "value"], rows)


def _day(at: float | None) -> str:
    if at is None:
        return ""
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return f"{at:.0f}"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("list")(list_)
    for command in (get, edit, pin, unpin, history, search):
        app.command()(command)
