"""One durable write of a session: messages, and what the outcome of their turn changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from resmem_core.engine.state.namespace_state import NamespaceState, Transaction, audited
from resmem_core.engine.state.stages import Candidate, Write
from resmem_core.engine.writing import crediting
from resmem_core.engine.writing.ingest import ingest, judge_now
from resmem_core.memory.gate import extracts
from resmem_core.memory.gate.tombstones import Tombstones
from resmem_core.protocols import Op
from resmem_core.types import Decision, Memory, Verdict

FORGOTTEN: Final = Decision(Verdict.DROP, "says again what was forgotten; allow() lifts that")


def commit(
    state: NamespaceState,
    candidates: Sequence[Candidate],
    closed: crediting.ClosedTurn | None = None,
    *,
    stress: float,
    curiosity: float,
    extra: Sequence[Op] = (),
) -> list[Decision]:
    """Take the messages in, in order, and credit the outcome: all of it durable, or none.

    Args:
        closed: the turn that they end, if it ends.
        extra: what is to be durable with it.

    Raises:
        Conflict: another process was first; nothing was applied.
        StoreError: the store refused; nothing was applied.
        OverLimit: the namespace is at one of its limits; nothing was applied.
    """
    with state.meter.writing(len(candidates)), state.store.exclusive(), state.lock:
        state.refresh()
        stones = state.tombstones.get()
        with state.transaction() as transaction:
            decisions = [
                candidate.refused
                or _forgotten(state, candidate, transaction, stones)
                or _one(state, candidate, transaction, stress, curiosity)
                for candidate in candidates
            ]
            transaction.limit()
            transaction.note(extra)
            waiting = crediting.credit(state, closed, transaction) if closed else state.waiting
        state.waiting = waiting
    return decisions


def verdicts(
    state: NamespaceState, candidates: Sequence[Candidate], *, stress: float, curiosity: float
) -> list[Decision]:
    """What the gate would say of each message now; nothing is written."""
    with state.lock:
        state.refresh()
        stones = state.tombstones.get()
        return [
            candidate.refused
            or (FORGOTTEN if stones.forbids(candidate.text) else None)
            or judge_now(
                candidate,
                state.head,
                state.index,
                state.namespace,
                stress=stress,
                curiosity=curiosity,
                config=state.components.gate,
            )
            for candidate in candidates
        ]


def novelty(decisions: Sequence[Decision]) -> float | None:
    """How new the newest of the judged messages is, in [0, 1]; None when none was compared."""
    return max((d.features["novelty"] for d in decisions if "novelty" in d.features), default=None)


def _forgotten(
    state: NamespaceState, candidate: Candidate, transaction: Transaction, stones: Tombstones
) -> Decision | None:
    if not stones.forbids(candidate.text):
        return None
    transaction.note(audited(state, Write(replace(FORGOTTEN, id=candidate.id), state.head)))
    return FORGOTTEN


def _one(
    state: NamespaceState,
    candidate: Candidate,
    transaction: Transaction,
    stress: float,
    curiosity: float,
) -> Decision:
    known, edited = None, None
    if candidate.named:
        candidate, known, edited = _identified(state, candidate)
    if known is not None:
        return Decision(Verdict.MERGE, "this message is already stored", id=known)
    taken = ingest(
        candidate,
        state.head,
        state.index,
        state.namespace,
        stress=stress,
        curiosity=curiosity,
        config=state.components.gate,
        now=state.components.clock.now(),
        ttl=state.components.sleep.ttl,
        edited=edited,
    )
    transaction.add(taken, audited(state, taken))
    return taken.decision


def _identified(
    state: NamespaceState, candidate: Candidate
) -> tuple[Candidate, str | None, str | None]:
    """The candidate under an id of its own, the memory that holds it already, what it edits.

    A message is known by its conversation, its id and its text. The same id with another text in
    one conversation is an edit; in another conversation it is another message.
    """
    holder = _holder(state, candidate.id)
    if holder is None:
        return candidate, None, None
    wordings = {holder.text, *(version.text for version in holder.versions)}
    known = candidate.text in wordings or extracts.is_of(holder, candidate.text)
    same = holder.session == candidate.session and known
    if same or holder.semantic:
        return candidate, holder.id, None
    own = blake2b(f"{candidate.session}\x1f{candidate.text}".encode(), digest_size=6).hexdigest()
    renamed = replace(candidate, id=f"{candidate.id}@{own}")
    other = _holder(state, renamed.id)
    edits = holder.id == candidate.id and holder.session == candidate.session
    return renamed, other.id if other else None, holder.id if edits else None


def _holder(state: NamespaceState, ident: str) -> Memory | None:
    """The memory that a message of this id went into; its own before one written from it."""
    own = state.index.get(ident)
    if own is not None:
        return own
    found = state.store.sources(state.namespace, [ident]).get(ident)
    return state.index.get(found) if found is not None else None
