"""How much one namespace holds and writes, against its limits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from resmem_core.config.limits import Limits
from resmem_core.engine.base.locks import ProcessLock
from resmem_core.errors import OverLimit
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.protocols import Clock, Row
from resmem_core.types import Memory

MINUTE: Final = 60.0
"""Seconds."""


class Meter:
    """One namespace's part; every process has its own.

    Args:
        limits: None for a namespace without any, which then costs nothing.
    """

    def __init__(self, limits: Limits | None, clock: Clock) -> None:
        self._limits = limits or Limits()
        self._clock = clock
        self._lock = ProcessLock()
        self._written: deque[tuple[float, int]] = deque()
        self._bytes, self._revision = 0, -1

    @contextmanager
    def writing(self, messages: int) -> Iterator[None]:
        """Count messages as written, unless what happens within fails.

        It is asked before the store's write turn is, so that who is over the limit takes no turn
        from others.

        Raises:
            OverLimit: the last minute had too many.
        """
        most = self._limits.writes_per_minute
        if most is None or not messages:
            yield
            return
        entry = (self._clock.elapsed(), messages)
        with self._lock:
            while self._written and self._written[0][0] <= entry[0] - MINUTE:
                self._written.popleft()
            held = sum(count for _, count in self._written)
            if held + messages > most:
                wait = self._written[0][0] + MINUTE - entry[0] if held else None
                raise OverLimit("writes_per_minute", most, retry_after=wait)
            self._written.append(entry)
        try:
            yield
        except BaseException:
            with self._lock, suppress(ValueError):
                self._written.remove(entry)
            raise

    def check(self, index: NamespaceIndex, before: Mapping[str, Row | None], revision: int) -> None:
        """Refuse a transaction after which the namespace would hold more than it may.

        Args:
            index: as it would be.
            before: for each id that is touched, what it was.
            revision: of the namespace before the transaction.

        Raises:
            OverLimit: it grows beyond a limit.
        """
        most = self._limits.memories
        more = sum((ident in index) - (row is not None) for ident, row in before.items())
        if most is not None and more > 0 and len(index) > most:
            raise OverLimit("memories", most)
        if self._limits.bytes is None:
            return
        was = sum(_size(row.memory) for row in before.values() if row is not None)
        grown = sum(_size(index.get(ident)) for ident in before) - was
        if self._revision == revision:
            self._bytes += grown
        else:
            self._bytes = sum(map(_size, index.memories()))
        self._revision = -1  # until the transaction is durable
        if grown > 0 and self._bytes > self._limits.bytes:
            raise OverLimit("bytes", self._limits.bytes)

    def admit(self, index: NamespaceIndex, new: Sequence[Memory]) -> None:
        """Refuse memories that come with their ids, unless there is room for all of them.

        Raises:
            OverLimit: there is not.
        """
        most, room = self._limits.memories, self._limits.bytes
        if most is not None and new and len(index) + len(new) > most:
            raise OverLimit("memories", most)
        if room is not None and new and sum(map(_size, (*index.memories(), *new))) > room:
            raise OverLimit("bytes", room)

    def passed(self, revision: int) -> None:
        """The transaction that was checked is durable, as this revision."""
        self._revision = revision


def _size(memory: Memory | None) -> int:
    """Bytes of all that a memory's texts hold."""
    if memory is None:
        return 0
    texts = (memory.text, *(version.text for version in memory.versions))
    return sum(len(text.encode()) for text in texts) + sum(map(_size, memory.merged))
