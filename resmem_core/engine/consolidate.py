"""Runs one sleep cycle: judge what is buffered, plan, apply in chunks, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import uuid4

from resmem_core.engine.audit_trim import shorten
from resmem_core.engine.ingest import Write, settle
from resmem_core.engine.namespace_state import Space, audited, retried
from resmem_core.errors import Conflict
from resmem_core.memory.gate import judge
from resmem_core.memory.sleep import plan
from resmem_core.memory.sleep.atoms import Atom, SleepPlan, batches, operations
from resmem_core.protocols import Delete, DeleteDoc, Put, PutDoc
from resmem_core.stores.codec import key_of
from resmem_core.types import SleepReport

CHUNK = 500
"""Operations that one transaction of a cycle carries."""

LEASE = 900.0
"""Seconds after which an unfinished cycle's lease is somebody else's to take."""


def run(space: Space) -> SleepReport | None:
    """Consolidate one namespace; None when another worker is at it."""
    token = uuid4().hex
    resumed = _lease(space, token)
    if resumed is None:
        return None
    try:
        retried(partial(_settle, space))
        report = _apply(space, resumed)
        shorten(space.store, space.parts.sleep.audit_records, space.parts.clock.now())
        return report
    finally:
        _release(space, token)


def _release(space: Space, token: str) -> None:
    """Give the lease back, unless it ran out and somebody else holds it now."""
    key = key_of(space.namespace)
    doc = space.store.doc("sleep", key)
    if doc is not None and doc.body["token"] == token:
        space.store.apply([DeleteDoc("sleep", key)])


def _lease(space: Space, token: str) -> bool | None:
    """Take the namespace's lease: True when a cycle before us did not finish, None when held."""
    key = key_of(space.namespace)
    now = space.parts.clock.now()
    doc = space.store.doc("sleep", key)
    if (
        doc is not None
        and now < float(doc.body["until"])
        and float(doc.body["until"]) < now + 2 * LEASE
    ):
        return None
    body = {"token": token, "until": now + LEASE}
    try:
        space.store.apply([PutDoc("sleep", key, body, expect=doc.version if doc else 0)])
    except Conflict:
        return None
    return doc is not None


def _settle(space: Space) -> None:
    """Final verdicts for everything that waits in the buffer."""
    with space.lock, space.store.exclusive():
        space.refresh()
        due = space.index.buffered()
        if due:
            write = settle(
                due, space.head, space.index, stress=0.0, curiosity=0.0, config=space.parts.gate
            )
            with space.transaction() as transaction:
                transaction.add(write, audited(space, write))


def _apply(space: Space, resumed: bool) -> SleepReport:
    parts = space.parts
    cycle = plan.plan(
        space.store.rows(space.namespace),
        now=parts.clock.now(),
        config=parts.sleep,
        namespace=space.namespace,
        summarize=parts.summarize,
        resumed=resumed,
    )
    for batch in batches(cycle, CHUNK):
        retried(partial(_write, space, cycle, batch))
    return cycle.report


def _write(space: Space, cycle: SleepPlan, batch: Sequence[Atom]) -> None:
    """One batch, without what was observed or credited since the plan was made."""
    with space.lock, space.store.exclusive():
        space.refresh()
        ops = operations(cycle, batch, space.index.get)
        put = tuple(row for op in ops if isinstance(op, Put) for row in op.rows)
        gone = tuple(ident for op in ops if isinstance(op, Delete) for ident in op.ids)
        if ops:
            with space.transaction() as transaction:
                transaction.add(Write(judge.NOTHING, space.head, put, gone))
