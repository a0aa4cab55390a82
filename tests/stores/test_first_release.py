"""A store of version 0.1 opens, and nothing of it is lost.

`tests/data/store-0.1.db.gz` was written by the code of the first release, commit 44a3031: nine
messages of one conversation, an outcome, a night, a message after it, and a second namespace.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.audit import records, verify

ADA, BEN = ("acme", "ada"), ("acme", "ben")
HELD = {
    "m0": ("mid", "I live in Lisbon."),
    "m1": ("short", "Lisbon it is."),
    "m2": ("long", "The kiln in the shed fires at 1240 degrees."),
    "m3": ("long", "Ines is allergic to walnuts."),
    "m5": ("long", "I moved to Porto in February."),
    "m6": ("long", "Мой врач принимает в Бергене по вторникам."),
    "m7": ("long", "The oboe lesson is on Tuesdays at five."),
    "m8": ("mid", "Kiln shop: open from nine to five."),
    "p1": ("buffer", "The parcel weighs 12 kg and goes to depot 7."),
}
"""What that code said that it held, at the end: id, tier, text."""


@pytest.fixture
def path(tmp_path: Path) -> str:
    packed = Path(__file__).parents[1] / "data/store-0.1.db.gz"
    file = tmp_path / "agent.db"
    file.write_bytes(gzip.decompress(packed.read_bytes()))
    return str(file)


def test_every_memory_is_there_with_all_that_was_known_of_it(path: str) -> None:
    """Texts, tiers, sources, credit, uses, versions, trust, metadata and the other namespace."""
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        found = {m.id: m for m in memory.scan(ADA)}

        assert {ident: (m.tier, m.text) for ident, m in found.items()} == HELD
        assert found["m3"].sources == ("m3", "m4")
        assert (found["m2"].credit, found["m2"].uses) == (0.2, 1)
        assert found["m0"].valid_to == found["m5"].at
        assert found["m8"].trust == "untrusted"
        assert found["m7"].metadata == {"n": 7}
        assert [m.text for m in memory.scan(BEN)] == ["I whistle."]
        assert verify(records(memory.store))


def test_it_goes_on_as_a_store_of_today(path: str) -> None:
    """It recalls, knows its messages again, learns, sleeps, forgets and is exported."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        session = memory.session("monday", namespace=ADA)
        hit = session.recall("How hot does the kiln fire?")[0]
        session.observe(Message("user", HELD["m7"][1], id="m7"))
        session.observe(Message("user", "I row on the Douro at dawn.", id="q"))
        edited = memory.update(ADA, "m2", "The kiln in the shed fires at 1260 degrees.")
        memory.sleep(ADA)
        kept = {m.id for m in memory.scan(ADA) if not m.semantic}
        memory.forget(ADA, ["m3"])
        lines = list(memory.export(ADA))
        with ResilientMemory.open(":memory:", auto_sleep=False) as other:
            other.import_(lines)

            assert list(other.export(ADA)) == lines
        assert hit.id == "m2"
        assert edited.text.endswith("1260 degrees.")
        assert kept >= {*HELD, "q"}
        assert memory.get(ADA, "m3") is None
    with ResilientMemory.open(path) as memory:
        assert memory.get(ADA, "q") is not None
