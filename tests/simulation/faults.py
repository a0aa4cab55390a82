"""A store whose every call may fail, by a seed: refused, full, lost after the fact, or a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from random import Random
from typing import Any, Final

from resmem_core.errors import StoreFull, StoreUnavailable
from resmem_core.protocols import Changes, Doc, Namespace, Op, Row
from resmem_core.stores.sqlite import SqliteStore

WRITE_FAULTS: Final = ("refused", "full", "lost", "crash before", "crash after")
READ_FAULTS: Final = ("refused", "crash before")


class Crash(BaseException):
    """The process dies here: nothing of it runs on, and no handler of ours sees it."""


class FaultyStore:
    """One engine's handle on a store.

    Args:
        inner: where things really are.
        chance: decides every fault.
        rate: share of the calls that fail.
        meanwhile: what others do just before a write of this engine lands; None where the store
            gives writers their turn, as SQLite does, and nobody can come between.
    """

    def __init__(
        self,
        inner: SqliteStore,
        chance: Random,
        rate: float,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        self.inner = inner
        self._chance = chance
        self._rate = rate
        self._meanwhile = meanwhile

    @property
    def location(self) -> str:
        return self.inner.location

    def exclusive(self) -> AbstractContextManager[object]:
        return self.inner.exclusive() if self._meanwhile is None else nullcontext()

    def apply(self, ops: Sequence[Op]) -> None:
        if self._meanwhile is not None:
            self._meanwhile()
        with self._fault(WRITE_FAULTS):
            self.inner.apply(ops)

    def erase(self, namespace: Namespace, ids: Sequence[str] | None = None) -> int:
        with self._fault(WRITE_FAULTS):
            return self.inner.erase(namespace, ids)

    def rows(self, namespace: Namespace, **which: Any) -> list[Row]:
        with self._fault(READ_FAULTS):
            return self.inner.rows(namespace, **which)

    def sources(self, namespace: Namespace, ids: Sequence[str]) -> dict[str, str]:
        with self._fault(READ_FAULTS):
            return self.inner.sources(namespace, ids)

    def changes(self, namespace: Namespace, since: int) -> Changes:
        with self._fault(READ_FAULTS):
            return self.inner.changes(namespace, since)

    def namespaces(self, prefix: Sequence[str] = ()) -> list[Namespace]:
        with self._fault(READ_FAULTS):
            return self.inner.namespaces(prefix)

    def count(self, namespace: Namespace) -> dict[str, int]:
        with self._fault(READ_FAULTS):
            return self.inner.count(namespace)

    def doc(self, kind: str, key: str) -> Doc | None:
        with self._fault(READ_FAULTS):
            return self.inner.doc(kind, key)

    def version(self, kind: str, key: str) -> int:
        with self._fault(READ_FAULTS):
            return self.inner.version(kind, key)

    def docs(self, kind: str, prefix: str = "") -> list[Doc]:
        with self._fault(READ_FAULTS):
            return self.inner.docs(kind, prefix)

    def audit(self, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        with self._fault(READ_FAULTS):
            return self.inner.audit(after, limit)

    def audit_span(self) -> tuple[int, int]:
        with self._fault(READ_FAULTS):
            return self.inner.audit_span()

    def close(self) -> None:
        self.inner.close()

    @contextmanager
    def _fault(self, kinds: Sequence[str]) -> Iterator[None]:
        kind = self._chance.choice(kinds) if self._chance.random() < self._rate else ""
        if kind == "refused":
            raise StoreUnavailable("refused by the simulation; nothing was applied")
        if kind == "full":
            raise StoreFull("full in the simulation; nothing was applied")
        if kind == "crash before":
            raise Crash
        yield
        if kind == "lost":
            raise StoreUnavailable("the simulation lost the answer")
        if kind == "crash after":
            raise Crash
