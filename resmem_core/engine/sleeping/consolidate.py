"""Runs one sleep cycle: judge what is buffered, plan, apply in chunks, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from uuid import uuid4

import numpy as np

from resmem_core.audit import anchor
from resmem_core.config.sleep import SleepConfig
from resmem_core.engine.sleeping.audit_trim import shorten
from resmem_core.engine.state import archive
from resmem_core.engine.state.components import with_pieces
from resmem_core.engine.state.namespace_state import NamespaceState, audited, retried, session_key
from resmem_core.engine.state.stages import Write
from resmem_core.engine.writing.ingest import settle
from resmem_core.errors import Conflict
from resmem_core.learning import value
from resmem_core.memory.gate import judge
from resmem_core.memory.sleep import plan
from resmem_core.memory.sleep.atoms import Atom, SleepPlan, batches, forgotten, operations
from resmem_core.memory.sleep.passed import with_night
from resmem_core.memory.sleep.retention import EXPIRED
from resmem_core.protocols import Delete, DeleteDoc, Put, PutDoc, Row, TokenEmbedder
from resmem_core.stores.codec import key_of
from resmem_core.types import Memory, SleepReport

CHUNK = 500
"""Operations that one transaction of a cycle carries."""

UNREAD = 200
"""Memories that were stored without pieces and get theirs in one cycle, at some 15 ms each."""

SEEN = 64
"""Conversations whose value a report averages, at most."""

LEASE = 900.0
"""Seconds after which an unfinished cycle's lease is somebody else's to take."""


def run(state: NamespaceState) -> SleepReport | None:
    """Consolidate one namespace; None when another worker is at it."""
    token = uuid4().hex
    resumed = _lease(state, token)
    if resumed is None:
        return None
    try:
        retried(partial(_settle, state))
        report = replace(_apply(state, resumed), value=_value(state))
        if report.dropped:
            config = state.components.sleep
            archive.trim(state.store, state.namespace, min(config.restorable, config.capacity))
        shorten(state.store, state.components.sleep.audit_records, state.components.clock.now())
        return replace(report, anchor=anchor(state.store))
    finally:
        _release(state, token)


def _release(state: NamespaceState, token: str) -> None:
    """Give the lease back, unless it ran out and somebody else holds it now."""
    key = key_of(state.namespace)
    doc = state.store.doc("sleep", key)
    if doc is not None and doc.body["token"] == token:
        state.store.apply([DeleteDoc("sleep", key)])


def _lease(state: NamespaceState, token: str) -> bool | None:
    """Take the namespace's lease: True when a cycle before us did not finish, None when held."""
    key = key_of(state.namespace)
    now = state.components.clock.now()
    doc = state.store.doc("sleep", key)
    if (
        doc is not None
        and now < float(doc.body["until"])
        and float(doc.body["until"]) < now + 2 * LEASE
    ):
        return None
    body = {"token": token, "until": now + LEASE}
    try:
        state.store.apply([PutDoc("sleep", key, body, expect=doc.version if doc else 0)])
    except Conflict:
        return None
    return doc is not None


def _value(state: NamespaceState) -> float | None:
    """What the value head expects of this namespace's conversations, as they were saved."""
    docs = state.store.docs("session", session_key(state.namespace, ""))
    levels = [list(doc.body["level"].values()) for doc in docs[-SEEN:] if "level" in doc.body]
    found = [value.of(np.array(one, dtype=np.float64)) for one in levels]
    known = [one for one in found if one is not None]
    return sum(known) / len(known) if known else None


def _settle(state: NamespaceState) -> None:
    """Final verdicts for everything that waits in the buffer."""
    with state.store.exclusive(), state.lock:
        state.refresh()
        due = state.index.buffered()
        if due:
            write = settle(
                due,
                state.head,
                state.index,
                stress=0.0,
                curiosity=0.0,
                config=state.components.gate,
            )
            dropped = [memory for ident in write.gone if (memory := state.index.get(ident))]
            with state.transaction() as transaction:
                transaction.add(write, audited(state, write))
                transaction.note(archive.put(dropped, state.components.clock.now()))


def _nights(state: NamespaceState) -> tuple[float, ...]:
    """When the store's past cycles ran, with this one noted; they bear witness of time."""
    doc = state.store.doc("nights", "")
    nights = tuple(doc.body["at"]) if doc else ()
    noted = with_night(nights, state.components.clock.now())
    if noted != nights:
        body = {"at": list(noted)}
        with suppress(Conflict):  # then another cycle noted this night
            state.store.apply([PutDoc("nights", "", body, expect=doc.version if doc else 0)])
    return nights


def _apply(state: NamespaceState, resumed: bool) -> SleepReport:
    components = state.components
    cycle = plan.plan(
        state.store.rows(state.namespace),
        now=components.clock.now(),
        config=components.sleep,
        namespace=state.namespace,
        summarize=components.summarize,
        resumed=resumed,
        nights=_nights(state),
        waited=components.clock.elapsed() - state.opened,
    )
    for batch in batches(cycle, CHUNK):
        retried(partial(_write, state, cycle, batch))
    _read_again(state)
    return cycle.report


def _read_again(state: NamespaceState) -> None:
    """Give some of the memories that were stored without pieces theirs; the model runs unlocked."""
    embedder = state.components.embedder
    if not isinstance(embedder, TokenEmbedder):
        return
    with state.lock:
        state.refresh()
        unread = [state.index.row(ident) for ident in state.index.unread()[-UNREAD:]]
    read = [row for row in with_pieces(embedder, unread) if row.pieces]
    if read:
        retried(partial(_write_read, state, read))


def _write_read(state: NamespaceState, read: Sequence[Row]) -> None:
    """The rows, without those whose text is another one by now."""
    with state.store.exclusive(), state.lock:
        state.refresh()
        held = [(row, state.index.get(row.memory.id)) for row in read]
        put = tuple(
            replace(row, memory=memory)
            for row, memory in held
            if memory is not None and memory.text == row.memory.text
        )
        with state.transaction() as transaction:
            transaction.add(Write(judge.NOTHING, state.head, put))


def _write(state: NamespaceState, cycle: SleepPlan, batch: Sequence[Atom]) -> None:
    """One batch, without what was observed or credited since the plan was made."""
    with state.store.exclusive(), state.lock:
        state.refresh()
        ops = operations(cycle, batch, state.index.get)
        put = tuple(row for op in ops if isinstance(op, Put) for row in op.rows)
        gone = tuple(ident for op in ops if isinstance(op, Delete) for ident in op.ids)
        aside = _restorable(state, batch)
        if ops:
            with state.transaction() as transaction:
                transaction.add(Write(judge.NOTHING, state.head, put, gone))
                transaction.note(archive.put(aside, state.components.clock.now()))


def _restorable(state: NamespaceState, batch: Sequence[Atom]) -> list[Memory]:
    """What the batch forgets and may come back: not what a time to live ended that was set."""
    promised = state.components.sleep.ttl != SleepConfig().ttl
    found = forgotten(batch, state.index.get)
    return [memory for memory, why in found if not (promised and why == EXPIRED)]
