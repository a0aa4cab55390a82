"""The default store: one SQLite file, shared by threads and processes."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

from resmem_core.errors import StoreUnavailable
from resmem_core.protocols import Changes, Doc, Op, Row
from resmem_core.stores import memories, residue, schema, spaces, statements
from resmem_core.stores.codec import checked, decode_json, namespace_of
from resmem_core.stores.connection import Connection
from resmem_core.stores.driver import sqlite3
from resmem_core.stores.records import as_doc
from resmem_core.stores.revisions import part
from resmem_core.stores.turn import STEP, WriteTurn
from resmem_core.types import Namespace, Tier


class SqliteStore:
    """Memories, documents and audit in one file; see `protocols.Store` for the operations.

    An acknowledged `apply` is on the disk (WAL, see `log.Log`). Handles may be shared by
    threads; several processes may open the same file and see each other's commits. A handle
    that was opened before a fork refuses to work in the child.

    Args:
        location: a file path, or ":memory:".
        timeout: seconds to wait for another process's transaction; while others commit, a write
            waits its turn for up to twelve times that.
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
                self._turn = WriteTurn(connection, path, timeout)
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
            statements.apply(connection, ops)

    def erase(
        self,
        namespace: Namespace,
        ids: Sequence[str] | None = None,
        texts: Sequence[str] | None = None,
    ) -> int:
        """Delete memories so that no byte of them is left in the file, its log or its copies.

        Where one of the texts is left in unused space of the file, or they are not known (None),
        the whole file is written anew: that takes memory of its size.

        Raises:
            StoreUnavailable: they are deleted, but another process holds the log open so that
                its old bytes could not be cut off; call again.
        """
        with self._transaction() as connection:
            count = statements.erase(connection, namespace, ids)
        if count is None:
            return 0
        if self._path != schema.MEMORY:
            self._cut_log()
            if texts is None or residue.holds(self._path, texts):
                self._write_anew()
            schema.remove_backups(self._path)
        return count

    def _write_anew(self) -> None:
        with self._write as connection:
            connection.execute("VACUUM")
        self._cut_log()

    def _cut_log(self) -> None:
        deadline = time.monotonic() + self._timeout
        while True:
            with self._write as connection:
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if not busy:
                return
            time.sleep(random.uniform(*STEP))
            if time.monotonic() > deadline:
                raise StoreUnavailable(
                    f"{self.location}: deleted, but another process reads the log, which still "
                    "holds old bytes; call again"
                )

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the file's write lock from here to the end of the next `apply`.

        What is read within is the newest there is, so that a write that was worked out from it
        cannot come too late. See `protocols.Store.exclusive`.
        """
        if self._path == schema.MEMORY:  # nobody else can write
            yield
            return
        with self._write as connection:
            with self._write.stuck():
                self._turn.begin(connection)
            try:
                yield
            finally:
                if connection.in_transaction:
                    self._turn.end(connection, commit=False)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._write as connection:
            with self._write.stuck():
                self._turn.begin(connection)
            try:
                yield connection
            except BaseException:
                self._turn.end(connection, commit=False)
                raise
            self._turn.end(connection, commit=True)

    # -- reading

    def rows(
        self,
        namespace: Namespace,
        *,
        ids: Sequence[str] | None = None,
        tiers: Sequence[Tier] | None = None,
        limit: int | None = None,
        offset: int = 0,
        newest: bool = False,
    ) -> list[Row]:
        """Rows of exactly this namespace, ordered by (seq, id); with `newest`, the last first."""
        with self._read as connection:
            key = spaces.space(connection, namespace)[0]
            if key is None:
                return []
            if ids is None:
                cut = (-1 if limit is None else limit, offset)
                found = statements.select(connection, key, tiers, cut, newest=newest)
            else:
                found = statements.select_ids(connection, key, ids)
                found = [row for row in found if tiers is None or row[2] in tiers]
                found = part(found, limit, offset, newest=newest)
        return [statements.as_row(namespace, row) for row in found]

    def sources(self, namespace: Namespace, ids: Sequence[str]) -> dict[str, str]:
        """For each message id that some memory lists in `sources`: that memory's id."""
        with self._read as connection:
            key = spaces.space(connection, namespace)[0]
            return {} if key is None else memories.sources(connection, key, ids)

    def changes(self, namespace: Namespace, since: int) -> Changes:
        """What changed after revision `since` (0: everything); cheap when nothing did."""
        with self._warm() as connection:
            key, revision, _ = spaces.space(connection, namespace)
            if key is None or revision == since:
                return Changes(revision)
            within = connection.in_transaction  # our own turn, in which nobody else writes
            if not within:
                connection.execute("BEGIN")
            try:
                key, revision, floor = spaces.space(connection, namespace)
                full = since < floor or since > revision
                after = (key, 0 if full else since)
                rows = connection.execute(
                    f"SELECT {statements.COLUMNS} FROM memories WHERE ns = ? AND revision > ? "
                    "ORDER BY seq, id",
                    after,
                ).fetchall()
                gone = connection.execute(
                    "SELECT id FROM tombstones WHERE ns = ? AND revision > ?", after
                ).fetchall()
            finally:
                if not within:
                    connection.execute("COMMIT")
        listed = () if full else tuple(id_ for (id_,) in gone)
        return Changes(
            revision, tuple(statements.as_row(namespace, row) for row in rows), listed, full
        )

    @contextmanager
    def _warm(self) -> Iterator[sqlite3.Connection]:
        """The writer's connection when it is free: our own writes leave its cache warm.

        In this thread's own turn (`exclusive`) it shows what was committed, as any other would.
        """
        with self._write.if_free() as connection:
            if connection is not None:
                yield connection
                return
        with self._read as connection:
            yield connection

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
            key = spaces.space(connection, namespace)[0]
            return dict(
                connection.execute(
                    "SELECT tier, count(*) FROM memories WHERE ns = ? GROUP BY tier", (key,)
                ).fetchall()
            )

    def doc(self, kind: str, key: str) -> Doc | None:
        """One document, or None."""
        with self._read as connection:
            found = connection.execute(
                "SELECT key, body, version, crc FROM docs WHERE kind = ? AND key = ?",
                (checked(kind), checked(key)),
            ).fetchone()
        return as_doc(kind, found) if found else None

    def version(self, kind: str, key: str) -> int:
        """The version of one document, 0 when there is none."""
        with self._warm() as connection:
            found = connection.execute(
                "SELECT version FROM docs WHERE kind = ? AND key = ?", (checked(kind), checked(key))
            ).fetchone()
        return int(found[0]) if found else 0

    def docs(self, kind: str, prefix: str = "") -> list[Doc]:
        """Documents of a kind whose key starts with the prefix, ordered by key."""
        with self._read as connection:
            cursor = connection.execute(
                "SELECT key, body, version, crc FROM docs WHERE kind = ? AND key >= ? ORDER BY key",
                (checked(kind), checked(prefix)),
            )
            found = list(takewhile(lambda row: row[0].startswith(prefix), cursor))
            cursor.close()
        return [as_doc(kind, row) for row in found]

    def audit(self, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Audit records with a number above `after`, in order."""
        with self._read as connection:
            found = connection.execute(
                "SELECT number, body FROM audit WHERE number > ? ORDER BY number LIMIT ?",
                (after, limit),
            ).fetchall()
        return [(number, decode_json(body)) for number, body in found]

    def audit_span(self) -> tuple[int, int]:
        """Numbers of the oldest and the newest audit record; (1, 0) when there is none."""
        with self._read as connection:
            first, last = connection.execute(
                "SELECT (SELECT min(number) FROM audit), (SELECT max(number) FROM audit)"
            ).fetchone()
        return (1, 0) if last is None else (first, last)

    def close(self) -> None:
        """Release everything; safe to call twice."""
        self._read.close()
        self._write.close()
        self._turn.close()
