"""Merges are undone, leave with what is forgotten, and a rehearsed sleep changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from resmem_core import Message, ResilientMemory
from resmem_core.cli.app import app
from resmem_core.errors import InputError, UnknownMemory
from resmem_core.types import Memory

ADA = ("acme", "ada")
PARAPHRASES = (
    "I moved to Lisbon in May.", "My move to Lisbon was in May, I moved.",
    "I moved over to Lisbon in May.", "May was when I moved to Lisbon.",
    "It was May when I moved to Lisbon.",
)  # fmt: skip


@pytest.fixture
def memory() -> Iterator[ResilientMemory]:
    """A memory that keeps everything and sleeps when it is told to."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as opened:
        yield opened


def told(memory: ResilientMemory, *texts: str, session: str = "s") -> None:
    """Messages m0, m1, … of one conversation."""
    talk = memory.session(session, namespace=ADA)
    for at, text in enumerate(texts):
        talk.observe(Message(role="user", text=text, id=f"{session}{at}"))


def held(memory: ResilientMemory) -> list[Memory]:
    """What is stored, without what sleep wrote."""
    return [item for item in memory.scan(ADA) if not item.semantic]


def test_a_merge_of_the_gate_is_undone(memory: ResilientMemory) -> None:
    """Each message stands by itself again, and sleep leaves them so."""
    told(memory, "I row on the lake.", "Hi, i row on the lake!", "I row on the lake.")
    (whole,) = held(memory)

    parts = memory.split(ADA, "s2")

    assert whole.sources == ("s0", "s1", "s2")
    assert [(part.id, part.text) for part in parts] == [
        ("s0", "I row on the lake."),
        ("s1", "Hi, i row on the lake!"),
        ("s2", "I row on the lake."),
    ]
    memory.sleep()
    assert sorted(item.id for item in held(memory)) == ["s0", "s1", "s2"]


def test_a_merge_of_sleep_is_undone(memory: ResilientMemory) -> None:
    """The words that it wrote beside the leader's own are gone again."""
    told(memory, *PARAPHRASES)
    memory.sleep()
    merged = [item for item in held(memory) if item.merged]

    assert merged
    for item in merged:
        memory.split(ADA, item.id)
    assert {item.id: item.text for item in held(memory)} == {
        f"s{at}": text for at, text in enumerate(PARAPHRASES)
    }
    memory.sleep()
    assert len(held(memory)) == len(PARAPHRASES)


def test_there_must_be_something_to_take_apart(memory: ResilientMemory) -> None:
    """One typed error, and nothing is changed."""
    told(memory, "I row on the lake.")

    with pytest.raises(InputError, match="nothing was merged"):
        memory.split(ADA, "s0")
    with pytest.raises(UnknownMemory):
        memory.split(ADA, "nobody")


def test_a_merge_survives_the_file_and_the_export(tmp_path: Path) -> None:
    """Its parts are on disk."""
    place = str(tmp_path / "a.db")
    with ResilientMemory.open(place, keep=1.0) as memory:
        told(memory, "I row on the lake.", "hey, I row on the lake")
    with ResilientMemory.open(place, keep=1.0) as memory:
        assert [part.text for part in held(memory)[0].merged] == ["hey, I row on the lake"]
        assert len(memory.split(ADA, "s0")) == 2


def test_an_edit_changes_no_other_message(memory: ResilientMemory) -> None:
    """A word-for-word repeat keeps the words that it had."""
    told(memory, "I row on the lake.", "I row on the lake.")
    memory.update(ADA, "s0", "I sail on the lake.")

    assert [part.text for part in memory.split(ADA, "s0")] == [
        "I sail on the lake.", "I row on the lake.",
    ]  # fmt: skip


@pytest.mark.parametrize("tombstones", [True, False])
def test_a_forgotten_conversation_takes_its_part_of_a_merge(
    memory: ResilientMemory, tombstones: bool
) -> None:
    """No id and no word of it stays; without tombstones the other conversation's text does."""
    told(memory, "I row on the lake.")
    told(memory, "Hi, i row on the lake!", session="t")

    assert memory.forget(ADA, session="t", tombstones=tombstones) == 1
    assert [(item.sources, item.merged) for item in held(memory)] == (
        [] if tombstones else [(("s0",), ())]
    )


def test_a_rehearsed_sleep_changes_nothing(memory: ResilientMemory) -> None:
    """It says what would go and why, and the cycle itself does just that."""
    told(memory, *PARAPHRASES, "Ben repaired an old boat in Porto.")
    before = memory.scan(ADA)

    (rehearsed,) = memory.sleep(ADA, dry_run=True)
    unchanged = memory.scan(ADA)
    (done,) = memory.sleep(ADA)

    assert unchanged == before
    assert rehearsed.dry_run
    assert not done.dry_run
    assert {item.id for item in before} - {item.id for item in memory.scan(ADA)} == set(
        rehearsed.gone
    )
    assert all(why.startswith("merged into ") for why in rehearsed.gone.values())
    assert rehearsed.after == done.after


def test_a_rehearsal_says_what_the_gate_would_drop() -> None:
    """With its reason."""
    with ResilientMemory.open(":memory:", keep=0.1, auto_sleep=False) as memory:
        told(memory, *(f"Word{at} told me about place{at}." for at in range(20)))
        before = memory.scan(ADA)
        (rehearsed,) = memory.sleep(ADA, dry_run=True)

        assert memory.scan(ADA) == before
        memory.sleep(ADA)
        assert {i.id for i in before} - {i.id for i in memory.scan(ADA)} == set(rehearsed.gone)
        assert all("gate" in why for why in rehearsed.gone.values())


def test_the_command_line_lists_and_splits(tmp_path: Path) -> None:
    """`inspect merges`, `split`, `sleep --dry-run`."""
    place = str(tmp_path / "a.db")
    with ResilientMemory.open(place, keep=1.0) as memory:
        told(memory, "I row on the lake.", "hey, I row on the lake")
    run = CliRunner()

    listed = run.invoke(app, ["inspect", "merges", "--db", place, "--namespace", "acme/ada"])
    assert listed.exit_code == 0
    assert "hey, I row" in listed.output
    dry = run.invoke(app, ["sleep", "--db", place, "--dry-run", "--json"])
    assert dry.exit_code == 0
    assert '"dry_run": true' in dry.output
    split = run.invoke(app, ["split", "s0", "--db", place, "--namespace", "acme/ada"])
    assert split.exit_code == 0
    assert "s1" in split.output
