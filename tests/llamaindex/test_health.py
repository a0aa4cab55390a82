"""What TunedLLM does about failing models and tools: as in LangChain, by the same core."""

from __future__ import annotations

import json
import re

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.event_handlers import BaseEventHandler
from pydantic import PrivateAttr

from resmem_core import ResilientMemory
from resmem_core.audit import records
from resmem_core.engine.base.clock import ManualClock
from resmem_core.errors import CircuitOpen
from resmem_core.health.overflow import CLEARED
from resmem_llamaindex import ResmemEventHandler, ResmemToolRetriever, TunedLLM, scope
from resmem_llamaindex._turn.acts import ResmemActEvent

from .fakes import Scripted

HELLO = [ChatMessage(role="user", content="hi")]
NAMESPACE = ("acme", "ada")


@pytest.fixture
def clock():
    return ManualClock(1.7e9)


@pytest.fixture
def memory(clock):
    with ResilientMemory.open(":memory:", clock=clock) as opened:
        yield opened


def thread(memory, name="t1"):
    return memory.session(name, namespace=NAMESPACE)


class Dead(Scripted):
    """Fails until the clock says a minute has passed; counts the attempts."""

    _made: list = PrivateAttr(default_factory=list)
    _clock: ManualClock = PrivateAttr()

    def _say(self, messages):
        self._made.append(messages)
        if self._clock.passed < 60.0:
            raise ConnectionError("refused")
        return super()._say(messages)


def dead(clock, *script):
    made = Dead(*script)
    made._clock = clock
    return made


def asked(llm, way):
    if way == "chat":
        return llm.chat(HELLO).message.content
    if way == "complete":
        return llm.complete("hi").text
    return [chunk.message.content for chunk in llm.stream_chat(HELLO)][-1]


@pytest.mark.parametrize("way", ["chat", "complete", "stream"])
def test_a_dead_model_is_left_alone(memory, clock, way):
    """Four attempts at most in a minute of eleven requests, each in a thread of its own."""
    model, found = dead(clock), []
    for n in range(11):
        clock.wait(max(n * 60 / 11 - clock.passed, 0.0))
        try:
            found.append(asked(TunedLLM(model, thread(memory, f"t{n}")), way))
        except (ConnectionError, CircuitOpen) as error:
            found.append(type(error))
    attempts = len(model._made)
    clock.wait(80.0)

    assert attempts <= 4
    assert set(found) == {ConnectionError, CircuitOpen}
    assert asked(TunedLLM(model, thread(memory, "new")), way) == "done"
    assert len(model._made) == attempts + 1


async def test_a_fallback_answers(memory, clock):
    """No user sees the outage, sync or async; the primary is asked four times at most."""
    primary, other = dead(clock), Scripted(*["from the other"] * 30)
    llm = TunedLLM(primary, thread(memory), fallback=other)
    found = []
    for n in range(11):
        clock.wait(max(n * 60 / 11 - clock.passed, 0.0))
        answer = llm.chat(HELLO) if n % 2 else await llm.achat(HELLO)
        found.append(answer.message.content)

    assert found == ["from the other"] * 11
    assert len(primary._made) <= 4


def test_switched_off_nothing_is_done(memory, clock):
    """`retry=False`, `breaker=False`: every call is made, once; also outside a session."""
    model = dead(clock)
    llm = TunedLLM(model, thread(memory), retry=False, breaker=False)
    for _ in range(9):
        with pytest.raises(ConnectionError):
            llm.chat(HELLO)
    with pytest.raises(ConnectionError):
        TunedLLM(model).chat(HELLO)

    assert len(model._made) == 10


async def test_a_stream_that_breaks_off_is_noted(memory):
    """What was streamed already is not asked for again; the error is raised and counted."""

    class Breaking(Scripted):
        def stream_chat(self, messages, **kwargs):
            answer = self.chat(messages, **kwargs)

            def chunks():
                yield answer
                raise ConnectionError("reset")

            return chunks()

    llm = TunedLLM(Breaking("one", "two"), thread(memory))
    chunks = llm.stream_chat(HELLO)
    first = next(chunks).message.content
    with pytest.raises(ConnectionError):
        next(chunks)

    (health,) = memory.health.dependencies.values()
    assert first == "one"
    assert health.breaker.row == 1


class Heard(BaseEventHandler):
    _acts: list = PrivateAttr(default_factory=list)

    @classmethod
    def class_name(cls):
        return "Heard"

    def handle(self, event, **kwargs):
        if isinstance(event, ResmemActEvent):
            self._acts.append(event.act)


@pytest.mark.parametrize("gated", [False, True], ids=["tools", "tool retriever"])
async def test_one_tool_is_suspended_alone(memory, clock, gated):
    """The calendar is down: it alone is left out, the model is told, and told when it is back."""
    down, session = [True], thread(memory)

    def calendar(day: str = "") -> str:
        """Read the calendar."""
        if down[0]:
            raise ConnectionError("SECRET refused")
        return "free"

    def mail(to: str = "") -> str:
        """Send."""
        return "sent"

    class Watching(Scripted):
        _seen: list = PrivateAttr(default_factory=list)

        def _prepare_chat_with_tools(self, tools, user_msg=None, chat_history=None, **kwargs):
            self._seen.append([t.metadata.name for t in tools])
            return super()._prepare_chat_with_tools(tools, user_msg, chat_history, **kwargs)

    call = [("calendar", {"day": "x"})]
    model = Watching(*[call, "It fails."] * 4, *["Noted."] * 9)
    llm = TunedLLM(model, session)
    tools = [FunctionTool.from_defaults(f) for f in (calendar, mail)]
    given = {"tool_retriever": ResmemToolRetriever(tools)} if gated else {"tools": tools}
    heard, root = Heard(), get_dispatcher()
    root.add_event_handler(heard)
    try:
        with ResmemEventHandler(), scope(session):
            for _ in range(4):
                clock.wait(1.0)
                await FunctionAgent(llm=llm, streaming=False, **given).run("Am I free?")
            hidden, told = model._seen[-1], str(model._calls[-1])
            down[0] = False
            clock.wait(30.0)
            memory.health.succeeded("tool:calendar")
            await FunctionAgent(llm=llm, streaming=False, **given).run("And now?")
    finally:
        root.event_handlers = [h for h in root.event_handlers if h is not heard]

    log = [r for r in records(memory.store) if r["event"] == "health"]
    assert hidden == ["mail"]
    assert re.search(r"calendar is down since \d\d:\d\d; do not call it; say so\.", told)
    assert model._seen[-1] == ["calendar", "mail"]
    assert "calendar is back since" in str(model._calls[-1])
    assert {"open", "suspension", "back"} <= {act.what for act in session.acts}
    assert [a["act"] for a in heard._acts] == [act.what for act in session.acts]
    assert [r["act"] for r in log] == [act.what for act in session.acts]
    assert "SECRET" not in json.dumps([log, heard._acts]) + str(session.explain())


async def test_a_fallback_answers_structured_questions_too(memory, clock, monkeypatch):
    """`structured_predict` goes the same way: fallback, breaker and retries, sync and async."""
    made = []

    def predict(self, *args, **kwargs):
        made.append(self.name)
        if self.name == "primary":
            raise ConnectionError("refused")
        return "a city"

    async def apredict(self, *args, **kwargs):
        return predict(self)

    class Named(Scripted):
        name: str = ""

    monkeypatch.setattr(Named, "structured_predict", predict)
    monkeypatch.setattr(Named, "astructured_predict", apredict)
    primary, other = Named(), Named()
    primary.name, other.name = "primary", "other"
    llm = TunedLLM(primary, thread(memory), fallback=other)
    found = [llm.structured_predict(str, "Where?") for _ in range(3)]
    found += [await llm.astructured_predict(str, "Where?") for _ in range(3)]

    assert found == ["a city"] * 6
    assert made.count("primary") == 2


def test_a_conversation_that_is_too_long_goes_on(memory):
    """What tools said long ago is left out, the latest stays, and the act is explained."""

    class Small(Scripted):
        _seen: list = PrivateAttr(default_factory=list)

        def _say(self, messages):
            self._seen.append(messages)
            if sum(len(m.content or "") for m in messages) > 1000:
                raise ValueError("This model's maximum context length is 1000 tokens")
            return super()._say(messages)

    model, session = Small(*["done"] * 9), thread(memory)
    said = [
        *HELLO, *[ChatMessage(role="tool", content=f"page {n} " * 40) for n in range(5)], *HELLO
    ]  # fmt: skip
    answers = [TunedLLM(model, session).chat(said).message.content for _ in range(2)]

    assert answers == ["done", "done"]
    assert [m.content for m in model._seen[-1]][1:5] == [CLEARED] * 4
    assert "page 4" in model._seen[-1][5].content
    assert len(model._seen) == 3
    assert [act.what for act in session.acts] == ["shorten"]
