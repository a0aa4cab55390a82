"""Merge only on proof: our own pairs of texts that are two facts, and of texts that are one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core import Message, ResilientMemory
from resmem_core.memory.gate import merging
from resmem_core.memory.text import marks
from resmem_core.memory.text.same import core, same
from resmem_core.types import MAX_TEXT, Memory

PAIRS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "data" / "pairs.jsonl").read_text().splitlines()
]
DISTINCT = [pair for pair in PAIRS if not pair["same"]]
REPEATS = [pair for pair in PAIRS if pair["same"]]


def test_the_set_is_as_wide_as_it_says() -> None:
    """At least 250 distinct pairs of 12 kinds, 150 repeats, 8 languages of each."""
    assert len(DISTINCT) >= 250
    assert len({pair["kind"] for pair in DISTINCT}) >= 12
    assert len(REPEATS) >= 150
    assert min(len({pair["lang"] for pair in side}) for side in (DISTINCT, REPEATS)) >= 8
    assert all(pair["a"] != pair["b"] for pair in DISTINCT)


def test_no_two_facts_are_one() -> None:
    """Not one distinct pair, in either order."""
    merged = [(p["a"], p["b"]) for p in DISTINCT if same(p["a"], p["b"]) or same(p["b"], p["a"])]

    assert merged == []


def test_the_cheap_look_parts_no_repeat() -> None:
    """What `marks` tells apart at a glance the proof tells apart; most need no more."""
    parted = [pair for pair in REPEATS if marks.apart(pair["a"], pair["b"])]
    spared = [pair for pair in DISTINCT if marks.apart(pair["a"], pair["b"])]

    assert [p for p in parted if same(p["a"], p["b"])] == []
    assert len(spared) > len(DISTINCT) / 3


def test_repeats_are_found_in_every_kind() -> None:
    """Nine in ten of all true repeats, and three in four of each kind."""
    found = [pair["kind"] for pair in REPEATS if same(pair["a"], pair["b"])]
    every = Counter(pair["kind"] for pair in REPEATS)

    assert len(found) >= 0.9 * len(REPEATS)
    assert all(Counter(found)[kind] >= 0.75 * count for kind, count in every.items())


@pytest.mark.parametrize("lang", sorted({pair["lang"] for pair in DISTINCT}))
def test_both_texts_are_there_after_gate_and_sleep(lang: str) -> None:
    """A session and a cycle of sleep keep each word of two facts."""
    pairs = [pair for pair in DISTINCT if pair["lang"] == lang][:12]
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        for at, pair in enumerate(pairs):
            session = memory.session("s", namespace=("pairs", str(at)))
            for side in "ab":
                session.observe(Message(role="user", text=pair[side], id=side))
        memory.sleep()
        for at, _ in enumerate(pairs):
            held = [item for item in memory.scan(("pairs", str(at))) if not item.semantic]
            assert len(held) == 2


@pytest.mark.parametrize("run", ["-", "好", "a_", "/a", "so ", "thanks ", "*a", "\n", "'", "1,"])
def test_a_long_run_of_one_thing_is_read(run: str) -> None:
    """The longest message that there may be, of what a pattern could stumble over, is itself."""
    text = (run * MAX_TEXT)[:MAX_TEXT]

    assert same(text + " end of it", text + " end of it")
    assert not same(text + " end of it", text + " end of that")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_the_proof_is_the_same_both_ways(one: str, other: str) -> None:
    """And every text that says something is what it says itself."""
    assert same(one, other) == same(other, one)


def item(ident: str, text: str) -> Memory:
    """A stored message."""
    return Memory(ident, ("a",), text, (ident,))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["Hi, I row.", "i row", "I row!", "I  row"]), max_size=400))
def test_a_stream_of_repeats_does_not_grow_the_item(texts: list[str]) -> None:
    """Messages and characters stay within the budget, and no wording is lost."""
    whole = item("m", "I row.")
    for at, text in enumerate(texts):
        assert merging.has_room(whole, [text])
        whole = merging.with_merged(whole, [item(f"r{at}", text)])

    assert len(whole.merged) <= merging.MOST
    assert len(whole.sources) <= merging.MOST + 1
    assert {part.text for part in whole.merged} - {""} == set(texts)


def test_what_does_not_fit_stays_by_itself() -> None:
    """Other words than those that are held are not merged where the room is full."""
    whole = item("m", "I row.")
    long = "I row" + " " * 5_000
    whole = merging.with_merged(whole, [item("a", long)])

    assert merging.has_room(whole, [long, "I row."])
    assert not merging.has_room(whole, [long + "!"])


def test_a_merge_is_taken_apart_into_what_was_told() -> None:
    """Through two merges: each text, id, time and place comes back."""
    first = merging.with_merged(item("a", "I row."), [item("b", "i row"), item("c", "I row.")])
    whole = merging.with_merged(item("z", "I row!"), [first])

    assert whole.sources == ("z", "a", "b", "c")
    assert [(part.id, part.text) for part in merging.apart(whole)] == [
        ("z", "I row!"), ("a", "I row."), ("b", "i row"), ("c", "I row."),
    ]  # fmt: skip
    assert [part.sources for part in merging.apart(whole)] == [("z",), ("a",), ("b",), ("c",)]


def test_a_part_leaves_no_byte() -> None:
    """Its own words and its id go; the others stay."""
    whole = merging.with_merged(item("a", "I row."), [item("b", "hey, i row"), item("c", "I row.")])
    left = merging.without(whole, ["b"])

    assert left.sources == ("a", "c")
    assert "hey" not in repr(left)
    assert core(left.text) == "I row."
