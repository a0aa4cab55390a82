"""Where the block of memories stands, and what of a request a prompt cache can keep."""

from __future__ import annotations

from inspect import signature
from itertools import pairwise
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver

from resmem_core import Message, ResilientMemory
from resmem_core.errors import ConfigError
from resmem_langchain import ResmemMiddleware

NS = ("acme", "ada")


class Listening(BaseChatModel):
    seen: Any

    @property
    def _llm_type(self) -> str:
        return "listening"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.seen.append(list(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage("Noted."))])


def played(placement: str, *said: Any) -> tuple[list[list[BaseMessage]], list[BaseMessage]]:
    """The requests of one thread, and what its state holds in the end."""
    seen: list[list[BaseMessage]] = []
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("before", namespace=NS)
        for text in ("My cat is called Minou.", "I live in Lisbon.", "The kiln needs a new door."):
            session.observe(Message("user", text, "Ada"))
        agent = create_agent(
            Listening(seen=seen),
            [],
            middleware=[ResmemMiddleware(memory, namespace=NS, placement=placement)],  # type: ignore[arg-type]
            checkpointer=InMemorySaver(),
            system_prompt="Be brief.",
        )
        for text in said:
            state = agent.invoke(
                {"messages": [HumanMessage(text)]}, {"configurable": {"thread_id": "1"}}
            )
    return seen, state["messages"]


QUESTIONS = ("What is my cat called?", "Which door does the kiln need?", "Do I live in Lisbon?")


def test_in_the_tail_the_history_stays_as_it_was() -> None:
    """Each request begins with all of the one before it, but for its newest user message."""
    requests, state = played("tail", *QUESTIONS)
    texts = [[f"{m.type}: {m.text}" for m in request] for request in requests]

    for before, after in pairwise(texts):
        assert after[: len(before) - 1] == before[:-1]
    assert "Minou" in texts[0][-1]
    assert texts[0][-1].endswith(QUESTIONS[0])
    assert not any("<memories>" in message.text for message in state)


def test_behind_the_system_prompt_it_stands_before_the_history() -> None:
    """Your prompt first, then the memories."""
    requests, _ = played("system", *QUESTIONS)

    assert requests[0][0].text.startswith("Be brief.\n\n<memories>")
    assert requests[0][-1].text == QUESTIONS[0]


def test_by_default_it_stands_in_the_tail() -> None:
    """The cheapest that loses no answer (`resmem bench turn --cache`)."""
    assert signature(ResmemMiddleware).parameters["placement"].default == "tail"


def test_parts_stay_parts() -> None:
    """A user message of parts gets one part before its own."""
    requests, _ = played("tail", [{"type": "text", "text": QUESTIONS[0]}])

    content = requests[0][-1].content
    assert isinstance(content, list)
    assert len(content) == 2
    assert content[1] == {"type": "text", "text": QUESTIONS[0]}


def test_another_place_is_refused() -> None:
    """One clear error, when it is made."""
    with ResilientMemory.open(":memory:") as memory, pytest.raises(ConfigError, match="placement"):
        ResmemMiddleware(memory, namespace=NS, placement="head")  # type: ignore[arg-type]
