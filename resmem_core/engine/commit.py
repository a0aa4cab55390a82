"""One durable write of a session: messages, and what the outcome of their turn changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from resmem_core.engine import learn
from resmem_core.engine.ingest import Prepared, ingest, judge_now
from resmem_core.engine.namespace_state import Space, Transaction, audited
from resmem_core.engine.preprocess import Intake
from resmem_core.types import Decision, Verdict

Score: TypeAlias = Callable[[Sequence[Decision]], learn.Scored | None]


def unscored(_: Sequence[Decision]) -> None:
    """The score of a write that ends no turn."""


def write(
    space: Space,
    intakes: Sequence[Intake],
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
    with space.lock, space.store.exclusive():
        space.refresh()
        with space.transaction() as transaction:
            decisions = [
                intake.refused or _one(space, intake.item, transaction, stress, curiosity)
                for intake in intakes
            ]
            scored = score(decisions)
            waiting = learn.credit(space, scored, transaction) if scored else space.waiting
        space.waiting = waiting
    return decisions


def verdict(space: Space, item: Prepared, *, stress: float, curiosity: float) -> Decision:
    """What the gate would say of the message now; nothing is written."""
    with space.lock:
        space.refresh()
        return judge_now(
            item,
            space.head,
            space.index,
            space.namespace,
            stress=stress,
            curiosity=curiosity,
            config=space.parts.gate,
        )


def _one(
    space: Space, item: Prepared, transaction: Transaction, stress: float, curiosity: float
) -> Decision:
    known = _known(space, item) if item.named else None
    if known is not None:
        return Decision(Verdict.MERGE, "this message id is already stored", id=known)
    taken = ingest(
        item,
        space.head,
        space.index,
        space.namespace,
        stress=stress,
        curiosity=curiosity,
        config=space.parts.gate,
        expires=space.parts.clock.now() + space.parts.sleep.ttl,
    )
    transaction.add(taken, audited(space, taken))
    return taken.decision


def _known(space: Space, item: Prepared) -> str | None:
    """The memory that holds the message already, or None."""
    found = space.store.sources(space.namespace, [item.id]).get(item.id)
    return item.id if found is None and item.id in space.index else found
