"""Commands over the memory: import, recall, sleep, move."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from resmem_core.cli import portable
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
from resmem_core.engine.move import move
from resmem_core.errors import InputError
from resmem_core.importers import FORMATS, Imported, Item, Report, in_order, read
from resmem_core.memory.index import named as embedders
from resmem_core.stores import open_store
from resmem_core.types import Namespace, Verdict
from resmem_core.verbs import memory_json

_KNOWN = ", ".join((*FORMATS, portable.FORMAT))


def import_(
    file: Annotated[Path, typer.Argument(help="A file, a folder or a zip of conversations.")],
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    keep: Annotated[float, typer.Option(help="Share of messages to keep, 0 to 1.")] = 0.75,
    embedder: Annotated[
        str | None,
        typer.Option(help=f"Of a new store: {embedders.NAMES}; else the store's own, or lexical."),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", help=f"Of {_KNOWN}; else recognised."),
    ] = None,
    date_order: Annotated[
        str | None, typer.Option(help="dmy, mdy or ymd, where the dates of a text do not tell.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read and left out; write nothing.")
    ] = False,
    json_: Json = False,
) -> None:
    """Import real conversations; what cannot be read is reported with its place and skipped."""
    if not file.exists():
        raise InputError(f"{file} does not exist; name a file, a folder or a zip")
    if format_ == portable.FORMAT or (format_ is None and portable.is_ours(file)):
        portable.take_in(file, db, namespace, dry_run=dry_run, json_=json_)
        return
    name = parse_namespace(namespace, db) if namespace or not dry_run else ()
    items = list(read(file, format_, date_order=date_order))
    found = Report.of(items)
    for bad in found.bad:
        typer.echo(f"{bad.where}: {bad.reason}", err=True)
    if not found.read:
        raise InputError(f"{file} held no message that could be read")
    if dry_run:
        _show_losses(found, file, json_)
        return
    counts, stored = _taken_in(items, db, name, keep, embedder, json_)
    report = {**counts, "bad": len(found.bad), "stored": stored}
    if json_:
        show_json({**report, **found.as_dict(), "bad": len(found.bad)})
    else:
        show_table(f"imported {file.name}", list(report), [list(report.values())])


def _taken_in(
    items: list[Item], db: str, namespace: Namespace, keep: float, embedder: str | None, quiet: bool
) -> tuple[dict[str, int], int]:
    """The gate's verdicts, and how many memories there are then."""
    said = in_order(item for item in items if isinstance(item, Imported))
    counts: Counter[str] = Counter()
    progress = Console(stderr=True)
    with ResilientMemory.open(db, keep=keep, embedder=embedder) as memory:
        for item in track(said, "importing", console=progress, disable=quiet):
            session = memory.session(item.session, namespace=namespace)
            counts[session.observe(item.message).verdict.value] += 1
        return {v.value: counts[v.value] for v in Verdict}, len(memory.scan(namespace))


def _show_losses(found: Report, file: Path, json_: bool) -> None:
    """What an import would read, and what it would leave out and why."""
    if json_:
        show_json(found.as_dict())
        return
    read_ = [(shape, role, count) for (shape, role), count in sorted(found.read.items())]
    show_table(f"{file.name} would be read", ["shape", "role", "messages"], read_)
    left = [(where, what, count) for (where, what), count in sorted(found.left_out.items())]
    if left:
        show_table("left out", ["from", "what", "count"], left)
    typer.echo(
        f"{found.conversations} conversations; {len(found.bad)} entries cannot be read; "
        f"{found.undated} messages have no time of their own"
    )


def recall(
    question: str,
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    k: Annotated[int, typer.Option("--k", "-k", help="How many.")] = 8,
    json_: Json = False,
) -> None:
    """Ask the memory; every hit says why it was recalled."""
    with opened(db) as memory:
        session = memory.session("cli", namespace=parse_namespace(namespace, db))
        hits = session.search(question, k=k)
    if json_:
        show_json(
            [
                {
                    **memory_json(h.memory),
                    "score": h.score,
                    "why": dict(h.why),
                    "conflict": list(h.conflict),
                }
                for h in hits
            ]
        )
        return
    if not hits:
        typer.echo("nothing in this namespace is recalled by that")
        return
    rows = [(f"{h.score:.3f}", h.memory.author, h.text, ", ".join(_top(dict(h.why)))) for h in hits]
    show_table(question, ["score", "author", "memory", "why"], rows)


def _top(why: dict[str, float]) -> list[str]:
    best = sorted(why.items(), key=lambda pair: -abs(pair[1]))[:3]
    return [f"{name} {share:+.2f}" for name, share in best]


def sleep(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    keep: Annotated[float, typer.Option(help="Share to keep of what waits for a verdict.")] = 1.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go and why; change nothing.")
    ] = False,
    json_: Json = False,
) -> None:
    """Consolidate one namespace, or all: judge the buffer, merge, promote, link and forget."""
    with opened(db, keep) as memory:
        name = parse_namespace(namespace, db) if namespace else None
        reports = memory.sleep(name, dry_run=dry_run)
    if json_:
        show_json([{name: getattr(r, name) for name in r.__slots__} for r in reports])
        return
    if not reports:
        typer.echo("nothing to consolidate")
    for report in reports:
        keys = sorted({*report.before, *report.after})
        rows = [(key, report.before.get(key, 0), report.after.get(key, 0)) for key in keys]
        show_table("/".join(report.namespace), ["count", "before", "after"], rows)
        forgotten = ", ".join(f"{n} {why}" for why, n in report.forgotten.items()) or "nothing"
        typer.echo(
            f"merged {report.merged}, promoted {report.promoted}, summed up in {report.semantic}; "
            f"forgotten: {forgotten}"
        )
        if report.value is not None:
            typer.echo(f"success expected of its conversations: {100 * report.value:.0f} %")
        if dry_run:
            show_table("would go", ["id", "why"], list(report.gone.items()))


def move_(
    source: Annotated[str, typer.Argument(help="A file, or a Qdrant address.")],
    target: Annotated[str, typer.Argument(help="The same; made when it does not exist.")],
    embedder: Annotated[str, typer.Option(help=f"One of {embedders.NAMES}.")] = "lexical",
    json_: Json = False,
) -> None:
    """Carry everything to another store, with new vectors for another embedder; resumable."""
    if not source.startswith("http") and not Path(source).is_file():
        raise InputError(f"{source} does not exist; name the store to copy from")
    old = open_store(source)
    try:
        with ResilientMemory.open(target, embedder=embedder) as memory:
            copied = move(old, memory)
    finally:
        old.close()
    if json_:
        show_json({"moved": copied})
    else:
        typer.echo(f"moved {copied} memories to {target}")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("import")(import_)
    app.command("move")(move_)
    for command in (recall, sleep):
        app.command()(command)
