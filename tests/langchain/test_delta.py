"""`placement="delta"`: each request begins with all of the one before it, nothing is said twice."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from resmem_core import Message, ResilientMemory
from resmem_core.types import Told
from resmem_langchain import ResmemMiddleware

NS = ("acme", "ada")
FACTS = ("My cat is called Minou.", "I live in Lisbon.", "The kiln needs a new door.")
QUESTIONS = (
    "What is my cat called?",
    "Which door does the kiln need?",
    "And what is my cat called?",
)
RUN: Any = {"configurable": {"thread_id": "1"}}


class Listening(BaseChatModel):
    """Answers "Noted."; calls the tool first, where it has one and the question says "look"."""

    seen: Any

    @property
    def _llm_type(self) -> str:
        return "listening"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.seen.append(list(messages))
        said = AIMessage("Noted.")
        rounds = sum(m.type == "tool" for m in messages)
        if "look" in messages[-1].text or (messages[-1].type == "tool" and rounds < 3):
            call = {"name": "look", "args": {}, "id": f"c{rounds}", "type": "tool_call"}
            said = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=said)])


@tool
def look() -> str:
    """Look."""
    return "The workshop is cold."


@pytest.fixture
def told():
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("before", namespace=NS)
        for text in FACTS:
            session.observe(Message("user", text, "Ada"))
        yield memory


def an_agent(memory, seen, *more, placement="delta", **settings):
    ours = ResmemMiddleware(memory, namespace=NS, placement=placement, **settings)
    return create_agent(
        Listening(seen=seen), [look], middleware=[*more, ours], checkpointer=InMemorySaver(),
        system_prompt="Be brief.",
    )  # fmt: skip


def asked(agent, *questions):
    for text in questions:
        state = agent.invoke({"messages": [HumanMessage(text)]}, RUN)
    return state


def texts(requests):
    return [[f"{m.type}: {m.text}" for m in request] for request in requests]


def test_each_request_begins_with_the_whole_one_before_it(told):
    """Byte for byte, so that a prompt cache holds all of it; across a tool loop too."""
    requests: list[list[BaseMessage]] = []
    asked(an_agent(told, requests), *QUESTIONS, "Please look at the kiln.", "Do I live in Lisbon?")

    for before, after in pairwise(texts(requests)):
        assert after[: len(before)] == before


def test_a_line_is_said_once(told):
    """The third question is about the cat again, whose line stands at the first."""
    requests: list[list[BaseMessage]] = []
    asked(an_agent(told, requests), *QUESTIONS)

    whole = "\n".join(texts(requests)[-1])
    assert whole.count("Minou") == 1
    assert texts(requests)[-1][-1] == f"human: {QUESTIONS[-1]}"


def test_the_state_holds_neither_block_nor_text(told):
    """Its messages are as they were said; its private key has ids and times."""
    agent = an_agent(told, [])
    state = asked(agent, *QUESTIONS)

    assert not any("<memories>" in m.text for m in state["messages"])
    kept = agent.get_state(RUN).values["resmem_told"]
    assert [Told.from_doc(row).on for row in kept] == [
        m.id for m in state["messages"] if m.type == "human"
    ][:2]
    assert "Minou" not in json.dumps(kept)


def test_what_is_forgotten_is_in_no_later_request(told):
    """The block that showed it is laid out without it."""
    requests: list[list[BaseMessage]] = []
    agent = an_agent(told, requests)
    asked(agent, *QUESTIONS[:2])
    cat = next(m for m in told.scan(NS) if "Minou" in m.text)
    told.forget(NS, ids=[cat.id])
    asked(agent, "How are you doing with the kiln?")

    assert not any("Minou" in text for text in texts(requests)[-1])
    assert any("kiln needs a new door" in text for text in texts(requests)[-1])


def test_a_wish_that_was_withdrawn_is_in_no_later_request(told):
    """It stood at the first question."""
    session = told.session("wishes", namespace=NS)
    session.observe(Message("user", "Always answer in French.", "Ada"))
    requests: list[list[BaseMessage]] = []
    agent = an_agent(told, requests)
    asked(agent, QUESTIONS[0])
    session.observe(Message("user", "You can answer in English again.", "Ada"))
    asked(agent, QUESTIONS[1])

    first, last = texts(requests)
    assert any("Always answer in French" in text for text in first)
    assert not any("Always answer in French" in text for text in last)


def test_a_summary_reads_no_block_and_what_it_took_is_said_again(told):
    """Lines that stood before a message that is gone are not held to be known."""
    requests: list[list[BaseMessage]] = []
    summarised: list[list[BaseMessage]] = []
    summary = SummarizationMiddleware(
        model=Listening(seen=summarised), trigger=("messages", 4), keep=("messages", 1)
    )
    asked(an_agent(told, requests, summary), *QUESTIONS)

    assert summarised
    assert not any("<memories>" in m.text for request in summarised for m in request)
    assert "Minou" in texts(requests)[-1][-1]


def test_the_memory_hears_no_block(told):
    """Only what was said is stored."""
    asked(an_agent(told, []), *QUESTIONS)

    assert not any("<memories>" in m.text for m in told.scan(NS))


def test_another_worker_lays_out_the_same(told):
    """All that a thread was told is in its state, none in the process."""
    requests: list[list[BaseMessage]] = []
    saver = InMemorySaver()
    for question in QUESTIONS:
        ours = ResmemMiddleware(told, namespace=NS, placement="delta")
        agent = create_agent(
            Listening(seen=requests), [], middleware=[ours], checkpointer=saver,
            system_prompt="Be brief.",
        )  # fmt: skip
        asked(agent, question)

    for before, after in pairwise(texts(requests)):
        assert after[: len(before)] == before


def test_what_is_known_of_the_user_stands_behind_the_system_prompt(told):
    """It is the same on every turn, and does not move."""
    told.session("me", namespace=NS).observe(Message("user", "My name is Ada.", "Ada"))
    requests: list[list[BaseMessage]] = []
    asked(an_agent(told, requests, about=("name",)), *QUESTIONS)

    assert all("name: Ada" in request[0].text for request in requests)
    for before, after in pairwise(texts(requests)):
        assert after[: len(before)] == before


@pytest.mark.parametrize("placement", ["system", "tail", "delta"])
def test_within_a_tool_loop_the_block_never_changes(told, placement):
    """Whatever is stored meanwhile: each request begins with the one before it."""
    requests: list[list[BaseMessage]] = []

    class Telling(Listening):
        def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
            told.session("else", namespace=NS).observe(
                Message("user", f"The kiln has {len(self.seen)} more doors.", "Ada")
            )
            return super()._generate(messages, *args, **kwargs)

    ours = ResmemMiddleware(told, namespace=NS, placement=placement)
    agent = create_agent(Telling(seen=requests), [look], middleware=[ours])
    agent.invoke({"messages": [HumanMessage("look: which door does the kiln need?")]}, RUN)

    assert len(requests) == 4
    assert any("<memories>" in m.text for m in requests[0])
    for before, after in pairwise(texts(requests)):
        assert after[: len(before)] == before


@pytest.mark.parametrize(
    "doc", [{}, {"on": "1"}, {"on": "1", "at": "x", "hits": []}, {"on": "1", "at": 0, "hits": [1]}]
)
def test_a_state_that_is_none_of_ours_says_nothing(doc):
    """It comes from a checkpoint that somebody else may have written."""
    assert Told.from_doc(doc) is None


LONG = "\n\n".join(
    ("We sail slowly and look at gulls. " * 20, "The lock needs code 7731.", "It was warm. " * 60)
)


@pytest.mark.parametrize("placement", ["tail", "delta"])
def test_of_a_long_message_the_part_that_answers_stands_in_the_request(told, placement):
    """Between marks, and on a later turn word for word as it stood there before."""
    told.session("before", namespace=NS).observe(Message("user", LONG, "Ada"))
    requests: list[list[BaseMessage]] = []
    asked(an_agent(told, requests, placement=placement), "Which code needs the lock?", "And why?")

    first = next(text for text in texts(requests)[0] if "7731" in text)
    assert "[…] The lock needs code 7731. […]" in first
    assert "gulls" not in first
    if placement == "delta":
        assert first in texts(requests)[-1]


def test_what_was_told_is_read_with_and_without_parts() -> None:
    """A thread's state of an earlier version has three values a memory."""
    doc = {"on": "m", "at": 1.0, "hits": [["a", "", False], ["b", "q", True, [3, 9]]]}

    told = Told.from_doc(doc)
    assert told is not None
    assert [hit.part for hit in told.hits] == [None, (3, 9)]
    assert Told.from_doc(json.loads(json.dumps(told.to_doc()))) == told
    assert Told.from_doc({**doc, "hits": [["a", "", False, [3]]]}) is None
