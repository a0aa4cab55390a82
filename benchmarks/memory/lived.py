"""A conversation as users live through it: observed, slept over, and asked about a year later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from benchmarks.memory.conversations import Conversation, seconds
from resmem_core.engine.base.clock import ManualClock
from resmem_core.engine.memory import ResilientMemory
from resmem_core.memory.sleep.atoms import SleepPlan
from resmem_core.protocols import Embedder, Row

YEAR: Final = 365 * 86_400.0
"""Seconds."""

Kept: TypeAlias = list[Row]


@dataclass(frozen=True, slots=True)
class Lived:
    """What the product holds of a conversation: before it slept, after, and a year later."""

    awake: Kept
    slept: Kept
    later: Kept


def live(conversation: Conversation, embedder: Embedder) -> Lived:
    """Take a conversation through a memory that keeps everything, under its own clock."""
    namespace = ("bench", conversation.name)
    clock = ManualClock(min(map(seconds, conversation.messages), default=0.0))
    with ResilientMemory.open(
        ":memory:", keep=1.0, embedder=embedder, clock=clock, auto_sleep=False
    ) as memory:
        for item in conversation.messages:
            clock.wait(max(0.0, seconds(item) - clock.at))
            memory.session(item.session, namespace=namespace).observe(item.message)
        state = memory.namespace_state(namespace)

        def held() -> Kept:
            return [state.index.row(each.id) for each in state.index.memories()]

        awake = held()
        memory.sleep(namespace)
        slept = held()
        clock.wait(YEAR)
        memory.sleep(namespace)
        return Lived(awake, slept, held())


def after(rows: Kept, plan: SleepPlan) -> Kept:
    """The rows after a plan was carried out."""
    held = {row.memory.id: row for row in rows}
    for atom in plan.atoms:
        for ident in atom.gone:
            held.pop(ident, None)
        held |= {row.memory.id: row for row in atom.put}
    return list(held.values())
