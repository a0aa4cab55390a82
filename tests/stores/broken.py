"""Stores that break one promise each, under the shipped suite, as a stranger would run it.

No test of ours by its name: `test_conformance.py` runs this file and reads what fails.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from resmem_core.protocols import Put, PutDoc
from resmem_core.stores import SqliteStore
from resmem_core.testing import StoreConformance


class InMemory(StoreConformance):
    """The suite over a kind of store that `kind` names."""

    kind = SqliteStore

    @pytest.fixture
    def factory(self):
        """Fresh ones in memory."""
        return lambda: self.kind(":memory:")


class TestWhole(InMemory):
    """Nothing is broken."""


class TestPiecemeal(InMemory):
    """A call is not one transaction."""

    class kind(SqliteStore):
        def apply(self, ops):
            for op in ops:
                super().apply([op])


class TestUnordered(InMemory):
    """Rows come as they like."""

    class kind(SqliteStore):
        def rows(self, *args, **settings):
            return super().rows(*args, **settings)[::-1]


class TestWall(InMemory):
    """Two namespaces that look alike are one."""

    class kind(SqliteStore):
        def rows(self, namespace, **settings):
            return super().rows(tuple(map(str.lower, namespace)), **settings)


class TestRounded(InMemory):
    """Times lose their digits."""

    class kind(SqliteStore):
        def rows(self, *args, **settings):
            found = super().rows(*args, **settings)
            return [replace(r, memory=replace(r.memory, at=round(r.memory.at, 3))) for r in found]


class TestForgetful(InMemory):
    """A field that was added later is not stored."""

    class kind(SqliteStore):
        def apply(self, ops):
            super().apply([self._less(op) if isinstance(op, Put) else op for op in ops])

        @staticmethod
        def _less(op):
            rows = (replace(r, memory=replace(r.memory, context=())) for r in op.rows)
            return Put(tuple(rows))


class TestCareless(InMemory):
    """Compare-and-set does not compare."""

    class kind(SqliteStore):
        def apply(self, ops):
            super().apply([replace(o, expect=None) if isinstance(o, PutDoc) else o for o in ops])


class TestSilent(InMemory):
    """Nobody hears of what was deleted."""

    class kind(SqliteStore):
        def changes(self, namespace, since):
            return replace(super().changes(namespace, since), gone=())


class TestPartial(InMemory):
    """An erase passes for an ordinary change."""

    class kind(SqliteStore):
        def changes(self, namespace, since):
            return replace(super().changes(namespace, since), full=False)


class TestWildcard(InMemory):
    """A prefix is a pattern."""

    class kind(SqliteStore):
        def docs(self, kind, prefix=""):
            return super().docs(kind, prefix.rstrip("%"))


class TestUndead(InMemory):
    """A closed handle goes on."""

    class kind(SqliteStore):
        def close(self):
            """Not at all."""


class TestRenumbered(InMemory):
    """The audit log counts anew from where it was trimmed."""

    class kind(SqliteStore):
        def audit(self, after=0, limit=1000):
            return [(n, record) for n, (_, record) in enumerate(super().audit(after, limit), 1)]


class TestMiscounted(InMemory):
    """An erase says what it was asked for, not what it did."""

    class kind(SqliteStore):
        def erase(self, namespace, ids=None, texts=None):
            super().erase(namespace, ids, texts)
            return len(ids or ())


class TestWithoutTurns(InMemory):
    """There is no write turn."""

    class kind(SqliteStore):
        def exclusive(self):
            raise NotImplementedError
