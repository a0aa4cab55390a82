"""The shipped profile in an agent that suspends no tool: failures move the knob, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from resmem_langchain import ResmemMiddleware

SAID = (
    "The regulator needs a new suspension spring.", "Perret in Geneva has one for 46 francs.",
    "My brother asked about the carriage clock again.", "It rained all day, so few customers came.",
    "I found the invoice for the mainspring.", "Could you note the appointment with Rui?",
    "The church bell was late this morning.", "We had soup and bread for lunch.",
)  # fmt: skip


def judged(outcome, messages):
    """No success where the tool failed for good."""
    failed = any(isinstance(m, ToolMessage) and m.status == "error" for m in messages)
    return replace(outcome, success=not failed)


@pytest.mark.parametrize("warm", [0, 12], ids=["fresh memory", "after a dozen turns"])
def test_a_failing_tool_is_withdrawn_and_comes_back(memory, recorder, calls_tool, run, warm):
    """Through ordinary talk, whatever its novelty and recall, failures close the tool's access."""
    down, access = [False], []

    @tool
    def look_up(word: str = "") -> str:
        """Look a word up."""
        if down[0]:
            raise ConnectionError("unreachable")
        return "found"

    def answer(messages):
        fresh = messages[-1].type == "human" and session.tool_access >= 0.4
        return calls_tool("look_up") if fresh else AIMessage("Noted.")

    model = recorder(*[answer] * 400)
    ours = ResmemMiddleware(memory, risks={"look_up": 0.4}, judge=judged, suspend=False)
    gives_up = ToolRetryMiddleware(max_retries=0, on_failure="continue")
    agent = create_agent(
        model, [look_up], middleware=[gives_up, ours], checkpointer=InMemorySaver()
    )
    session = memory.session("t1", namespace=("acme", "ada"))

    def turns(count):
        for number in range(count):
            said = f"{SAID[number % len(SAID)]} {number}"
            agent.invoke({"messages": [("user", said)]}, run())
            access.append(session.knobs.tool_access)
        return access[-count:]

    calm = turns(warm) if warm else [session.knobs.tool_access]
    down[0] = True
    outage = turns(14)
    down[0] = False
    after = turns(14)

    assert min(calm) >= 0.9
    assert min(outage) < 0.4
    assert after[-1] >= 0.9
