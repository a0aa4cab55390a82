"""An answer is asked for again only where nothing can be made of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.health.answers import useless

CUT = (
    {"finish_reason": "length"}, {"stop_reason": "max_tokens"}, {"done_reason": "length"},
    {"finish_reason": "MAX_TOKENS"}, {"incomplete_details": {"reason": "max_output_tokens"}},
)  # fmt: skip
WHOLE = ({"finish_reason": "stop"}, {"stop_reason": "end_turn"}, {"finish_reason": "STOP"})
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def of(text, reason, *, calls=False, broken=False):
    return useless(text, [reason], calls=calls, broken=broken)


@pytest.mark.parametrize("reason", CUT)
@pytest.mark.parametrize(
    "text",
    ['{"done": tr', '[{"a": 1}, {"', "[1, 2, 3", '```json\n{"a": 1', "So:\n```python\nfor x", ""],
)  # fmt: skip
def test_what_was_cut_inside_is_of_no_use(text, reason):
    """JSON, code, and an answer whose room went into thoughts, whichever provider says so."""
    assert of(text, reason) == "cut"


@pytest.mark.parametrize("reason", CUT)
@pytest.mark.parametrize(
    "text", ["There are three", "[1] The first source says", "{name} is", "(a [b", "`a` and"]
)
def test_words_that_were_cut_are_of_use(text, reason):
    """They say something, and the user set where they end."""
    assert of(text, reason) is None


@pytest.mark.parametrize("reason", [*WHOLE, {}, {"finish_reason": "content_filter"}])
@pytest.mark.parametrize("text", ['{"done": tr', "Here."])
def test_what_was_not_cut_is_left_alone(text, reason):
    """Also where it is no JSON: the model meant it."""
    assert of(text, reason) is None


@pytest.mark.parametrize("shape", [{"calls": True}, {"broken": True}])
def test_a_call_in_a_cut_answer_may_lack_arguments(shape):
    """Whether it parses or not; a call in a whole answer is no matter of ours."""
    assert of("", CUT[0], **shape) == "cut"
    assert of("", WHOLE[0], **shape) is None


def test_an_empty_answer_is_one_that_is_said_to_be_whole():
    """A refusal, a filter and a provider that says nothing are not."""
    assert [of(" \n", reason) for reason in WHOLE] == ["blank"] * 3
    assert of("", {}) is of("", {"finish_reason": "content_filter"}) is None


@given(values.filter(lambda value: isinstance(value, list | dict)), st.text())
def test_a_whole_value_is_of_use_whatever_follows(value, more):
    """JSON that closed before the limit can be read."""
    assert of(f"{json.dumps(value)} {more.replace('`', '')}", CUT[0]) is None


@given(values.filter(lambda value: isinstance(value, dict) and value), st.data())
def test_an_object_is_of_no_use_at_any_place_before_its_end(value, data):
    """Wherever the limit fell."""
    text = json.dumps(value)
    end = data.draw(st.integers(1, len(text) - 1))

    assert of(text[:end], CUT[0]) == "cut"
