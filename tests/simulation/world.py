"""Several engines over one store, a client that knows what it was told, and what must hold."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Final
from unittest.mock import patch

from resmem_core import Memory, ResilientMemory
from resmem_core.audit import records, verify
from resmem_core.config.gate import GateConfig
from resmem_core.engine.base.clock import ManualClock
from resmem_core.engine.keeping.files import check
from resmem_core.engine.outbox import FILE
from resmem_core.engine.state.components import Components
from resmem_core.errors import StoreError
from resmem_core.protocols import Store
from resmem_core.stores import patience
from resmem_core.stores.codec import key_of
from resmem_core.stores.queue import Queue
from resmem_core.stores.sqlite import SqliteStore

from .calls import CALLS
from .faults import Crash, Faults, FaultyQueue, FaultyStore, GivenUpHere
from .told import SPACES, Told, space_of

ENGINES: Final = 2
BUFFER: Final = 4


class World:
    """One run of a seed.

    Half of the seeds have others write between a look and its commit, as on a cluster; every
    fifth has a gate that drops half of what it is told.

    Args:
        path: of the store's file.
        seed: everything follows from it.
        rate: share of the store's calls that fail.
    """

    def __init__(self, path: Path, seed: int, rate: float = 0.02) -> None:
        self.chance = Random(seed)
        self.clock = ManualClock(1.75e9)
        self.told = Told()
        self.crashes = self.errors = self.given_up = 0
        self.path = path
        self.calls = CALLS
        self.keep = 0.5 if seed % 5 == 0 else 1.0
        self.copy: Told | None = None
        self._rate = rate
        self._crowded = seed % 2 == 1
        self._busy: set[int] = set()
        self._engines: list[ResilientMemory | None] = [None] * ENGINES
        self.truth = self.open()

    def open(self) -> Store:
        """A handle on where things really are."""
        return SqliteStore(self.path, timeout=0.05)

    # -- running

    def run(self, steps: int) -> None:
        """Take the steps, and look after each of them; in the end nothing waits."""
        with patch.object(patience, "time", SimpleNamespace(monotonic=self.clock.elapsed)):
            for _ in range(steps):
                self.step()
                self.look()
            self._rate = 0.0
            self.stop()
            with self._engine(0) as memory:
                memory.outbox.flush()
            self.told.held |= self.told.waiting
            self.told.waiting = set()
            self.look()
        self.truth.close()
        self.after()

    def after(self) -> None:
        """What must hold of the file when nobody has it open."""
        check(self.path)
        self._no_byte_left()

    def step(self) -> None:
        """One call of one engine, which may fail or die."""
        at = self.chance.choice(sorted(set(range(ENGINES)) - self._busy))
        self._busy.add(at)
        call = self.chance.choices(list(self.calls), weights=list(self.calls.values()))[0]
        try:
            call(self, self._engine(at))
        except Crash:
            self.crashes += 1
            self._died(at)
        except GivenUpHere:
            self.given_up += 1
        except StoreError:
            self.errors += 1
        finally:
            self._busy.remove(at)

    @property
    def alone(self) -> bool:
        """Whether no other engine is in the middle of a call."""
        return len(self._busy) < ENGINES

    def _engine(self, at: int) -> ResilientMemory:
        memory = self._engines[at]
        if memory is None:
            store = self.open()
            try:
                memory = self._opened(store)
            except BaseException:
                store.close()
                raise
            self._engines[at] = memory
        return memory

    def _opened(self, store: Store) -> ResilientMemory:
        between = self._between if self._crowded else None
        faults = Faults(self.chance, self.clock, self._rate)
        config = GateConfig(buffer_size=BUFFER)
        parts = Components.of(self.keep, gate=config, clock=self.clock, auto_sleep=False)
        memory = ResilientMemory(FaultyStore(store, faults, between), parts)
        box = memory.outbox
        box._queues = [q if q is box._spill else FaultyQueue(q, faults) for q in box._queues]
        return memory

    def _between(self) -> None:
        """Another engine takes a whole step just before this one's write."""
        if self.alone and self.chance.random() < 0.2:
            self.step()

    def _died(self, at: int) -> None:
        memory, self._engines[at] = self._engines[at], None
        if memory is not None:
            memory.store.close()  # without the engine's own farewell

    def stop(self) -> None:
        """All engines die."""
        for at in range(ENGINES):
            self._died(at)

    # -- what must hold

    def look(self) -> None:
        """Compare what the store holds with what the client was told."""
        for space in SPACES:
            self._look_at(space)
        verify(records(self.truth))
        self._one_policy_a_version()

    def _look_at(self, space: tuple[str, str]) -> None:
        mine = partial(filter, lambda ident: space_of(ident) == space)
        rows = [row.memory for row in self.truth.rows(space)]
        told = [memory for memory in rows if not memory.id.startswith("semantic-")]
        there = [source for memory in told for source in memory.sources]
        assert len(there) == len(set(there)), "a message is held by two memories"
        assert all(space_of(ident) == space for ident in there), "a message of another namespace"
        missing = set(mine(self.told.held)) - set(there)
        assert not missing, f"acknowledged and lost: {sorted(missing)}"
        lost = set(mine(self.told.waiting)) - set(there) - self.in_the_outbox()
        assert not lost, f"in the outbox and lost: {sorted(lost)}"
        back = self.told.forgotten & set(there)
        assert not back, f"forgotten and back: {sorted(back)}"
        texts = {self.told.texts[ident] for ident in self.told.forgotten}
        written = " ".join(memory.text for memory in rows)
        assert not [text for text in texts if text in written], "a forgotten text stands in another"
        ids = {memory.id for memory in rows}
        dangling = [x.target for m in rows for x in m.links if x.target not in ids]
        assert not dangling, f"links to nothing: {dangling}"
        self._one_head(space, rows)

    def _one_head(self, space: tuple[str, str], rows: list[Memory]) -> None:
        head = self.truth.doc("head", key_of(space))
        newest = max((memory.seq for memory in rows), default=0)
        assert not rows or (head and head.body["seq"] >= newest), "the head is behind its rows"
        gate = self.truth.doc("gate", key_of(space))
        if gate:
            off = gate.body["kept"] - self.keep * gate.body["decided"]
            assert abs(off) <= BUFFER, f"the gate kept {off:+} more than its share"

    def in_the_outbox(self) -> set[str]:
        """Ids of the messages that wait in the file beside the store."""
        queue = Queue(f"{self.path}{FILE}")
        return {entry["id"] for _, entry in queue.first(1000)[1]}

    def _one_policy_a_version(self) -> None:
        decided = [r["version"] for r in records(self.truth) if r["event"] in _DECIDED]
        assert len(decided) == len(set(decided)), "two decisions made one version"
        assert sorted(decided) == [int(doc.key) for doc in self.truth.docs("policy")]

    def _no_byte_left(self) -> None:
        content = self.path.read_bytes()
        left = [i for i in self.told.forgotten if self.told.texts[i].encode() in content]
        assert not left, f"bytes of what was forgotten: {left}"


_DECIDED: Final = {"approved", "rollback"}
