"""A store and a queue whose every call may fail, by a seed.

Refused, full, its answer lost, carried out twice, slow, given up by its caller, or a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from random import Random
from typing import Any, Final, TypeVar

from resmem_core.engine.base.clock import ManualClock
from resmem_core.errors import Conflict, StoreFull, StoreUnavailable
from resmem_core.protocols import Changes, Doc, Op, Row, Store
from resmem_core.stores.queue import Entry, Queue
from resmem_core.types import Namespace

T = TypeVar("T")

WRITE_FAULTS: Final = (
    "refused", "full", "lost", "repeated", "crash before", "crash after", "given up before",
    "given up after",
)  # fmt: skip
READ_FAULTS: Final = ("refused", "crash before", "given up before")
SLOW: Final = (0.01, 0.15, 0.5)
"""Seconds that a slow call takes; a turn of an agent waits a fifth of one."""


class Crash(BaseException):
    """The process dies here: nothing of it runs on, and no handler of ours sees it."""


class GivenUpHere(BaseException):
    """Who called is gone, as at Ctrl-C or a cancelled task; the engine goes on."""


class Faults:
    """What goes wrong at the calls of one engine.

    Args:
        chance: decides every fault.
        clock: what a slow call takes passes on it.
        rate: share of the calls that fail; twice as many are slow.
    """

    def __init__(self, chance: Random, clock: ManualClock, rate: float) -> None:
        self._chance, self._clock, self._rate = chance, clock, rate

    def __call__(self, kinds: Sequence[str], call: Callable[[], T]) -> T:
        """The call's answer, unless something goes wrong before or after it."""
        if self._chance.random() < 2 * self._rate:
            self._clock.passed += self._chance.choice(SLOW)
        kind = self._chance.choice(kinds) if self._chance.random() < self._rate else ""
        self._before(kind)
        found = call()
        if kind == "repeated":
            with suppress(Conflict):
                call()
        self._after(kind)
        return found

    def _before(self, kind: str) -> None:
        if kind == "refused":
            raise StoreUnavailable("refused by the simulation; nothing was applied")
        if kind == "full":
            raise StoreFull("full in the simulation; nothing was applied")
        if kind == "crash before":
            raise Crash
        if kind == "given up before":
            raise GivenUpHere

    def _after(self, kind: str) -> None:
        if kind == "lost":
            raise StoreUnavailable("the simulation lost the answer")
        if kind == "crash after":
            raise Crash
        if kind == "given up after":
            raise GivenUpHere


class FaultyQueue:
    """The outbox's file, as one engine uses it."""

    def __init__(self, inner: Queue, faults: Faults) -> None:
        self.inner, self._faults = inner, faults

    def add(self, entries: Sequence[dict[str, Any]]) -> None:
        self._faults(QUEUE_FAULTS, lambda: self.inner.add(entries))

    def first(self, limit: int) -> tuple[str, list[Entry]]:
        return self._faults(READ_FAULTS, lambda: self.inner.first(limit))

    def drop(self, through: int) -> None:
        self._faults(QUEUE_FAULTS, lambda: self.inner.drop(through))

    def delete(self, numbers: Sequence[int]) -> None:
        self._faults(QUEUE_FAULTS, lambda: self.inner.delete(numbers))

    def __len__(self) -> int:
        return self._faults(READ_FAULTS, lambda: len(self.inner))

    def close(self) -> None:
        self.inner.close()


QUEUE_FAULTS: Final = tuple(kind for kind in WRITE_FAULTS if kind != "repeated")


class FaultyStore:
    """One engine's handle on a store.

    Args:
        inner: where things really are.
        faults: what goes wrong.
        meanwhile: what others do just before a write of this engine lands; None where the store
            gives writers their turn, as SQLite does, and nobody can come between.
    """

    def __init__(
        self,
        inner: Store,
        faults: Faults,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        self.inner = inner
        self._faults = faults
        self._meanwhile = meanwhile

    @property
    def location(self) -> str:
        return self.inner.location

    def exclusive(self) -> AbstractContextManager[object]:
        return self.inner.exclusive() if self._meanwhile is None else nullcontext()

    def apply(self, ops: Sequence[Op]) -> None:
        if self._meanwhile is not None:
            self._meanwhile()
        self._faults(WRITE_FAULTS, lambda: self.inner.apply(ops))

    def erase(
        self,
        namespace: Namespace,
        ids: Sequence[str] | None = None,
        texts: Sequence[str] | None = None,
    ) -> int:
        return self._faults(WRITE_FAULTS, lambda: self.inner.erase(namespace, ids, texts))

    def rows(self, namespace: Namespace, **which: Any) -> list[Row]:
        return self._faults(READ_FAULTS, lambda: self.inner.rows(namespace, **which))

    def sources(self, namespace: Namespace, ids: Sequence[str]) -> dict[str, str]:
        return self._faults(READ_FAULTS, lambda: self.inner.sources(namespace, ids))

    def changes(self, namespace: Namespace, since: int) -> Changes:
        return self._faults(READ_FAULTS, lambda: self.inner.changes(namespace, since))

    def namespaces(self, prefix: Sequence[str] = ()) -> list[Namespace]:
        return self._faults(READ_FAULTS, lambda: self.inner.namespaces(prefix))

    def count(self, namespace: Namespace) -> dict[str, int]:
        return self._faults(READ_FAULTS, lambda: self.inner.count(namespace))

    def doc(self, kind: str, key: str) -> Doc | None:
        return self._faults(READ_FAULTS, lambda: self.inner.doc(kind, key))

    def version(self, kind: str, key: str) -> int:
        return self._faults(READ_FAULTS, lambda: self.inner.version(kind, key))

    def docs(self, kind: str, prefix: str = "") -> list[Doc]:
        return self._faults(READ_FAULTS, lambda: self.inner.docs(kind, prefix))

    def audit(self, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        return self._faults(READ_FAULTS, lambda: self.inner.audit(after, limit))

    def audit_span(self) -> tuple[int, int]:
        return self._faults(READ_FAULTS, self.inner.audit_span)

    def close(self) -> None:
        self.inner.close()
