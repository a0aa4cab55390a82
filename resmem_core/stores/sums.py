"""Checksums of rows, and of tables as a whole, so that a row that is gone is missed too.

They show what a disk, a program or a slip changed. They are no seal: who may write the file can
make them anew.
"""

from __future__ import annotations

import zlib
from typing import Final

from resmem_core.errors import StoreCorrupt
from resmem_core.stores.driver import sqlite3

_ROWS: Final = {
    "namespaces": "row_sum(key, digest, name, revision, floor, graves)",
    "memories": "row_sum(ns, id, revision, crc)",
    "sources": "row_sum(ns, source, id)",
    "tombstones": "row_sum(ns, id, revision)",
    "docs": "row_sum(kind, key, version, body)",
    "audit": "row_sum(number, body)",
}
"""What the sum of each table's rows is taken of."""

_OWN: Final = ("namespaces", "docs")
"""Tables whose rows carry that sum beside it, so that a reader can compare it."""

SELF_CHECKED: Final = frozenset({"policy", "proposal"})
"""Kinds of documents with a checksum of their own, and a rule for one that fails: the policy
before it acts. A reader gets them as they are."""

MIGRATION: Final = ";\n".join(
    (
        "CREATE TABLE sums (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, total INTEGER NOT NULL)"
        " WITHOUT ROWID",
        *(f"ALTER TABLE {name} ADD COLUMN crc INTEGER NOT NULL DEFAULT 0" for name in _OWN),
        *(f"UPDATE {name} SET crc = {_ROWS[name]}" for name in _OWN),
        *(
            f"INSERT INTO sums SELECT '{name}', count(*), coalesce(sum({of}), 0) FROM {name}"
            for name, of in _ROWS.items()
        ),
    )
)
"""Gives a file of the first schema its checksums; the connection needs `teach`."""


def row_sum(*values: str | bytes | float | None) -> int:
    """The CRC-32 of a row's columns and of their types: a key as bytes is found by nobody.

    >>> row_sum("gate", 1) == row_sum("gate", 2)
    False
    """
    return zlib.crc32(b"\0".join(map(_part, values)))


def _part(value: str | bytes | float | None) -> bytes:
    if isinstance(value, bytes):
        return value
    return f"'{value}".encode() if isinstance(value, str) else str(value).encode()


def teach(connection: sqlite3.Connection) -> None:
    """Make `row_sum` known to the connection's SQL."""
    connection.create_function("row_sum", -1, row_sum, deterministic=True)


class Tally:
    """What a transaction adds to each table and takes from it; written once, at its end."""

    def __init__(self) -> None:
        self._changes: dict[str, tuple[int, int]] = {}

    def put(self, table: str, crc: int) -> None:
        """A row came."""
        rows, total = self._changes.get(table, (0, 0))
        self._changes[table] = (rows + 1, total + crc)

    def take(self, table: str, crc: int) -> None:
        """A row went."""
        rows, total = self._changes.get(table, (0, 0))
        self._changes[table] = (rows - 1, total - crc)

    def write(self, connection: sqlite3.Connection) -> None:
        """Into the file."""
        connection.executemany(
            "UPDATE sums SET rows = rows + ?, total = total + ? WHERE name = ?",
            [(rows, total, table) for table, (rows, total) in self._changes.items()],
        )


def verify(connection: sqlite3.Connection) -> None:
    """Compare every row and every table with its checksum; the connection needs no `teach`.

    Raises:
        StoreCorrupt: the first table that does not fit.
    """
    teach(connection)
    for name in _OWN:
        if connection.execute(f"SELECT 1 FROM {name} WHERE crc <> {_ROWS[name]}").fetchone():
            raise StoreCorrupt(f"a row of {name!r} fails its checksum; repair the file")
    kept = {name: (rows, total) for name, rows, total in connection.execute("SELECT * FROM sums")}
    for name, of in _ROWS.items():
        found = connection.execute(f"SELECT count(*), coalesce(sum({of}), 0) FROM {name}")
        rows, total = found.fetchone()
        want = kept.get(name, (0, 0))
        if rows != want[0]:
            raise StoreCorrupt(f"{name!r} has {rows:,} rows where {want[0]:,} were written")
        if total != want[1]:
            raise StoreCorrupt(f"a row of {name!r} is not what was written; repair the file")


def missing(connection: sqlite3.Connection, table: str, found: int) -> int:
    """How many of the rows that were written to a table are not there any more."""
    try:
        kept = connection.execute("SELECT rows FROM sums WHERE name = ?", (table,)).fetchone()
    except sqlite3.DatabaseError:
        return 0
    return max(0, kept[0] - found) if kept else 0
