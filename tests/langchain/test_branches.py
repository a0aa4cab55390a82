"""Who goes back in time leaves a branch, and what was said on it does not speak in recall."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from resmem_core import ResilientMemory
from resmem_langchain import ResmemMiddleware

ADA = ("acme", "ada")
THREAD: dict[str, Any] = {"configurable": {"thread_id": "t", "resmem_namespace": ADA}}


@pytest.fixture
def memory() -> Iterator[ResilientMemory]:
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as opened:
        yield opened


def agent_of(memory: ResilientMemory, recorder: Any, saver: InMemorySaver) -> Any:
    model = recorder(*(AIMessage(f"Noted, {n}.") for n in range(9)))
    return create_agent(model, [], middleware=[ResmemMiddleware(memory)], checkpointer=saver)


def say(agent: Any, text: str, config: dict[str, Any] = THREAD) -> None:
    agent.invoke({"messages": [HumanMessage(text, id=text)]}, config)


def after(agent: Any, text: str) -> dict[str, Any]:
    """The checkpoint at the end of the turn that answered the text."""
    found = (s for s in agent.get_state_history(THREAD) if not s.next)
    state = next(s for s in found if s.values["messages"][-2].id == text)
    return {"configurable": {**THREAD["configurable"], **state.config["configurable"]}}


def told(memory: ResilientMemory) -> set[str]:
    return {m.text for m in memory.scan(ADA) if m.role == "user"}


HOME, CODE, BOAT = "I live in Lisbon.", "My locker code is 4711.", "My boat is called Ida."


@pytest.mark.parametrize("restarted", [False, True])
def test_a_branch_that_was_left_does_not_speak(
    memory: ResilientMemory, recorder: Any, restarted: bool
) -> None:
    """From the next turn on, also on a worker that has not seen the thread before."""
    saver = InMemorySaver()
    agent = agent_of(memory, recorder, saver)
    say(agent, HOME)
    back = after(agent, HOME)
    say(agent, CODE)
    agent = agent_of(memory, recorder, saver) if restarted else agent
    say(agent, BOAT, back)

    assert told(memory) == {HOME, BOAT}
    assert memory.session("other", namespace=ADA).recall("What is my locker code?") == []


def test_it_speaks_again_when_somebody_goes_on_with_it(
    memory: ResilientMemory, recorder: Any
) -> None:
    """Branches are left and taken up again; nothing is lost on either."""
    agent = agent_of(memory, recorder, InMemorySaver())
    say(agent, HOME)
    home = after(agent, HOME)
    say(agent, CODE)
    code = after(agent, CODE)
    say(agent, BOAT, home)
    say(agent, "I row on Sundays.", code)

    assert told(memory) == {HOME, CODE, "I row on Sundays."}


def test_a_thread_that_goes_on_loses_nothing(memory: ResilientMemory, recorder: Any) -> None:
    """A restart, another thread, and what other conversations said, leave all of it."""
    saver = InMemorySaver()
    for n, text in enumerate((HOME, CODE, BOAT)):
        agent = agent_of(memory, recorder, saver)
        say(agent, text)
        other = {"configurable": {**THREAD["configurable"], "thread_id": f"o{n}"}}
        say(agent, f"Fact {n} of another thread.", other)

    assert told(memory) >= {HOME, CODE, BOAT}
    assert len(told(memory)) == 6


def test_a_history_that_was_cut_loses_nothing(memory: ResilientMemory, recorder: Any) -> None:
    """What was taken out of the thread to save room was said on the same branch."""
    saver = InMemorySaver()
    agent = agent_of(memory, recorder, saver)
    for text in (HOME, CODE):
        say(agent, text)
    from langchain_core.messages import RemoveMessage

    agent.update_state(THREAD, {"messages": [RemoveMessage(id=HOME), RemoveMessage(id=CODE)]})
    say(agent_of(memory, recorder, saver), BOAT)

    assert told(memory) == {HOME, CODE, BOAT}
