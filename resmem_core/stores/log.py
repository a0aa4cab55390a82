"""Makes commits durable without holding the write turn while the disk works."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import Lock

from resmem_core.errors import StoreUnavailable
from resmem_core.stores.driver import sqlite3

_sync = getattr(os, "fdatasync", os.fsync)


class Log:
    """The write-ahead log of a file.

    With `synchronous=FULL` SQLite waits for the disk while it holds the write lock, so processes
    that write to one file wait for it one after another. Between `before` and `sync` a commit only
    appends to the log, and who committed waits for the disk when the lock is free: the first who
    does makes the commits before its own durable too. After a power cut SQLite takes the log up to
    its last whole commit, and a checkpoint makes the log durable before it copies pages from it, so
    an acknowledged write is never lost.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}-wal"
        self._file: int | None = None
        self._lock = Lock()

    def sync(self) -> None:
        """Wait until everything that was committed is on the disk.

        Raises:
            StoreUnavailable: the disk failed; what was committed is seen but may not last.
        """
        try:
            _sync(self._opened())
        except OSError as error:
            raise StoreUnavailable(
                f"{self._path!r} could not be made durable ({error.strerror}): what was written "
                "last is in the store and may not survive a power cut; write it again"
            ) from error

    def _opened(self) -> int:
        """The log's file; its name in the folder is made durable once."""
        with self._lock:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
                _sync_folder(Path(self._path).parent)
            return self._file

    def close(self) -> None:
        """Give the file back; safe to call twice."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def log_of(connection: sqlite3.Connection, path: str) -> Log | None:
    """The log of an open file; None for a store in memory, or on a disk that cannot hold a log."""
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    return Log(path) if mode == "wal" else None


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some systems open no folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
