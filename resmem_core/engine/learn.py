"""What an outcome changes in the memory: credit, and the gate's model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from resmem_core.engine.ingest import Write
from resmem_core.engine.space import Space
from resmem_core.memory import gate
from resmem_core.memory import credit as credits_
from resmem_core.protocols import Op, Row
from resmem_core.types import Outcome

if TYPE_CHECKING:
    from resmem_core.engine.session import Recalled


def credit(
    space: Space, context: Sequence[Recalled], outcome: Outcome, extra: Sequence[Op]
) -> None:
    """Spread the outcome's reward over the memories in the context, in one durable write."""
    reward = credits_.reward_of(outcome)
    with space.lock:
        space.refresh()
        if reward is None or not context:
            space.store.apply(list(extra))
            return
        items = [
            credits_.ContextItem(ident, rank, score, age)
            for age, recalled in enumerate(reversed(context))
            for rank, (ident, score) in enumerate(zip(recalled.ids, recalled.scores, strict=True))
            if space.index.get(ident) is not None
        ]
        texts = {item.id: space.index.row(item.id).memory.text for item in items}
        deltas = credits_.assign(items, reward, outcome.answer, texts, outcome.used)
        space.commit(_credited(space, deltas), extra)


def _credited(space: Space, deltas: dict[str, float]) -> Write:
    state = space.head.gate
    rows = []
    for ident, delta in deltas.items():
        row = space.index.row(ident)
        memory = credits_.apply(row.memory, delta)
        rows.append(Row(memory, row.vector))
        if memory.features:
            state = gate.learn(state, memory.features, 0.5 + 0.5 * memory.credit, abs(delta))
    return Write(gate.NOTHING, replace(space.head, gate=state), put=tuple(rows))
