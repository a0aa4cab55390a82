"""Beside LangChain's own middleware, in the documented order: ours last, innermost."""

from __future__ import annotations

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    HumanInTheLoopMiddleware,
    LLMToolSelectorMiddleware,
    ModelCallLimitMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
    ToolRetryMiddleware,
)
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from resmem_core import Session
from resmem_core.control.authority import Change
from resmem_langchain import ResmemMiddleware

NAMESPACE = ("acme", "ada")


def stored(memory):
    return [m.text for m in memory.scan(NAMESPACE)]


@tool
def lookup(word: str = "") -> str:
    """Look a word up."""
    return "found"


@tool
def shell(command: str = "") -> str:
    """Run a command."""
    return "ran"


async def test_pii_redacts_before_we_write(memory, recorder, run, call):
    """What the PII middleware redacts, also in the model's answer, never reaches the memory."""
    pii = PIIMiddleware("url", apply_to_input=True, apply_to_output=True)
    model = recorder(AIMessage("It is at https://private.example.org/ada"))
    agent = create_agent(model, [], middleware=[pii, ResmemMiddleware(memory)])

    said = "My page is https://secret.example.org/me"
    await call(agent, {"messages": [("user", said)]}, run())

    assert len(stored(memory)) == 2
    assert not any("example.org" in text for text in stored(memory))


async def test_summaries_are_not_stored(memory, recorder, run, call):
    """A summary that replaces the history is nobody's message; new turns are still stored."""
    summary = SummarizationMiddleware(
        model=recorder(AIMessage("They spoke of SUMMARIZED things.")),
        trigger=("messages", 4),
        keep=("messages", 1),
    )
    agent = create_agent(
        recorder(),
        [],
        middleware=[summary, ResmemMiddleware(memory)],
        checkpointer=InMemorySaver(),
    )

    said = [f"I have visited city number {n}." for n in range(5)]
    for text in said:
        await call(agent, {"messages": [("user", text)]}, run())

    state = agent.get_state(run()).values["messages"]
    assert any("SUMMARIZED" in m.text for m in state)
    assert not any("SUMMARIZED" in text for text in stored(memory))
    assert [m.text for m in memory.scan(NAMESPACE) if m.role == "user"] == said


async def test_a_turn_that_is_summarized_away_is_stored(memory, recorder, calls_tool, run, call):
    """Also when a long turn's own question falls to the summary before the turn ends."""
    summary = SummarizationMiddleware(
        model=recorder(AIMessage("SUMMARIZED")), trigger=("messages", 5), keep=("messages", 2)
    )
    model = recorder(*[calls_tool("lookup")] * 4, AIMessage("Done."))
    agent = create_agent(model, [lookup], middleware=[summary, ResmemMiddleware(memory)])

    await call(agent, {"messages": [HumanMessage("Look four times.", id="q")]}, run())

    assert stored(memory) == ["Look four times.", "Done."]


async def test_the_selector_before_us(memory, recorder, run, call):
    """The tool selector chooses first, then ours takes out what may not run."""
    chooser = recorder(lambda _: AIMessage('{"tools": ["lookup", "shell"]}'))
    select = LLMToolSelectorMiddleware(model=structured(chooser), max_tools=2)
    ours = ResmemMiddleware(memory, risks={"shell": 1.0})
    memory.safe_mode(True)
    model = recorder()
    agent = create_agent(model, [lookup, shell], middleware=[select, ours])

    await call(agent, {"messages": [("user", "Hi")]}, run())

    assert model.calls[0]["tools"] == ["lookup"]


def structured(model):
    """The model, with a structured output that chooses both tools."""
    from langchain_core.runnables import RunnableLambda

    class Structured(type(model)):
        def with_structured_output(self, schema, **kwargs):
            return RunnableLambda(lambda _: {"tools": ["lookup", "shell"]})

    return Structured(script=model.script)


async def test_retries_are_felt_and_their_error_text_is_not_stored(memory, recorder, run, call):
    """Each failed attempt is a signal; "Model call failed after…" is no answer."""
    retry = ModelRetryMiddleware(max_retries=1, initial_delay=0, jitter=False)
    model = recorder(ConnectionError("SECRET down"))
    seen = []
    ours = ResmemMiddleware(memory, judge=lambda o, _: seen.append(o.success) or o)
    agent = create_agent(model, [], middleware=[retry, ours])
    session = memory.session("t1", namespace=NAMESPACE)
    felt = []
    signal = session.signal
    session.signal = lambda *given: felt.extend(s.name for s in given) or signal(*given)

    result = await call(agent, {"messages": [("user", "Are you there?")]}, run())

    assert "failed after 2 attempts" in result["messages"][-1].text
    assert felt.count("provider_error") == 2
    assert stored(memory) == ["Are you there?"]
    assert seen == [0.0]


async def test_call_limits_are_not_answers(memory, recorder, calls_tool, run, call):
    """ "Model call limits exceeded" ends the run; it is not stored and is no success."""
    limit = ModelCallLimitMiddleware(run_limit=1, exit_behavior="end")
    seen = []
    ours = ResmemMiddleware(memory, judge=lambda o, _: seen.append(o.success) or o)
    agent = create_agent(recorder(calls_tool("lookup")), [lookup], middleware=[limit, ours])

    result = await call(agent, {"messages": [("user", "Look.")]}, run())

    assert "limits exceeded" in result["messages"][-1].text
    assert stored(memory) == ["Look."]
    assert seen == [0.0]


async def test_fallback_models_keep_settings_of_their_own(memory, recorder, run, call, monkeypatch):
    """A change is made around the base of the model that is called, not of the one that failed."""
    monkeypatch.setattr(Session, "change", Change(temperature=-0.2))
    first = recorder(ConnectionError("down")).model_copy(update={"temperature": 1.0})
    second = recorder().model_copy(update={"temperature": 0.5})
    agent = create_agent(
        first, [], middleware=[ModelFallbackMiddleware(second), ResmemMiddleware(memory)]
    )

    await call(agent, {"messages": [("user", "Hi")]}, run())

    assert (first.calls[0]["temperature"], second.calls[0]["temperature"]) == (0.8, 0.3)


async def test_tool_retries_see_the_raw_error(memory, recorder, calls_tool, run, call):
    """The tool retry owns recovery; we feel each attempt."""
    tries = []

    @tool
    def flaky() -> str:
        """Fail once."""
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError("down")
        return "up"

    retry = ToolRetryMiddleware(max_retries=2, initial_delay=0, jitter=False)
    model = recorder(calls_tool("flaky"), AIMessage("Done."))
    seen = []
    ours = ResmemMiddleware(memory, judge=lambda o, _: seen.append(o.success) or o)
    agent = create_agent(model, [flaky], middleware=[retry, ours])

    await call(agent, {"messages": [("user", "Go.")]}, run())

    assert len(tries) == 2
    assert seen == [pytest.approx(1 - 0.5 * 1 / 2)]


async def test_a_person_in_the_loop(memory, recorder, calls_tool, run, call):
    """A turn that waits for an approval is observed once, when it is done."""
    person = HumanInTheLoopMiddleware(interrupt_on={"shell": True})
    model = recorder(calls_tool("shell"), AIMessage("Done."))
    agent = create_agent(
        model, [shell], middleware=[person, ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )

    stopped = await call(agent, {"messages": [("user", "Run it.")]}, run())
    before = stored(memory)
    approve = Command(resume={"decisions": [{"type": "approve"}]})
    result = await call(agent, approve, run())

    assert "__interrupt__" in stopped
    assert before == []
    assert result["messages"][-1].text == "Done."
    assert stored(memory) == ["Run it.", "Done."]


async def test_the_documented_order(memory, recorder, calls_tool, run, call):
    """All of them at once, in the order that the docs give."""
    secondary = recorder()
    middleware = [
        PIIMiddleware("url", apply_to_input=True),
        SummarizationMiddleware(model=recorder(), trigger=("messages", 50)),
        ModelCallLimitMiddleware(run_limit=5),
        HumanInTheLoopMiddleware(interrupt_on={"shell": True}),
        LLMToolSelectorMiddleware(model=structured(recorder())),
        ModelRetryMiddleware(max_retries=1, initial_delay=0),
        ModelFallbackMiddleware(secondary),
        ToolRetryMiddleware(max_retries=1, initial_delay=0),
        ResmemMiddleware(memory),
    ]
    model = recorder(calls_tool("lookup"), AIMessage("Done."))
    agent = create_agent(model, [lookup, shell], middleware=middleware)

    result = await call(agent, {"messages": [("user", "Look it up.")]}, run())

    assert result["messages"][-1].text == "Done."
    assert stored(memory) == ["Look it up.", "Done."]
