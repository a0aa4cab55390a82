"""The statements that a SQLite store runs inside its transactions."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from itertools import groupby
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
from resmem_core.stores.codec import checked, decode_row
from resmem_core.stores.driver import sqlite3
from resmem_core.stores.memories import (
    batches,
    crc_of,
    drop_sources,
    exhume,
    memory_sum,
    put,
    sources_of,
)
from resmem_core.stores.revisions import TOMBSTONES, touched
from resmem_core.stores.spaces import Place, leave, space, touch
from resmem_core.stores.sums import Tally, row_sum
from resmem_core.types import Namespace, Tier

COLUMNS: Final = "id, seq, tier, body, vector, crc, ns, revision"
"""What `as_row` wants."""


def apply(connection: sqlite3.Connection, ops: Sequence[Op]) -> None:
    """The operations, in order, inside a transaction."""
    tally = Tally()
    places = {name: touch(connection, name, tally) for name in touched(ops)}
    for op in ops:
        _run(connection, op, places, tally)
    for place in places.values():
        _prune(connection, place, tally)
        leave(connection, place, tally, name=place.name)
    tally.write(connection)


def _run(
    connection: sqlite3.Connection, op: Op, places: Mapping[Namespace, Place], tally: Tally
) -> None:
    """One operation; `places` has every namespace whose rows it touches."""
    match op:
        case Put(rows):
            for name, group in groupby(rows, key=lambda row: row.memory.namespace):
                put(connection, [*group], places[name], tally)
        case Delete(namespace, ids):
            _delete(connection, ids, places.get(namespace), tally)
        case PutDoc():
            records.put_doc(connection, op, tally)
        case DeleteDoc(kind, key):
            records.delete_doc(connection, kind, key, tally)
        case AppendAudit(record):
            records.append_audit(connection, record, tally)
        case TrimAudit(through):
            records.trim_audit(connection, through, tally)
        case _:
            raise InputTypeError(f"no store operation: {type(op).__name__}")


def _delete(
    connection: sqlite3.Connection, ids: Sequence[str], place: Place | None, tally: Tally
) -> None:
    if place is None:  # no id was named
        return
    for id_ in ids:
        if _remove(connection, place.key, id_, tally):
            exhume(connection, place.key, id_, tally)
            connection.execute(
                "INSERT INTO tombstones (ns, id, revision) VALUES (?, ?, ?)",
                (place.key, id_, place.revision),
            )
            tally.put("tombstones", row_sum(place.key, id_, place.revision))
            place.graves += 1


def _remove(connection: sqlite3.Connection, key: int, id_: str, tally: Tally) -> bool:
    """Delete one memory and its sources; whether it was there."""
    found = connection.execute(
        "DELETE FROM memories WHERE ns = ? AND id = ? RETURNING body, revision, crc",
        (key, checked(id_)),
    ).fetchone()
    if found is None:
        return False
    body, revision, crc = found
    tally.take("memories", memory_sum(key, id_, revision, crc))
    drop_sources(connection, key, id_, dict.fromkeys(sources_of(body)), tally)
    return True


def _prune(connection: sqlite3.Connection, place: Place, tally: Tally) -> None:
    """Forget all but the newest tombstones once there are twice as many as are kept."""
    if place.graves <= 2 * TOMBSTONES:
        return
    key = place.key
    floor = connection.execute(
        "SELECT revision FROM tombstones WHERE ns = ? ORDER BY revision DESC LIMIT 1 OFFSET ?",
        (key, TOMBSTONES),
    ).fetchone()
    if floor:
        _level(connection, key, floor[0], tally)
        place.floor = floor[0]
    place.graves = connection.execute(
        "SELECT count(*) FROM tombstones WHERE ns = ?", (key,)
    ).fetchone()[0]


def _level(connection: sqlite3.Connection, key: int, through: int, tally: Tally) -> None:
    """Delete the tombstones up to a revision."""
    gone = connection.execute(
        "DELETE FROM tombstones WHERE ns = ? AND revision <= ? RETURNING id, revision",
        (key, through),
    ).fetchall()
    for id_, revision in gone:
        tally.take("tombstones", row_sum(key, id_, revision))


def erase(
    connection: sqlite3.Connection, namespace: Namespace, ids: Sequence[str] | None
) -> int | None:
    """Delete without tombstones: an id must not stay either. Others reload everything.

    Returns:
        How many; None where the namespace was never written.
    """
    if space(connection, namespace)[0] is None:
        return None
    tally = Tally()
    place = touch(connection, namespace, tally)
    gone = _everything(connection, place.key) if ids is None else dict.fromkeys(ids)
    count = sum(_remove(connection, place.key, id_, tally) for id_ in gone)
    _level(connection, place.key, place.revision, tally)
    place.floor, place.graves = place.revision, 0
    leave(connection, place, tally, name="" if ids is None else place.name)
    tally.write(connection)
    return count


def _everything(connection: sqlite3.Connection, key: int) -> list[str]:
    found = connection.execute("SELECT id FROM memories WHERE ns = ?", (key,)).fetchall()
    return [id_ for (id_,) in found]


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
    id_, seq, tier, body, vector, crc, ns, revision = found
    columns = (id_, seq, tier, body, vector)
    if not (isinstance(body, bytes) and isinstance(vector, bytes)) or (
        crc != crc_of(*columns, ns, revision) and crc not in _earlier(*columns)
    ):
        raise StoreCorrupt("a stored memory fails its checksum; restore the file from a copy")
    return decode_row(namespace, *columns)


def _earlier(id_: str, seq: int, tier: str, body: bytes, vector: bytes) -> tuple[int, int]:
    """The checksums that earlier versions wrote, of fewer columns."""
    head = f"{id_}\0{seq}\0{tier}".encode()
    return (
        zlib.crc32(vector, zlib.crc32(body, zlib.crc32(head))),
        zlib.crc32(vector, zlib.crc32(body)),
    )
