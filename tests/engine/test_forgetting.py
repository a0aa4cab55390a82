"""What was forgotten stays forgotten, and identity of messages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.forget import measure
from resmem_core import Message, Outcome, ResilientMemory, Session, Verdict
from resmem_core.audit import hashed, records
from resmem_core.engine.base.pseudonyms import Pseudonyms
from resmem_core.errors import InputError

ADA = ("acme", "ada")


@pytest.fixture
def memory() -> ResilientMemory:
    return ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False)


@pytest.fixture
def session(memory: ResilientMemory) -> Session:
    return memory.session("monday", namespace=ADA)


def said(text: str, ident: str | None = None, **fields: object) -> Message:
    return Message(role="user", text=text, id=ident, **fields)  # type: ignore[arg-type]


def texts(memory: ResilientMemory) -> list[str]:
    return sorted(m.text for m in memory.scan(ADA))


def test_what_was_forgotten_does_not_come_back(memory: ResilientMemory, session: Session) -> None:
    """Neither the request in the same turn, nor its confirmation, a repeat or a paraphrase."""
    session.observe(said("My dentist is Dr. Olsen in Bergen.", "m1"))
    session.observe(said("I play the cello on Sundays.", "m2"))
    session.observe(said("Please forget that my dentist is Dr. Olsen in Bergen.", "m3"))
    memory.forget(ADA, ["m1"])
    again = [
        "I have forgotten that your dentist is Dr. Olsen in Bergen.",
        "My dentist is Dr. Olsen in Bergen.",
        "Dr. Olsen, who is in Bergen, is my dentist.",
    ]
    verdicts = {session.observe(said(text)).verdict for text in again}
    memory.sleep(ADA)

    assert verdicts == {Verdict.DROP}
    assert texts(memory) == ["I play the cello on Sundays."]


def test_a_tombstone_outlives_the_handle_and_can_be_lifted(tmp_path: Path) -> None:
    """It is in the store, without a byte of the text; `allow` takes it away."""
    path = str(tmp_path / "m.db")
    text = "My locker is by the quokka enclosure."
    with ResilientMemory.open(path) as memory:
        memory.session("a", namespace=ADA).observe(said(text, "m1"))
        memory.forget(ADA, ["m1"])
    assert all(b"quokka" not in file.read_bytes() for file in tmp_path.iterdir())
    with ResilientMemory.open(path) as memory:
        session = memory.session("b", namespace=ADA)
        refused = session.observe(said(text)).verdict
        lifted = memory.allow(ADA, text)
        taken = session.observe(said(text)).verdict

    assert (refused, lifted, taken) == (Verdict.DROP, 1, Verdict.KEEP)


def test_forget_takes_the_id_of_a_merged_repeat(memory: ResilientMemory, session: Session) -> None:
    """Any id that an API returned names the memory that its message went into."""
    session.observe(said("The kiln fires at 1,240 degrees.", "m1"))
    merged = session.observe(said("The kiln fires at 1,240 degrees.", "m2"))

    assert merged.verdict is Verdict.MERGE
    assert memory.forget(ADA, ["m2"]) == 1
    assert texts(memory) == []


def test_a_conversation_an_author_or_a_time_can_be_forgotten(memory: ResilientMemory) -> None:
    """Each condition picks its memories, and `scan` shows them beforehand."""
    may, june = datetime(2026, 5, 1), datetime(2026, 6, 1, tzinfo=UTC)
    monday, friday = (memory.session(day, namespace=ADA) for day in ("monday", "friday"))
    monday.observe(said("The boiler makes a humming noise.", "a", at=may))
    friday.observe(said("Our tandem has a flat tyre.", "b", at=june, author="Ben"))
    friday.observe(said("Grandma knits a green scarf.", "c", at=june, author="Ada"))

    assert [m.id for m in memory.scan(ADA, author="Ben", session="friday")] == ["b"]
    assert memory.forget(ADA, author="Ben") == 1
    assert memory.forget(ADA, until=may) == 1
    assert memory.forget(ADA, session="monday") == 0
    assert memory.forget(ADA, session="friday") == 1


def test_what_speaks_of_something_can_be_forgotten(memory: ResilientMemory) -> None:
    """A query means what has all of its words; `scan` shows it, an empty one is refused."""
    session = memory.session("monday", namespace=ADA)
    facts = ("My dentist is Dr. Olsen in Bergen.", "I fly to Bergen in May.", "I row on Sundays.")
    session.observe_all([said(fact) for fact in facts])

    assert [m.text for m in memory.scan(ADA, query="my dentist in Bergen")] == [facts[0]]
    assert memory.forget(ADA, query="the dentist") == 1
    assert texts(memory) == sorted(facts[1:])
    with pytest.raises(InputError, match="query"):
        memory.forget(ADA, query="what I said about it")
    assert texts(memory) == sorted(facts[1:])


def test_no_byte_of_a_forgotten_namespace_is_left(tmp_path: Path) -> None:
    """Neither its name, a conversation's, an id nor a text, in the audit log or by a late save."""
    mine, path = ("acmequokka", "adaquagga"), str(tmp_path / "m.db")
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        session = memory.session("threadzebu", namespace=mine)
        for n in range(6):
            session.observe(said(f"My wombat number {n} lives in Oslo {n}.", f"msgokapi{n}"))
        session.recall("Where does wombat 3 live?")
        session.outcome(Outcome(success=True))
        memory.pin(mine, "msgokapi1")
        memory.forget(mine, ["msgokapi2"])
        memory.sleep(mine)
        memory.session("other", namespace=ADA).observe(said("I row on Sundays."))
        memory.forget(mine)
        session.save()
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    words = (b"acmequokka", b"adaquagga", b"threadzebu", b"msgokapi", b"wombat")

    assert [word for word in words if word in held] == []
    with ResilientMemory.open(path, keep=1.0) as memory:
        assert [m.text for m in memory.scan(ADA)] == ["I row on Sundays."]
        assert memory.session("again", namespace=mine).observe(said("I swim.")).verdict


def test_what_the_log_says_of_somebody_is_found_by_name_alone(tmp_path: Path) -> None:
    """Records name nobody and no id; whoever knows the namespace finds them, also after a move."""
    with ResilientMemory.open(str(tmp_path / "m.db"), keep=1.0) as memory:
        memory.session("a", namespace=ADA).observe(said("I row on Sundays.", "m1"))
        memory.pin(ADA, "m1")
        alias = Pseudonyms(memory.store, ADA)
        stored = list(records(memory.store))
        lines = list(memory.export(ADA))
        (told,) = alias.of(stored)
        spelt = alias.spellings("m1")
    with ResilientMemory.open(":memory:") as other:
        other.import_(lines)
        there = list(Pseudonyms(other.store, ADA).of(records(other.store)))
        again = list(other.export(ADA))

    assert all("acme" not in str(record) and hashed("m1") not in str(record) for record in stored)
    assert told["id"] in spelt
    assert [record["id"] for record in there] == [told["id"]]
    assert again == lines


def test_what_was_forgotten_leaves_no_date_on_what_it_replaced(
    memory: ResilientMemory, session: Session
) -> None:
    """The version before holds again: its end would be the day of the forgotten one."""
    session.observe(said("I live in Porto.", "m1"))
    session.observe(said("I live in Lisbon.", "m2"))
    closed = memory.scan(ADA, ids=["m1"])[0].valid_to
    memory.forget(ADA, ["m2"])

    assert closed is not None
    assert [(m.text, m.valid_to) for m in memory.scan(ADA)] == [("I live in Porto.", None)]


def test_nothing_links_to_what_is_gone(memory: ResilientMemory, session: Session) -> None:
    """After an erasure no memory names the erased one any more."""
    for n, place in enumerate(("Lisbon", "Oslo", "Kyoto", "Quito", "Accra")):
        session.observe(said(f"In {place} I bought a kite with {n} tails.", f"m{n}"))
    memory.sleep(ADA)
    memory.forget(ADA, ["m2"])

    assert not any(link.target == "m2" for m in memory.scan(ADA) for link in m.links)


def test_one_id_in_two_conversations_is_two_messages(memory: ResilientMemory) -> None:
    """Ids 1 and 2 of one conversation do not hide those of another; a repeat changes nothing."""
    for _ in range(2):
        for name, text in (("a", "My cat is called Luna."), ("b", "The server runs Debian.")):
            memory.session(name, namespace=ADA).observe(said(text, "1"))

    assert texts(memory) == ["My cat is called Luna.", "The server runs Debian."]


def test_one_id_with_another_text_is_an_edit(memory: ResilientMemory, session: Session) -> None:
    """The new wording is stored and replaces the old one, which stays as history."""
    session.observe(said("The launch is on the 4th of May.", "m1"))
    edit = session.observe(said("The launch is on the 11th of May.", "m1"))
    old, new = sorted(memory.scan(ADA), key=lambda m: m.seq)

    assert (old.id, edit.replaces, edit.id) == ("m1", "m1", new.id)
    assert old.valid_to is not None
    assert new.valid_to is None


def test_a_store_item_may_be_put_again(memory: ResilientMemory, session: Session) -> None:
    """Whoever erases without tombstones can store the same again."""
    session.observe(said("The boiler makes a humming noise.", "a"))
    memory.forget(ADA, ["a"], tombstones=False)

    assert session.observe(said("The boiler makes a humming noise.", "a")).verdict is Verdict.KEEP


@pytest.mark.parametrize(
    "count", [24, pytest.param(1000, marks=pytest.mark.nightly)], ids=["short", "long"]
)
def test_no_canary_comes_back(count: int) -> None:
    """Forgotten facts survive no sleep, repeat, paraphrase, extraction, import or old copy."""
    found = measure(count)

    assert {way: row["back"] for way, row in found["ways"].items() if row["back"]} == {}
    assert (found["left_by_forget"], found["bytes_left"], found["others_refused"]) == (0, 0, 0)
    assert all(row["control"] != 0 for row in found["ways"].values())


def test_forgetting_one_leaves_the_others_of_its_cluster(memory: ResilientMemory) -> None:
    """What sleep wrote from a memory goes with it; the other memories it was written from stay."""
    session = memory.session("monday", namespace=ADA)
    places = ("Lisbon", "Oslo", "Kyoto", "Quito", "Accra", "Turin")
    facts = {
        f"m{n}": f"My violin lesson in {place} costs {n}0 euros." for n, place in enumerate(places)
    }
    session.observe_all([said(text, ident) for ident, text in facts.items()])
    memory.sleep(ADA)
    written = [m for m in memory.scan(ADA) if m.semantic]
    memory.forget(ADA, ["m2"])
    left = {source for m in memory.scan(ADA) for source in m.sources}

    assert written
    assert left == facts.keys() - {"m2"}


def test_what_slept_is_still_known_by_its_id(memory: ResilientMemory) -> None:
    """After sleep wrote one item from several, taking the same messages in changes nothing."""
    session = memory.session("monday", namespace=ADA)
    places = ("Lisbon", "Oslo", "Kyoto", "Quito", "Accra", "Turin")
    turns = [
        said(f"My violin lesson in {p} costs {n}0 euros.", f"t{n}") for n, p in enumerate(places)
    ]
    session.observe_all(turns)
    memory.sleep(ADA)
    before = {m.id: m.sources for m in memory.scan(ADA)}
    session.observe_all(turns)

    assert any(ident.startswith("semantic") for ident in before)
    assert {m.id: m.sources for m in memory.scan(ADA)} == before
