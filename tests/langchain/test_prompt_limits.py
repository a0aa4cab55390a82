"""Out of an agent comes an answer and no exception, whatever prompt and memories are like."""

from __future__ import annotations

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage

from resmem_core import Message
from resmem_langchain import ResmemMiddleware

NAMESPACE = ("acme", "ada")
QUESTION = "Where did I move to?"


@pytest.fixture
def told(memory):
    memory.session("old", namespace=NAMESPACE).observe(Message("user", "I moved to Lisbon in May."))
    return memory


@pytest.fixture(params=["tail", "system", "delta"])
def asked(request, told, recorder, run):
    """The block that a model reads with these settings, after these messages."""

    def ask(*messages, **settings):
        model = recorder()
        ours = ResmemMiddleware(told, placement=request.param, **settings)
        said = [*messages, HumanMessage(QUESTION)]
        state = create_agent(model, [], middleware=[ours]).invoke({"messages": said}, run())
        assert state["messages"][-1].text == "Noted."
        return model.system()

    return ask


@pytest.mark.parametrize("budget", [0, 1, 40])
def test_a_budget_below_one_line_shows_no_block(asked, budget):
    """No half line, and no frame around nothing."""
    assert asked(token_budget=budget) == ""


@pytest.mark.parametrize("counter", [lambda text: 1 / 0, lambda text: None, lambda text: -1])
def test_a_tokenizer_that_fails_is_replaced_by_the_estimate(asked, counter):
    """It is the model's, and may need a network."""
    assert "Lisbon" in asked(count_tokens=counter)


def test_a_message_of_a_megabyte(asked):
    """It stands in the history, and what was told elsewhere is recalled all the same."""
    assert "Lisbon" in asked(HumanMessage("The kiln is hot. " * 60_000), AIMessage("I see."))


def test_a_question_of_a_megabyte(told, recorder, run):
    """Its beginning is recalled by."""
    model = recorder()
    agent = create_agent(model, [], middleware=[ResmemMiddleware(told)])
    agent.invoke({"messages": [HumanMessage(f"{QUESTION} {'Hm. ' * 250_000}")]}, run())

    assert len(model.calls) == 1


def test_a_thread_of_two_thousand_messages(asked):
    """What it holds is not shown again; the rest is."""
    talk = [
        kind(f"Part {n} of the story.") for n in range(1_000) for kind in (HumanMessage, AIMessage)
    ]

    assert "Lisbon" in asked(*talk)
    assert asked(*talk, HumanMessage("I moved to Lisbon in May."), AIMessage("I see.")) == ""
