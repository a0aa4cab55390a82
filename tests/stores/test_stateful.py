"""Any sequence of calls, restarts and second handles behaves like a dictionary."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from resmem_core.audit import verify
from resmem_core.engine.keeping.files import check
from resmem_core.errors import Conflict
from resmem_core.protocols import AppendAudit, Delete, DeleteDoc, Put, PutDoc, Row
from resmem_core.stores.sqlite import SqliteStore
from resmem_core.testing.examples import ADA, BEN, row, same

names = st.sampled_from([ADA, BEN])
idents = st.sampled_from(["a", "b", "c"])
keys = st.sampled_from(["k", "l"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


class StoreMachine(RuleBasedStateMachine):
    """A SQLite file beside dictionaries."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.store = SqliteStore(self.folder / "a.db")
        self.rows: dict[tuple[Any, str], Row] = {}
        self.docs: dict[str, tuple[dict[str, Any], int]] = {}
        self.records = 0
        self.mirrors: dict[Any, dict[str, Row]] = {ADA: {}, BEN: {}}
        self.seen = {ADA: 0, BEN: 0}

    @rule(name=names, ident=idents, text=texts, tier=st.sampled_from(["buffer", "long"]))
    def put(self, name: Any, ident: str, text: str, tier: str) -> None:
        made = row(ident, name, text=text, tier=tier, sources=(ident, text[:3]))
        self.store.apply([Put((made,))])
        self.rows[name, ident] = made

    @rule(name=names, gone=st.lists(idents, max_size=3))
    def delete(self, name: Any, gone: list[str]) -> None:
        self.store.apply([Delete(name, tuple(gone))])
        for ident in gone:
            self.rows.pop((name, ident), None)

    @rule(name=names, gone=st.none() | st.lists(idents, max_size=2))
    def erase(self, name: Any, gone: list[str] | None) -> None:
        doomed = [k for k in self.rows if k[0] == name and (gone is None or k[1] in gone)]
        assert self.store.erase(name, gone) == len(doomed)
        for key in doomed:
            del self.rows[key]

    @rule(key=keys, value=st.integers(), expect=st.none() | st.integers(0, 3))
    def put_doc(self, key: str, value: int, expect: int | None) -> None:
        version = self.docs.get(key, ({}, 0))[1]
        op = PutDoc("gate", key, {"n": value}, expect)
        if expect in (None, version):
            self.store.apply([op, AppendAudit({"n": value})])
            self.docs[key] = ({"n": value}, version + 1)
            self.records += 1
        else:
            with pytest.raises(Conflict):
                self.store.apply([AppendAudit({"n": value}), op])

    @rule(key=keys)
    def delete_doc(self, key: str) -> None:
        self.store.apply([DeleteDoc("gate", key)])
        self.docs.pop(key, None)

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = SqliteStore(self.folder / "a.db")

    @rule(name=names)
    def look(self, name: Any) -> None:
        """A mirror that reads only what changed."""
        changes = self.store.changes(name, self.seen[name])
        mirror = {} if changes.full else self.mirrors[name]
        mirror.update((r.memory.id, r) for r in changes.rows)
        for ident in changes.gone:
            mirror.pop(ident, None)
        self.mirrors[name], self.seen[name] = mirror, changes.revision
        assert sorted(mirror) == sorted(i for n, i in self.rows if n == name)

    @invariant()
    def it_holds_what_the_dictionaries_hold(self) -> None:
        for name in (ADA, BEN):
            held = sorted((i, r) for (n, i), r in self.rows.items() if n == name)
            found = self.store.rows(name)
            assert [r.memory.id for r in found] == [i for i, _ in held]
            assert all(same(a, b) for a, (_, b) in zip(found, held, strict=True))
            sources = {s for _, r in held for s in r.memory.sources}
            assert set(self.store.sources(name, sorted(sources))) == sources
        for key in ("k", "l"):
            doc = self.store.doc("gate", key)
            assert (doc and (doc.body, doc.version)) == self.docs.get(key)

    def teardown(self) -> None:
        log = [record for _, record in self.store.audit(limit=10_000)]
        assert len(log) == self.records
        verify(log)
        self.store.close()
        check(self.store.location)
        shutil.rmtree(self.folder)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(
    max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.nightly
class TestStoreForLong(StoreMachine.TestCase):
    """The long form."""

    settings = settings(
        max_examples=10_000,
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
