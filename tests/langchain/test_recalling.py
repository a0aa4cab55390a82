"""What was recalled is seen: a run in LangChain's tracing, and a callback."""

from __future__ import annotations

import logging

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler

from resmem_core import Message
from resmem_langchain import Recalled, ResmemMiddleware

NAMESPACE = ("acme", "ada")


class Runs(BaseCallbackHandler):
    """Every chain that starts and ends, by name."""

    def __init__(self) -> None:
        self.names: dict[object, str] = {}
        self.seen: list[tuple[object, object, object]] = []
        self.asked: dict[object, object] = {}

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, **kwargs):
        self.names[run_id] = kwargs.get("name", "")
        self.asked[run_id] = (inputs, parent_run_id)

    def on_chain_end(self, outputs, *, run_id, **_):
        if self.names.get(run_id) == "resmem_recall":
            self.seen.append((*self.asked[run_id], outputs))


@pytest.fixture
def told(memory):
    memory.session("old", namespace=NAMESPACE).observe(
        Message("user", "I moved to Lisbon in May.", id="m1")
    )
    return memory


async def test_a_recall_is_a_run_below_the_agents(told, recorder, run, call):
    """With the question, the hits with their relevance, and the lines that the model reads."""
    runs = Runs()
    agent = create_agent(recorder(), [], middleware=[ResmemMiddleware(told)])

    await call(agent, {"messages": [("user", "Where do I live?")]}, {**run(), "callbacks": [runs]})

    [(asked, parent, found)] = runs.seen
    assert asked == "Where do I live?"
    assert parent in runs.names
    assert [(hit["id"], hit["relevance"] > 0.5) for hit in found["hits"]] == [("m1", True)]
    assert "I moved to Lisbon in May." in found["block"]


async def test_who_asked_for_it_is_told_once_a_turn(told, recorder, calls_tool, run, call):
    """`on_recall` gets the same; where nothing fits, the reason."""
    seen: list[Recalled] = []
    agent = create_agent(recorder(), [], middleware=[ResmemMiddleware(told, on_recall=seen.append)])
    for question in ("Where do I live?", "What is the capital of Peru?"):
        await call(agent, {"messages": [("user", question)]}, run())

    assert [hit.id for hit in seen[0].hits] == ["m1"]
    assert (seen[1].hits, seen[1].block) == ((), "")
    assert seen[1].reason == "nothing stored speaks of capital peru"


async def test_a_callback_that_raises_ends_no_run(told, recorder, run, call, caplog):
    """The agent answers; the log names the type of the error, never what it says."""

    def broken(_: Recalled) -> None:
        raise ValueError("I moved to Lisbon")

    agent = create_agent(recorder(), [], middleware=[ResmemMiddleware(told, on_recall=broken)])
    with caplog.at_level(logging.WARNING, "resmem"):
        answer = await call(agent, {"messages": [("user", "Where do I live?")]}, run())

    assert answer["messages"][-1].type == "ai"
    assert "on_recall raised ValueError" in caplog.text
    assert "Lisbon" not in caplog.text


async def test_no_run_is_made_where_nobody_looks_on(told, recorder, run, call, monkeypatch):
    """Without a handler or a tracer the recall costs no run of its own."""
    made: list[object] = []
    monkeypatch.setattr(
        "resmem_langchain._prompt.recalling.RunnableLambda", lambda *_, **__: made.append
    )
    seen: list[Recalled] = []
    agent = create_agent(recorder(), [], middleware=[ResmemMiddleware(told, on_recall=seen.append)])

    await call(agent, {"messages": [("user", "Where do I live?")]}, run())

    assert (len(seen), made) == (1, [])
