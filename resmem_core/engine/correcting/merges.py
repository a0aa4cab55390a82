"""Merges taken apart again: each message as it was told."""

from __future__ import annotations

from dataclasses import replace

from resmem_core.audit import hashed
from resmem_core.engine.base import actors
from resmem_core.engine.state.components import embed, scores
from resmem_core.engine.state.namespace_state import NamespaceState, retried
from resmem_core.engine.state.stages import Write
from resmem_core.errors import InputError, UnknownMemory
from resmem_core.memory.gate import judge, merging
from resmem_core.protocols import AppendAudit, Row
from resmem_core.types import NEUROCHEMICALS, Memory, Tier, check_id


def split(state: NamespaceState, ident: str) -> list[Memory]:
    """Take apart the memory of this id, or the one that a message of this id went into.

    Raises:
        UnknownMemory: there is no such memory. InputError: nothing was merged into it.
    """
    check_id(ident)
    return retried(lambda: _split(state, ident))


def _split(state: NamespaceState, ident: str) -> list[Memory]:
    with state.store.exclusive(), state.lock:
        state.refresh()
        whole = _whole(state, ident)
        rows = tuple(_back(state, part) for part in merging.apart(whole))
        record: dict[str, object] = {
            "at": state.components.clock.now(), "namespace": list(state.namespace),
            "event": "split", "id": hashed(whole.id), "count": len(rows),
            **actors.by(),
        }  # fmt: skip
        with state.transaction() as transaction:
            transaction.add(Write(judge.NOTHING, state.head, rows))
            transaction.note([AppendAudit(record)])
    return [row.memory for row in rows]


def _whole(state: NamespaceState, ident: str) -> Memory:
    holder = state.store.sources(state.namespace, [ident]).get(ident, ident)
    memory = state.index.get(ident) or state.index.get(holder)
    if memory is None:
        raise UnknownMemory(f"no memory of the id {ident!r:.80} is in this namespace")
    if not memory.merged:
        raise InputError(f"nothing was merged into the memory {memory.id!r:.80}")
    return memory


def _back(state: NamespaceState, part: Memory) -> Row:
    """A part as a row of its own, past the gate, for its verdict was to be kept."""
    components = state.components
    felt = scores(components.classifier, part.text)
    tier: Tier = "short" if part.tier == "buffer" else part.tier
    memory = replace(part, tier=tier, scores=tuple(felt[name] for name in NEUROCHEMICALS))
    return Row(memory, embed(components.embedder, part.text))
