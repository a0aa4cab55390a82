"""Documents that somebody puts in to be found again: each is kept whole, and nothing is judged.

A passage is no turn of a conversation: it states nothing about the user, replaces no older fact and
competes for no slot of the gate. It is cleaned, redacted and screened like a message, embedded, and
stored as a pinned memory, which sleep neither forgets nor merges. Its id is its identity: another
text under it takes its place, and two ids may hold the same text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from resmem_core.engine.state.components import embed_all
from resmem_core.engine.state.namespace_state import NamespaceState, retried
from resmem_core.engine.state.stages import Write, trust_of
from resmem_core.engine.writing.preprocess import safe, suspicious
from resmem_core.errors import InputError, InputTypeError
from resmem_core.memory.gate import judge
from resmem_core.protocols import Row
from resmem_core.types import Decision, Memory, Message, Verdict, epoch

CHUNK: Final = 500
"""Documents that one transaction takes in."""

KEPT: Final = Decision(Verdict.KEEP, "a document is kept as it is")
THERE: Final = Decision(Verdict.MERGE, "this document is already stored")
FORGOTTEN: Final = Decision(Verdict.DROP, "says again what was forgotten; allow() lifts that")

_NAMES: Final = ("ref_doc_id", "source", "url", "file_path", "file_name")
"""Metadata that names the document of a passage, the first that is there."""


def take_in(state: NamespaceState, documents: Sequence[Message], session: str) -> list[Decision]:
    """Store the documents, `CHUNK` of them at a time; each chunk all or none.

    Args:
        documents: with ids of their own where they may come again. Their role does not count:
            they are as little trusted as a tool's result, unless they say "trusted".
        session: where passages belong whose metadata names no document.

    Raises:
        InputTypeError: no `Message`. InputError: an id is a message's, not a document's.
        EmbedderError, StoreError: as for `Session.observe`. Nothing of that chunk was stored.
    """
    decisions: list[Decision] = []
    for start in range(0, len(documents), CHUNK):
        made = [_made(state, one, session) for one in documents[start : start + CHUNK]]
        rows = _embedded(state, [memory for memory, refused in made if refused is None])
        decided = retried(partial(_write, state, rows))
        decisions += [refused or decided[memory.id] for memory, refused in made]
    return decisions


def is_document(memory: Memory) -> bool:
    """Whether the memory was put in as a document: nothing was felt in it or judged of it."""
    return memory.role == "tool" and not (memory.scores or memory.features or memory.semantic)


def _made(state: NamespaceState, document: Message, session: str) -> tuple[Memory, Decision | None]:
    """The memory that it becomes, and why it is never stored, if so."""
    if not isinstance(document, Message):
        raise InputTypeError(f"a Message is needed, got {type(document).__name__}")
    message = safe(replace(document, role="tool", kind="chat"), state.components)
    assert message.id is not None
    assert message.at is not None
    metadata = message.metadata
    place = next((str(metadata[name]) for name in _NAMES if metadata.get(name)), session)
    trust = "quarantined" if suspicious(message) else trust_of(message)
    memory = Memory(
        id=message.id,
        namespace=state.namespace,
        text=message.text,
        sources=(message.id,),
        role="tool",
        author=message.author or "document",
        session=place,
        at=epoch(message.at),
        tier="long",
        trust=trust,
        stored_at=state.components.clock.now(),
        metadata=metadata,
        pinned=True,
    )
    refused = judge.screen(message, message.text)
    return memory, replace(refused, id=memory.id) if refused else None


def _embedded(state: NamespaceState, memories: Sequence[Memory]) -> list[Row]:
    """The rows; of several under one id the last."""
    last = list({memory.id: memory for memory in memories}.values())
    if not last:
        return []
    vectors = embed_all(state.components.embedder, [memory.text for memory in last])
    return [Row(memory, vector) for memory, vector in zip(last, vectors, strict=True)]


def _write(state: NamespaceState, rows: Sequence[Row]) -> dict[str, Decision]:
    with state.meter.writing(len(rows)), state.store.exclusive(), state.lock:
        state.refresh()
        stones = state.tombstones.get()
        decided: dict[str, Decision] = {}
        new: list[Row] = []
        head = state.head
        for row in rows:
            decision = FORGOTTEN if stones.forbids(row.memory.text) else _decided(state, row.memory)
            decided[row.memory.id] = replace(decision, id=row.memory.id)
            if decision is KEPT:
                new.append(replace(row, memory=replace(_credited(state, row.memory), seq=head.seq)))
                head = replace(head, seq=head.seq + 1)
        if new:
            with state.transaction() as transaction:
                transaction.add(Write(judge.NOTHING, head, tuple(new)))
                transaction.limit()
    return decided


def _decided(state: NamespaceState, memory: Memory) -> Decision:
    """Whether it is new under its id."""
    held = state.index.get(memory.id)
    if held is None:
        return KEPT
    if not is_document(held):
        raise InputError(
            f"the id {memory.id!r:.60} is a message's; documents need ids of their own"
        )
    same = (held.text, held.metadata, held.trust) == (memory.text, memory.metadata, memory.trust)
    return THERE if same else KEPT


def _credited(state: NamespaceState, memory: Memory) -> Memory:
    """The memory with the credit that the same text had under its id."""
    held = state.index.get(memory.id)
    if held is None or held.text != memory.text:
        return memory
    return replace(memory, credit=held.credit, uses=held.uses, used_at=held.used_at)
