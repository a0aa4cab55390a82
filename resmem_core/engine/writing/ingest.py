"""From one message to the operations that store it. Pure: nothing is written here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from resmem_core.config.gate import GateConfig
from resmem_core.engine.state.stages import Candidate, StreamHead, Write, as_memory
from resmem_core.engine.writing import versions
from resmem_core.memory.gate import compare, extracts, judge, leftovers, merging, provenance
from resmem_core.memory.gate.features import Features, StreamContext
from resmem_core.memory.index import buffer
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.index.nearest import nearest
from resmem_core.protocols import Row, Vector
from resmem_core.types import (
    Decision,
    Link,
    Memory,
    Namespace,
    StateVector,
    Trust,
    Verdict,
)
from resmem_core.types.changed import changed

TOGETHER = 8
"""Messages that leave the buffer at once."""

HELD = 16
"""Candidates whose comparison is held until something is written."""

NEAREST = 8
"""Neighbours that a candidate is compared with for repeats and changed facts."""


def ingest(
    item: Candidate,
    head: StreamHead,
    index: NamespaceIndex,
    namespace: Namespace,
    *,
    stress: float,
    curiosity: float,
    config: GateConfig,
    now: float,
    ttl: float,
    edited: str | None = None,
) -> Write:
    """Merge the message into its near-duplicate, or buffer it and judge what leaves the buffer.

    Args:
        edited: the memory of the message that this one is a new wording of.
    """
    memory = as_memory(item, namespace, head.seq, now, ttl)
    memory, relation = _compared(memory, item, head, index)
    if isinstance(relation, compare.Same):
        return _merge(memory, relation.into, head, index)
    replaced = edited or (relation.id if isinstance(relation, compare.Replaces) else None)
    older, newer = _ordered(memory, replaced, index)
    memory = _linked(memory, older, newer)
    write = settle(
        _due([*index.buffered(), memory], config.buffer_size),
        StreamHead(head.seq + 1, head.gate, head.stream.seen(memory)),
        index,
        stress=stress,
        curiosity=curiosity,
        config=config,
        newest=Row(memory, item.vector),
    )
    put = (Row(memory, item.vector), *write.put)
    if older is not None and older.id not in write.gone:
        put = versions.with_changed(
            put, changed(versions.newest(put, older), valid_to=memory.at), index
        )
    for other in (ident for ident in relation.suspected if ident not in write.gone):
        put = versions.in_conflict(put, memory.id, other, index)
    if newer is not None and newer.id not in write.gone:
        links = (*versions.newest(put, newer).links, Link(memory.id, "replaces"))
        put = versions.with_changed(put, changed(versions.newest(put, newer), links=links), index)
    return Write(
        _waiting(memory, older.id if older else None), write.head, put, write.gone, write.due
    )


def _linked(memory: Memory, older: Memory | None, newer: Memory | None) -> Memory:
    """The memory linked to the version before it, closed by the one after."""
    return changed(
        memory,
        links=(Link(older.id, "replaces"),) if older is not None else (),
        valid_to=newer.at if newer is not None else None,
    )


def _ordered(
    memory: Memory, other: str | None, index: NamespaceIndex
) -> tuple[Memory | None, Memory | None]:
    """The version that was said before this memory, and the one that was said after it.

    Whatever the order of their arrival, at most one of the two is there.
    """
    if other is None:
        return None, None
    version = index.row(other).memory
    return (version, None) if version.at <= memory.at else (None, version)


def _waiting(memory: Memory, replaced: str | None) -> Decision:
    return Decision(
        Verdict.KEEP,
        "in the short-term buffer; judged when it leaves",
        id=memory.id,
        final=False,
        features=judge.named(memory.features),
        replaces=replaced,
    )


def _due(buffered: Sequence[Memory], size: int) -> Sequence[Memory]:
    """What leaves the buffer: nothing until `TOGETHER` messages are over its size, then they all.

    Hindsight looks over the whole buffer once for all of them.
    """
    return buffer.leaving(buffered, size) if len(buffered) >= size + TOGETHER else ()


def judge_now(
    item: Candidate,
    head: StreamHead,
    index: NamespaceIndex,
    namespace: Namespace,
    *,
    stress: float,
    curiosity: float,
    config: GateConfig,
) -> Decision:
    """The verdict that the message would get at once, without hindsight."""
    memory = as_memory(item, namespace, head.seq, item.at, math.inf)
    memory, relation = _compared(memory, item, head, index)
    if isinstance(relation, compare.Same):
        return Decision(Verdict.MERGE, "repeats a stored memory", into=relation.into)
    verdict = judge.judge(
        head.gate, memory.features, stress=stress, curiosity=curiosity, config=config
    )
    replaced = relation.id if isinstance(relation, compare.Replaces) else None
    return changed(verdict, replaces=replaced)


def _compared(
    memory: Memory, item: Candidate, head: StreamHead, index: NamespaceIndex
) -> tuple[Memory, compare.Relation]:
    """The candidate with its trust and features, and what it is to one of the nearest memories.

    Worked out once between two writes: a turn asks before its tick and again after it.
    """
    held: dict[int, _Compared] = index.kept("compared", dict)
    known = held.get(id(item))
    if known is None or known.item is not item or known.stream is not head.stream:
        if len(held) >= HELD:
            held.clear()
        known = held[id(item)] = _comparison(memory, item, head, index)
    return changed(memory, trust=known.trust, features=known.features), known.relation


class _Compared(NamedTuple):
    """What is known of a candidate until something is written."""

    item: Candidate
    stream: StreamContext
    trust: Trust
    features: Features
    relation: compare.Relation


def _comparison(
    memory: Memory, item: Candidate, head: StreamHead, index: NamespaceIndex
) -> _Compared:
    near = nearest(index, item.vector, item.text, NEAREST)
    probed = [hit for text, vector in item.probes for hit in nearest(index, vector, text, NEAREST)]
    stating = ((ident, 0.0, 0.0) for ident in index.stating.ids(memory.attributes))
    known = [
        (m, cosine, overlap)
        for i, cosine, overlap in dict.fromkeys((*near, *probed, *stating))
        if (m := index.get(i)) is not None
    ]
    recent = [m for m in index.buffered()[-NEAREST:] if m.session == memory.session]
    memory = changed(memory, trust=provenance.trust(memory, (*(m for m, _, _ in known), *recent)))
    relation = compare.relation(memory, known, recent)
    repeats = isinstance(relation, compare.Same)
    features: Features = () if repeats else judge.candidate(memory, near, head.stream)
    return _Compared(item, head.stream, memory.trust, features, relation)


def _merge(memory: Memory, into: str, head: StreamHead, index: NamespaceIndex) -> Write:
    row = index.row(into)
    if extracts.is_of(row.memory, memory.text):
        memory = changed(memory, text=row.memory.text)
    whole = merging.with_merged(row.memory, [memory])
    decision = Decision(Verdict.MERGE, "repeats a stored memory", id=memory.id, into=into)
    charged = judge.charge(head.gate, decision)
    return Write(decision, changed(head, gate=charged), put=(Row(whole, row.vector),))


def settle(
    due: Sequence[Memory],
    head: StreamHead,
    index: NamespaceIndex,
    *,
    stress: float,
    curiosity: float,
    config: GateConfig,
    newest: Row | None = None,
) -> Write:
    """Final verdicts for items that leave the buffer, with the hindsight of what came after.

    A changed fact is never lost: a message that replaces an older one is kept whatever its value.
    What is dropped leaves its words with the messages beside it.
    """
    if not due:
        return Write(judge.NOTHING, head)
    buffered = [*index.buffered(), *([newest.memory] if newest is not None else [])]
    state, judged = judge.settle(
        head.gate,
        due,
        buffered,
        head.stream,
        stress=stress,
        curiosity=curiosity,
        config=config,
        stored=index,
    )
    verdicts = [(item.memory.id, changed(item.decision, id=item.memory.id)) for item in judged]
    put, gone = _parted(judged, newest, index)
    return Write(verdicts[-1][1], changed(head, gate=state), put, gone, tuple(verdicts))


def _parted(
    judged: Sequence[judge.Judged], newest: Row | None, index: NamespaceIndex
) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The rows to put, with the words of what is dropped; and the ids of that."""
    kept = [item for item in judged if item.decision.verdict is not Verdict.DROP]
    gone = [item.memory.id for item in judged if item.decision.verdict is Verdict.DROP]
    put = tuple(Row(_kept(item), _vector(item.memory.id, newest, index)) for item in kept)
    return _with_context(put, gone, index), tuple(gone)


def _with_context(
    put: tuple[Row, ...], gone: Sequence[str], index: NamespaceIndex
) -> tuple[Row, ...]:
    """The rows, and those beside what is gone, with the words that it leaves."""
    known = [ident for ident in gone if ident in index]  # the newest is not in the index yet
    words = leftovers.left(known, index)
    rows = {row.memory.id: row for row in put}
    rows |= {ident: index.row(ident) for ident in words if ident not in rows}
    return tuple(
        Row(changed(row.memory, context=words[ident]), row.vector) if ident in words else row
        for ident, row in rows.items()
    )


def _vector(ident: str, newest: Row | None, index: NamespaceIndex) -> Vector:
    """A memory's vector; the newest message is not in the index yet."""
    if newest is not None and newest.memory.id == ident:
        return newest.vector
    return index.row(ident).vector


def _kept(item: judge.Judged) -> Memory:
    """The memory as it leaves the buffer."""
    memory = item.memory
    state = StateVector(memory.state.stress, item.decision.value, memory.state.recency)
    return changed(memory, tier="short", features=tuple(item.features), state=state)
