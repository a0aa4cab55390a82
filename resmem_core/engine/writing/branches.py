"""Branches of a conversation that were left: what was said on them waits aside.

A framework with checkpoints lets a person go back and go on from there. What was said after that
point is no part of the conversation any more, so it does not speak in recall; it comes back when
somebody goes on with that branch.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from resmem_core.audit import hashed
from resmem_core.engine.state import archive
from resmem_core.engine.state.components import embed_all
from resmem_core.engine.state.namespace_state import NamespaceState, retried
from resmem_core.engine.state.stages import Write
from resmem_core.memory.gate import judge
from resmem_core.memory.gate.extracts import CUT
from resmem_core.memory.privacy.aliases import alias
from resmem_core.protocols import AppendAudit, Row
from resmem_core.types import Memory

LEFT: Final = "branch"
"""In the metadata of a memory that waits aside: the conversation whose branch was left."""


def follow(state: NamespaceState, session: str, messages: Collection[str]) -> int:
    """Set aside what the conversation holds beyond its messages, and take back what is among them.

    Args:
        session: the conversation.
        messages: ids of the messages that it consists of now, the newest included.

    Returns:
        How many memories were set aside. None where no memory says how far the conversation came.
    """
    known = frozenset(alias(ident, state.components.redactor) for ident in messages)
    return retried(lambda: _follow(state, session, known))


def _follow(state: NamespaceState, session: str, known: frozenset[str]) -> int:
    with state.store.exclusive(), state.lock:
        state.refresh()
        own = [m for m in state.index.memories() if m.session == session and _said(m)]
        reached = max((m.seq for m in own if m.id in known), default=None)
        aside = [m for m, _ in archive.forgotten(state.store, state.namespace)]
        back = [m for m in aside if m.metadata.get(LEFT) == session and m.id in known]
        left = [m for m in own if reached is not None and m.seq > reached and _off(m, known)]
        if left or back:
            _moved(state, session, left, back)
    return len(left)


def _said(memory: Memory) -> bool:
    """A message of the conversation: neither what sleep wrote nor what a tool kept."""
    return not memory.semantic and memory.metadata.keys() <= {CUT}


def _without(memory: Memory) -> dict[str, object]:
    """Its metadata as they were before it was left."""
    return {name: value for name, value in memory.metadata.items() if name != LEFT}


def _off(memory: Memory, known: frozenset[str]) -> bool:
    ids = {part.partition("#")[0] for part in (memory.id, *memory.sources)}
    return known.isdisjoint(ids)


def _moved(state: NamespaceState, session: str, left: list[Memory], back: list[Memory]) -> None:
    now = state.components.clock.now()
    vectors = embed_all(state.components.embedder, [m.text for m in back])
    rows = tuple(
        Row(replace(m, metadata=_without(m)), vector)
        for m, vector in zip(back, vectors, strict=True)
    )
    noted = [replace(m, metadata={**m.metadata, LEFT: session}) for m in left]
    record = {
        "at": now, "namespace": list(state.namespace), "event": "branch", "count": len(left),
        "back": len(back), "session": hashed(session),
    }  # fmt: skip
    with state.transaction() as transaction:
        gone = tuple(m.id for m in left)
        transaction.add(Write(judge.NOTHING, state.head, rows, gone))
        transaction.note(archive.put(noted, now))
        transaction.note(archive.drop(state.namespace, [m.id for m in back]))
        transaction.note([AppendAudit(record)])
