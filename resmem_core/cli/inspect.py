"""Commands that show what was decided, and why, from the log of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from resmem_core.audit import records
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
from resmem_core.engine.base.pseudonyms import Pseudonyms
from resmem_core.errors import InputError
from resmem_core.memory.gate import judge, merging
from resmem_core.memory.gate.extracts import CUT
from resmem_core.protocols import Store
from resmem_core.types import Memory

app = typer.Typer(help="Look at what was decided, and why.", no_args_is_help=True)


@app.command("gate")
def gate(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    id_: Annotated[str, typer.Option("--id", help="One message or memory.")] = "",
    last: Annotated[int, typer.Option(help="How many verdicts, the latest.", min=1)] = 20,
    json_: Json = False,
) -> None:
    """Show the verdicts that the gate gave, dropped messages included, with their reasons.

    With --id also what was measured of the memory, while it is stored. A verdict on a long text
    that was cut says how many bytes were left out; --json has where the rest of it stood ("cut").
    """
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        alias = Pseudonyms(memory.store, name)
        items = {item.id: item for item in memory.scan(name)}
        held = {
            spelt: item
            for item in items.values()
            for ident in (item.id, *item.sources)  # a merged message lives on in another's memory
            for spelt in alias.spellings(ident)
        }
        given = _given(memory.store, alias, alias.spellings(id_) if id_ else None)[-last:]
    item = items.get(id_)
    if not given:
        raise InputError(_none_given(item, id_))
    verdicts = [_told(record, held) for record in given]
    features = judge.named(item.features) if item else {}
    if json_:
        show_json({"verdicts": verdicts, "features": features})
        return
    _show(verdicts)
    if features:
        show_table(f"measured of {id_}", ["feature", "value"], _rows(features))


@app.command("merges")
def merges(db: Location = DEFAULT_DB, namespace: NamespaceOption = "", json_: Json = False) -> None:
    """Show what was merged into what, each text as it was told;  resmem split ID  undoes it."""
    name = parse_namespace(namespace, db)
    with opened(db) as memory:
        held = [item for item in memory.scan(name) if item.merged]
    if json_:
        show_json([_merged(item) for item in held])
        return
    rows = [(item.id, part.id, part.text) for item in held for part in merging.apart(item)]
    show_table(f"{len(held)} memories that others were merged into", ["memory", "id", "text"], rows)


def _merged(item: Memory) -> dict[str, Any]:
    parts = merging.apart(item)
    fields = ("id", "text", "session", "author", "at")
    told = [{name: getattr(part, name) for name in fields} for part in parts]
    return {"id": item.id, "text": item.text, "merged": told[1:]}


def _given(store: Store, alias: Pseudonyms, spelt: frozenset[str] | None) -> list[dict[str, Any]]:
    """The log's verdicts on the namespace's messages, or on one, oldest first."""
    return [
        record
        for record in alias.of(records(store))
        if record.get("event") == "gate" and (spelt is None or record["id"] in spelt)
    ]


def _none_given(item: Memory | None, ident: str) -> str:
    """Why there is no verdict to show."""
    if item is not None and item.tier == "buffer":
        return f"{ident} waits in the short-term buffer: its verdict is not given yet"
    what = f"on {ident} " if ident else ""
    return f"the log holds no verdict {what}in this namespace; see  resmem export  for the ids"


def _told(record: Mapping[str, Any], held: Mapping[str, Memory]) -> dict[str, Any]:
    """A verdict, with the memory that it was given on where that is stored."""
    item = held.get(record["id"])
    return {
        **{name: record[name] for name in ("at", "verdict", "value", "price", "reason")},
        "hash": record["id"],
        "id": item.id if item else None,
        "text": item.text if item else None,
        "cut": dict(item.metadata.get(CUT, {})) if item else {},
    }


def _show(verdicts: list[dict[str, Any]]) -> None:
    show_table(
        "verdicts, the latest last",
        ["when", "verdict", "reason", "memory"],
        [
            (
                f"{datetime.fromtimestamp(one['at'], UTC):%Y-%m-%d %H:%M}",
                one["verdict"],
                one["reason"],
                one["id"] or f"not stored ({one['hash']})",
            )
            for one in verdicts
        ],
    )


def _rows(features: Mapping[str, float]) -> list[tuple[str, str]]:
    return [(name, f"{value:.2f}") for name, value in features.items()]
