"""`move` carries everything, to another embedder too, and may be interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resmem_core import LexicalEmbedder, Message, Outcome, Profile, ResilientMemory
from resmem_core.engine import move as moving
from resmem_core.engine.keeping.files import check
from resmem_core.engine.state.components import Components
from resmem_core.errors import ConfigError, EmbeddingMismatch, StoreUnavailable
from resmem_core.learning.proposals import Evidence
from resmem_core.protocols import Op
from resmem_core.stores import open_store
from resmem_core.stores.sqlite import SqliteStore

EVIDENCE = Evidence(samples=500, gain=0.03, lower_bound=0.01)

ADA, BOB = ("acme", "ada"), ("acme", "bob")


class Hashed:
    name, dim = "hashed", 8

    def embed(self, texts: list[str]) -> np.ndarray:
        rows = [[float(ord(c) % 7) for c in text[:8].ljust(8)] for text in texts]
        return np.array(rows, dtype=np.float32) / 20


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = str(tmp_path / "from.db")
    with ResilientMemory.open(path, keep=1.0) as memory:
        for namespace in (ADA, BOB):
            session = memory.session("t", namespace=namespace)
            for n in range(30):
                session.observe(
                    Message(role="user", text=f"Crate {n} holds {n * 7} plums.", id=f"m{n}")
                )
            session.recall("crate 7")
            session.outcome(Outcome(success=True))
    return path


def test_everything_arrives(source: str, tmp_path: Path) -> None:
    """Memories, credit, session states and the audit log; recall answers as before."""
    store = open_store(source)
    with ResilientMemory.open(str(tmp_path / "to.db")) as target:
        copied = moving.move(store, target)

        assert copied == 60
        assert target.scan(ADA) == [row.memory for row in store.rows(ADA)]
        assert len(target.store.audit()) == len(store.audit())
        assert target.session("t", namespace=BOB).recall("crate 7", k=1)[0].id == "m7"
        assert len(target.store.docs("session")) == 2
    store.close()


def test_moving_twice_copies_nothing_twice(source: str, tmp_path: Path) -> None:
    """What is there is passed over, audit records too."""
    store = open_store(source)
    with ResilientMemory.open(str(tmp_path / "to.db")) as target:
        moving.move(store, target)
        records = len(target.store.audit())

        assert moving.move(store, target) == 0
        assert len(target.store.audit()) == records
    store.close()


def test_another_embedder_gets_vectors_of_its_own(source: str, tmp_path: Path) -> None:
    """The way out of an EmbeddingMismatch."""
    store = open_store(source)
    with ResilientMemory.open(str(tmp_path / "to.db"), embedder=Hashed()) as target:
        moving.move(store, target)
        row = target.store.rows(ADA)[3]

        np.testing.assert_allclose(row.vector, Hashed().embed([row.memory.text])[0])
    store.close()


def test_a_store_is_opened_with_the_embedder_it_was_made_with(tmp_path: Path) -> None:
    """Where none is given, its name in the store says which; another one is refused."""
    path = tmp_path / "short.db"
    with ResilientMemory.open(path, embedder=LexicalEmbedder(64)) as memory:
        memory.session("t", namespace=ADA).observe(Message(role="user", text="I like crates."))

    with ResilientMemory.open(path) as memory:
        assert len(memory.store.rows(ADA)[0].vector) == 64
        assert memory.session("u", namespace=ADA).recall("crates", k=1)
    with pytest.raises(EmbeddingMismatch, match="'lexical-64'"):
        ResilientMemory.open(path, embedder="lexical")


def test_an_unknown_name_of_an_embedder_makes_no_store(tmp_path: Path) -> None:
    """The error lists the names, and no file appears."""
    with pytest.raises(ConfigError, match="semantic"):
        ResilientMemory.open(tmp_path / "m.db", embedder="semantics")

    assert not list(tmp_path.iterdir())


def test_an_interrupted_move_goes_on(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that fails on the way leaves a prefix; the next call completes it."""
    monkeypatch.setattr(moving, "CHUNK", 7)
    store = open_store(source)
    with ResilientMemory.open(str(tmp_path / "to.db")) as target:
        calls = 0

        def fail(_: int) -> None:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise StoreUnavailable("unplugged")

        with pytest.raises(StoreUnavailable):
            moving.move(store, target, fail)
        before = len(target.scan(ADA))
        moving.move(store, target)

        assert 0 < before < 30
        assert len(target.scan(ADA)) == len(target.scan(BOB)) == 30
    store.close()


class Unplugged(SqliteStore):
    """Takes so many more writes."""

    left = 10**9

    def apply(self, ops: Sequence[Op]) -> None:
        if self.left <= 0:
            raise StoreUnavailable("unplugged")
        self.left -= 1
        super().apply(ops)


@pytest.mark.long
def test_half_a_move_is_a_sound_store(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off after any write: no policy is there without the decision that made it, nor a
    decision without its policy; and the next move completes it."""
    monkeypatch.setattr(moving, "CHUNK", 5)
    with ResilientMemory.open(source) as memory:
        shipped = Profile.default()
        for n in range(4):
            profile = replace(shipped, base=shipped.base.clip(0, 0.5 + n / 10))
            proposal = memory.policies.propose(profile, EVIDENCE, proposer="trainer")
            memory.policies.approve(proposal.id, by="Grace")
            memory.session("t", namespace=ADA).observe(Message("user", f"Barrel {n} is full."))
    store, path = open_store(source), tmp_path / "to.db"
    halves = 0
    while True:
        kept = Unplugged(path)
        with ResilientMemory(kept, Components.of(1.0)) as target:
            kept.left = 1
            with suppress(StoreUnavailable):
                moving.move(store, target)
                break
            kept.left = 10
        check(path)
        halves += 1
    store.close()
    check(path)

    assert halves > 10
    with ResilientMemory.open(path) as target:
        assert target.policies.active().version == 4
