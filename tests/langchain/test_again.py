"""Answers of which nothing can be made are asked for again, with more room where they were cut."""

from __future__ import annotations

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelRetryMiddleware
from langchain_core.messages import AIMessage

from resmem_langchain import ResmemMiddleware

NAMESPACE = ("acme", "ada")
PROFILE = {"max_input_tokens": 8_000, "max_output_tokens": 1_000}
LENGTH, STOP = {"finish_reason": "length"}, {"finish_reason": "stop"}


def cut(text='{"done": tr', **more):
    return AIMessage(text, response_metadata=LENGTH, **more)


def ended(text):
    return AIMessage(text, response_metadata=STOP)


BROKEN = {"invalid_tool_calls": [{"name": "book", "args": "{", "id": "1", "error": "cut"}]}


@pytest.fixture
def ask(memory, recorder, run, call):
    """Asks an agent once; its model, and what it said."""

    async def make(*script, limit=100, profile=PROFILE, before=(), **options):
        update = {"max_tokens": limit, "profile": profile}
        model = recorder(*script).model_copy(update=update)
        ours = ResmemMiddleware(memory, **options)
        agent = create_agent(model, [], middleware=[*before, ours])
        result = await call(agent, {"messages": [("user", "Hi")]}, run())
        return model, result["messages"][-1].text

    return make


@pytest.mark.parametrize("first", [cut(), cut(""), cut("", **BROKEN), cut("```\nfor")])
async def test_a_cut_answer_comes_whole(ask, memory, first):
    """The user reads the second answer, for which there was twice the room; both are paid for."""
    model, text = await ask(first, ended("{}"))

    assert text == "{}"
    assert [made["max_tokens"] for made in model.calls] == [100, 200]
    acts = memory.session("t1", namespace=NAMESPACE).acts
    assert [act.what for act in acts] == ["again"]
    assert "of no use" in str(acts[0])


async def test_it_is_asked_twice_at_most_and_the_last_answer_stands(ask):
    """Four times the room is the end of it."""
    model, text = await ask(cut(), cut('{"a'), cut('{"b'), ended("{}"))

    assert [made["max_tokens"] for made in model.calls] == [100, 200, 400]
    assert text == '{"b'


@pytest.mark.parametrize(
    ("first", "options"),
    [
        (cut("There are three"), {}),
        (cut(), {"limit": None}),
        (cut(), {"profile": None}),
        (cut(), {"profile": {"max_output_tokens": 100}}),
        (cut(), {"tune": ("temperature",)}),
        (cut(), {"ranges": {"max_tokens": (1, 100)}}),
        (cut(), {"retry": False}),
        (ended('{"done": tr'), {}),
        (AIMessage(""), {}),
        (AIMessage([{"type": "image", "base64": "", "mime_type": "image/png"}]), {}),
    ],
)
async def test_otherwise_the_answer_stands(ask, first, options):
    """Words, no room that we may give or know of, retries switched off, and what was not cut."""
    model, text = await ask(first, ended("{}"), **options)

    assert len(model.calls) == 1
    assert text == first.text


async def test_an_empty_answer_is_asked_for_again_as_it_was(ask):
    """With the user's settings."""
    model, text = await ask(ended(""), ended("Here."))

    assert text == "Here."
    assert [made["max_tokens"] for made in model.calls] == [100, 100]


async def test_where_the_second_try_fails_the_first_answer_stands(ask):
    """Something is better than an error."""
    _, text = await ask(cut(), ValueError("odd"))

    assert text == '{"done": tr'


async def test_another_retry_in_the_list_does_not_keep_it_from_that(ask):
    """`ModelRetryMiddleware` retries errors, which this is none."""
    _, text = await ask(cut(), ended("{}"), before=[ModelRetryMiddleware()])

    assert text == "{}"


async def test_a_provider_that_always_cuts_costs_few_calls_more(ask):
    """Such calls come from the budget of retries."""
    model, _ = await ask(cut())
    for _ in range(39):
        more, _ = await ask(cut())
        model.calls.extend(more.calls)

    assert len(model.calls) <= 40 * 1.2 + 11
