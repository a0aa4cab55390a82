"""What a damaged store's file still holds, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from resmem_core import audit
from resmem_core.errors import AuditError, ResmemError
from resmem_core.memory.gate.tombstones import Tombstones
from resmem_core.protocols import Op, Put, PutDoc
from resmem_core.stores import records, schema, spaces, statements, sums
from resmem_core.stores.codec import decode_json, namespace_of
from resmem_core.stores.driver import sqlite3
from resmem_core.stores.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Saved:
    """What `repair` could read.

    Attributes:
        memories, docs, records: how many went into the new file; records are of the audit.
        lost: memories, documents and records that could not be read, or failed their checksum.
        missing: those that were written and that the file does not hold any more.
    """

    memories: int = 0
    docs: int = 0
    records: int = 0
    lost: int = 0
    missing: int = 0


def salvaged(source: sqlite3.Connection, store: SqliteStore) -> Saved:
    """Every memory, document and record that can be read, each written by itself."""
    counts = {"memories": 0, "docs": 0, "records": 0}
    lost = missing = 0
    for table, columns, kept_as, as_op in (
        ("memories", f"ns, {statements.COLUMNS}", "memories", partial(_as_put, _names(source))),
        ("docs", _doc_columns(source), "docs", _as_doc),
        ("audit", "body", "records", _as_record),
    ):
        found = 0
        for row in _lines(source, table, columns):
            found += 1
            try:
                store.apply([as_op(row or ())])
                counts[kept_as] += 1
            except (ResmemError, ValueError, KeyError, TypeError):
                lost += 1
        missing += sums.missing(source, table, found)
    return Saved(**counts, lost=lost, missing=missing)


def _names(source: sqlite3.Connection) -> dict[int, str]:
    """Namespaces by number; a name that its digest denies is looked for among documents' keys."""
    keys = {row[1] for row in _lines(source, "docs", "kind, key") if row}
    known = {spaces.digest(key): key for key in keys if isinstance(key, str)}
    rows = _lines(source, "namespaces", "key, name, digest")
    return {row[0]: known.get(row[2], row[1]) for row in rows if row}


def _doc_columns(source: sqlite3.Connection) -> str:
    return "kind, key, body, version, crc" if schema.version(source) > 1 else "kind, key, body"


def _as_put(names: Mapping[int, str], row: tuple[Any, ...]) -> Op:
    ns, *columns = row
    return Put((statements.as_row(namespace_of(names[ns]), tuple(columns)),))


def _as_doc(row: tuple[Any, ...]) -> Op:
    kind, key, body, *checked = row
    if kind == "tombstones":  # what was forgotten: a part of it is better than none
        return PutDoc(kind, key, Tombstones.from_doc(decode_json(body)).to_doc())
    if checked:
        records.as_doc(kind, (key, body, *checked))
    return PutDoc(kind, key, decode_json(body))


def _as_record(row: tuple[Any, ...]) -> Op:
    record = decode_json(row[0])
    if audit.chain(record["prev"], record)["hash"] != record["hash"]:
        raise AuditError("a record was changed")
    return audit.again(record)


def _lines(
    source: sqlite3.Connection, table: str, columns: str
) -> Iterator[tuple[Any, ...] | None]:
    """The rows of a table in order; None for one that cannot be read.

    Behind a damaged page the next row is looked for by its number; a table without numbers ends.
    """
    numbered = table != "docs"
    number = "rowid" if numbered else "0"
    at, last = 0, _last(source, table) if numbered else 0
    while True:
        where = f"WHERE rowid > {at} ORDER BY rowid" if numbered else "ORDER BY kind, key"
        try:
            for found, *row in source.execute(f"SELECT {number}, {columns} FROM {table} {where}"):
                at = found
                yield tuple(row)
            return
        except sqlite3.DatabaseError:
            yield None
            at += 1
            if not numbered or at >= last:
                return


def _last(source: sqlite3.Connection, table: str) -> int:
    try:
        return int(source.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0)
    except sqlite3.DatabaseError:
        return 0
