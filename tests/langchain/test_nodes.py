"""`memory_nodes` in plain graphs: what they recall, what they store, and what they leave alone."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph

from resmem_core import ResilientMemory
from resmem_core.errors import ConfigError, InputTypeError, NamespaceError, StoreUnavailable
from resmem_langchain import MemoryState, memory_nodes

NAMESPACE = ("acme", "ada")


def graph_of(nodes, model, **options):
    graph = StateGraph(MemoryState)
    graph.add_sequence([("recall", nodes.recall), ("model", model), ("write", nodes.write)])
    return graph.set_entry_point("recall").compile(**options)


def echo(state):
    """A model that says that it read."""
    return {"messages": [AIMessage("Noted.")]}


def texts(memory, role="user", namespace=NAMESPACE):
    memory.outbox.flush()  # what a busy machine put off
    return [m.text for m in memory.scan(namespace) if m.role == role]


async def test_it_remembers_across_threads(memory, run, call):
    """What was said in one thread is in the state of another; the messages stay the caller's."""
    app = graph_of(memory_nodes(memory), echo, checkpointer=InMemorySaver())

    await call(app, {"messages": [("user", "I moved to Lisbon in May.")]}, run("one"))
    told = await call(app, {"messages": [("user", "Where did I move to?")]}, run("two"))

    assert "I moved to Lisbon in May." in told["memories"]
    assert [m.text for m in told["messages"]] == ["Where did I move to?", "Noted."]
    assert texts(memory) == ["I moved to Lisbon in May.", "Where did I move to?"]


async def test_each_turn_is_stored_once(memory, run, call):
    """Three turns of one thread with a checkpointer: no message twice."""
    app = graph_of(memory_nodes(memory), echo, checkpointer=InMemorySaver())

    for text in ("I live in Lisbon.", "My cat is Miso.", "I live in Lisbon."):
        await call(app, {"messages": [("user", text)]}, run())

    memory.outbox.flush()
    assert len({m.id for m in memory.scan(NAMESPACE)}) == len(memory.scan(NAMESPACE))
    assert texts(memory).count("My cat is Miso.") == 1


async def test_a_turn_that_broke_off_is_taken_in_later(memory, run, call):
    """The model raised, `write` did not run: the next turn stores what the thread holds."""
    broken = [True]

    def model(state):
        if broken.pop() if broken else False:
            raise ConnectionError("away")
        return {"messages": [AIMessage("Noted.")]}

    app = graph_of(memory_nodes(memory), model, checkpointer=InMemorySaver())
    with pytest.raises(ConnectionError):
        await call(app, {"messages": [("user", "I live in Lisbon.")]}, run())
    await call(app, {"messages": [("user", "My cat is Miso.")]}, run())

    assert texts(memory) == ["I live in Lisbon.", "My cat is Miso."]


async def test_a_failed_tool_lowers_the_outcome(memory, run, call):
    """The outcome is read from the messages, and a judge may know better."""
    outcomes = []

    def judge(outcome, messages):
        outcomes.append(outcome.success)
        return outcome

    def model(state):
        return {
            "messages": [
                AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": "1"}]),
                ToolMessage("away", tool_call_id="1", status="error"),
                AIMessage("Sorry."),
            ]
        }

    app = graph_of(memory_nodes(memory, judge=judge), model)
    await call(app, {"messages": [("user", "Look it up.")]}, run())

    assert outcomes == [0.5]


async def test_a_store_that_is_away_stops_no_graph(tmp_path, run, call, monkeypatch):
    """Nothing is recalled, the answer comes, and the turn is stored when the store is back."""

    def away(*_):
        raise StoreUnavailable("away")

    with ResilientMemory.open(tmp_path / "m.db", keep=1.0, auto_sleep=False) as memory:
        app = graph_of(memory_nodes(memory), echo)
        with monkeypatch.context() as gone:
            gone.setattr(memory.store, "apply", away)
            gone.setattr(memory.store, "changes", away)
            told = await call(app, {"messages": [("user", "I live in Lisbon.")]}, run())
        await call(app, {"messages": [("user", "My cat is Miso.")]}, run("two"))

        assert told["memories"] == ""
        assert told["messages"][-1].text == "Noted."
        assert set(texts(memory)) == {"I live in Lisbon.", "My cat is Miso."}


async def test_users_are_walled(memory, run, call):
    """Another namespace recalls nothing; none at all is an error before anything is read."""
    app = graph_of(memory_nodes(memory, about=True), echo)
    await call(app, {"messages": [("user", "I live in Lisbon.")]}, run())

    memory.outbox.flush()
    ada = await call(app, {"messages": [("user", "Hi")]}, run("t2"))
    eve = await call(app, {"messages": [("user", "Where do I live?")]}, run("t", ("acme", "eve")))

    assert "- home: Lisbon" in ada["memories"]
    assert eve["memories"] == ""
    with pytest.raises(NamespaceError):
        await call(app, {"messages": [("user", "Hi")]}, {"configurable": {"thread_id": "1"}})


def test_wrong_settings_are_named(memory):
    """A role, a choice or a memory that is none."""
    with pytest.raises(ConfigError, match="remember is some of"):
        memory_nodes(memory, remember=("human",))
    with pytest.raises(ConfigError, match="a profile is True"):
        memory_nodes(memory, about="home")
    with pytest.raises(InputTypeError, match=r"ResilientMemory\.open"):
        memory_nodes("m.db")
