"""What goes when something is forgotten, and what makes sure that it does not come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from resmem_core.engine.ingest import Write
from resmem_core.engine.namespace_state import NamespaceState
from resmem_core.memory.gate import judge
from resmem_core.memory.gate.tombstones import Tombstones
from resmem_core.protocols import PutDoc, Row
from resmem_core.stores.codec import key_of
from resmem_core.types import Memory, epoch


@dataclass(frozen=True, slots=True)
class Selection:
    """Which memories are meant; every condition that is given must hold.

    Args:
        ids: ids of memories, or of messages that went into them.
        session: the conversation. author: who spoke.
        since, until: when it was said, both ends included; naive times are UTC.
    """

    ids: Sequence[str] | None = None
    session: str | None = None
    author: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def everything(self) -> bool:
        """No condition is given."""
        return self == Selection()

    def holds(self, memory: Memory) -> bool:
        """Whether the memory is meant."""
        named = self.ids is None or not {memory.id, *memory.sources}.isdisjoint(self.ids)
        return (
            named
            and self.session in (None, memory.session)
            and self.author in (None, memory.author)
            and (self.since is None or epoch(self.since) <= memory.at)
            and (self.until is None or memory.at <= epoch(self.until))
        )

    def names(self, memory: Memory) -> bool:
        """Whether it is meant itself: what sleep wrote is so by its own id alone."""
        return self.holds(memory) and (not memory.semantic or memory.id in (self.ids or ()))


def forget(state: NamespaceState, selection: Selection, *, bury: bool) -> int:
    """Erase what is meant, what was written from it, and links to it.

    Args:
        bury: leave tombstones, and erase as well what says the same.
    """
    with state.lock, state.store.exclusive():
        state.refresh()
        gone = {m.id: m for m in state.index.memories() if selection.names(m)}
        if not gone:
            return 0
        with state.transaction() as transaction:
            if bury:
                stones = state.tombstones.get().with_forgotten(m.text for m in gone.values())
                gone |= {m.id: m for m in state.index.memories() if stones.forbids(m.text)}
                transaction.note([_buried(state, stones)])
            gone |= _quoting(state, gone)
            transaction.add(Write(judge.NOTHING, state.head, _unlinked(state, gone)))
        count = state.store.erase(state.namespace, list(gone))
        state.refresh()
    return count


def forget_all(state: NamespaceState) -> int:
    """Erase the namespace: its memories, what was learnt from them, and its tombstones."""
    with state.lock:
        state.refresh()
        count = state.store.erase(state.namespace, None)
        state.refresh()
        state.unlearn()
    return count


def allow(state: NamespaceState, text: str | None) -> int:
    """Lift the tombstones of what the text says, or all; how many statements that were."""
    with state.lock:
        stones = state.tombstones.get()
        left = stones.without(text)
        if left != stones:
            state.store.apply([_buried(state, left)])
    return len(stones.statements) - len(left.statements)


def _buried(state: NamespaceState, stones: Tombstones) -> PutDoc:
    """The write of the tombstones; a Conflict where somebody buried something meanwhile."""
    key = key_of(state.namespace)
    return PutDoc("tombstones", key, stones.to_doc(), expect=state.tombstones.version)


def _quoting(state: NamespaceState, gone: Mapping[str, Memory]) -> dict[str, Memory]:
    """Semantic memories that were written from what goes.

    They say what other memories say too, so they go without a tombstone of their own.
    """
    sources = {source for m in gone.values() for source in (m.id, *m.sources)}
    memories = state.index.memories()
    return {m.id: m for m in memories if m.semantic and not sources.isdisjoint(m.sources)}


def _unlinked(state: NamespaceState, gone: Mapping[str, Memory]) -> tuple[Row, ...]:
    """The memories that stay, without links to those that go."""
    rows = []
    for memory in state.index.memories():
        links = tuple(link for link in memory.links if link.target not in gone)
        if memory.id not in gone and links != memory.links:
            rows.append(Row(replace(memory, links=links), state.index.row(memory.id).vector))
    return tuple(rows)
