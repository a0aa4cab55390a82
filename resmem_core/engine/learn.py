"""What an outcome changes in the memory: credit, and the gate's model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from resmem_core.engine.ingest import Write
from resmem_core.engine.ledger import Used
from resmem_core.engine.space import Space
from resmem_core.memory import credit as credits_
from resmem_core.memory import gate
from resmem_core.memory.graph import helped_together
from resmem_core.protocols import Op, PutDoc, Row
from resmem_core.stores.codec import key_of
from resmem_core.types import Hit, Outcome

LINKED = 4
"""Of what helped in one step, how many are linked with each other."""


def credit(
    space: Space,
    context: Sequence[Sequence[Hit]],
    foreign: Sequence[Used],
    outcome: Outcome,
    extra: Sequence[Op],
) -> None:
    """Spread the outcome's reward over what was in the context, in one durable write."""
    reward = credits_.reward_of(outcome)
    if reward is not None and foreign:
        extra = [*extra, _foreign(space, foreign, reward, outcome)]
    with space.lock:
        space.refresh()
        if reward is None or not context:
            space.store.apply(list(extra))
            return
        items = [
            credits_.ContextItem(hit.id, rank, hit.score, age)
            for age, hits in enumerate(reversed(context))
            for rank, hit in enumerate(hits)
            if space.index.get(hit.id) is not None
        ]
        texts = {item.id: space.index.row(item.id).memory.text for item in items}
        deltas = credits_.assign(items, reward, outcome.answer, texts, outcome.used)
        with space.transaction() as transaction:
            transaction.add(_credited(space, deltas, context[-1]), extra)


def _foreign(space: Space, used: Sequence[Used], reward: float, outcome: Outcome) -> Op:
    ledger = space.ledger().credited(used, reward, outcome)
    key, version = key_of(space.namespace), space.ledger_version
    return PutDoc("ledger", key, ledger.to_doc(), expect=version)


def _credited(space: Space, deltas: dict[str, float], last: Sequence[Hit]) -> Write:
    """Credit, the gate's lessons, and links between what helped in the last step."""
    state = space.head.gate
    helped = [hit.id for hit in last if deltas.get(hit.id, 0.0) > 0]
    helped = sorted(helped, key=lambda ident: -deltas[ident])[:LINKED]
    rows = []
    for ident, delta in deltas.items():
        row = space.index.row(ident)
        memory = credits_.apply(row.memory, delta)
        if ident in helped:
            memory = helped_together(memory, helped)
        rows.append(Row(memory, row.vector))
        if memory.features:
            state = gate.learn(state, memory.features, 0.5 + 0.5 * memory.credit, abs(delta))
    return Write(gate.NOTHING, replace(space.head, gate=state), put=tuple(rows))
