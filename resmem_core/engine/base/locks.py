"""A lock that a forked child never waits for."""

from __future__ import annotations

import os
from threading import RLock
from types import TracebackType

from resmem_core.errors import ForkedHandleError


class ProcessLock:
    """A re-entrant lock of one process.

    A thread of the parent may hold it at the moment of a fork, and in the child nobody will ever
    release it. So the process is compared before the lock is taken.

    Raises:
        ForkedHandleError: on entering it in a child of the process that made it.
    """

    __slots__ = ("_lock", "_pid")

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = RLock()

    def __enter__(self) -> None:
        if os.getpid() != self._pid:
            raise ForkedHandleError(
                "this memory was opened before a fork; open it again in the child"
            )
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
