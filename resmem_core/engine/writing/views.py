"""Items of another store over the same file that recall sees too: each has a memory as its view.

Whoever writes an item notes it (`due`) in the same transaction, which costs one document; the
memory is made when somebody next reads the namespace (`take_in`). It is pinned, so that it lives as
long as its item, and forgetting it deletes the item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

from resmem_core.engine.state.namespace_state import NamespaceState, retried, session_key
from resmem_core.engine.state.runtime import Runtime
from resmem_core.engine.state.stages import Write, as_memory
from resmem_core.engine.writing.preprocess import preprocess
from resmem_core.errors import AWAY
from resmem_core.memory.gate import judge
from resmem_core.protocols import DeleteDoc, Doc, Op, PutDoc, Row
from resmem_core.types import Memory, Message, Namespace

KIND: Final = "view"
"""Kind of the documents that say which items are due."""

OF: Final = "document"
"""In a memory's metadata: kind and key of the item that it is the view of."""

SESSION: Final = "store"


def due(namespace: Namespace, item: tuple[str, str], text: str, **metadata: str) -> PutDoc:
    """Note that an item was written, or deleted where it has no text.

    Args:
        item: kind and key of its document.
        text: what recall shall know of it.
        metadata: what its memory shall say of it.
    """
    body = {"item": list(item), "text": text, "metadata": metadata}
    return PutDoc(KIND, session_key(namespace, "\x1f".join(item)), body)


def is_view(memory: Memory) -> bool:
    """Whether an item of another store is behind the memory."""
    return OF in memory.metadata


def deletions(gone: Iterable[Memory]) -> list[Op]:
    """The operations that delete the items behind memories."""
    return [DeleteDoc(*m.metadata[OF]) for m in gone if is_view(m)]


def drop_all(state: NamespaceState) -> list[Op]:
    """The operations that let go of what is due in the namespace."""
    waiting = state.store.docs(KIND, session_key(state.namespace))
    return [DeleteDoc(KIND, doc.key) for doc in waiting]


def take_in(runtime: Runtime, state: NamespaceState) -> None:
    """Make, change and delete the views of what is due; nothing while the store is away or safe."""
    with suppress(*AWAY):
        waiting = state.store.docs(KIND, session_key(state.namespace))
        if waiting and not runtime.kill_switch.is_on():
            made = [_made(state, doc.body) for doc in waiting]
            retried(lambda: _write(state, waiting, made))


def _made(state: NamespaceState, body: Mapping[str, Any]) -> tuple[str, Row | None]:
    """The id of an item's view, and the view; None where the item is gone or is never stored."""
    ident = f"item-{blake2b(chr(31).join(body['item']).encode(), digest_size=12).hexdigest()}"
    metadata = {**body["metadata"], OF: list(body["item"])}
    message = Message("assistant", body["text"], id=ident)
    item = preprocess(message, SESSION, state.components) if body["text"].strip() else None
    if item is None or item.refused is not None or state.tombstones.get().forbids(item.text):
        return ident, None
    now = state.components.clock.now()
    memory = as_memory(item, state.namespace, 0, now, state.components.sleep.ttl)
    return ident, Row(replace(memory, tier="long", pinned=True, metadata=metadata), item.vector)


def _write(state: NamespaceState, seen: list[Doc], made: list[tuple[str, Row | None]]) -> None:
    with state.store.exclusive(), state.lock:
        state.refresh()
        versions = {doc.key: state.store.version(KIND, doc.key) for doc in seen}
        fresh = [(d, m) for d, m in zip(seen, made, strict=True) if versions[d.key] == d.version]
        head, rows = state.head, []
        for row in (row for _, (_, row) in fresh if row is not None):
            rows.append(replace(row, memory=replace(row.memory, seq=head.seq)))
            head = replace(head, seq=head.seq + 1, stream=head.stream.seen(row.memory))
        gone = tuple(i for _, (i, row) in fresh if row is None and i in state.index)
        with state.transaction() as transaction:
            transaction.add(Write(judge.NOTHING, head, tuple(rows), gone))
            transaction.note([DeleteDoc(KIND, doc.key) for doc, _ in fresh])
