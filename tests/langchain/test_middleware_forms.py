"""Streaming, structured output, sub-agents, subgraphs, batches."""

from __future__ import annotations

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import BaseModel

from resmem_core import Session
from resmem_core.control.authority import Change
from resmem_core.errors import ConfigError
from resmem_langchain import ResmemCallbackHandler, ResmemMiddleware
from resmem_langchain.offline import NOTHING, QuotingChatModel

NAMESPACE = ("acme", "ada")


def stored(memory, namespace=NAMESPACE):
    return [(m.role, m.text) for m in memory.scan(namespace)]


class City(BaseModel):
    """Where."""

    name: str


def test_tokens_stream(memory, recorder, run):
    """Knobs on a copy of the model do not break token streaming."""
    model = recorder(AIMessage("Ada lives in Lisbon."))
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])

    said = {"messages": [("user", "Where?")]}
    chunks = [c.text for c, _ in agent.stream(said, run(), stream_mode="messages")]

    assert [c for c in chunks if c] == ["Ada", " lives", " in", " Lisbon."]
    assert stored(memory)[-1] == ("assistant", "Ada lives in Lisbon.")


async def test_tokens_stream_async(memory, recorder, run):
    """The same through `astream`."""
    model = recorder(AIMessage("Ada lives in Lisbon."))
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])

    said = {"messages": [("user", "Where?")]}
    chunks = [c.text async for c, _ in agent.astream(said, run(), stream_mode="messages")]

    assert [c for c in chunks if c] == ["Ada", " lives", " in", " Lisbon."]
    assert model.calls[0]["temperature"] is None


async def test_structured_output_by_tool(memory, recorder, run, call):
    """A tool strategy's answer arrives, and its tool message is not taken for a tool's."""
    answer = AIMessage("", tool_calls=[{"name": "City", "args": {"name": "Lisbon"}, "id": "1"}])
    agent = create_agent(
        recorder(answer),
        [],
        middleware=[ResmemMiddleware(memory)],
        response_format=ToolStrategy(City),
    )

    result = await call(agent, {"messages": [("user", "Where does Ada live?")]}, run())

    assert result["structured_response"] == City(name="Lisbon")
    assert stored(memory) == [("user", "Where does Ada live?")]


async def test_structured_output_by_provider(memory, recorder, run, call):
    """A provider strategy's schema reaches the model beside the knobs."""
    model = recorder(AIMessage('{"name": "Lisbon"}'))
    agent = create_agent(
        model,
        [],
        middleware=[ResmemMiddleware(memory)],
        response_format=ProviderStrategy(City),
    )

    result = await call(agent, {"messages": [("user", "Where does Ada live?")]}, run())

    assert result["structured_response"] == City(name="Lisbon")
    assert "response_format" in model.calls[0]["kwargs"]
    assert model.calls[0]["temperature"] is None


async def test_subagents_recall_but_do_not_write(memory, recorder, calls_tool, run, call):
    """An agent inside a tool has its own hormones; what its "user" says is not a person's."""
    inner_model = recorder(AIMessage("Inner answer."))
    ours = ResmemMiddleware(memory)
    inner = create_agent(inner_model, [], middleware=[ours])

    @tool
    def research(topic: str = "Lisbon") -> str:
        """Ask the researcher."""
        asked = {"messages": [("user", f"Find out about {topic}.")]}
        return str(inner.invoke(asked)["messages"][-1].text)

    @tool
    async def aresearch(topic: str = "Lisbon") -> str:
        """Ask the researcher."""
        asked = {"messages": [("user", f"Find out about {topic}.")]}
        return str((await inner.ainvoke(asked))["messages"][-1].text)

    which = research if call.__name__ == "sync" else aresearch
    outer = create_agent(
        recorder(calls_tool(which.name), AIMessage("Done.")), [which], middleware=[ours]
    )
    memory.session("old", namespace=NAMESPACE).observe(message("Lisbon has seven hills."))
    await call(outer, {"messages": [("user", "Tell me of it.")]}, run())

    assert "seven hills" in inner_model.system()
    assert [t for _, t in stored(memory)] == ["Lisbon has seven hills.", "Tell me of it.", "Done."]
    assert memory.session("t1/tools", namespace=NAMESPACE).snapshot()["tail"]["ticks"] > 0


def message(text):
    from resmem_core import Message

    return Message("user", text)


async def test_as_a_subgraph_it_answers_the_user(memory, recorder, run, call):
    """An agent that is a node of a larger graph observes the user's own words."""
    agent = create_agent(recorder(), [], middleware=[ResmemMiddleware(memory)])
    graph = StateGraph(MessagesState)
    graph.add_node("helper", agent)
    graph.add_edge(START, "helper")

    await call(graph.compile(), {"messages": [("user", "I moved to Lisbon.")]}, run())

    assert stored(memory) == [("user", "I moved to Lisbon."), ("assistant", "Noted.")]


def test_batch(memory, recorder, run):
    """A batch of users is as good as one after another."""
    agent = create_agent(recorder(), [], middleware=[ResmemMiddleware(memory)])

    inputs = [{"messages": [("user", f"I am number {n}.")]} for n in range(4)]
    agent.batch(inputs, [run(f"t{n}", ("acme", f"u{n}")) for n in range(4)])

    said = [stored(memory, ("acme", f"u{n}"))[0][1] for n in range(4)]
    assert said == [f"I am number {n}." for n in range(4)]


@pytest.fixture
def asked(monkeypatch):
    """Every session asks for this change."""
    monkeypatch.setattr(Session, "change", Change(temperature=-0.2, top_p=-0.1, stretch=2))


async def test_the_change_reaches_the_model(asked, memory, recorder, run, call):
    """What the session asks for is what the model gets; the user's model stays as it is."""
    model = recorder().model_copy(update={"temperature": 0.7, "top_p": 0.9})
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])

    await call(agent, {"messages": [("user", "Hi")]}, run())

    got = {k: model.calls[0][k] for k in ("temperature", "top_p", "max_tokens")}
    assert got == {"temperature": 0.5, "top_p": 0.8, "max_tokens": None}
    assert (model.temperature, model.top_p, model.max_tokens) == (0.7, 0.9, None)


@pytest.mark.parametrize("tune", [(), ("top_p",)])
async def test_tune_limits_what_may_change(asked, memory, recorder, run, call, tune):
    """Only the settings that the user opened differ from the user's."""
    own = {"temperature": 0.7, "top_p": 0.9, "max_tokens": 50}
    model = recorder().model_copy(update=own)
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory, tune=tune)])

    await call(agent, {"messages": [("user", "Hi")]}, run())

    assert {k for k in own if model.calls[0][k] != own[k]} == set(tune)


async def test_the_offline_model_quotes_and_says_so(memory, run, call):
    """It answers from memory only, says that it does, and its quotations are not stored."""
    agent = create_agent(QuotingChatModel(), [], middleware=[ResmemMiddleware(memory)])

    first = await call(agent, {"messages": [("user", "My cat is called Miso.")]}, run("one"))
    second = await call(agent, {"messages": [("user", "What is my cat called?")]}, run("two"))

    assert first["messages"][-1].text == NOTHING
    assert "“My cat is called Miso.”" in second["messages"][-1].text
    assert "only quotes memories" in second["messages"][-1].text
    assert [role for role, _ in stored(memory)] == ["user", "user"]


@pytest.mark.parametrize("tokens", [-1, 1.5, True, "10", None])
def test_a_budget_that_is_none_is_refused(memory, tokens):
    """Tokens are counted in whole numbers from 0 up, and said so where they are set."""
    with pytest.raises(ConfigError, match="token_budget"):
        ResmemMiddleware(memory, token_budget=tokens)


def test_a_conversation_has_a_budget_of_one_token_at_least(memory):
    """The share spent of nothing is no number."""
    with pytest.raises(ConfigError, match="token_budget"):
        ResmemCallbackHandler(memory.session("t", namespace=NAMESPACE), token_budget=0)
