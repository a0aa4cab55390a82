"""What is said last holds, whatever happens to the thread that holds the conversation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, RemoveMessage
from langgraph.checkpoint.memory import InMemorySaver

from resmem_core import ResilientMemory
from resmem_langchain import ResmemMiddleware
from resmem_langchain.offline import QuotingChatModel

ADA = ("acme", "ada")
MANAGERS = ("Kim", "Lee", "Priya")
HOMES = ("Lisbon", "Oslo", "Quito")

TELL = st.one_of(
    st.sampled_from([f"My manager is {name}." for name in MANAGERS]),
    st.sampled_from([f"I live in {place}." for place in HOMES]),
    st.just("Good morning."),
)
STEP = st.one_of(TELL, TELL, st.sampled_from(["reset", "flush", "restart", "resent", "cut"]))


class App:
    """An agent whose thread is kept by a checkpointer, or sent along by the caller, without ids."""

    def __init__(self, memory):
        self.memory, self.thread, self.sent = memory, 0, None
        self.saver = InMemorySaver()
        self._start()

    def _start(self):
        ours = ResmemMiddleware(self.memory, namespace=ADA)
        saver = self.saver if self.sent is None else None
        self.agent = create_agent(QuotingChatModel(), [], middleware=[ours], checkpointer=saver)

    def do(self, step):
        if step == "reset":
            self.thread, self.sent = self.thread + 1, None
            self._start()
        elif step == "restart":
            self._start()
        elif step == "flush":  # the oldest half of the thread is taken out
            if self.sent is None and (held := self._held()):
                gone = [RemoveMessage(id=m.id) for m in held[: len(held) // 2]]
                self.agent.update_state(self._run(), {"messages": gone})
        elif step == "resent":  # from here on the caller keeps the history himself
            if self.sent is None:
                self.sent = [(m.type, m.text) for m in self._held()]
                self.thread += 1
                self._start()
        elif step == "cut":
            self.sent = self.sent and self.sent[-2:]
        else:
            said = [*(self.sent or []), ("human", step)]
            answer = self.agent.invoke({"messages": said}, self._run())["messages"]
            if self.sent is not None:
                self.sent = [(m.type, m.text) for m in answer]

    def _held(self):
        return self.agent.get_state(self._run()).values.get("messages", [])

    def _run(self):
        return {"configurable": {"thread_id": f"day-{self.thread}"}}


def expected(steps):
    """The last manager and the last home that were told."""
    told = {}
    for step in steps:
        if step.startswith("My manager"):
            told["manager"] = step.split()[-1].rstrip(".")
        elif step.startswith("I live"):
            told["home"] = step.split()[-1].rstrip(".")
    return told


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, max_size=10))
def test_what_was_told_last_holds(steps):
    """Any sequence of statements, new threads, removed messages, restarts and resent histories."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        app = App(memory)
        for step in steps:
            app.do(step)
        known = {one.name: one.value for one in memory.about(ADA)}
        assert {name: known.get(name) for name in expected(steps)} == expected(steps)


@pytest.mark.parametrize("between", ["reset", "flush", "restart", "resent"])
def test_a_value_that_comes_back_is_the_current_one(memory, between):
    """Kim, Lee, Kim: the third statement is one of its own."""
    app = App(memory)
    for name in ("Kim", "Lee", "Kim"):
        app.do(f"My manager is {name}.")
        app.do(between)

    assert {one.name: one.value for one in memory.about(ADA)}["manager"] == "Kim"


def test_a_message_s_own_time_counts(memory):
    """An imported turn is not dated today; a time that nobody can read is now."""
    app = App(memory)
    when = datetime(2020, 5, 1, 12, 0, tzinfo=UTC)
    for text, time in (("I live in Oslo.", when.isoformat()), ("I sing.", "some day")):
        message = HumanMessage(text, additional_kwargs={"timestamp": time})
        app.agent.invoke({"messages": [message]}, app._run())

    at = {m.text: m.at for m in memory.scan(ADA) if m.role == "user"}
    assert at["I live in Oslo."] == when.timestamp()
    assert at["I sing."] != when.timestamp()
