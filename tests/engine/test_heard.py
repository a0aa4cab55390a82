"""Where a window stands in a conversation: what it repeats of the end is known, all else is new."""

import doctest

from hypothesis import given
from hypothesis import strategies as st

from resmem_core.engine.state import heard as module
from resmem_core.engine.state.heard import TAIL, Heard

WORDS = st.lists(st.sampled_from("abcd"), max_size=12)


def told(words):
    """A conversation of these."""
    return Heard(b"k").then(words)


def test_the_example_holds():
    """The module's own example."""
    assert doctest.testmod(module).failed == 0


@given(WORDS, st.integers(0, 12), WORDS)
def test_what_is_left_out_stands_at_the_end_already(before, start, after):
    """Any window of the conversation and what came after: news are never more than came after."""
    window = [*before, *after][min(start, len(before)) :]
    first, known = told(before).place(window)

    assert 0 <= known <= len(window)
    dropped = tuple(window[:known])[-len(before) :] if before else ()
    assert dropped == told(before).tail[len(before) - len(dropped) :]
    assert first + known == len(before)


@given(WORDS, WORDS)
def test_the_whole_conversation_shown_again_has_its_places(before, after):
    """A stateless caller sends everything each time: what is new is what was added."""
    assert told(before).place([*before, *after]) == (0, len(before))


@given(st.lists(st.text(max_size=8), max_size=40))
def test_it_is_stored_as_it_was(texts):
    """Count, key and marks survive; a mark is four characters."""
    one = Heard.of(None)
    one = one.then([one.mark("user", text) for text in texts])

    assert Heard.of(one.to_doc()) == one
    assert {len(mark) for mark in one.tail} <= {4}


def test_a_long_conversation_keeps_its_places():
    """Marks are bounded, places are not; what is flushed from before all marks is known."""
    long = told([str(n) for n in range(3 * TAIL)])
    newest = [str(n) for n in range(3 * TAIL - 5, 3 * TAIL)]

    assert len(long.tail) == TAIL
    assert long.place([*newest, "x"]) == (3 * TAIL - 5, 5)
    assert long.place(["1", "2"], flushed=True)[1] == 2
    assert long.place(["1", "2"]) == (3 * TAIL, 0)


def test_two_conversations_share_no_marks():
    """A mark is under a key of the conversation's own, and says nothing about another's."""
    one, two = Heard.of(None), Heard.of(None)
    assert one.mark("user", "I live in Lisbon.") != two.mark("user", "I live in Lisbon.")
