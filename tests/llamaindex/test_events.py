"""Events, spans and old callbacks as signals of the right session, each error once."""

import asyncio

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatResponse
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.evaluation import FaithfulnessEvaluator
from llama_index.core.llms import ChatMessage
from llama_index.core.llms.callbacks import llm_chat_callback
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool
from llama_index.llms.ollama import Ollama
from llama_index.llms.openai import OpenAI
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.dispatcher import instrument_tags

from resmem_core import Session
from resmem_llamaindex import ResmemCallbackHandler, ResmemEventHandler, TunedLLM, scope
from resmem_llamaindex._turn.scope import muted

from .fakes import Hearing, Scripted, Ticking, cooler

pytestmark = pytest.mark.usefixtures("chat_stores")

HELLO = [ChatMessage(role="user", content="hi")]
DOWN = ConnectionError


@pytest.fixture
def heard():
    """A session that only listens, with an event handler attached for the test."""
    session = Hearing()
    with ResmemEventHandler(session):
        yield session


class Breaking(Scripted):
    """Breaks off in the middle of every stream."""

    @llm_chat_callback()
    def stream_chat(self, messages, **kwargs):
        def gen():
            yield ChatResponse(message=ChatMessage(role="assistant", content="he"), delta="he")
            raise DOWN("cut")

        return gen()

    @llm_chat_callback()
    async def astream_chat(self, messages, **kwargs):
        async def gen():
            yield ChatResponse(message=ChatMessage(role="assistant", content="he"), delta="he")
            raise DOWN("cut")

        return gen()


class FailingRetriever(BaseRetriever):
    def _retrieve(self, query_bundle):
        raise DOWN("gone")


def failing() -> str:
    """Fail."""
    raise RuntimeError("broken tool")


def working() -> str:
    """Work."""
    return "fine"


def failures(session):
    """Provider errors and tool errors with the value 1."""
    return session.count("provider_error", 1.0), session.count("tool_error", 1.0)


def test_a_call_gives_latency_and_no_error(heard):
    """One chat: its latency, and that no error occurred."""
    Scripted("hi").chat(HELLO)

    assert len(heard.values("latency")) == 1
    assert failures(heard) == (0, 0)


@pytest.mark.parametrize("wrap", [lambda llm: llm, lambda llm: TunedLLM(llm, Ticking(cooler(0.1)))])
def test_a_failed_call_counts_once(heard, wrap):
    """A provider error is one error, also through the spans of a tuned model."""
    with pytest.raises(DOWN):
        wrap(Scripted(DOWN("gone"))).chat(HELLO)

    assert failures(heard) == (1, 0)


async def test_a_stream_that_breaks_counts_once(heard):
    """An error in the middle of a stream, sync and async, is one error each."""
    with pytest.raises(DOWN):
        list(Breaking().stream_chat(HELLO))
    with pytest.raises(DOWN):
        _ = [part async for part in await Breaking().astream_chat(HELLO)]

    assert failures(heard) == (2, 0)


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_agent_s_provider_error_counts_once(heard, streaming):
    """Three nested spans drop when an agent's model fails; it is one error."""
    agent = FunctionAgent(tools=[working], llm=Scripted(DOWN("gone")), streaming=streaming)
    with pytest.raises(DOWN):
        await agent.run("go")

    assert failures(heard) == (1, 0)


async def test_an_agent_s_broken_stream_counts_once(heard):
    """The same for a stream that breaks inside an agent."""
    agent = FunctionAgent(tools=[working], llm=Breaking())
    with pytest.raises(DOWN):
        await agent.run("go")

    assert failures(heard) == (1, 0)


async def test_tool_results_count(heard):
    """A tool that raises is one tool error, one that works one success; the agent goes on."""
    model = Scripted([("failing", {})], [("working", {})], "done")
    agent = FunctionAgent(tools=[failing, working], llm=model)

    await agent.run("go")

    assert failures(heard) == (0, 1)
    assert heard.count("tool_success", 1.0) == 1


def test_a_sync_tool_counts_once(heard):
    """A tool that is called directly."""
    FunctionTool.from_defaults(working).call()

    assert heard.count("tool_success", 1.0) == 1


async def test_a_failed_retrieval_counts_once(heard):
    """Two nested spans drop when a retriever fails; it is one error."""
    with pytest.raises(DOWN):
        FailingRetriever().retrieve("x")
    with pytest.raises(DOWN):
        await FailingRetriever().aretrieve("x")

    assert failures(heard) == (0, 2)


def test_a_query_engine_s_error_counts_once(heard):
    """An error that passes through retriever and engine."""
    with pytest.raises(DOWN):
        RetrieverQueryEngine.from_args(FailingRetriever(), llm=Scripted()).query("x")

    assert failures(heard) == (0, 1)


async def test_a_cancelled_call_is_no_error(heard):
    """Cancellation is the caller's wish."""
    with pytest.raises(asyncio.CancelledError):
        await Scripted(asyncio.CancelledError()).achat(HELLO)

    assert failures(heard) == (0, 0)


class Two(BaseRetriever):
    def _retrieve(self, query_bundle):
        nodes = [TextNode(text="a"), TextNode(text="b"), TextNode(text="c")]
        scores = [0.3, 0.7, None]
        return [NodeWithScore(node=n, score=s) for n, s in zip(nodes, scores, strict=True)]


def test_retrieval_scores(heard):
    """The best score of a retrieval is its similarity."""
    Two().retrieve("x")

    assert heard.values("similarity") == [0.7]


def test_tokens_of_real_providers(server):
    """Ollama's and OpenAI's counts, once per call, as a share of the budget; cut answers too."""
    heard = Hearing()
    with ResmemEventHandler(heard, token_budget=100):
        Ollama(model="m", base_url=server.url).complete("hi")
        OpenAI(model="gpt-4o", api_key="k", api_base=f"{server.url}/v1").chat(HELLO)

    assert heard.values("budget") == [0.14, 0.28]
    assert heard.tokens == 28
    assert heard.values("truncation") == [0.0, 0.0]


def test_a_provider_s_refusal_counts_once(server, heard):
    """A real client's error response is one error."""
    server.recorder.fail = True
    with pytest.raises(Exception, match="overloaded"):
        OpenAI(model="gpt-4o", api_key="k", api_base=f"{server.url}/v1", max_retries=0).chat(HELLO)

    assert failures(heard) == (1, 0)


async def test_signals_go_to_the_session_of_the_scope():
    """Two agents at once, one failing: only its own session hears of it."""
    ada, bob = Hearing(), Hearing()

    async def run(session, *script):
        with scope(session):
            agent = FunctionAgent(tools=[failing, working], llm=Scripted(*script))
            await agent.run("go")

    with ResmemEventHandler():
        await asyncio.gather(
            run(ada, [("failing", {})], "done"), run(bob, [("working", {})], "done")
        )

    assert (failures(ada), failures(bob)) == ((0, 1), (0, 0))


def test_signals_go_to_the_session_of_the_tags(memory, monkeypatch):
    """Instrument tags name the session where `memory` is given."""
    got = []
    monkeypatch.setattr(Session, "signal", lambda self, *signals: got.append(self.id))
    tags = {"namespace": ["acme", "ada"], "session_id": "t1"}

    with ResmemEventHandler(memory=memory), instrument_tags(tags):
        Scripted("hi").chat(HELLO)

    assert got == ["t1"]


def test_each_session_s_own_handler_does_not_count_twice():
    """Two handlers with a session each: an event in one's scope goes to that one, once."""
    ada, bob = Hearing(), Hearing()
    with ResmemEventHandler(ada), ResmemEventHandler(bob), scope(ada):
        Scripted("hi").chat(HELLO)

    assert (len(ada.values("latency")), len(bob.values("latency"))) == (1, 0)


def test_our_own_calls_are_no_signals(heard):
    """Calls of our classifier, embedder and judges are hidden."""
    with muted():
        Scripted("hi").chat(HELLO)

    assert heard.signals == []


async def test_judges_are_no_signals(heard):
    """An evaluator inside `muted` leaves the session alone."""
    judge = FaithfulnessEvaluator(llm=Scripted("YES"))
    with muted():
        await judge.aevaluate_response(query="?", response=Response(response="x"))

    assert heard.signals == []


def test_attaching_twice_is_once_and_detaching_leaves_others():
    """A handler can be removed; the handlers of others stay."""
    root = get_dispatcher()
    before = (list(root.event_handlers), list(root.span_handlers))
    handler, other = ResmemEventHandler(Hearing()), ResmemEventHandler(Hearing())
    other.attach()
    handler.attach().attach()
    handler.detach()

    assert root.event_handlers == [*before[0], other]
    other.detach()
    assert (root.event_handlers, root.span_handlers) == before


def test_open_calls_are_bounded(heard):
    """Streams that nobody finishes do not pile up."""
    handler = ResmemEventHandler(heard)
    open_ = handler._listener.open
    for i in range(10_000):
        open_.start(str(i), 0.0)
        open_.enter(str(i), None)

    assert len(open_._started) == len(open_._parents) == 4_096


def callbacks(session):
    return CallbackManager([ResmemCallbackHandler(session)])


def test_old_callbacks_give_signals():
    """The legacy handler hears calls and their errors, each once."""
    session = Hearing()
    Scripted("hi", callback_manager=callbacks(session)).chat(HELLO)
    with pytest.raises(DOWN):
        Scripted(DOWN("gone"), callback_manager=callbacks(session)).chat(HELLO)

    assert len(session.values("latency")) == 1
    assert failures(session) == (1, 0)


def test_old_and_new_handlers_together_count_an_error_once(heard):
    """Both attached: one error."""
    with pytest.raises(DOWN):
        Scripted(DOWN("gone"), callback_manager=callbacks(heard)).chat(HELLO)

    assert failures(heard) == (1, 0)


def test_old_callbacks_hear_retrievals():
    """The legacy handler takes the best score of a retrieval."""
    session = Hearing()
    Two(callback_manager=callbacks(session)).retrieve("x")

    assert session.values("similarity") == [0.7]
