"""One namespace at run time: its mirror in memory, its gate, its lock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import RLock
from typing import TypeVar

from resmem_core.engine.ingest import Head, Write
from resmem_core.engine.parts import Parts, semantic
from resmem_core.errors import Conflict
from resmem_core.memory import gate
from resmem_core.memory.features import StreamContext
from resmem_core.memory.index import NamespaceIndex
from resmem_core.protocols import AppendAudit, Op, PutDoc, Store
from resmem_core.types import Decision, Namespace

T = TypeVar("T")

TRIES = 5
"""How often a write is worked out again after another process was first."""


def key_of(namespace: Namespace) -> str:
    """The namespace as one document key; parts never hold the separator.

    >>> key_of(("acme", "ada"))
    'acme\\x1fada'
    """
    return "\x1f".join(namespace)


@dataclass(slots=True)
class Space:
    """The mirror of one namespace. Use it under `lock`, after `refresh()`."""

    namespace: Namespace
    store: Store
    parts: Parts
    index: NamespaceIndex
    head: Head
    version: int = 0
    revision: int = 0
    lock: RLock = field(default_factory=RLock)

    @classmethod
    def open(cls, namespace: Namespace, store: Store, parts: Parts) -> Space:
        """The namespace as the store has it now."""
        index = NamespaceIndex(parts.embedder.dim, scan=semantic(parts.embedder))
        head = Head(0, gate.start(parts.gate), StreamContext.of(()))
        space = cls(namespace, store, parts, index, head)
        space.refresh()
        return space

    def refresh(self) -> None:
        """Take in what other handles and processes committed since the last look."""
        changes = self.store.changes(self.namespace, self.revision)
        if changes.revision == self.revision:
            return
        first = self.revision == 0
        if changes.full:
            self.index.remove([memory.id for memory in self.index.memories()])
        self.index.put(changes.rows)
        self.index.remove(changes.gone)
        self.revision = changes.revision
        doc = self.store.doc("gate", key_of(self.namespace))
        stream = StreamContext.of(self.index.memories()) if first else self.head.stream
        if doc is not None and doc.version != self.version:
            state = gate.from_doc(doc.body["gate"], self.parts.gate)
            self.head = Head(int(doc.body["seq"]), state, stream)
            self.version = doc.version

    def commit(self, write: Write, extra: Sequence[Op] = ()) -> None:
        """Make one write durable, then show it in the mirror.

        Raises:
            Conflict: another process wrote first; refresh and work the write out again.
        """
        body = {"seq": write.head.seq, "gate": write.head.gate.to_doc()}
        head = PutDoc("gate", key_of(self.namespace), body, expect=self.version)
        self.store.apply([*write.ops(self.namespace), head, *extra])
        self.version += 1
        self.head = write.head
        if write.put or write.gone:
            self.revision += 1  # holding the head's version means that nobody was in between
        self.index.put(write.put)
        self.index.remove(write.gone)


def retried(work: Callable[[], T]) -> T:
    """Do the work, again from its start when another process committed first.

    Raises:
        Conflict: somebody else was first on every try.
    """
    for _ in range(TRIES - 1):
        with suppress(Conflict):
            return work()
    return work()


def audited(space: Space, write: Write) -> list[Op]:
    """Audit records of a write's verdicts: hashed ids, numbers and reasons; never text."""
    decisions = list(write.due)
    if write.decision.final and write.decision.id is not None:
        decisions.append((write.decision.id, write.decision))
    return [AppendAudit(_record(space, ident, decision)) for ident, decision in decisions]


def _record(space: Space, ident: str, decision: Decision) -> dict[str, object]:
    return {
        "at": space.parts.clock.now(),
        "namespace": list(space.namespace),
        "event": "gate",
        "id": hashlib.sha256(ident.encode()).hexdigest()[:16],
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "value": decision.value,
        "price": decision.price,
    }
