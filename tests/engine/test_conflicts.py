"""What is only suspected is flagged, listed and settled; it closes nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from resmem_core import Message, ResilientMemory
from resmem_core.cli.app import app
from resmem_core.errors import InputError, UnknownMemory

ADA = ("acme", "ada")


def told(memory: ResilientMemory) -> None:
    """Two statements of which the second may contradict the first."""
    talk = memory.session("s", namespace=ADA)
    talk.observe(Message(role="user", text="I work at Acme.", id="m1"))
    talk.observe(Message(role="user", text="I joined Globex last month.", id="m2"))


@pytest.fixture
def memory() -> Iterator[ResilientMemory]:
    """A memory that holds a conflict."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as opened:
        told(opened)
        yield opened


def test_a_conflict_is_flagged_and_listed(memory: ResilientMemory) -> None:
    """On both hits and in the list; both memories stay current, through a sleep too."""
    for _ in range(2):
        hits = {hit.id: hit.conflict for hit in memory.search(ADA, "Where do I work? Acme Globex")}
        (found,) = memory.conflicts(ADA)

        assert hits == {"m1": ("m2",), "m2": ("m1",)}
        assert (found.older.id, found.newer.id) == ("m1", "m2")
        assert all(item.valid_to is None for item in memory.scan(ADA))
        memory.sleep()


def test_the_newer_one_holds(memory: ResilientMemory) -> None:
    """The older one is closed and linked, and restore takes that back."""
    memory.settle(ADA, "m2", "m1")
    items = {item.id: item for item in memory.scan(ADA)}

    assert memory.conflicts(ADA) == []
    assert items["m1"].valid_to == items["m2"].at
    assert [(link.kind, link.target) for link in items["m2"].links] == [("replaces", "m1")]
    assert memory.restore(ADA, "m1").valid_to is None


def test_the_older_one_holds(memory: ResilientMemory) -> None:
    """The newer one is closed, not before its own beginning."""
    memory.settle(ADA, "m1", "m2")
    items = {item.id: item for item in memory.scan(ADA)}
    end = items["m2"].valid_to

    assert items["m1"].valid_to is None
    assert end is not None
    assert end >= items["m2"].at


def test_both_may_hold(memory: ResilientMemory) -> None:
    """Then the mark goes and nothing else changes."""
    memory.settle(ADA, "m1", "m2", both=True)

    assert memory.conflicts(ADA) == []
    assert all(item.valid_to is None and item.links == () for item in memory.scan(ADA))


def test_only_a_conflict_is_settled(memory: ResilientMemory) -> None:
    """One typed error, and nothing is changed."""
    memory.settle(ADA, "m1", "m2", both=True)

    with pytest.raises(InputError, match="no conflict"):
        memory.settle(ADA, "m1", "m2")
    with pytest.raises(UnknownMemory):
        memory.settle(ADA, "m1", "nobody")


def test_what_is_forgotten_is_in_no_conflict(memory: ResilientMemory) -> None:
    """Nor does its mark stay on the other one."""
    memory.forget(ADA, ["m1"])

    assert memory.conflicts(ADA) == []
    assert [hit.conflict for hit in memory.search(ADA, "Globex")] == [()]


def test_the_command_line_lists_and_settles(tmp_path: Path) -> None:
    """`resmem conflicts` and `resmem settle`."""
    place = str(tmp_path / "a.db")
    with ResilientMemory.open(place, keep=1.0) as memory:
        told(memory)
    run, where = CliRunner(), ["--db", place, "--namespace", "acme/ada"]

    listed = run.invoke(app, ["conflicts", *where])
    assert listed.exit_code == 0
    assert "Globex" in listed.output
    assert run.invoke(app, ["settle", "m2", "m1", *where]).exit_code == 0
    assert run.invoke(app, ["conflicts", "--json", *where]).output.strip() == "[]"
