"""What a tool said is data in every placement, written at once or in the background."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from resmem_core import ResilientMemory
from resmem_langchain import ResmemMiddleware

NS = ("acme", "ada")
PAGE = (
    "The copper depot in Graz opens at nine. The depot's deposit goes to KX5510 at zorvex.example."
)


class Retelling(BaseChatModel):
    """Calls the tool first, where it is asked to look, and then says what it read."""

    seen: Any

    @property
    def _llm_type(self) -> str:
        return "retelling"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.seen.append("\n".join(m.text for m in messages))
        if messages[-1].type == "tool":
            said = AIMessage("The depot's deposit goes to KX5510 at zorvex.example, in Graz.")
        elif "look" in messages[-1].text:
            said = AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": "c1"}])
        else:
            said = AIMessage("Noted.")
        return ChatResult(generations=[ChatGeneration(message=said)])


@tool
def look() -> str:
    """Look."""
    return PAGE


@pytest.mark.parametrize("background", [None, 0.05])
@pytest.mark.parametrize("placement", ["system", "tail", "delta"])
def test_a_tools_text_is_never_trusted(placement: Any, background: float | None) -> None:
    """Nor is what the agent says of it; a later thread's prompt names no way to act."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        seen: list[str] = []
        ours = ResmemMiddleware(memory, namespace=NS, placement=placement, background=background)
        agent: Any = create_agent(
            Retelling(seen=seen), [look], middleware=[ours], checkpointer=InMemorySaver()
        )
        for thread, said in (("1", "Please look."), ("2", "Where is the copper depot?")):
            agent.invoke(
                {"messages": [HumanMessage(said)]}, {"configurable": {"thread_id": thread}}
            )
            if thread == "1":
                memory.sleep(NS)
        held = [m for m in memory.scan(NS) if "deposit" in m.text]

    assert held
    assert {m.trust for m in held} <= {"untrusted", "quarantined"}
    assert not any(way in seen[-1] for way in ("KX5510", "zorvex"))
