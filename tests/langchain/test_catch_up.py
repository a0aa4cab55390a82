"""What a checkpointer holds and the memory has not taken is caught up at the next turn."""

from __future__ import annotations

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from resmem_langchain import ResmemMiddleware

NAMESPACE = ("acme", "ada")


@tool
def transfer(word: str = "") -> str:
    """Move something."""
    return "moved"


def heard(memory):
    return [m.text for m in memory.scan(NAMESPACE) if m.role == "user"]


def agent_of(memory, model, *more, **options):
    """An agent that remembers, with a checkpointer."""
    ours = ResmemMiddleware(memory, **options)
    return create_agent(model, [transfer], middleware=[*more, ours], checkpointer=InMemorySaver())


async def test_an_interrupt_that_nobody_decided_loses_nothing(
    memory, recorder, calls_tool, run, call
):
    """The user's words of the turn that stands still are taken with the next, once."""
    asks = HumanInTheLoopMiddleware(interrupt_on={"transfer": True})
    agent = agent_of(memory, recorder(calls_tool("transfer"), AIMessage("Fine.")), asks)
    await call(agent, {"messages": [("user", "The kiln fires at 1240 degrees.")]}, run())
    before = heard(memory)
    await call(agent, {"messages": [("user", "I sing in a choir.")]}, run())
    await call(agent, {"messages": [("user", "I row at dawn.")]}, run())

    assert before == []
    assert sorted(heard(memory)) == sorted(
        ["The kiln fires at 1240 degrees.", "I sing in a choir.", "I row at dawn."]
    )


async def test_a_turn_that_raised_is_caught_up(memory, recorder, run, call, calls_tool):
    """The model failed after a tool's answer; the thread goes on."""

    def fails(messages):
        raise ValueError("model gone")

    model = recorder(calls_tool("transfer"), fails, AIMessage("Fine."), AIMessage("Fine."))
    agent = agent_of(memory, model)
    with pytest.raises(Exception, match="gone"):
        await call(agent, {"messages": [("user", "The kiln fires at 1240 degrees.")]}, run())
    await call(agent, {"messages": [("user", "I sing in a choir.")]}, run())

    assert "The kiln fires at 1240 degrees." in heard(memory)
    assert "I sing in a choir." in heard(memory)


async def test_a_crash_before_the_write_is_caught_up(memory, recorder, run, call, monkeypatch):
    """The process died in the last step; what the checkpointer holds is taken in."""
    agent = agent_of(memory, recorder(AIMessage("Fine.")))

    def died(*_, **__):
        raise MemoryError("killed")

    await call(agent, {"messages": [("user", "I live in Lisbon.")]}, run())
    with monkeypatch.context() as crash:
        crash.setattr(ResmemMiddleware, "_learn", died)
        with pytest.raises(MemoryError):
            await call(agent, {"messages": [("user", "The kiln fires at 1240.")]}, run())
    await call(agent, {"messages": [("user", "I sing in a choir.")]}, run())

    assert sorted(heard(memory)) == sorted(
        ["I live in Lisbon.", "The kiln fires at 1240.", "I sing in a choir."]
    )


async def test_a_history_that_the_caller_sends_is_no_news(memory, recorder, run, call):
    """Without a checkpointer every call brings it all; only the turn's own words are taken."""
    agent = create_agent(recorder(AIMessage("Fine.")), [], middleware=[ResmemMiddleware(memory)])
    history = [HumanMessage("I live in Lisbon.", id="h1"), AIMessage("Fine.", id="a1")]
    await call(agent, {"messages": [*history, ("user", "I sing in a choir.")]}, run())
    await call(agent, {"messages": [*history, ("user", "I row at dawn.")]}, run())

    assert sorted(heard(memory)) == ["I row at dawn.", "I sing in a choir."]


async def test_what_was_forgotten_is_not_caught_up(memory, recorder, run, call):
    """The thread still holds it; the memory had it, and was told to forget."""
    agent = agent_of(memory, recorder(AIMessage("Fine.")))
    await call(agent, {"messages": [("user", "My locker is by the quokka.")]}, run())
    await call(agent, {"messages": [("user", "I sing in a choir.")]}, run())
    gone = [m.id for m in memory.scan(NAMESPACE) if "quokka" in m.text]
    memory.forget(NAMESPACE, gone, tombstones=False)
    await call(agent, {"messages": [("user", "I row at dawn.")]}, run())

    assert sorted(heard(memory)) == ["I row at dawn.", "I sing in a choir."]
