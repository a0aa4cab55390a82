"""What goes when something is forgotten, and what makes sure that it does not come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_bytes
from typing import Final, TypeAlias

from resmem_core.engine.reading.selection import Selection
from resmem_core.engine.state import archive
from resmem_core.engine.state.namespace_state import NamespaceState, Transaction
from resmem_core.engine.state.stages import Write
from resmem_core.engine.writing import views
from resmem_core.memory.gate import judge, merging
from resmem_core.memory.gate.tombstones import Tombstones
from resmem_core.protocols import DeleteDoc, Op, PutDoc, Row
from resmem_core.stores.codec import key_of
from resmem_core.types import Memory

Gone: TypeAlias = Mapping[str, Memory]
Parts: TypeAlias = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Erased:
    """How many memories were erased, and every text and id of them."""

    count: int = 0
    pieces: tuple[str, ...] = ()


def forget(state: NamespaceState, selection: Selection, *, bury: bool) -> Erased:
    """Erase what is meant, what was written from it, and links to it.

    Args:
        bury: leave tombstones, and erase as well what says the same.
    """
    with state.store.exclusive(), state.lock:
        state.refresh()
        aside = {m.id: (m, at) for m, at in archive.forgotten(state.store, state.namespace)}
        held = [*state.index.memories(), *(m for m, _ in aside.values())]
        gone = {m.id: m for m in held if selection.names(m)}
        parts = {m.id: ids for m in held if m.id not in gone and (ids := _parts(m, selection))}
        if not gone and not parts:
            if _stopped(state):
                _cut(state, [], None)
            return Erased()
        with state.transaction() as transaction:
            stones = None
            if bury:
                gone |= {m.id: m for m in held if m.id in parts}  # what says the same goes too
                texts = [text for m in gone.values() for text in _texts(m)]
                stones = state.tombstones.get().with_forgotten(texts)
                gone |= {m.id: m for m in held if stones.forbids(m.text)}
                transaction.note([_buried(state, stones)])
            gone |= _quoting(state, gone)
            transaction.note(views.deletions(gone.values()))
            transaction.note(_aside(state, aside, gone, stones, parts))
            changed = _changed(state, gone, stones, parts)
            _delete(state, transaction, changed, list(gone))
        cut = [p for m in held if m.id not in gone for p in m.merged if p.id in parts.get(m.id, ())]
        away = [*gone.values(), *cut]
        _cut(state, list(gone), away)
    return Erased(len(away), _pieces(away))


def forget_all(state: NamespaceState) -> Erased:
    """Erase the namespace: its memories, what was learnt from them, and its tombstones."""
    with state.store.exclusive(), state.lock:
        state.refresh()
        aside = [memory for memory, _ in archive.forgotten(state.store, state.namespace)]
        memories = list(state.index.memories())
        with state.transaction() as transaction:
            transaction.note(archive.drop_all(state.store, state.namespace))
            transaction.note(views.deletions([*memories, *aside]))
            transaction.note(views.drop_all(state))
            _delete(state, transaction, (), [memory.id for memory in memories])
        away = [*memories, *aside]
        _cut(state, None, away)
        state.unlearn()
    return Erased(len(memories), _pieces(away))


def finish(state: NamespaceState) -> None:
    """Cut off the bytes of what an erasure deleted that was stopped before it came to that."""
    if _stopped(state):  # seldom: nobody waits for the write turn to learn that there is nothing
        with state.store.exclusive(), state.lock:
            _cut(state, [], None)


def _stopped(state: NamespaceState) -> bool:
    return bool(state.store.version(_ERASING, key_of(state.namespace)))


def _delete(
    state: NamespaceState, transaction: Transaction, changed: tuple[Row, ...], gone: list[str]
) -> None:
    """Delete by the head, so that no writer who looked before can bring anything back."""
    transaction.add(Write(judge.NOTHING, state.head, changed, tuple(gone)))
    transaction.note([PutDoc(_ERASING, key_of(state.namespace), {})])


def _cut(state: NamespaceState, gone: list[str] | None, away: Sequence[Memory] | None) -> None:
    """Leave no byte of what is deleted, and note that this was done; None: nobody knows what."""
    texts = None if away is None else [text for memory in away for text in _texts(memory)]
    state.store.erase(state.namespace, gone, texts)
    state.store.apply([DeleteDoc(_ERASING, key_of(state.namespace))])
    state.refresh()


_ERASING: Final = "erasing"
"""The document that stands while bytes are left of what was deleted."""


def allow(state: NamespaceState, text: str | None) -> int:
    """Lift the tombstones of what the text says, or all; how many statements that were."""
    with state.store.exclusive(), state.lock:
        if text is None:
            return _allow_all(state)
        stones = state.tombstones.get()
        left = stones.without(text)
        if left != stones:
            state.store.apply([_buried(state, left)])
    return len(stones.statements) - len(left.statements)


def _allow_all(state: NamespaceState) -> int:
    """Begin anew, also where the key is lost; how many statements could be read."""
    key = key_of(state.namespace)
    doc = state.store.doc("tombstones", key)
    if doc is None:
        return 0
    state.store.apply([PutDoc("tombstones", key, Tombstones(token_bytes(16)).to_doc())])
    return len(doc.body.get("statements", ()))


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


def _texts(memory: Memory) -> list[str]:
    """Every wording of a memory."""
    merged = (part.text for part in memory.merged if part.text)
    return [memory.text, *(version.text for version in memory.versions), *merged]


def _pieces(memories: Iterable[Memory]) -> tuple[str, ...]:
    """Every text and id of memories."""
    return tuple(part for m in memories for part in (*_texts(m), m.id, *m.sources))


def _parts(memory: Memory, selection: Selection) -> frozenset[str]:
    """Ids of messages that are meant and were merged into this memory, which is not."""
    return frozenset(part.id for part in memory.merged if selection.holds(part))


def _changed(
    state: NamespaceState, gone: Gone, stones: Tombstones | None, parts: Parts
) -> tuple[Row, ...]:
    """Memories that stay, without links to those that go and wordings that say what goes."""
    rows, memories = [], state.index.memories()
    reopened = _replaced(gone.values()) - _replaced(m for m in memories if m.id not in gone)
    for memory in memories:
        if memory.id not in gone:
            changed = _without(memory, gone, stones, parts)
            if memory.id in reopened:  # else the day of what is forgotten would stand on it
                changed = replace(changed, valid_to=None)
            if changed != memory:
                rows.append(Row(changed, state.index.row(memory.id).vector))
    return tuple(rows)


def _replaced(memories: Iterable[Memory]) -> set[str]:
    return {link.target for m in memories for link in m.links if link.kind == "replaces"}


def _without(memory: Memory, gone: Gone, stones: Tombstones | None, parts: Parts) -> Memory:
    if memory.id in parts:
        memory = merging.without(memory, parts[memory.id])
    links = tuple(link for link in memory.links if link.target not in gone)
    kept = memory.versions
    if kept and stones is not None:
        kept = tuple(version for version in kept if not stones.forbids(version.text))
    return replace(memory, links=links, versions=kept)


def _aside(
    state: NamespaceState,
    aside: Mapping[str, tuple[Memory, float]],
    gone: Gone,
    stones: Tombstones | None,
    parts: Parts,
) -> list[Op]:
    """What is kept of memories that sleep forgot, without those that go."""
    ops = archive.drop(state.namespace, aside.keys() & gone.keys())
    for memory, at in aside.values():
        if memory.id not in gone and (left := _without(memory, gone, stones, parts)) != memory:
            ops += archive.put([left], at)
    return ops
