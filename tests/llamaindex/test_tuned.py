"""`TunedLLM` in agents, workflows, query engines and chat engines."""

import asyncio
import logging
import pickle

import pytest
from llama_index.core import Document, SummaryIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.chat_engine import ContextChatEngine
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.llm import LLMChatEndEvent, LLMChatStartEvent
from llama_index.core.llms import ChatMessage, MockLLM
from llama_index.core.tools import FunctionTool
from pydantic import PrivateAttr

from resmem_core import Session
from resmem_core.control.authority import Change
from resmem_core.errors import InputTypeError
from resmem_llamaindex import TunedLLM, scope

from .fakes import Scripted, Ticking, cooler, look

pytestmark = pytest.mark.usefixtures("chat_stores")

COLD, WARM, HOT = (cooler(by) for by in (0.9, 0.5, 0.1))
HELLO = [ChatMessage(role="user", content="hi")]


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_agent_s_steps_read_the_session_anew(streaming):
    """Each step of one run follows its own tick, streaming or not."""
    model = Scripted([("look", {"city": "Lisbon"})], "sunny", temperature=1.0)
    agent = FunctionAgent(
        tools=[look], llm=TunedLLM(model, Ticking(COLD, HOT)), streaming=streaming
    )

    answer = await agent.run("How is Lisbon?")

    assert str(answer) == "sunny"
    assert model.temperatures == [0.1, 0.9]


async def test_a_tool_moves_the_knobs_between_two_steps():
    """What happens in a tool changes the sampling of the very next model call."""
    setting = {"temperature": 0.1}
    model = Scripted([("fail", {})], "sorry")

    def fail() -> str:
        """Fail."""
        setting["temperature"] = 0.8
        return "failed"

    agent = FunctionAgent(tools=[fail], llm=TunedLLM(model, knobs=lambda: setting))
    await agent.run("go")

    assert model.temperatures == [0.1, 0.8]


async def test_a_workflow_of_agents_reads_the_session():
    """`AgentWorkflow` with a tuned model, over two steps."""
    model = Scripted([("look", {"city": "Porto"})], "rainy", temperature=1.0)
    flow = AgentWorkflow.from_tools_or_functions([look], llm=TunedLLM(model, Ticking(COLD, WARM)))

    await flow.run("Porto?")

    assert model.temperatures == [0.1, 0.5]


@pytest.mark.parametrize("streaming", [True, False])
async def test_query_engines_read_the_session(streaming):
    """`query`, `aquery` and streaming answers carry each its own settings."""
    model = Scripted("a", "b", temperature=1.0)
    engine = SummaryIndex.from_documents([Document(text="Lisbon is sunny.")]).as_query_engine(
        llm=TunedLLM(model, Ticking(COLD, HOT)), streaming=streaming
    )

    str(engine.query("?"))
    response = await engine.aquery("?")
    if streaming:
        _ = [token async for token in response.response_gen]

    assert model.temperatures == [0.1, 0.9]


def test_chat_engines_read_the_session():
    """`chat` and `stream_chat` of a context chat engine."""
    model = Scripted("a", "b", temperature=1.0)
    engine = ContextChatEngine.from_defaults(
        retriever=SummaryIndex.from_documents([Document(text="x")]).as_retriever(),
        llm=TunedLLM(model, Ticking(COLD, HOT)),
    )

    engine.chat("hi")
    list(engine.stream_chat("hi").response_gen)

    assert model.temperatures == [0.1, 0.9]


async def test_two_users_at_once_keep_their_own_settings():
    """One shared model, two sessions in their scopes, interleaved: no setting crosses over."""
    model = Scripted(temperature=1.0)
    shared = TunedLLM(model)

    async def talk(session, times):
        with scope(session):
            for _ in range(times):
                await shared.achat([ChatMessage(role="user", content=str(session.ticks))])
                await asyncio.sleep(0)

    ada, bob = Ticking(COLD), Ticking(HOT)
    await asyncio.gather(talk(ada, 20), talk(bob, 20))

    assert sorted(model.temperatures) == [0.1] * 20 + [0.9] * 20
    assert (ada.ticks, bob.ticks) == (20, 20)


def test_outside_a_scope_the_model_is_left_alone(caplog):
    """Without a session the user's own settings hold, and the log says so once."""
    model = Scripted(temperature=0.42)
    tuned = TunedLLM(model)

    with caplog.at_level(logging.WARNING):
        tuned.chat(HELLO)
        tuned.chat(HELLO)

    assert model.temperatures == [0.42, 0.42]
    assert len(caplog.records) == 1


def test_a_model_without_tools_says_so():
    """Tools over a model that cannot call them: one typed error that names the way out."""
    tuned = TunedLLM(MockLLM(), Ticking(COLD))
    tool = FunctionTool.from_defaults(look)

    with pytest.raises(InputTypeError, match="wrap a FunctionCallingLLM"):
        tuned.chat_with_tools([tool], user_msg="hi")


def test_a_pickled_model_follows_the_scope():
    """The session is not pickled; the copy works in any scope."""
    copy = pickle.loads(pickle.dumps(TunedLLM(MockLLM(), Ticking(COLD))))

    with scope(Ticking(COLD)) as session:
        copy.chat(HELLO)

    assert session.ticks == 1


class Counting(BaseEventHandler):
    """Counts events by class."""

    _seen: list = PrivateAttr(default_factory=list)

    def handle(self, event, **kwargs):
        self._seen.append(type(event))


def test_one_pair_of_events_per_call():
    """Wrapping adds no second start or end event."""
    root, handler = get_dispatcher(), Counting()
    root.add_event_handler(handler)
    try:
        TunedLLM(Scripted("a"), Ticking(COLD)).chat(HELLO)
    finally:
        root.event_handlers.remove(handler)

    assert handler._seen.count(LLMChatStartEvent) == handler._seen.count(LLMChatEndEvent) == 1


def test_what_a_tuned_model_sends_is_explained(memory, monkeypatch):
    """Neither is "calm" said of a changed request, nor a change of a calm one."""
    session, model = memory.session("t1", namespace=("acme", "ada")), Scripted("a", temperature=0.7)
    llm = TunedLLM(model, session)

    monkeypatch.setattr(Session, "change", Change(temperature=-0.3))
    llm.chat(HELLO)
    changed = str(session.explain())
    monkeypatch.setattr(Session, "change", Change())
    llm.chat(HELLO)

    assert model.temperatures == [0.4, 0.7]
    assert "temperature 0.4 (yours 0.7): -0.3" in changed
    assert not changed.startswith("calm")
    assert str(session.explain()).startswith("calm")
