"""The statements that a SQLite store runs inside its transactions."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from resmem_core.errors import InputTypeError, StoreCorrupt
from resmem_core.protocols import (
    AppendAudit,
    Delete,
    DeleteDoc,
    Op,
    Put,
    PutDoc,
    Row,
    TrimAudit,
)
from resmem_core.stores import records
from resmem_core.stores.codec import (
    checked,
    decode_json,
    decode_row,
    encode_memory,
    encode_vector,
    key_of,
    utf8,
)
from resmem_core.stores.revisions import TOMBSTONES
from resmem_core.types import Memory, Namespace, Tier

BATCH: Final = 500
"""Ids of one statement."""

COLUMNS: Final = "id, seq, tier, body, vector, crc"
"""What `as_row` wants."""


@dataclass(slots=True)
class Place:
    """A namespace inside a transaction.

    Attributes:
        key: its number in the file.
        revision: that its rows get.
        graves: tombstones, at most.
    """

    key: int
    revision: int
    graves: int


def touch(connection: sqlite3.Connection, namespace: Namespace) -> Place:
    """The namespace at its next revision; made when it is new."""
    name = key_of(namespace)
    found = connection.execute(
        "INSERT INTO namespaces (digest, name, revision, floor, graves) VALUES (?, ?, 1, 0, 0) "
        "ON CONFLICT (digest) DO UPDATE SET revision = revision + 1, name = excluded.name "
        "RETURNING key, revision, graves",
        (digest(name), name),
    ).fetchone()
    return Place(*found)


def run(connection: sqlite3.Connection, op: Op, places: Mapping[Namespace, Place]) -> None:
    """One operation; `places` has every namespace whose rows it touches."""
    match op:
        case Put(rows):
            for row in rows:
                _put(connection, row, places[row.memory.namespace])
        case Delete(namespace, ids):
            if ids:
                _delete(connection, ids, places[namespace])
        case PutDoc():
            records.put_doc(connection, op)
        case DeleteDoc(kind, key):
            connection.execute(
                "DELETE FROM docs WHERE kind = ? AND key = ?", (checked(kind), checked(key))
            )
        case AppendAudit(record):
            records.append_audit(connection, record)
        case TrimAudit(through):
            connection.execute(
                "DELETE FROM audit WHERE number <= ? AND number < (SELECT max(number) FROM audit)",
                (through,),
            )
        case _:
            raise InputTypeError(f"no store operation: {type(op).__name__}")


def _put(connection: sqlite3.Connection, row: Row, place: Place) -> None:
    memory = row.memory
    body, vector = encode_memory(memory), encode_vector(row.vector)
    crc = _crc(memory.id, memory.seq, memory.tier, body, vector)
    values = (memory.seq, memory.tier, place.revision, crc, body, vector, place.key, memory.id)
    if connection.execute(_INSERT, values).rowcount == 1:
        before: Sequence[str] = ()
        if place.graves:
            connection.execute(
                "DELETE FROM tombstones WHERE ns = ? AND id = ?", (place.key, memory.id)
            )
    else:
        (old,) = connection.execute(
            "SELECT body FROM memories WHERE ns = ? AND id = ?", (place.key, memory.id)
        ).fetchone()
        before = decode_json(old)["sources"]
        connection.execute(_UPDATE, values)
    _put_sources(connection, place.key, memory, before)


_INSERT: Final = (
    "INSERT INTO memories (seq, tier, revision, crc, body, vector, ns, id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_UPDATE: Final = (
    "UPDATE memories SET seq = ?, tier = ?, revision = ?, crc = ?, body = ?, vector = ? "
    "WHERE ns = ? AND id = ?"
)


def _put_sources(
    connection: sqlite3.Connection, key: int, memory: Memory, before: Sequence[str]
) -> None:
    """Note the sources by which the memory is found; it is found by its own id without a note."""
    if tuple(before) == memory.sources or (not before and memory.sources == (memory.id,)):
        return
    old, new = ({*sources} - {memory.id} for sources in (before, memory.sources))
    for statement, sources in (
        ("DELETE FROM sources WHERE ns = ? AND source = ? AND id = ?", old - new),
        ("INSERT INTO sources (ns, source, id) VALUES (?, ?, ?)", new - old),
    ):
        connection.executemany(statement, [(key, source, memory.id) for source in sorted(sources)])


def sources(connection: sqlite3.Connection, key: int, ids: Sequence[str]) -> dict[str, str]:
    """For each id that a memory lists in its sources: that memory's id, the first of several."""
    found: dict[str, str] = {}
    for batch in batches(ids):
        marks = ",".join("?" * len(batch))
        own = connection.execute(
            f"SELECT id, body FROM memories WHERE ns = ? AND id IN ({marks})", (key, *batch)
        ).fetchall()
        found.update((id_, id_) for id_, body in own if id_ in decode_json(body)["sources"])
        noted = connection.execute(
            f"SELECT source, min(id) FROM sources WHERE ns = ? AND source IN ({marks}) "
            "GROUP BY source",
            (key, *batch),
        ).fetchall()
        found.update((source, min(id_, found.get(source, id_))) for source, id_ in noted)
    return found


def _delete(connection: sqlite3.Connection, ids: Sequence[str], place: Place) -> None:
    gone = [id_ for id_ in ids if _remove(connection, place.key, id_)]
    if not gone:
        return
    connection.executemany(
        "INSERT OR REPLACE INTO tombstones (ns, id, revision) VALUES (?, ?, ?)",
        [(place.key, id_, place.revision) for id_ in gone],
    )
    place.graves += len(gone)
    connection.execute("UPDATE namespaces SET graves = ? WHERE key = ?", (place.graves, place.key))


def _remove(connection: sqlite3.Connection, key: int, id_: str) -> bool:
    """Delete one memory and its sources; whether it was there."""
    body = connection.execute(
        "DELETE FROM memories WHERE ns = ? AND id = ? RETURNING body", (key, checked(id_))
    ).fetchone()
    if body is None:
        return False
    connection.executemany(
        "DELETE FROM sources WHERE ns = ? AND source = ? AND id = ?",
        [(key, source, id_) for source in decode_json(body[0])["sources"]],
    )
    return True


def prune(connection: sqlite3.Connection, place: Place) -> None:
    """Forget all but the newest tombstones once there are twice as many as are kept."""
    if place.graves <= 2 * TOMBSTONES:
        return
    key = place.key
    floor = connection.execute(
        "SELECT revision FROM tombstones WHERE ns = ? ORDER BY revision DESC LIMIT 1 OFFSET ?",
        (key, TOMBSTONES),
    ).fetchone()
    if floor:
        connection.execute("DELETE FROM tombstones WHERE ns = ? AND revision <= ?", (key, floor[0]))
        connection.execute("UPDATE namespaces SET floor = ? WHERE key = ?", (floor[0], key))
    connection.execute(
        "UPDATE namespaces SET graves = (SELECT count(*) FROM tombstones WHERE ns = ?1) "
        "WHERE key = ?1",
        (key,),
    )


def erase(connection: sqlite3.Connection, key: int, ids: Sequence[str] | None) -> int:
    """Delete without tombstones: an id must not stay either. Others reload everything."""
    if ids is None:
        count = connection.execute("DELETE FROM memories WHERE ns = ?", (key,)).rowcount
        connection.execute("DELETE FROM sources WHERE ns = ?", (key,))
        connection.execute("UPDATE namespaces SET name = '' WHERE key = ?", (key,))
    else:
        count = sum(_remove(connection, key, id_) for id_ in dict.fromkeys(ids))
    connection.execute("DELETE FROM tombstones WHERE ns = ?", (key,))
    connection.execute(
        "UPDATE namespaces SET revision = revision + 1, floor = revision + 1, graves = 0 "
        "WHERE key = ?",
        (key,),
    )
    return count


def space(connection: sqlite3.Connection, namespace: Namespace) -> tuple[int | None, int, int]:
    """Key, revision and floor of a namespace; (None, 0, 0) when it was never written."""
    found = connection.execute(
        "SELECT key, revision, floor FROM namespaces WHERE digest = ?",
        (digest(key_of(namespace)),),
    ).fetchone()
    return (found[0], found[1], found[2]) if found else (None, 0, 0)


def select(
    connection: sqlite3.Connection, key: int, tiers: Sequence[Tier] | None, cut: tuple[int, int],
    *, newest: bool = False,
) -> list[Any]:  # fmt: skip
    """The stored columns of a namespace's rows, ordered by (seq, id).

    Args:
        cut: how many (-1 for all), and how many are left out before them.
    """
    where, values = "ns = ?", [key, *(tiers or ())]
    if tiers is not None:
        where += f" AND tier IN ({','.join('?' * len(tiers))})"
    order = "seq DESC, id DESC" if newest else "seq, id"
    if cut != (-1, 0):  # sorts keys alone, and reads only the bodies of the page
        chosen = f"SELECT rowid FROM memories WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
        where, values = f"rowid IN ({chosen})", [*values, *cut]
    return connection.execute(
        f"SELECT {COLUMNS} FROM memories WHERE {where} ORDER BY {order}", values
    ).fetchall()


def select_ids(connection: sqlite3.Connection, key: int, ids: Sequence[str]) -> list[Any]:
    """The stored columns of some ids, ordered by (seq, id)."""
    found: list[Any] = []
    for batch in batches(list(dict.fromkeys(ids))):
        marks = ",".join("?" * len(batch))
        found += connection.execute(
            f"SELECT {COLUMNS} FROM memories WHERE ns = ? AND id IN ({marks})", (key, *batch)
        ).fetchall()
    return sorted(found, key=lambda row: (row[1], row[0]))


def as_row(namespace: Namespace, found: tuple[Any, ...]) -> Row:
    """The row of stored columns.

    Raises:
        StoreCorrupt: the checksum does not match.
    """
    id_, seq, tier, body, vector, crc = found
    # an earlier version took the last two alone
    if crc not in (_crc(id_, seq, tier, body, vector), zlib.crc32(vector, zlib.crc32(body))):
        raise StoreCorrupt("a stored memory fails its checksum; restore the file from a copy")
    return decode_row(namespace, id_, seq, tier, body, vector)


def _crc(id_: str, seq: int, tier: str, body: bytes, vector: bytes) -> int:
    return zlib.crc32(vector, zlib.crc32(body, zlib.crc32(f"{id_}\0{seq}\0{tier}".encode())))


@lru_cache(maxsize=1024)
def digest(name: str) -> bytes:
    """The SHA-256 that a namespace's name is looked up by."""
    return hashlib.sha256(utf8(name, "a namespace")).digest()


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids, checked, as many at a time as one statement takes."""
    for start in range(0, len(values), BATCH):
        yield [checked(value) for value in values[start : start + BATCH]]
