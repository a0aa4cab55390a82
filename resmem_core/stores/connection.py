"""One SQLite connection behind a lock, with this package's errors."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import RLock
from types import TracebackType
from typing import Final
from weakref import WeakSet

from resmem_core.errors import (
    ClosedError,
    ForkedHandleError,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from resmem_core.stores.driver import ENCRYPTED, connect, sqlite3
from resmem_core.stores.patience import left, waiting
from resmem_core.stores.schema import check_ours

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",  # what is deleted or replaced is zeroed in the file
    "PRAGMA temp_store = MEMORY",  # no copies of texts in temporary files
    "PRAGMA wal_autocheckpoint = 1000",
    "PRAGMA journal_size_limit = 16777216",
    "PRAGMA cache_size = -8000",
)

_LOOK: Final = 0.02
"""Seconds between two looks at what the thread that holds a connection does."""

_open: WeakSet[Connection] = WeakSet()
_inherited: list[sqlite3.Connection] = []
"""Connections that came over a fork: kept, because closing one could cut the parent's log."""


class Connection:
    """A context manager that lends the connection to one thread at a time.

    Raises:
        ClosedError, ForkedHandleError: on entering.
        StoreError: in place of what SQLite raises inside.
    """

    def __init__(self, path: str, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._lock = RLock()
        self._pid = os.getpid()
        self._hurried = False
        self._stuck = False
        try:
            self._connection: sqlite3.Connection | None = _connect(path, timeout)
        except sqlite3.Error as error:
            raise self._named(error) from error
        _open.add(self)

    def __enter__(self) -> sqlite3.Connection:
        if os.getpid() != self._pid:  # before the lock, which another thread may hold forever
            raise ForkedHandleError(
                f"the store {self._path!r} was opened before a fork; open it again in the child"
            )
        if not self._acquired():
            raise StoreUnavailable(f"{self._path!r} is in use by another thread; retry")
        limit = left()
        if self._connection is None:
            self._lock.release()
            raise ClosedError(f"the store {self._path!r} is closed; open it again")
        if limit is not None and not self._hurried:
            self._wait(min(limit, self._timeout))
            self._hurried = True
        elif limit is None and self._hurried:
            self._wait(self._timeout)
            self._hurried = False
        return self._connection

    def _acquired(self) -> bool:
        """Take the lock when it is our turn: threads queue behind one that works.

        Patience is spent only while that one is stuck behind another process; in any case nobody
        with a limit waits longer than the store's timeout.
        """
        if left() is None:
            return self._lock.acquire()
        ends = time.monotonic() + self._timeout
        while not self._lock.acquire(blocking=False):
            if time.monotonic() > ends or (self._stuck and left() == 0.0):
                return False
            with waiting() if self._stuck else nullcontext():
                if self._lock.acquire(timeout=_LOOK):
                    return True
        return True

    @contextmanager
    def stuck(self) -> Iterator[None]:
        """Whoever holds the connection waits here for another process."""
        self._stuck = True
        try:
            yield
        finally:
            self._stuck = False

    def _wait(self, seconds: float) -> None:
        """How long SQLite waits for another process."""
        if self._connection is not None:
            self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()
        if isinstance(error, sqlite3.Error):
            raise self._named(error) from error

    @contextmanager
    def if_free(self) -> Iterator[sqlite3.Connection | None]:
        """Lend it where no other thread uses it at this moment; else None.

        Never waits, so that it may be asked for under a lock that the connection's user wants.
        """
        if os.getpid() != self._pid or not self._lock.acquire(blocking=False):
            yield None
            return
        try:
            with self as connection:
                yield connection
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the connection, unless it is the parent process's."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _keep(self) -> None:
        if self._connection is not None:
            _inherited.append(self._connection)

    def _named(self, error: sqlite3.Error) -> StoreError:
        code = getattr(error, "sqlite_errorcode", 0) or 0
        match code & 0xFF:
            case sqlite3.SQLITE_FULL:
                full = True
            case sqlite3.SQLITE_IOERR:
                # a quota and a limit on file sizes come as failed writes
                full = code in (sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE)
            case _:
                full = False
        if full:
            return StoreFull(
                f"no space left for {self._path!r}, or a quota or a limit on the size of files is "
                "reached; free some and retry"
            )
        if ENCRYPTED and code & 0xFF == sqlite3.SQLITE_NOTADB:
            return StoreCorrupt(
                f"{self._path!r} has another key than RESMEM_STORE_KEY, or is damaged"
            )
        if code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return StoreCorrupt(f"{self._path!r} is damaged; restore it from a copy")
        if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StoreUnavailable(
                f"{self._path!r} was locked by another process for over {self._timeout:g} s; retry"
            )
        return StoreUnavailable(f"cannot use {self._path!r}: {error}")


def _connect(path: str, timeout: float) -> sqlite3.Connection:
    """An open connection; the change to the write-ahead log does not wait by itself."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return _connect_once(path, timeout)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _connect_once(path: str, timeout: float) -> sqlite3.Connection:
    connection = connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        check_ours(connection, path)
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _after_fork() -> None:
    for connection in list(_open):
        connection._keep()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
