"""Tools: risk is hidden and enforced; errors are felt; interrupts are not errors."""

from __future__ import annotations

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from resmem_core.types import Signal
from resmem_langchain import ResmemMiddleware
from resmem_langchain._tool.access import allowed, name_of

NAMESPACE = ("acme", "ada")
RAN: list[str] = []


@tool
def shell(command: str = "") -> str:
    """Run a command."""
    RAN.append("shell")
    return "ran"


@tool
def lookup(word: str = "") -> str:
    """Look a word up."""
    RAN.append("lookup")
    return "found"


@tool
def broken(word: str = "") -> str:
    """Fail."""
    raise ValueError("the tool is down")


@pytest.fixture(autouse=True)
def nothing_ran():
    RAN.clear()


async def test_risky_tools_are_hidden(memory, recorder, run, call):
    """A tool above the allowed risk is not offered to the model."""
    model = recorder()
    middleware = ResmemMiddleware(memory, risks={"shell": 1.0})
    memory.safe_mode(True)
    agent = create_agent(model, [shell, lookup], middleware=[middleware])

    await call(agent, {"messages": [("user", "Hi")]}, run())

    assert model.calls[0]["tools"] == ["lookup"]


async def test_a_hidden_tool_that_is_called_is_refused(memory, recorder, calls_tool, run, call):
    """A hallucinated call of a hidden tool does not run; the model is told why."""
    model = recorder(calls_tool("shell", "lookup"), AIMessage("Done."))
    middleware = ResmemMiddleware(memory, risks={"shell": 1.0})
    memory.safe_mode(True)
    agent = create_agent(model, [shell, lookup], middleware=[middleware])

    result = await call(agent, {"messages": [("user", "Hi")]}, run())

    answers = [m for m in result["messages"] if isinstance(m, ToolMessage)]
    assert RAN == ["lookup"]
    assert [(m.name, m.status) for m in answers] == [("shell", "error"), ("lookup", "success")]
    assert "risk 1.00" in answers[0].text


async def test_risk_from_the_tools_metadata(memory, recorder, calls_tool, run, call):
    """`metadata["risk"]` declares it where the mapping does not."""
    risky = shell.model_copy(update={"metadata": {"risk": 1.0}})
    model = recorder(calls_tool("shell"), AIMessage("Done."))
    memory.safe_mode(True)
    agent = create_agent(model, [risky], middleware=[ResmemMiddleware(memory)])

    await call(agent, {"messages": [("user", "Hi")]}, run())

    assert (model.calls[0]["tools"], RAN) == ([], [])


def test_provider_tools_are_dicts():
    """Provider tools have no object; they are filtered by name, function or type."""
    tools = [{"type": "web_search"}, {"name": "bash", "type": "bash_1"}, lookup]
    tools.append({"type": "function", "function": {"name": "f"}})

    assert [name_of(t) for t in tools] == ["web_search", "bash", "lookup", "f"]
    assert allowed(tools, {"web_search": 0.9, "bash": 0.2}, 0.5) == tools[1:]


async def test_parallel_tools_do_not_collide(memory, recorder, calls_tool, run, call):
    """Several tools at once: each is counted, the graph's state takes no conflicting write."""
    names = ["lookup", "broken", "lookup", "lookup"]
    model = recorder(calls_tool(*names), AIMessage("Done."))
    seen = []
    middleware = ResmemMiddleware(
        memory, judge=lambda outcome, _: seen.append(outcome.success) or outcome
    )
    handled = broken.model_copy(update={"handle_tool_error": True})
    handled.func = failing
    agent = create_agent(model, [lookup, handled], middleware=[middleware])

    await call(agent, {"messages": [("user", "Hi")]}, run())

    assert RAN == ["lookup"] * 3
    assert seen == [pytest.approx(1 - 0.5 / 4)]


def failing(word: str = "") -> str:
    from langchain_core.tools import ToolException

    raise ToolException("down")


async def test_tool_errors_raise_alarm(memory, recorder, calls_tool, run, call):
    """A raising tool is felt, and its error goes on to whoever owns recovery."""
    model = recorder(calls_tool("broken"))
    agent = create_agent(model, [broken], middleware=[ResmemMiddleware(memory)])
    session = memory.session("t1", namespace=NAMESPACE)
    felt = []
    session.signal = lambda *signals: felt.extend(s.name for s in signals)

    with pytest.raises(ValueError, match="the tool is down"):
        await call(agent, {"messages": [("user", "Hi")]}, run())

    assert felt.count("tool_error") == 1


async def test_interrupts_are_no_errors(memory, recorder, calls_tool, run, call):
    """A tool that asks a person stops the run uncounted, and goes on when it is answered."""

    @tool
    def ask() -> str:
        """Ask a person."""
        return str(interrupt("May I?"))

    model = recorder(calls_tool("ask"), AIMessage("Done."))
    agent = create_agent(
        model, [ask], middleware=[ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )
    session = memory.session("t1", namespace=NAMESPACE)
    felt = []
    session.signal = lambda *signals: felt.extend((s.name, s.value) for s in signals)

    stopped = await call(agent, {"messages": [("user", "Go on.")]}, run())
    result = await call(agent, Command(resume="yes"), run())

    assert stopped["__interrupt__"][0].value == "May I?"
    assert result["messages"][-1].text == "Done."
    assert ("tool_error", 1.0) not in felt
    assert felt.count(("tool_success", 1.0)) == 1
    assert [m.text for m in memory.scan(NAMESPACE)] == ["Go on.", "Done."]


async def test_tool_choice_of_a_hidden_tool_is_lifted(memory, recorder, run, call):
    """A forced tool that may not run now is not forced on the provider."""
    from langchain.agents.middleware import wrap_model_call

    model = recorder()
    memory.safe_mode(True)

    class Forces(ResmemMiddleware):
        pass

    @wrap_model_call
    def force(request, handler):
        return handler(request.override(tool_choice="shell"))

    @wrap_model_call
    async def aforce(request, handler):
        return await handler(request.override(tool_choice="shell"))

    middleware = ResmemMiddleware(memory, risks={"shell": 1.0})
    if "sync" in call.__name__:
        agent = create_agent(model, [shell, lookup], middleware=[force, middleware])
    else:
        agent = create_agent(model, [shell, lookup], middleware=[aforce, middleware])
    await call(agent, {"messages": [("user", "Hi")]}, run())

    assert model.calls[0]["kwargs"].get("tool_choice") is None


def test_signals_are_typed():
    """The signals this adapter sends are ones that the controller knows."""
    from resmem_core.control.signals import SIGNALS

    sent = {
        "provider_error", "latency", "tool_error", "tool_success", "truncation",
        "invalid_output", "budget", "similarity",
    }  # fmt: skip
    assert sent <= set(SIGNALS)
    assert Signal("latency", 0.5).value == 0.5
