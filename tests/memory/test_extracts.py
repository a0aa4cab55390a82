"""Long texts of machines are kept as extracts, within the budget in bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.audit import records
from resmem_core.engine.base.clock import ManualClock
from resmem_core.engine.memory import ResilientMemory
from resmem_core.memory.gate import compare
from resmem_core.memory.gate.extracts import CUT, GAP, LEAST, OWED, SAVED, extract, size
from resmem_core.memory.gate.features import StreamContext
from resmem_core.types import Memory, Message

STREAM = StreamContext.of(())
STEPS = "\n".join(f"{n}. Think about box {n}, ask around and note the colour." for n in range(40))


def machine(text: str, role: str = "assistant", **fields: Any) -> Memory:
    return Memory("1", ("a",), text, ("1",), role=role, author=role, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "line"),
    [
        ("assistant", "I have booked the lift for 14 June, reference LV-88213."),
        ("assistant", "So you pay 1,240 euros in total."),
        ("assistant", "I will send the contract to Nadia on Friday."),
        ("assistant", "Ich habe mich für den Anbieter Levanta entschieden."),
        ("assistant", "J'ai confirmé la réservation AB-77 pour Lyon."),
        ("assistant", "我决定预订杭州的酒店，编号88213。"),
        ("assistant", "+    return read_invoice(path, strict=True)"),
        ("tool", "1 failed, 320 passed in 3.21s"),
        ("tool", "FAILED tests/test_ledger.py::test_sum - assert 3 == 4"),
        ("tool", '{"booking": "KX-4471", "status": "confirmed", "gate": "B12"}'),
    ],
)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_what_is_committed_to_or_computed_stays(role: str, line: str, place: str) -> None:
    """Of a long answer or output the result is kept, wherever it stands."""
    half = STEPS[: len(STEPS) // 2], STEPS[len(STEPS) // 2 :]
    text = {
        "first": f"{line}\n{STEPS}",
        "middle": f"{half[0]}\n{line}\n{half[1]}",
        "last": f"{STEPS}\n{line}",
    }[place]
    made = extract(machine(text, role), LEAST, STREAM)

    assert line in made.text
    assert size(made.text) <= LEAST


@settings(max_examples=80, deadline=None)
@given(
    text=st.lists(st.text(max_size=300), max_size=12).map("\n".join)
    | st.text(alphabet='ab1 .,"{}[]\n测。', min_size=500, max_size=3_000),
    room=st.integers(-100, 3_000),
)
def test_an_extract_is_of_the_text(text: str, room: int) -> None:
    """Every part stands in the text word for word and in order; it fits, and says what it lacks."""
    made = extract(machine(text), room, STREAM)
    if made.text == text:
        return
    cut = made.metadata[CUT]
    parts = [text[a:b] for a, b in cut["spans"]]

    assert size(made.text) <= max(room, LEAST)
    assert GAP.join(part.strip("\n") for part in parts) == made.text
    assert [a for a, _ in cut["spans"]] == sorted(a for a, _ in cut["spans"])
    assert cut["of"] == size(text)
    assert cut["left_out"] == size(text) - sum(map(size, parts)) > 0
    json.dumps(made.metadata)


def test_the_extract_of_records_has_whole_records() -> None:
    """Data in one line is cut between its records."""
    rows = [{"id": f"F{n}", "price": 90 + n, "note": "the seat is free"} for n in range(60)]
    made = extract(machine(json.dumps(rows), "tool"), 900, STREAM)
    lines = [part for part in made.text.replace("[{", "{").replace("}]", "}").split("\n")]
    kept = [json.loads(f"[{line.strip().rstrip(',')}]") for line in lines if line != GAP.strip()]

    assert [one for part in kept for one in part] == [
        r for r in rows if f'"{r["id"]}"' in made.text
    ]


def test_what_is_short_or_has_room_stays_whole() -> None:
    """Nothing is cut that fits."""
    assert extract(machine(STEPS), size(STEPS), STREAM).text == STEPS
    assert extract(machine(STEPS[:LEAST]), 0, STREAM).text == STEPS[:LEAST]


def lived(keep: float, said: list[tuple[str, str]]) -> tuple[list[Memory], list[str]]:
    """What a memory holds of a thread after it slept, and the reasons that its log gives."""
    clock = ManualClock(1.7e9)
    with ResilientMemory.open(":memory:", keep=keep, clock=clock, auto_sleep=False) as memory:
        session = memory.session("s", namespace=("a",))
        for place, (role, text) in enumerate(said):
            clock.wait(60.0)
            session.observe(Message(role, text, id=f"m{place}"))  # type: ignore[arg-type]
        memory.sleep(("a",))
        reasons = [str(r["reason"]) for r in records(memory.store) if r.get("event") == "gate"]
        return [m for m in memory.scan(("a",)) if not m.semantic], reasons


def step(n: int, i: int) -> str:
    """A step that no other plan has: what is said again has no slot."""
    verbs = ["sand", "oil", "weigh", "paint", "tie", "wash", "bend", "lift"]
    made = ["rim", "bolt", "seat", "cable", "panel", "latch", "spring", "wheel", "lever"]
    return f"{verbs[(n + i) % 8].title()} the {made[(3 * n + i) % 9]}{n} by hook{n}{i % 7}"


def thread(count: int) -> list[tuple[str, str]]:
    goods = ["loom", "kayak", "cello", "stove", "lathe", "tent", "canoe"]
    said = []
    for n in range(count):
        thing = goods[n % 7]
        said.append(("user", f"I prefer the {thing} of type {n}, can you order it?"))
        plan = "\n".join(f"{i}. {step(n, i)} of the {thing}." for i in range(40))
        said.append(("assistant", f"Sure!\n{plan}\nI ordered the {thing} as number {n * 37}."))
        said.append(
            ("tool", f"$ order {thing}\n" + f"checking shelf {n}\n" * 200 + f"ok: {n * 37}")
        )
    return said


@pytest.mark.parametrize("keep", [0.75, 0.5])
def test_the_budget_is_kept_in_bytes(keep: float) -> None:
    """Of a thread's bytes no more than the share is stored, and what was cut names how much."""
    said = thread(8)
    held, reasons = lived(keep, said)
    cut = [memory.metadata[CUT] for memory in held if CUT in memory.metadata]

    assert sum(size(m.text) for m in held) <= keep * sum(size(t) for _, t in said) + SAVED + OWED
    assert cut
    assert all(one["left_out"] > 0 for one in cut)
    assert len(cut) == sum("bytes left out" in reason for reason in reasons)
    users = {text for role, text in said if role == "user"}
    assert {m.text for m in held if m.role == "user"} <= users


def test_a_memory_of_everything_cuts_nothing() -> None:
    """At keep=1 every text is stored byte for byte."""
    said = thread(4)

    assert {m.text for m in lived(1.0, said)[0]} >= {text for _, text in said}


def test_the_whole_text_is_known_again() -> None:
    """The message of an extract that comes again under its id is no news."""
    said = thread(8)
    clock = ManualClock(1.7e9)
    with ResilientMemory.open(":memory:", keep=0.5, clock=clock, auto_sleep=False) as memory:
        session = memory.session("s", namespace=("a",))
        for place, (role, text) in enumerate(said):
            session.observe(Message(role, text, id=f"m{place}"))  # type: ignore[arg-type]
        memory.sleep(("a",))
        cut = next(m for m in memory.scan(("a",)) if CUT in m.metadata)
        whole = said[int(cut.id[1:])][1]
        again = session.observe(Message(cut.role, whole, id=cut.id))
        after = next(m for m in memory.scan(("a",)) if m.id == cut.id)

    assert (again.verdict, again.id) == ("merge", cut.id)
    assert after.text == cut.text


def test_a_repeat_of_the_whole_text_merges_into_its_extract() -> None:
    """Said again without an id, a text is a repeat of what is left of it."""
    cut = extract(machine(STEPS), LEAST, STREAM)
    again = replace(machine(STEPS), id="2")

    assert compare.relation(again, [(cut, 1.0, 0.4)]) == compare.Same("1")


def test_of_refusals_and_plans_said_three_times_not_all_are_kept() -> None:
    """What a user orders and what came of it goes before what a machine says again."""
    refused = [
        "I'm sorry, but I can't change the passenger on this booking.",
        "Unfortunately I cannot change the passenger on this booking, I'm sorry.",
        "I am sorry, the passenger of this booking can't be changed.",
    ]
    planned = [
        "Here is the plan: I check the fare rules, then search flights after 11 AM, then book 12A.",
        "My plan: check the fare rules, then search flights after 11 AM, then book 12A.",
        "As planned, I check the fare rules, search flights after 11 AM and then book 12A.",
    ]
    orders = [
        "Change the passenger to myself, my user id is noa_berg_3668.",
        "I want to leave not before 11 AM.",
        "My bags are two, and I prefer an aisle seat.",
        "Book it with the gift card ending 4411.",
        "Please move the return to 17 May.",
        "My sister Ines flies with me.",
    ]
    said = []
    for turn, order in enumerate(orders):
        answer = (planned if turn % 2 else refused)[turn // 2]
        result = f'{{"reservation": "QX7L{turn}", "status": "ok", "seats": [{turn}]}}'
        said += [("user", order), ("assistant", answer), ("tool", result)]
    held = {memory.text for memory in lived(0.75, said)[0]}

    assert held >= set(orders)
    assert len(held.intersection(refused)) < 3
    assert len(held.intersection(planned)) < 3
    assert any("reservation" in text for text in held)
