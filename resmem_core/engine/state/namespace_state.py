"""One namespace at run time: its mirror in memory, its gate, its lock."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from secrets import token_bytes
from typing import Any, TypeVar

from resmem_core.audit import hashed
from resmem_core.engine.base.latest import Latest
from resmem_core.engine.base.locks import ProcessLock
from resmem_core.engine.base.pseudonyms import KIND, Pseudonyms
from resmem_core.engine.state.baselines import RunningBaselines
from resmem_core.engine.state.components import Components, semantic, with_pieces
from resmem_core.engine.state.external_credit import ExternalCredit
from resmem_core.engine.state.heard import KIND as HEARD
from resmem_core.engine.state.meter import Meter
from resmem_core.engine.state.stages import StreamHead, Write
from resmem_core.errors import AWAY, Conflict
from resmem_core.memory.gate import judge
from resmem_core.memory.gate.features import StreamContext
from resmem_core.memory.gate.tombstones import Tombstones
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.protocols import AppendAudit, Delete, DeleteDoc, Op, Put, PutDoc, Row, Store
from resmem_core.stores.codec import key_of
from resmem_core.stores.patience import left, shorter, waiting
from resmem_core.types import Decision, Namespace

T = TypeVar("T")

TRIES = 24
"""How often a write is worked out again after another worker was first."""

WAIT, LONGEST = 0.002, 0.5
"""Seconds that a worker waits at most after its first lost race, and after many."""


LEARNT = ("gate", "ledger", "baselines", "tombstones", KIND)
"""What goes with a namespace: what the gate learnt, credit, what is usual, tombstones, salt."""


def session_key(namespace: Namespace, session: str = "") -> str:
    """The document key of a session's state; without a session, what all of them start with."""
    return f"{key_of(namespace)}\x1f\x1f{session}"


@dataclass(slots=True, weakref_slot=True, eq=False)
class NamespaceState:
    """The mirror of one namespace. Use it under `lock`, after `refresh()`.

    Attributes:
        external_credit: credit of foreign items. tombstones: what must not come back.
        pseudonyms: of the namespace and its ids in the audit log.
        meter: what it holds and writes, against its limits.
        erasures: how often the whole namespace was forgotten here.
        waiting: changes of credit, by memory, that are too small to be written yet.
        opened: monotonic seconds when it was opened.
        known: whether the store could be read when it was.
    """

    namespace: Namespace
    store: Store
    components: Components
    index: NamespaceIndex
    head: StreamHead
    baselines: RunningBaselines
    external_credit: Latest[ExternalCredit]
    tombstones: Latest[Tombstones]
    pseudonyms: Pseudonyms
    meter: Meter
    version: int = 0
    revision: int = 0
    erasures: int = 0
    lock: ProcessLock = field(default_factory=ProcessLock)
    waiting: Mapping[str, float] = field(default_factory=dict)
    opened: float = 0.0
    known: bool = False

    @classmethod
    def open(cls, namespace: Namespace, store: Store, components: Components) -> NamespaceState:
        """The namespace as the store has it now; while the store is away, empty.

        It catches up at its next use, which begins with `refresh`.
        """
        index = NamespaceIndex(components.embedder.dim, scan=semantic(components.embedder))
        head = StreamHead(0, judge.start(components.gate), StreamContext.of(()))
        key = key_of(namespace)
        state = cls(
            namespace,
            store,
            components,
            index,
            head,
            RunningBaselines(store, key),
            Latest(store, "ledger", key, ExternalCredit.from_doc),
            Latest(store, "tombstones", key, _tombstones),
            Pseudonyms(store, namespace),
            Meter(components.limits, components.clock),
        )
        state.opened = components.clock.elapsed()
        with suppress(*AWAY):
            state.refresh()
            state.known = True
        return state

    def refresh(self) -> None:
        """Take in what other handles and processes committed since the last look."""
        while True:  # until nothing was committed between the rows and the head
            changes = self.store.changes(self.namespace, self.revision)
            if changes.revision == self.revision:
                return
            first = self.revision == 0
            if changes.full:
                self.index.remove([memory.id for memory in self.index.memories()])
            self.index.put(changes.rows)
            self.index.remove(changes.gone)
            self.revision = changes.revision
            self._read_head(StreamContext.of(self.index.memories()) if first else self.head.stream)

    def _read_head(self, stream: StreamContext) -> None:
        key = key_of(self.namespace)
        doc, model = self.store.doc("head", key), self.store.doc("gate", key)
        if doc is None:  # nothing was written yet, or all of it was forgotten
            self.version = 0
        elif doc.version != self.version:
            config = self.components.gate
            state = judge.from_doc(model.body, config) if model else judge.start(config)
            self.head = StreamHead(int(doc.body["seq"]), state, stream)
            self.version = doc.version

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Collect writes, each visible to the next in the mirror; durable together at the end.

        Raises:
            Conflict: another process wrote first; nothing was applied and the mirror is as it
                was: refresh and work the writes out again.
        """
        open_ = Transaction(self)
        try:
            yield open_
            open_.apply()
        except BaseException:
            open_.undo()
            raise

    def unlearn(self) -> None:
        """Forget what the namespace learnt, and the state of its conversations."""
        key = key_of(self.namespace)
        gone = [DeleteDoc(kind, key) for kind in (*LEARNT, "head")]
        for kind in ("session", HEARD):
            held = self.store.docs(kind, session_key(self.namespace))
            gone += [DeleteDoc(kind, doc.key) for doc in held]
        self.store.apply(gone)
        fresh = judge.start(self.components.gate)
        self.head = replace(self.head, gate=fresh, stream=StreamContext.of(()))
        self.baselines = RunningBaselines(self.store, key)
        self.waiting, self.version = {}, 0
        self.erasures += 1


def _tombstones(doc: Mapping[str, Any] | None) -> Tombstones:
    """As stored; none yet, under a key of their own, when nothing was."""
    return Tombstones.from_doc(doc) if doc else Tombstones(token_bytes(16))


class Transaction:
    """Writes of one namespace that become durable together."""

    def __init__(self, state: NamespaceState) -> None:
        self._state = state
        self._head = state.head
        self._before: dict[str, Row | None] = {}
        self._after: dict[str, Row | None] = {}
        self._ops: list[Op] = []
        self._limited = False

    def add(self, write: Write, extra: Sequence[Op] = ()) -> None:
        """Show one write in the mirror and note its operations."""
        state, index = self._state, self._state.index
        put = with_pieces(state.components.embedder, write.put, index)
        for ident in (*(row.memory.id for row in write.put), *write.gone):
            known = index.get(ident) is not None
            self._before.setdefault(ident, index.row(ident) if known else None)
        index.put(put)
        index.remove(write.gone)
        state.head = write.head
        self._after |= {row.memory.id: row for row in put}
        self._after |= dict.fromkeys(write.gone)
        self._ops += extra

    def limit(self) -> None:
        """Refuse what makes the namespace hold more than it may.

        Raises:
            OverLimit: it would; nothing is applied.
        """
        self._state.meter.check(self._state.index, self._before, self._state.revision)
        self._limited = True

    def note(self, ops: Sequence[Op]) -> None:
        """Add operations that show nothing in the mirror."""
        self._ops += ops

    def _loose(self) -> tuple[Row, ...]:
        """Memories that stay and link to some that go, without those links."""
        index = self._state.index
        before = [row.memory for ident, row in self._before.items() if row is not None]
        gone = [memory for memory in before if index.get(memory.id) is None]
        targets = {memory.id for memory in gone}
        pointing = {newer for ident in targets if (newer := index.replaced_by(ident))}
        if any(memory.links or memory.credit for memory in gone):  # else it never helped
            pointing |= index.linking
        rows = []
        for row in map(index.row, sorted(pointing)):
            links = tuple(link for link in row.memory.links if link.target not in targets)
            if links != row.memory.links:
                rows.append(Row(replace(row.memory, links=links), row.vector))
        return tuple(rows)

    def apply(self) -> None:
        """Make everything durable; where rows change, with the head by compare-and-set."""
        state = self._state
        if loose := self._loose():
            self.add(Write(judge.NOTHING, state.head, put=loose))
        head = state.head
        if not self._after:  # others look at the head again only where rows changed
            state.store.apply(state.pseudonyms.ops(self._ops))
            return
        key = key_of(state.namespace)
        told = state.pseudonyms.ops(self._ops)
        ops = [*self._rows(), *told, PutDoc("head", key, {"seq": head.seq}, expect=state.version)]
        if head.gate is not self._head.gate:
            ops.append(PutDoc("gate", key, head.gate.to_doc()))
        state.store.apply(ops)
        state.version += 1
        state.revision += 1  # the head's version means that nobody was in between
        if self._limited:
            state.meter.passed(state.revision)

    def _rows(self) -> list[Op]:
        """Each row once, as the whole transaction leaves it."""
        put = tuple(row for row in self._after.values() if row is not None)
        gone = tuple(ident for ident, row in self._after.items() if row is None)
        ops: list[Op] = [Put(put)] if put else []
        return [*ops, Delete(self._state.namespace, gone)] if gone else ops

    def undo(self) -> None:
        """The mirror as it was before."""
        self._state.head = self._head
        self._state.index.remove([ident for ident, row in self._before.items() if row is None])
        self._state.index.put([row for row in self._before.values() if row is not None])


def retried(work: Callable[[], T]) -> T:
    """Do the work, again from its start when another worker committed first.

    Only stores without a write turn (`Store.exclusive`) come to a second try. Waits grow and have
    jitter, so that workers who met once do not meet again.

    Raises:
        Conflict: somebody else was first on every try.
    """
    for tried in range(TRIES - 1):
        if left() == 0.0:
            break
        with suppress(Conflict):
            return work()
        with waiting():
            time.sleep(shorter(random.uniform(0.0, min(WAIT * 2**tried, LONGEST))))
    return work()


def audited(state: NamespaceState, write: Write) -> list[Op]:
    """Audit records of a write's verdicts: hashed ids, numbers and reasons; never text."""
    decisions = dict(write.due)
    if write.decision.final and write.decision.id is not None:
        decisions[write.decision.id] = write.decision  # after a cycle it is one of those due
    return [AppendAudit(_record(state, *entry)) for entry in decisions.items()]


def _record(state: NamespaceState, ident: str, decision: Decision) -> dict[str, object]:
    return {
        "at": state.components.clock.now(),
        "namespace": list(state.namespace),
        "event": "gate",
        "id": hashed(ident),
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "value": decision.value,
        "price": decision.price,
    }
