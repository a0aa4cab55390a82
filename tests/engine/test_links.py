"""No write leaves a memory that links to one that is gone."""

from __future__ import annotations

from collections.abc import Sequence

from resmem_core import Message, Outcome, ResilientMemory
from resmem_core.config.gate import GateConfig
from resmem_core.engine.state.components import Components
from resmem_core.protocols import Op
from resmem_core.stores.sqlite import SqliteStore

SPACE = ("acme", "ada")
TEXTS = [
    f"The {thing} of {name} stands in {place}."
    for thing, name, place in zip(
        ("kiln", "loom", "forge", "mill", "press", "lathe", "crane", "still"),
        ("Ida", "Bo", "Cem", "Dag", "Eva", "Fee", "Gil", "Hal"),
        ("Turin", "Oslo", "Accra", "Perth", "Quito", "Leeds", "Kyoto", "Lima"),
        strict=True,
    )
]


class Watching(SqliteStore):
    """Looks for loose links after every write."""

    loose: list[str]
    deleted = 0

    def apply(self, ops: Sequence[Op]) -> None:
        before = len(self.rows(SPACE))
        super().apply(ops)
        memories = [row.memory for row in self.rows(SPACE)]
        self.deleted += max(0, before - len(memories))
        ids = {memory.id for memory in memories}
        self.loose += [link.target for m in memories for link in m.links if link.target not in ids]


def test_what_goes_takes_the_links_to_it_along() -> None:
    """Also what helped before the gate dropped it; a crash after any write leaves no half."""
    store = Watching(":memory:")
    store.loose = []
    gate = GateConfig(buffer_size=50)
    with ResilientMemory(store, Components.of(0.5, gate=gate, auto_sleep=False)) as memory:
        session = memory.session("1", namespace=SPACE)
        for n, text in enumerate(TEXTS):
            session.observe(Message("user", text, id=f"m{n}"))
        for text in TEXTS:
            session.recall(text, k=4)
            session.turn([], Outcome(success=True, answer=text))
        memory.sleep(SPACE)
        linked = any(row.memory.links for row in store.rows(SPACE))

    assert store.deleted
    assert linked
    assert store.loose == []
