"""The write turn of a file: one writes, the others wait with jitter, and for the disk after it."""

from __future__ import annotations

import random
import time
from typing import Final

from resmem_core.errors import StoreUnavailable
from resmem_core.stores import schema
from resmem_core.stores.driver import sqlite3
from resmem_core.stores.log import log_of
from resmem_core.stores.patience import left, shorter, waiting

STEP: Final = (0.0005, 0.004)
"""Seconds between two looks at a lock that another process holds, shortest and longest."""

MOVING: Final = 12
"""Timeouts that a writer waits at most while others commit: a minute where one is 5 s."""


class WriteTurn:
    """The write turn on one file, through one connection of which one thread at a time calls.

    Args:
        path: the file, or ":memory:".
        timeout: seconds to wait for another process's turn while nobody commits; where others do,
            the queue moves, and a writer waits `MOVING` times that.
    """

    def __init__(self, connection: sqlite3.Connection, path: str, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._file = schema.identity(path)
        self._log = log_of(connection, path)

    def begin(self, connection: sqlite3.Connection) -> None:
        """Take the write lock, unless this thread's turn holds it.

        SQLite's own waiting steps up to a tenth of a second, so that under load the newcomer
        beats who waits longest; short steps with jitter give all the same chance.

        Raises:
            StoreUnavailable: the file is another one than was opened.
        """
        if connection.in_transaction:
            return
        if schema.identity(self._path) != self._file:
            raise StoreUnavailable(
                f"{self._path} was removed or replaced while it was open, so that a write "
                "would be lost; open it again"
            )
        wait = shorter(self._timeout)
        if self._log is not None:
            connection.execute("PRAGMA synchronous = NORMAL")  # `end` waits for the disk
        connection.execute("PRAGMA busy_timeout = 0")  # here alone: reads wait as SQLite does
        try:
            with waiting():
                _wait_for(connection, wait, wait if left() is not None else MOVING * wait)
        finally:
            connection.execute(f"PRAGMA busy_timeout = {round(1000 * wait)}")
            if not connection.in_transaction:
                connection.execute("PRAGMA synchronous = FULL")

    def end(self, connection: sqlite3.Connection, *, commit: bool) -> None:
        """Give the turn back: with a commit, which is on the disk when this returns, or without.

        Raises:
            StoreUnavailable: the disk failed after the commit.
        """
        try:
            if commit:
                connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.execute("PRAGMA synchronous = FULL")
        if commit and self._log is not None:
            self._log.sync()

    def close(self) -> None:
        """Give the log's file back; safe to call twice."""
        if self._log is not None:
            self._log.close()


def _wait_for(connection: sqlite3.Connection, wait: float, most: float) -> None:
    """Take the write lock when it is our turn; wait while nobody commits, and at most `most`."""
    now = time.monotonic()
    ends, latest, commits = now + wait, now + most, None
    while not _begun(connection, last=now > ends):
        commits = _commits(connection) if commits is None else commits
        time.sleep(random.uniform(*STEP))
        now = time.monotonic()
        if ends < now < latest and commits != (commits := _commits(connection)):
            ends = min(now + wait, latest)


def _commits(connection: sqlite3.Connection) -> int:
    """A number that is another one once somebody else has committed."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _begun(connection: sqlite3.Connection, *, last: bool) -> bool:
    """Whether the write lock was free and is taken; where it is the last look, a lock raises."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
