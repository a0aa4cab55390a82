"""Hindsight: what later turns say about a message."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.memory.gate import hindsight
from resmem_core.memory.gate.features import (
    AT,
    FEATURES,
    HINDSIGHT,
    Features,
    StreamContext,
    measure,
)
from resmem_core.memory.gate.turns import turn_of
from resmem_core.types import Memory

BLANK = (0.0,) * len(FEATURES)


def memory(seq: int, text: str, author: str = "ada", **fields: object) -> Memory:
    plain = {"author": author, "session": "s", "seq": seq}
    return Memory(str(seq), ("a",), text, (str(seq),), **{**plain, **fields})  # type: ignore[arg-type]


def seen(first: Memory, *later: Memory) -> dict[str, float]:
    row = revised(BLANK, later, first)
    return {name: row[AT[name]] for name in HINDSIGHT}


def revised(features: Features, later: Sequence[Memory], row: Memory) -> Features:
    """One message's features, given the turns after it."""
    turns = [turn_of(row), *map(turn_of, later)]
    return hindsight.filled(features, hindsight.review(turns)[0])


NEWS = memory(0, "I bought a red kayak.")


def test_without_later_turns_nothing_is_known() -> None:
    """A message that nothing followed has no hindsight."""
    assert set(seen(NEWS).values()) == {0.0}


@pytest.mark.parametrize(
    ("reply", "feature", "value"),
    [
        (memory(1, "Wow, lovely!", "bob"), "reacted", 1.0),
        (memory(1, "Hm.", "bob"), "reacted", 0.0),
        (memory(1, "Thanks, dear.", "bob"), "thanked", 1.0),
        (memory(1, "A kayak? Really?", "bob"), "asked_about", 1.0),
        (memory(1, "Really? When?", "bob"), "asked_about", 0.5),
        (memory(1, "I see.", "bob"), "asked_about", 0.0),
        (memory(1, "Wow! Thanks! A kayak?", "ada"), "asked_about", 0.0),
        (memory(1, "Wow! A kayak?", "bob", session="other"), "reacted", 0.0),
    ],
)
def test_the_reply(reply: Memory, feature: str, value: float) -> None:
    """Only the next turn of the session counts, and only when somebody else speaks."""
    assert seen(NEWS, reply)[feature] == value


def test_only_the_next_turn_is_the_reply() -> None:
    """What comes after the reply does not react to the message."""
    later = [memory(1, "I see.", "bob"), memory(2, "Ok.", "ada"), memory(3, "Wow!", "bob")]

    assert seen(NEWS, *later)["reacted"] == 0.0


def test_being_said_again_is_an_echo() -> None:
    """The more of its uncommon words come back, in any session, the larger the echo."""
    once = seen(NEWS, memory(1, "Your kayak...", session="t"))["echoed"]
    twice = seen(NEWS, memory(1, "Your red kayak...", session="t"))["echoed"]

    assert 0.0 < once < twice < 1.0


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["I saw a heron.", "A heron? Where?", "Wow!", "Thanks", ""]),
            st.sampled_from(["ada", "bob"]),
            st.sampled_from(["s", "t"]),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_one_pass_over_the_buffer_is_one_look_for_each(turns: list[tuple[str, str, str]]) -> None:
    """`look_back` gives every buffered message exactly what a look of its own gives it."""
    rows = [memory(i, text, who, session=s) for i, (text, who, s) in enumerate(turns)]
    empty = StreamContext.of(())
    rows = [
        Memory(m.id, m.namespace, m.text, m.sources, author=m.author, session=m.session, seq=m.seq,
               features=measure(m, (), empty))
        for m in rows
    ]  # fmt: skip
    table = hindsight.look_back(rows, StreamContext.of(rows))

    assert table.shape == (len(rows), len(FEATURES))
    for at, row in enumerate(rows):
        assert tuple(table[at]) == revised(row.features, rows[at + 1 :], row)


def test_forgotten_or_older_rows_are_measured_again() -> None:
    """A message of an older version (other features, unknown turn) is read again."""
    old = memory(0, "I bought a red kayak.", features=(0.5, 0.5))
    table = hindsight.look_back([old], StreamContext.of(()))

    assert tuple(table[0]) == measure(old, (), StreamContext.of(()))


def test_repeats_count_as_an_echo_in_full() -> None:
    """A message that others were merged into was said again."""
    row = memory(0, "I bought a red kayak.")
    twice = Memory("0", ("a",), row.text, ("0", "7"), author="ada", session="s")

    assert hindsight.look_back([twice], StreamContext.of(()))[0, AT["echoed"]] == 1.0


def test_other_features_stay() -> None:
    """Hindsight fills its own features and leaves the others."""
    row = revised(tuple([0.25] * len(FEATURES)), [], NEWS)

    assert all(row[AT[n]] == (0.0 if n in HINDSIGHT else 0.25) for n in FEATURES)


def test_a_lesson_hides_what_it_asks_for() -> None:
    """The label is being taken up again; the model sees only what was known on arrival."""
    row = revised(BLANK, [memory(1, "A kayak? Which kayak?", "bob")], NEWS)
    features, target, weight = hindsight.lesson(row)

    assert features == BLANK
    assert target > hindsight.lesson(BLANK)[1] == 0.0
    assert 0.0 < weight <= 1.0


def test_turns_of_the_stream_are_what_the_text_says() -> None:
    """The stream's remembered turn of a message says the same as its text."""
    stream = StreamContext.of([NEWS])

    assert stream.recent == (turn_of(NEWS),)
