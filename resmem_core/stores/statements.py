"""The statements that a SQLite store runs inside its transactions."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
)
from resmem_core.stores.driver import sqlite3
from resmem_core.stores.revisions import TOMBSTONES, touched
from resmem_core.stores.spaces import Place, leave, space, touch
from resmem_core.stores.sums import Tally, row_sum
from resmem_core.types import Memory, Namespace, Tier

BATCH: Final = 500
"""Ids of one statement."""

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
            for row in rows:
                _put(connection, row, places[row.memory.namespace], tally)
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


def _put(connection: sqlite3.Connection, row: Row, place: Place, tally: Tally) -> None:
    memory = row.memory
    body, vector = encode_memory(memory), encode_vector(row.vector)
    columns = (memory.id, memory.seq, memory.tier, body, vector)
    crc = _crc(*columns, place.key, place.revision)
    values = (memory.seq, memory.tier, place.revision, crc, body, vector, place.key, memory.id)
    before: Sequence[str] = ()
    if connection.execute(_INSERT, values).rowcount == 1:
        if place.graves:
            _exhume(connection, place.key, memory.id, tally)
    else:
        old, revision, was = connection.execute(
            "SELECT body, revision, crc FROM memories WHERE ns = ? AND id = ?",
            (place.key, memory.id),
        ).fetchone()
        tally.take("memories", row_sum(place.key, memory.id, revision, was))
        before = decode_json(old)["sources"]
        connection.execute(_UPDATE, values)
    tally.put("memories", row_sum(place.key, memory.id, place.revision, crc))
    _put_sources(connection, place.key, memory, before, tally)


_INSERT: Final = (
    "INSERT INTO memories (seq, tier, revision, crc, body, vector, ns, id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_UPDATE: Final = (
    "UPDATE memories SET seq = ?, tier = ?, revision = ?, crc = ?, body = ?, vector = ? "
    "WHERE ns = ? AND id = ?"
)


def _put_sources(
    connection: sqlite3.Connection, key: int, memory: Memory, before: Sequence[str], tally: Tally
) -> None:
    """Note the sources by which the memory is found; it is found by its own id without a note."""
    if tuple(before) == memory.sources or (not before and memory.sources == (memory.id,)):
        return
    old, new = ({*sources} - {memory.id} for sources in (before, memory.sources))
    _drop_sources(connection, key, memory.id, sorted(old - new), tally)
    for source in sorted(new - old):
        connection.execute(
            "INSERT INTO sources (ns, source, id) VALUES (?, ?, ?)", (key, source, memory.id)
        )
        tally.put("sources", row_sum(key, source, memory.id))


def _drop_sources(
    connection: sqlite3.Connection, key: int, id_: str, gone: Iterable[str], tally: Tally
) -> None:
    for source in gone:
        done = connection.execute(
            "DELETE FROM sources WHERE ns = ? AND source = ? AND id = ?", (key, source, id_)
        )
        if done.rowcount:
            tally.take("sources", row_sum(key, source, id_))


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


def _delete(
    connection: sqlite3.Connection, ids: Sequence[str], place: Place | None, tally: Tally
) -> None:
    if place is None:  # no id was named
        return
    for id_ in ids:
        if _remove(connection, place.key, id_, tally):
            _exhume(connection, place.key, id_, tally)
            connection.execute(
                "INSERT INTO tombstones (ns, id, revision) VALUES (?, ?, ?)",
                (place.key, id_, place.revision),
            )
            tally.put("tombstones", row_sum(place.key, id_, place.revision))
            place.graves += 1


def _exhume(connection: sqlite3.Connection, key: int, id_: str, tally: Tally) -> None:
    """Take away the tombstone of an id, where there is one."""
    for (revision,) in connection.execute(
        "DELETE FROM tombstones WHERE ns = ? AND id = ? RETURNING revision", (key, id_)
    ).fetchall():
        tally.take("tombstones", row_sum(key, id_, revision))


def _remove(connection: sqlite3.Connection, key: int, id_: str, tally: Tally) -> bool:
    """Delete one memory and its sources; whether it was there."""
    found = connection.execute(
        "DELETE FROM memories WHERE ns = ? AND id = ? RETURNING body, revision, crc",
        (key, checked(id_)),
    ).fetchone()
    if found is None:
        return False
    body, revision, crc = found
    tally.take("memories", row_sum(key, id_, revision, crc))
    _drop_sources(connection, key, id_, dict.fromkeys(decode_json(body)["sources"]), tally)
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
        crc != _crc(*columns, ns, revision) and crc not in _earlier(*columns)
    ):
        raise StoreCorrupt("a stored memory fails its checksum; restore the file from a copy")
    return decode_row(namespace, *columns)


def _crc(id_: str, seq: int, tier: str, body: bytes, vector: bytes, ns: int, revision: int) -> int:
    head = f"{ns}\0{revision}\0{id_}\0{seq}\0{tier}".encode()
    return zlib.crc32(vector, zlib.crc32(body, zlib.crc32(head)))


def _earlier(id_: str, seq: int, tier: str, body: bytes, vector: bytes) -> tuple[int, int]:
    """The checksums that earlier versions wrote, of fewer columns."""
    head = f"{id_}\0{seq}\0{tier}".encode()
    return (
        zlib.crc32(vector, zlib.crc32(body, zlib.crc32(head))),
        zlib.crc32(vector, zlib.crc32(body)),
    )


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids, checked, as many at a time as one statement takes."""
    for start in range(0, len(values), BATCH):
        yield [checked(value) for value in values[start : start + BATCH]]
