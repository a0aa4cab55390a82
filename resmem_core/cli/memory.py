"""Commands over the memory: import, recall, inspect, sleep, forget, export."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

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
from resmem_core.engine import ResilientMemory
from resmem_core.engine.move import move
from resmem_core.errors import InputError
from resmem_core.importers import BadLine, read
from resmem_core.memory.gate import judge
from resmem_core.memory.index import named as embedders
from resmem_core.stores import open_store
from resmem_core.types import Decision, Verdict


def import_(
    file: Annotated[Path, typer.Argument(help="LoCoMo JSON, JSONL messages, a ChatGPT export.")],
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    keep: Annotated[float, typer.Option(help="Share of messages to keep, 0 to 1.")] = 0.75,
    json_: Json = False,
) -> None:
    """Import real conversations; bad lines are reported with their number and skipped."""
    name = parse_namespace(namespace)
    if not file.is_file():
        raise InputError(f"{file} is no file; name a LoCoMo JSON, a JSONL or a ChatGPT export")
    counts: Counter[str] = Counter()
    progress = Console(stderr=True)
    with ResilientMemory.open(db, keep=keep) as memory:
        for item in track(read(file), "importing", console=progress, disable=json_):
            if isinstance(item, BadLine):
                counts["bad"] += 1
                typer.echo(f"{file}:{item.line}: {item.reason}", err=True)
                continue
            session = memory.session(item.session, namespace=name)
            counts[session.observe(item.message).verdict.value] += 1
        stored = len(memory.scan(name))
    if counts.total() == counts["bad"]:
        raise InputError(f"{file} held no message that could be read")
    report = {**{v.value: counts[v.value] for v in Verdict}, "bad": counts["bad"], "stored": stored}
    if json_:
        show_json(report)
    else:
        show_table(f"imported {file.name}", list(report), [list(report.values())])


def recall(
    question: str,
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    k: Annotated[int, typer.Option("--k", "-k", help="How many.")] = 8,
    json_: Json = False,
) -> None:
    """Ask the memory; every hit says why it was recalled."""
    with opened(db) as memory:
        session = memory.session("cli", namespace=parse_namespace(namespace))
        hits = session.search(question, k=k)
    if json_:
        show_json([{**as_dict(h.memory), "score": h.score, "why": dict(h.why)} for h in hits])
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
    json_: Json = False,
) -> None:
    """Consolidate one namespace, or all: judge the buffer, merge, promote, link and forget."""
    with opened(db, keep) as memory:
        reports = memory.sleep(parse_namespace(namespace) if namespace else None)
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


def forget(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    ids: Annotated[list[str] | None, typer.Option("--id", help="Repeat for several.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything of the namespace.")] = False,
    json_: Json = False,
) -> None:
    """Erase memories, so that no bytes of them are left."""
    if bool(ids) == all_:
        raise InputError("name memories with --id, or the whole namespace with --all")
    with opened(db) as memory:
        count = memory.forget(parse_namespace(namespace), ids or None)
    if json_:
        show_json({"erased": count})
    else:
        typer.echo(f"erased {count}")


def export(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    json_: Json = False,
) -> None:
    """Print every memory of the namespace as JSONL (or, with --json, as one JSON array)."""
    with opened(db) as memory:
        items = [as_dict(m) for m in memory.scan(parse_namespace(namespace))]
    if json_:
        show_json(items)
        return
    for item in items:
        typer.echo(json.dumps(item, ensure_ascii=False))


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
        with ResilientMemory.open(target, embedder=embedders.by_name(embedder)) as memory:
            copied = move(old, memory)
    finally:
        old.close()
    if json_:
        show_json({"moved": copied})
    else:
        typer.echo(f"moved {copied} memories to {target}")


inspect = typer.Typer(help="Look at what was decided, and why.", no_args_is_help=True)


@inspect.command("gate")
def inspect_gate(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    id_: Annotated[str, typer.Option("--id", help="One memory; the latest when left out.")] = "",
    json_: Json = False,
) -> None:
    """Show the gate's decision on a memory: every feature, its weight and its push."""
    name = parse_namespace(namespace)
    with opened(db) as memory:
        found = memory.scan(name, ids=[id_] if id_ else None)
        if not found:
            raise InputError("no such memory in this namespace; see  resmem export")
        item = found[-1]
        features = judge.named(item.features)
        decision = Decision(Verdict.KEEP, "", features=features)
        rows = judge.explain(decision, memory.namespace_state(name).head.gate)
    if json_:
        names = ("feature", "value", "push")
        pushes = [dict(zip(names, row, strict=True)) for row in rows]
        show_json({"id": item.id, "value": item.state.value, "features": pushes})
        return
    typer.echo(f"{item.id}: {item.text}")
    show_table(
        f"value {item.state.value:.2f}",
        ["feature", "value", "push on the logit"],
        [(name, f"{value:.2f}", f"{push:+.2f}") for name, value, push in rows],
    )


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("import")(import_)
    app.command("move")(move_)
    for command in (recall, sleep, forget, export):
        app.command()(command)
    app.add_typer(inspect, name="inspect")
