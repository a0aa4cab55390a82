"""The default store: one SQLite file, shared by threads and processes."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Any, Final

from resmem_core.audit import chain
from resmem_core.errors import Conflict, InputTypeError, StoreCorrupt, StoreUnavailable
from resmem_core.protocols import (
    AppendAudit,
    Changes,
    Delete,
    DeleteDoc,
    Doc,
    Json,
    Op,
    Put,
    PutDoc,
    Row,
)
from resmem_core.stores import schema
from resmem_core.stores.codec import (
    decode_json,
    decode_row,
    encode_json,
    encode_memory,
    encode_vector,
    key_of,
    namespace_of,
    utf8,
)
from resmem_core.stores.connection import Connection
from resmem_core.types import Namespace, Tier

TOMBSTONES: Final = 10_000
"""Deletions of a namespace that are listed one by one; older ones mean a full reload."""

_BATCH: Final = 500
_COLUMNS: Final = "id, seq, tier, body, vector, crc"


class SqliteStore:
    """Memories, documents and audit in one file; see `protocols.Store` for the operations.

    An acknowledged `apply` is on the disk (WAL, synchronous=FULL). Handles may be shared by
    threads; several processes may open the same file and see each other's commits. A handle
    that was opened before a fork refuses to work in the child.

    Args:
        location: a file path, or ":memory:".
        timeout: seconds to wait for another process's transaction.
    """

    def __init__(self, location: str | os.PathLike[str], *, timeout: float = 5.0) -> None:
        self.location = os.fspath(location)
        path = self.location
        if path != schema.MEMORY:
            path = os.path.abspath(path)
            schema.claim(path)
        self._path = path
        self._timeout = timeout
        self._write = Connection(path, timeout)
        try:
            with self._write as connection:
                schema.prepare(connection, path)
            self._read = self._write if path == schema.MEMORY else Connection(path, timeout)
        except BaseException:
            self._write.close()
            raise

    # -- writing

    def apply(self, ops: Sequence[Op]) -> None:
        """Run the operations as one durable transaction; see `protocols.Store.apply`."""
        if not ops:
            return
        with self._transaction() as connection:
            spaces = {
                namespace: self._touch(connection, namespace) for namespace in _namespaces_of(ops)
            }
            for op in ops:
                _run(connection, op, spaces)
            for key, revision in spaces.values():
                _prune(connection, key, revision)

    def erase(self, namespace: Namespace, ids: Sequence[str] | None = None) -> int:
        """Delete memories so that no byte of them is left in the file, its log or its copies.

        Raises:
            StoreUnavailable: they are deleted, but another process holds the log open so that
                its old bytes could not be cut off; call again.
        """
        with self._transaction() as connection:
            key = _space(connection, namespace)[0]
            if key is None:
                return 0
            count = _erase(connection, key, ids)
        if self._path != schema.MEMORY:
            self._cut_log()
            schema.remove_backups(self._path)
        return count

    def _cut_log(self) -> None:
        deadline = time.monotonic() + self._timeout
        while True:
            with self._write as connection:
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if not busy:
                return
            if time.monotonic() > deadline:
                raise StoreUnavailable(
                    f"{self.location}: deleted, but another process reads the log, which still "
                    "holds old bytes; call again"
                )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._write as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @staticmethod
    def _touch(connection: sqlite3.Connection, namespace: Namespace) -> tuple[int, int]:
        """The namespace's key and its next revision."""
        name = key_of(namespace)
        found = connection.execute(
            "INSERT INTO namespaces (digest, name, revision, floor, graves) VALUES (?, ?, 1, 0, 0) "
            "ON CONFLICT (digest) DO UPDATE SET revision = revision + 1, name = excluded.name "
            "RETURNING key, revision",
            (_digest(name), name),
        ).fetchone()
        return int(found[0]), int(found[1])

    # -- reading

    def rows(
        self,
        namespace: Namespace,
        *,
        ids: Sequence[str] | None = None,
        tiers: Sequence[Tier] | None = None,
        limit: int | None = None,
    ) -> list[Row]:
        """Rows of exactly this namespace, ordered by (seq, id)."""
        with self._read as connection:
            key = _space(connection, namespace)[0]
            if key is None:
                return []
            if ids is None:
                found = _select(connection, key, tiers, limit)
            else:
                found = []
                for batch in _batches(list(dict.fromkeys(ids))):
                    marks = ",".join("?" * len(batch))
                    found += connection.execute(
                        f"SELECT {_COLUMNS} FROM memories WHERE ns = ? AND id IN ({marks})",
                        (key, *batch),
                    ).fetchall()
                found = sorted(
                    (row for row in found if tiers is None or row[2] in tiers),
                    key=lambda row: (row[1], row[0]),
                )[:limit]
        return [_row(namespace, row) for row in found]

    def sources(self, namespace: Namespace, ids: Sequence[str]) -> dict[str, str]:
        """For each message id that some memory lists in `sources`: that memory's id."""
        found: dict[str, str] = {}
        with self._read as connection:
            key = _space(connection, namespace)[0]
            if key is None:
                return found
            for batch in _batches(ids):
                marks = ",".join("?" * len(batch))
                found.update(
                    connection.execute(
                        f"SELECT source, min(id) FROM sources WHERE ns = ? AND source IN ({marks}) "
                        "GROUP BY source",
                        (key, *batch),
                    ).fetchall()
                )
        return found

    def changes(self, namespace: Namespace, since: int) -> Changes:
        """What changed after revision `since` (0: everything); cheap when nothing did."""
        with self._read as connection:
            key, revision, _ = _space(connection, namespace)
            if key is None or revision == since:
                return Changes(revision)
            connection.execute("BEGIN")
            try:
                key, revision, floor = _space(connection, namespace)
                full = since < floor or since > revision
                after = (key, 0 if full else since)
                rows = connection.execute(
                    f"SELECT {_COLUMNS} FROM memories WHERE ns = ? AND revision > ? "
                    "ORDER BY seq, id",
                    after,
                ).fetchall()
                gone = connection.execute(
                    "SELECT id FROM tombstones WHERE ns = ? AND revision > ?", after
                ).fetchall()
            finally:
                connection.execute("COMMIT")
        listed = () if full else tuple(id_ for (id_,) in gone)
        return Changes(revision, tuple(_row(namespace, row) for row in rows), listed, full)

    def namespaces(self, prefix: Sequence[str] = ()) -> list[Namespace]:
        """Namespaces that hold memories, compared with the prefix segment by segment."""
        with self._read as connection:
            names = connection.execute(
                "SELECT name FROM namespaces n WHERE EXISTS "
                "(SELECT 1 FROM memories m WHERE m.ns = n.key)"
            ).fetchall()
        wanted = tuple(prefix)
        found = sorted(namespace_of(name) for (name,) in names)
        return [name for name in found if name[: len(wanted)] == wanted]

    def count(self, namespace: Namespace) -> dict[str, int]:
        """Memories per tier."""
        with self._read as connection:
            key = _space(connection, namespace)[0]
            return dict(
                connection.execute(
                    "SELECT tier, count(*) FROM memories WHERE ns = ? GROUP BY tier", (key,)
                ).fetchall()
            )

    def doc(self, kind: str, key: str) -> Doc | None:
        """One document, or None."""
        with self._read as connection:
            found = connection.execute(
                "SELECT body, version FROM docs WHERE kind = ? AND key = ?",
                (_text(kind), _text(key)),
            ).fetchone()
        return Doc(key, decode_json(found[0]), found[1]) if found else None

    def docs(self, kind: str, prefix: str = "") -> list[Doc]:
        """Documents of a kind whose key starts with the prefix, ordered by key."""
        with self._read as connection:
            cursor = connection.execute(
                "SELECT key, body, version FROM docs WHERE kind = ? AND key >= ? ORDER BY key",
                (_text(kind), _text(prefix)),
            )
            found = list(takewhile(lambda row: row[0].startswith(prefix), cursor))
            cursor.close()
        return [Doc(key, decode_json(body), version) for key, body, version in found]

    def audit(self, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Audit records with a number above `after`, in order."""
        with self._read as connection:
            found = connection.execute(
                "SELECT number, body FROM audit WHERE number > ? ORDER BY number LIMIT ?",
                (after, limit),
            ).fetchall()
        return [(number, decode_json(body)) for number, body in found]

    def check(self) -> None:
        """Read everything and compare it with its checksums; slow.

        Raises:
            StoreCorrupt: the content is damaged.
        """
        with self._read as connection:
            verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StoreCorrupt(f"{self.location} is damaged; restore it from a copy")
        for namespace in self.namespaces():
            self.rows(namespace)

    def close(self) -> None:
        """Release everything; safe to call twice."""
        self._read.close()
        self._write.close()


def _namespaces_of(ops: Sequence[Op]) -> list[Namespace]:
    """The namespaces whose rows the operations touch, each once, in order."""
    names: dict[Namespace, None] = {}
    for op in ops:
        if isinstance(op, Put):
            names.update((row.memory.namespace, None) for row in op.rows)
        elif isinstance(op, Delete) and op.ids:
            names[op.namespace] = None
    return list(names)


def _run(connection: sqlite3.Connection, op: Op, spaces: dict[Namespace, tuple[int, int]]) -> None:
    match op:
        case Put(rows):
            for row in rows:
                _put(connection, row, *spaces[row.memory.namespace])
        case Delete(namespace, ids):
            if ids:
                _delete(connection, ids, *spaces[namespace])
        case PutDoc():
            _put_doc(connection, op)
        case DeleteDoc(kind, key):
            connection.execute(
                "DELETE FROM docs WHERE kind = ? AND key = ?", (_text(kind), _text(key))
            )
        case AppendAudit(record):
            _append_audit(connection, record)
        case _:
            raise InputTypeError(f"no store operation: {type(op).__name__}")


def _put(connection: sqlite3.Connection, row: Row, key: int, revision: int) -> None:
    memory = row.memory
    body, vector = encode_memory(memory), encode_vector(row.vector)
    old = connection.execute(
        "SELECT rowid, body FROM memories WHERE ns = ? AND id = ?", (key, _text(memory.id))
    ).fetchone()
    values = (memory.seq, memory.tier, revision, _crc(body, vector), body, vector)
    if old is None:
        connection.execute(
            "INSERT INTO memories (seq, tier, revision, crc, body, vector, ns, id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, key, memory.id),
        )
        connection.execute("DELETE FROM tombstones WHERE ns = ? AND id = ?", (key, memory.id))
    else:
        connection.execute(
            "UPDATE memories SET seq = ?, tier = ?, revision = ?, crc = ?, body = ?, vector = ? "
            "WHERE rowid = ?",
            (*values, old[0]),
        )
    _put_sources(connection, key, row, old[1] if old else None)


def _put_sources(connection: sqlite3.Connection, key: int, row: Row, old: bytes | None) -> None:
    before = set(decode_json(old)["sources"]) if old else set()
    after = {_text(source) for source in row.memory.sources}
    for statement, sources in (
        ("DELETE FROM sources WHERE ns = ? AND source = ? AND id = ?", before - after),
        ("INSERT INTO sources (ns, source, id) VALUES (?, ?, ?)", after - before),
    ):
        if sources:
            connection.executemany(
                statement, [(key, source, row.memory.id) for source in sorted(sources)]
            )


def _delete(connection: sqlite3.Connection, ids: Sequence[str], key: int, revision: int) -> None:
    gone = 0
    for id_ in ids:
        if _remove(connection, key, id_):
            connection.execute(
                "INSERT OR REPLACE INTO tombstones (ns, id, revision) VALUES (?, ?, ?)",
                (key, id_, revision),
            )
            gone += 1
    if gone:
        connection.execute("UPDATE namespaces SET graves = graves + ? WHERE key = ?", (gone, key))


def _remove(connection: sqlite3.Connection, key: int, id_: str) -> bool:
    """Delete one memory and its sources; whether it was there."""
    body = connection.execute(
        "DELETE FROM memories WHERE ns = ? AND id = ? RETURNING body", (key, _text(id_))
    ).fetchone()
    if body is None:
        return False
    connection.executemany(
        "DELETE FROM sources WHERE ns = ? AND source = ? AND id = ?",
        [(key, source, id_) for source in decode_json(body[0])["sources"]],
    )
    return True


def _prune(connection: sqlite3.Connection, key: int, revision: int) -> None:
    """Forget all but the newest tombstones once there are twice as many as are kept."""
    graves = connection.execute("SELECT graves FROM namespaces WHERE key = ?", (key,)).fetchone()[0]
    if graves <= 2 * TOMBSTONES:
        return
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


def _erase(connection: sqlite3.Connection, key: int, ids: Sequence[str] | None) -> int:
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


def _put_doc(connection: sqlite3.Connection, op: PutDoc) -> None:
    kind, key, body = _text(op.kind), _text(op.key), encode_json(op.body)
    if op.expect is None:
        connection.execute(
            "INSERT INTO docs (kind, key, version, body) VALUES (?, ?, 1, ?) "
            "ON CONFLICT DO UPDATE SET version = version + 1, body = excluded.body",
            (kind, key, body),
        )
        return
    if op.expect == 0:
        done = connection.execute(
            "INSERT INTO docs (kind, key, version, body) VALUES (?, ?, 1, ?) "
            "ON CONFLICT DO NOTHING",
            (kind, key, body),
        )
    else:
        done = connection.execute(
            "UPDATE docs SET version = version + 1, body = ? "
            "WHERE kind = ? AND key = ? AND version = ?",
            (body, kind, key, op.expect),
        )
    if done.rowcount != 1:
        raise Conflict(
            f"the {op.kind!r} document is no longer at version {op.expect}; read it again and retry"
        )


def _append_audit(connection: sqlite3.Connection, record: Json) -> None:
    last = connection.execute("SELECT body FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    chained = chain(decode_json(last[0])["hash"] if last else None, record)
    connection.execute("INSERT INTO audit (body) VALUES (?)", (encode_json(chained),))


def _space(connection: sqlite3.Connection, namespace: Namespace) -> tuple[int | None, int, int]:
    """Key, revision and floor of a namespace; (None, 0, 0) when it was never written."""
    found = connection.execute(
        "SELECT key, revision, floor FROM namespaces WHERE digest = ?",
        (_digest(key_of(namespace)),),
    ).fetchone()
    return (found[0], found[1], found[2]) if found else (None, 0, 0)


def _select(
    connection: sqlite3.Connection, key: int, tiers: Sequence[Tier] | None, limit: int | None
) -> list[Any]:
    where, values = "ns = ?", [key, *(tiers or ())]
    if tiers is not None:
        where += f" AND tier IN ({','.join('?' * len(tiers))})"
    return connection.execute(
        f"SELECT {_COLUMNS} FROM memories WHERE {where} ORDER BY seq, id LIMIT ?",
        (*values, -1 if limit is None else limit),
    ).fetchall()


def _row(namespace: Namespace, found: tuple[Any, ...]) -> Row:
    id_, seq, tier, body, vector, crc = found
    if _crc(body, vector) != crc:
        raise StoreCorrupt("a stored memory fails its checksum; restore the file from a copy")
    return decode_row(namespace, id_, seq, tier, body, vector)


def _crc(body: bytes, vector: bytes) -> int:
    return zlib.crc32(vector, zlib.crc32(body))


def _digest(name: str) -> bytes:
    return hashlib.sha256(utf8(name, "a namespace")).digest()


def _text(value: str) -> str:
    """An id or key that SQLite can hold exactly."""
    if not isinstance(value, str):
        raise InputTypeError(f"ids and keys must be str, got {type(value).__name__}")
    utf8(value, "an id or key")
    return value


def _batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _BATCH):
        yield [_text(value) for value in values[start : start + _BATCH]]
