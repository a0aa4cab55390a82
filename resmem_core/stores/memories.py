"""The statements that write a file's memories, and the sources by which they are found."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from resmem_core.errors import StoreCorrupt
from resmem_core.protocols import Row
from resmem_core.stores.codec import checked, decode_json, encode_memory, encode_vector
from resmem_core.stores.driver import sqlite3
from resmem_core.stores.spaces import Place
from resmem_core.stores.sums import Tally, row_sum
from resmem_core.types import Memory

BATCH: Final = 500
"""Ids of one statement."""


def put(connection: sqlite3.Connection, rows: Sequence[Row], place: Place, tally: Tally) -> None:
    """Write rows of one namespace; the last of an id counts."""
    written = {row.memory.id: (row.memory, _columns(row, place)) for row in rows}
    known = {id_: held for id_, *held in _held(connection, place.key, [*written])}
    new = [columns for id_, (_, columns) in written.items() if id_ not in known]
    changed = [written[id_][1] for id_ in known]
    connection.executemany(_INSERT, new)
    connection.executemany(_UPDATE, changed)
    for id_, (memory, columns) in written.items():
        if id_ in known:
            _changed(connection, memory, known[id_], place, tally)
        else:
            _added(connection, memory, place, tally)
        tally.put("memories", memory_sum(place.key, id_, place.revision, columns[_CRC]))


def _columns(row: Row, place: Place) -> tuple[Any, ...]:
    """The values of `_INSERT` and `_UPDATE`."""
    memory = row.memory
    body, vector = encode_memory(memory, row.pieces), encode_vector(row.vector)
    crc = crc_of(memory.id, memory.seq, memory.tier, body, vector, place.key, place.revision)
    return (memory.seq, memory.tier, place.revision, crc, body, vector, place.key, memory.id)


def _held(connection: sqlite3.Connection, key: int, ids: Sequence[str]) -> Iterator[Any]:
    """Id, body, revision and checksum of those that are stored."""
    for batch in batches(ids):
        marks = ",".join("?" * len(batch))
        yield from connection.execute(
            f"SELECT id, body, revision, crc FROM memories WHERE ns = ? AND id IN ({marks})",
            (key, *batch),
        ).fetchall()


def _changed(
    connection: sqlite3.Connection, memory: Memory, held: Sequence[Any], place: Place, tally: Tally
) -> None:
    body, revision, crc = held
    tally.take("memories", memory_sum(place.key, memory.id, revision, crc))
    _put_sources(connection, place.key, memory, sources_of(body), tally)


def _added(connection: sqlite3.Connection, memory: Memory, place: Place, tally: Tally) -> None:
    if place.graves:
        exhume(connection, place.key, memory.id, tally)
    _put_sources(connection, place.key, memory, (), tally)


def memory_sum(key: int, id_: str, revision: int, crc: int) -> int:
    """`row_sum` of a memory, whose columns are known."""
    return zlib.crc32(f"{key}\0'{id_}\0{revision}\0{crc}".encode())


_INSERT: Final = (
    "INSERT INTO memories (seq, tier, revision, crc, body, vector, ns, id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_CRC: Final = 3
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
    drop_sources(connection, key, memory.id, sorted(old - new), tally)
    for source in sorted(new - old):
        connection.execute(
            "INSERT INTO sources (ns, source, id) VALUES (?, ?, ?)", (key, source, memory.id)
        )
        tally.put("sources", row_sum(key, source, memory.id))


def sources_of(body: bytes) -> list[str]:
    """The sources of a stored body, without decoding the rest, which may be much longer.

    Raises:
        StoreCorrupt: the body is damaged.
    """
    try:
        text = body.decode()
        end = _scanner.raw_decode(text, len(_OPENING))[1] if text.startswith(_OPENING) else -1
        if end > 0 and text.startswith(_SOURCES, end):
            return list(_scanner.raw_decode(text, end + len(_SOURCES))[0])
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise StoreCorrupt("a stored memory is damaged; restore the file from a copy") from None
    return list(decode_json(body)["sources"])


_scanner = json.JSONDecoder()
_OPENING: Final = '{"text":'
_SOURCES: Final = ',"sources":'


def drop_sources(
    connection: sqlite3.Connection, key: int, id_: str, gone: Iterable[str], tally: Tally
) -> None:
    """Take away sources by which a memory was found."""
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
        found.update((id_, id_) for id_, body in own if id_ in sources_of(body))
        noted = connection.execute(
            f"SELECT source, min(id) FROM sources WHERE ns = ? AND source IN ({marks}) "
            "GROUP BY source",
            (key, *batch),
        ).fetchall()
        found.update((source, min(id_, found.get(source, id_))) for source, id_ in noted)
    return found


def exhume(connection: sqlite3.Connection, key: int, id_: str, tally: Tally) -> None:
    """Take away the tombstone of an id, where there is one."""
    for (revision,) in connection.execute(
        "DELETE FROM tombstones WHERE ns = ? AND id = ? RETURNING revision", (key, id_)
    ).fetchall():
        tally.take("tombstones", row_sum(key, id_, revision))


def crc_of(
    id_: str, seq: int, tier: str, body: bytes, vector: bytes, ns: int, revision: int
) -> int:
    """The checksum of a memory's columns."""
    head = f"{ns}\0{revision}\0{id_}\0{seq}\0{tier}".encode()
    return zlib.crc32(vector, zlib.crc32(body, zlib.crc32(head)))


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids, checked, as many at a time as one statement takes."""
    for start in range(0, len(values), BATCH):
        yield [checked(value) for value in values[start : start + BATCH]]
