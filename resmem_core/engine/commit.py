"""One durable write of a session: messages, and what the outcome of their turn changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from resmem_core.engine import crediting
from resmem_core.engine.ingest import Candidate, ingest, judge_now
from resmem_core.engine.namespace_state import NamespaceState, Transaction, audited
from resmem_core.types import Decision, Verdict

Score: TypeAlias = Callable[[Sequence[Decision]], crediting.ClosedTurn | None]


def unscored(_: Sequence[Decision]) -> None:
    """The score of a write that ends no turn."""


def commit(
    state: NamespaceState,
    candidates: Sequence[Candidate],
    score: Score,
    *,
    stress: float,
    curiosity: float,
) -> list[Decision]:
    """Take the messages in, in order, and credit the outcome: all of it durable, or none.

    Args:
        score: decisions -> the outcome of the turn that they end, if it ends; its first call may
            have effects.

    Raises:
        Conflict: another process was first; nothing was applied.
        StoreError: the store refused; nothing was applied.
    """
    with state.lock, state.store.exclusive():
        state.refresh()
        with state.transaction() as transaction:
            decisions = [
                candidate.refused or _one(state, candidate, transaction, stress, curiosity)
                for candidate in candidates
            ]
            scored = score(decisions)
            waiting = crediting.credit(state, scored, transaction) if scored else state.waiting
        state.waiting = waiting
    return decisions


def verdict(
    state: NamespaceState, candidate: Candidate, *, stress: float, curiosity: float
) -> Decision:
    """What the gate would say of the message now; nothing is written."""
    with state.lock:
        state.refresh()
        return judge_now(
            candidate,
            state.head,
            state.index,
            state.namespace,
            stress=stress,
            curiosity=curiosity,
            config=state.components.gate,
        )


def _one(
    state: NamespaceState,
    candidate: Candidate,
    transaction: Transaction,
    stress: float,
    curiosity: float,
) -> Decision:
    known = _known(state, candidate) if candidate.named else None
    if known is not None:
        return Decision(Verdict.MERGE, "this message id is already stored", id=known)
    taken = ingest(
        candidate,
        state.head,
        state.index,
        state.namespace,
        stress=stress,
        curiosity=curiosity,
        config=state.components.gate,
        expires=state.components.clock.now() + state.components.sleep.ttl,
    )
    transaction.add(taken, audited(state, taken))
    return taken.decision


def _known(state: NamespaceState, candidate: Candidate) -> str | None:
    """The memory that holds the message already, or None."""
    found = state.store.sources(state.namespace, [candidate.id]).get(candidate.id)
    return candidate.id if found is None and candidate.id in state.index else found
