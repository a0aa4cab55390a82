"""What an outcome changes in the memory: credit, and the gate's model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from resmem_core.engine.state.external_credit import Used
from resmem_core.engine.state.namespace_state import NamespaceState, Transaction
from resmem_core.engine.state.stages import Write
from resmem_core.memory.gate import judge
from resmem_core.memory.sleep import credit as credits_
from resmem_core.memory.sleep.graph import helped_together
from resmem_core.protocols import Op, PutDoc, Row
from resmem_core.stores.codec import key_of
from resmem_core.types import Hit, Outcome

LINKED = 4
"""Of what helped in one step, how many are linked with each other."""


STEP: Final = 0.02
"""A change of credit that is smaller waits until it adds up: a write for less is not worth it."""

WAITING: Final = 4096
"""Memories of a namespace whose credit may wait; the ones that wait longest go first."""


@dataclass(frozen=True, slots=True)
class ClosedTurn:
    """An outcome, what it scores, and what is to be stored with it.

    Attributes:
        context: the hits of the last recalls, the newest last.
        foreign: items of a framework's own index that were in the context.
        extra: the session's state and the like.
    """

    outcome: Outcome
    context: Sequence[Sequence[Hit]]
    foreign: Sequence[Used]
    extra: Sequence[Op]


def credit(
    state: NamespaceState, scored: ClosedTurn, transaction: Transaction
) -> Mapping[str, float]:
    """Spread the outcome's reward over what was in the context, as part of the transaction.

    Returns:
        The changes of credit that wait, by memory, once the transaction is durable.
    """
    reward = credits_.reward_of(scored.outcome)
    extra = list(scored.extra)
    if reward is not None and scored.foreign:
        extra.append(_foreign(state, scored.foreign, reward, scored.outcome))
    if reward is None or not scored.context:
        transaction.note(extra)
        return state.waiting
    changes = dict(state.waiting)
    for ident, delta in _deltas(state, scored, reward).items():
        changes[ident] = changes.pop(ident, 0.0) + delta
    due = {ident: delta for ident, delta in changes.items() if abs(delta) >= STEP}
    waiting = {ident: delta for ident, delta in changes.items() if ident not in due}
    known = {ident: delta for ident, delta in due.items() if ident in state.index}
    transaction.add(_credited(state, known, scored.context[-1]), extra)
    return dict(islice(waiting.items(), max(0, len(waiting) - WAITING), None))


def _deltas(state: NamespaceState, scored: ClosedTurn, reward: float) -> dict[str, float]:
    items = [
        credits_.ContextItem(hit.id, rank, hit.score, age)
        for age, hits in enumerate(reversed(scored.context))
        for rank, hit in enumerate(hits)
        if hit.id in state.index
    ]
    held = (state.index.get(ident) for ident in {item.id for item in items})
    texts = {memory.id: memory.text for memory in held if memory is not None}
    return credits_.assign(items, reward, scored.outcome.answer, texts, scored.outcome.used)


def _foreign(state: NamespaceState, used: Sequence[Used], reward: float, outcome: Outcome) -> Op:
    credited = state.external_credit.get().credited(used, reward, outcome)
    version = state.external_credit.version
    return PutDoc("ledger", key_of(state.namespace), credited.to_doc(), expect=version)


def _credited(state: NamespaceState, deltas: dict[str, float], last: Sequence[Hit]) -> Write:
    """Credit, the gate's lessons, and links between what helped in the last step."""
    gate = state.head.gate
    helped = [hit.id for hit in last if deltas.get(hit.id, 0.0) > 0]
    helped = sorted(helped, key=lambda ident: -deltas[ident])[:LINKED]
    rows = []
    for ident, delta in deltas.items():
        row = state.index.row(ident)
        memory = credits_.apply(row.memory, delta, state.components.clock.now())
        if ident in helped:
            memory = helped_together(memory, helped)
        rows.append(Row(memory, row.vector))
        if judge.named(memory.features):
            gate = judge.learn(gate, memory.features, 0.5 + 0.5 * memory.credit, abs(delta))
    return Write(judge.NOTHING, replace(state.head, gate=gate), put=tuple(rows))
