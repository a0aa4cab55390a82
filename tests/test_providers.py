"""One vocabulary of what providers report, whoever sends it."""

from enum import Enum
from types import SimpleNamespace

import pytest

from resmem_core.providers import number, tokens_in, was_cut


class FinishReason(Enum):
    """As Google's client gives it."""

    STOP = 1
    MAX_TOKENS = 2


@pytest.mark.parametrize(
    ("place", "cut"),
    [
        ({"finish_reason": "stop"}, False),
        ({"finish_reason": "length"}, True),
        ({"done_reason": "length"}, True),
        ({"stop_reason": "max_tokens"}, True),
        ({"stop_reason": "end_turn"}, False),
        ({"stopReason": "max_tokens"}, True),
        ({"finishReason": "MAX_TOKENS"}, True),
        ({"finish_reason": FinishReason.MAX_TOKENS}, True),
        ({"finish_reason": FinishReason.STOP}, False),
        ({"finish_reason": "FinishReason.MAX_TOKENS"}, True),
        ({"finish_reason": "model_length"}, True),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, True),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, False),
        (SimpleNamespace(choices=[SimpleNamespace(finish_reason="length")]), True),
        ({"choices": [{"finish_reason": "stop"}]}, False),
        ({"choices": []}, None),
        ({"finish_reason": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_cut_answers_are_known_by_any_name(place, cut):
    """The reason stands in a mapping, an object, a choice or OpenAI's details."""
    assert was_cut(place) is cut


@pytest.mark.parametrize(
    ("usage", "count"),
    [
        ({"total_tokens": 7, "input_tokens": 5, "output_tokens": 2}, 7),
        ({"input_tokens": 5, "output_tokens": 2}, 7),
        ({"prompt_tokens": 5, "completion_tokens": 2}, 7),
        ({"prompt_eval_count": 5, "eval_count": 2}, 7),
        ({"prompt_token_count": 5, "candidates_token_count": 2}, 7),
        ({"inputTokens": 5, "outputTokens": 2}, 7),
        (SimpleNamespace(prompt_tokens=5, completion_tokens=2), 7),
        ({"prompt_tokens": None, "completion_tokens": True}, 0),
        ({}, 0),
        (None, 0),
    ],
)
def test_tokens_are_counted_by_any_name(usage, count):
    """Input and output together, or the provider's own total."""
    assert tokens_in(usage) == count


@pytest.mark.parametrize(("value", "found"), [(0, 0), (0.7, 0.7), (True, None), ("1", None)])
def test_a_setting_is_a_number_or_nothing(value, found):
    """Flags and texts are no settings that could be changed."""
    assert number(value) == found
