"""Time: what was said when, what was stored when, and clocks that are wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.engine.base.clock import ManualClock

ADA = ("acme", "ada")
DAY = 86_400.0
TODAY = datetime(2026, 11, 26, tzinfo=UTC).timestamp()
CLOCKS = {"1970": 0.0, "2019": TODAY - 7 * 365 * DAY, "2126": TODAY + 100 * 365 * DAY}


def said(text: str, at: datetime | None = None) -> Message:
    return Message(role="user", text=text, at=at)


@pytest.mark.parametrize("year", [1, 1970, 2027, 2100, 9999])
def test_a_strange_date_stops_no_recall(year: int) -> None:
    """A message dated far ahead or far back is stored, and everything is still found."""
    with ResilientMemory.open(":memory:", keep=1.0, clock=ManualClock(TODAY)) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe(said("The kiln fires at 1,240 degrees."))
        session.observe(said("Tomorrow the boiler is mended.", datetime(year, 12, 31, tzinfo=UTC)))
        hits = session.recall("How hot is the kiln?")
        memory.sleep(ADA)
        again = session.recall("When is the boiler mended?")

    assert "kiln" in hits[0].text
    assert "boiler" in again[0].text


def test_an_import_of_old_conversations_outlives_a_sleep() -> None:
    """At keep=1.0 nothing is forgotten for the dates of its messages."""
    with ResilientMemory.open(":memory:", keep=1.0, clock=ManualClock(TODAY)) as memory:
        session = memory.session("t", namespace=ADA)
        for n, thing in enumerate(("kite", "cello", "kiln", "scarf", "boiler", "ladder")):
            session.observe(said(f"The {thing} went to bay {n}.", datetime(2023, 1, 1 + n)))
        before = {m.id for m in memory.scan(ADA)}
        memory.sleep(ADA)
        after = {source for m in memory.scan(ADA) for source in m.sources}

    assert len(before) == 6
    assert before <= after


@pytest.mark.parametrize("keep", [0.75, 1.0])
@pytest.mark.parametrize("wrong", CLOCKS.values(), ids=CLOCKS)
def test_one_sleep_under_a_wrong_clock_ends_no_life(
    tmp_path: Path, wrong: float, keep: float
) -> None:
    """Stored today, slept once under a wrong clock and once under the right one: still there."""
    path = str(tmp_path / "m.db")
    clock = ManualClock(TODAY)
    with ResilientMemory.open(path, keep=keep, clock=clock, auto_sleep=False) as memory:
        memory.session("t", namespace=ADA).observe(said("My locker is by the quokka enclosure."))
        memory.sleep(ADA)
    for now in (wrong, TODAY + DAY):
        with ResilientMemory.open(path, keep=keep, clock=ManualClock(now)) as memory:
            memory.sleep(ADA)
            left = memory.scan(ADA)

    assert [m.text for m in left] == ["My locker is by the quokka enclosure."]


def test_a_lifetime_that_really_passed_ends(tmp_path: Path) -> None:
    """Where cycles agree that the time to live is over, the item goes."""
    clock = ManualClock(TODAY)
    with ResilientMemory.open(str(tmp_path / "m.db"), clock=clock, auto_sleep=False) as memory:
        memory.session("t", namespace=ADA).observe(said("My locker is by the quokka enclosure."))
        for _ in range(12):
            memory.sleep(ADA)
            clock.wait(60 * DAY)
        left = memory.scan(ADA)

    assert left == []


def test_versions_are_ordered_by_when_they_were_said() -> None:
    """An older statement that arrives later never closes a newer one."""
    with ResilientMemory.open(":memory:", keep=1.0, clock=ManualClock(TODAY)) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe(said("I live in Porto.", datetime(2025, 5, 1, tzinfo=UTC)))
        session.observe(said("I live in Lisbon.", datetime(2020, 5, 1, tzinfo=UTC)))
        porto, lisbon = (
            next(m for m in memory.scan(ADA) if place in m.text) for place in ("Porto", "Lisbon")
        )

    assert porto.valid_to is None
    assert lisbon.valid_to == porto.at
    assert [link.target for link in porto.links if link.kind == "replaces"] == [lisbon.id]


@pytest.mark.parametrize("times", [1, 3])
def test_several_cycles_within_a_day_of_a_wrong_clock_end_no_life(
    tmp_path: Path, times: int
) -> None:
    """Neither a second namespace nor a second cycle bears witness for the same wrong clock."""
    path = str(tmp_path / "m.db")
    names = [("acme", "ada"), ("acme", "ben"), ("acme", "cleo")]
    with ResilientMemory.open(path, clock=ManualClock(TODAY), auto_sleep=False) as memory:
        for name in names:
            memory.session("t", namespace=name).observe(said("The locker is by the zoo."))
        memory.sleep()
    with ResilientMemory.open(path, clock=ManualClock(CLOCKS["2126"])) as memory:
        for _ in range(times):
            memory.sleep()
        left = [len(memory.scan(name)) for name in names]

    assert left == [1, 1, 1]
