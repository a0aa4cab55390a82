"""A durable queue in a small SQLite file of its own, shared by processes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from secrets import token_hex
from threading import RLock
from typing import Any, Final, TypeAlias

from resmem_core.errors import ClosedError, ForkedHandleError, StoreFull, StoreUnavailable
from resmem_core.stores.driver import connect, sqlite3

Entry: TypeAlias = tuple[int, dict[str, Any]]
"""An entry and its number; numbers grow and are never given twice."""

MEMORY: Final = ":memory:"

_WAIT: Final = 0.5
"""Seconds that an operation waits for another process's; each takes a few milliseconds. Threads of
one process queue behind a lock."""

_TICK: Final = 1_000_000_000
"""Nanoseconds within which two changes of a file may bear one time."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS queue (token TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL
);
"""


class Queue:
    """Entries in order. What was added is on disk; what was dropped leaves no bytes in the file.

    Args:
        path: the file, made when something is first added; or ":memory:".
        mode: permission bits of a file that is made.
    """

    def __init__(self, path: str, mode: int = 0o600) -> None:
        self.path = path
        self._mode = mode
        self._lock = RLock()
        self._pid = os.getpid()
        self._empty_at: tuple[int, int, int] | None = None
        self._held = _opened(MEMORY) if path == MEMORY else None

    def add(self, entries: Sequence[dict[str, Any]]) -> None:
        """Append entries, all or none.

        Raises:
            StoreFull, StoreUnavailable: nothing was added.
        """
        bodies = [(json.dumps(entry, ensure_ascii=False).encode(),) for entry in entries]
        if self.path != MEMORY:
            _claim(self.path, self._mode)
        with self._connection() as connection:
            _transaction(connection, "INSERT INTO waiting (body) VALUES (?)", bodies)

    def first(self, limit: int) -> tuple[str, list[Entry]]:
        """The queue's token, which tells one file from another, and its oldest entries."""
        with self._connection() as connection:
            token = connection.execute("SELECT token FROM queue").fetchone()[0]
            found = connection.execute(
                "SELECT number, body FROM waiting ORDER BY number LIMIT ?", (limit,)
            ).fetchall()
        return str(token), [(number, json.loads(body)) for number, body in found]

    def drop(self, through: int) -> None:
        """Delete the entries up to a number."""
        with self._connection() as connection:
            _transaction(connection, "DELETE FROM waiting WHERE number <= ?", [(through,)])

    def delete(self, numbers: Sequence[int]) -> None:
        """Delete single entries."""
        if numbers:
            with self._connection() as connection:
                values = [(number,) for number in numbers]
                _transaction(connection, "DELETE FROM waiting WHERE number = ?", values)

    def __len__(self) -> int:
        if self._seen_empty():
            return 0
        stamp = self._stamp()
        with self._connection() as connection:
            count = int(connection.execute("SELECT count(*) FROM waiting").fetchone()[0])
        if count == 0:
            self._empty_at = stamp
        return count

    def close(self) -> None:
        """Release a queue in memory; a file is open only while it is used."""
        with self._lock:
            if self._held is not None:
                self._held.close()
                self._held = None

    def _seen_empty(self) -> bool:
        """Whether the file is not there, or is as it was when it was found empty."""
        if self.path == MEMORY:
            return False
        stamp = self._stamp()
        if stamp is None:
            return True
        settled = time.time_ns() - stamp[2] > _TICK
        return settled and stamp == self._empty_at

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if os.getpid() != self._pid:  # a thread of the parent may hold the lock for ever
            raise ForkedHandleError("this memory was opened before a fork; open it again there")
        try:
            with self._lock:
                if self.path == MEMORY:
                    if self._held is None:
                        raise ClosedError("this memory was closed; open it again")
                    yield self._held
                else:
                    with closing(_opened(self.path)) as connection:
                        yield connection
        except sqlite3.Error as error:
            code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
            kind = StoreFull if code == sqlite3.SQLITE_FULL else StoreUnavailable
            raise kind(f"cannot use the outbox {self.path!r}: {error}") from error


def _claim(path: str, mode: int) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, mode))
    except OSError as error:
        raise StoreUnavailable(f"cannot write the outbox {path!r}: {error.strerror}") from None


def _opened(path: str) -> sqlite3.Connection:
    connection = connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute("INSERT INTO queue VALUES (?)", (token_hex(8),))
            connection.execute("PRAGMA user_version = 1")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _transaction(
    connection: sqlite3.Connection, statement: str, values: Sequence[tuple[Any, ...]]
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(statement, values)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
