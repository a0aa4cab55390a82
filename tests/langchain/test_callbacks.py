"""`ResmemCallbackHandler`: every event of a run becomes its signal, exactly once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from uuid import uuid4

import pytest
from langchain_core.callbacks import (
    BaseCallbackHandler,
    adispatch_custom_event,
    dispatch_custom_event,
)
from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import ToolException, tool

from resmem_langchain import CircuitOpen, ResmemCallbackHandler


class Listener:
    """A session that writes down what it is told."""

    def __init__(self, breaker: str = "closed") -> None:
        self.felt: list[tuple[str, float]] = []
        self.step = SimpleNamespace(breaker=breaker, retry_after=4.2)
        self.ticks = 0
        self.spent: list[int] = []

    def explain(self) -> SimpleNamespace:
        return self.step

    def signal(self, *signals) -> None:
        self.felt.extend((s.name, s.value) for s in signals)

    def reading(self, name: str, value: float, *, source: str) -> None:
        self.felt.append((name, value))

    def spend(self, tokens: int, seconds: float) -> None:
        self.spent.append(tokens)

    def begin_call(self) -> None:
        self.ticks += 1

    def names(self) -> list[str]:
        return [name for name, _ in self.felt]


@pytest.fixture
def session() -> Listener:
    return Listener()


@pytest.fixture
def config(session):
    return {"callbacks": [ResmemCallbackHandler(session, token_budget=100)]}


async def test_a_call_gives_latency_and_tokens(session, config, recorder, call):
    """One call: how long it took, and the share of the budget spent so far."""
    usage = {"input_tokens": 10, "output_tokens": 10, "total_tokens": 20}
    model = recorder(AIMessage("Hi.", usage_metadata=usage))

    await call(model, "Hi", config)
    await call(model, "Hi", config)

    once = ["latency", "provider_error", "truncation", "invalid_output", "budget"]
    assert session.names() == once * 2
    assert [round(v, 2) for n, v in session.felt if n == "budget"] == [0.2, 0.4]


async def test_a_failing_call_is_one_error(session, config, recorder, call):
    """An error is felt once, without a latency of its own."""
    with pytest.raises(ConnectionError):
        await call(recorder(ConnectionError("down")), "Hi", config)

    assert session.felt == [("provider_error", 1.0)]


def test_streams_count_too(session, config, recorder):
    """A streamed answer ends like any other."""
    list(recorder(AIMessage("One two three.")).stream("Hi", config))

    assert "latency" in session.names()


@pytest.mark.parametrize(
    ("message", "signal"),
    [
        (AIMessage("cut", response_metadata={"finish_reason": "length"}), "truncation"),
        (AIMessage("cut", response_metadata={"stop_reason": "max_tokens"}), "truncation"),
        (
            AIMessage("", invalid_tool_calls=[{"name": "f", "args": "{", "id": "1", "error": "x"}]),
            "invalid_output",
        ),
    ],
)
def test_odd_answers_are_felt(session, config, recorder, message, signal):
    """Cut-off answers and tool calls that do not parse are signals."""
    recorder(message).invoke("Hi", config)

    assert (signal, 1.0) in session.felt


async def test_retries_are_felt(session, config, recorder, call):
    """`with_retry` on a model: each failed attempt is an error."""
    model = recorder(ConnectionError("1"), ConnectionError("2"), AIMessage("up"))
    retried = model.with_retry(wait_exponential_jitter=False, stop_after_attempt=3)

    await call(retried, "Hi", config)

    assert session.felt.count(("provider_error", 1.0)) == 2


async def test_tools(session, config, call):
    """A tool that answers, one that raises, one that handles its own error."""

    @tool
    def good() -> str:
        """Answer."""
        return "ok"

    @tool
    def bad() -> str:
        """Raise."""
        raise ValueError("no")

    @tool
    def polite() -> str:
        """Say that it failed."""
        raise ToolException("no")

    polite.handle_tool_error = True
    await call(good, {}, config)
    with pytest.raises(ValueError, match="no"):
        await call(bad, {}, config)
    await call(polite, {"type": "tool_call", "name": "polite", "args": {}, "id": "1"}, config)

    fine, failed = [("tool_error", 0.0), ("tool_success", 1.0)], [("tool_error", 1.0)]
    assert session.felt == [*fine, *failed, *failed]


class Fixed(BaseRetriever):
    """Finds the given documents."""

    found: list[Document]

    def _get_relevant_documents(self, query, *, run_manager):
        if query == "down":
            raise ConnectionError("down")
        return self.found


@pytest.mark.parametrize(
    ("found", "similarity"),
    [
        ([Document("a", metadata={"score": 0.3}), Document("b", metadata={"score": 0.8})], [0.8]),
        ([Document("a", metadata={"relevance_score": 7})], [1.0]),
        ([Document("a")], []),
        ([], [0.0]),
    ],
    ids=["best score", "clamped", "no scores", "nothing found"],
)
def test_retrieval_scores(session, config, found, similarity):
    """The best score is felt; documents without scores say nothing."""
    Fixed(found=found).invoke("q", config)

    assert [v for n, v in session.felt if n == "similarity"] == similarity


def test_retrieval_errors(session, config):
    """A retriever that fails is a tool that fails."""
    with pytest.raises(ConnectionError):
        Fixed(found=[]).invoke("down", config)

    assert session.names() == ["tool_error"]


async def test_custom_events(session, config, call):
    """Your own code can send any signal; other events pass by."""

    def sync(_):
        dispatch_custom_event("resmem_signal", {"name": "feedback", "value": 0.5})
        dispatch_custom_event("something else", {"name": "feedback", "value": 0.9})

    async def non_blocking(_):
        await adispatch_custom_event("resmem_signal", {"name": "feedback", "value": 0.5})

    await call(RunnableLambda(sync, non_blocking), "x", config)

    assert session.felt == [("feedback", 0.5)]


def test_parallel_runs_are_told_apart(session):
    """Latencies are paired by run id, however the events interleave."""
    handler = ResmemCallbackHandler(session)
    ids = [uuid4() for _ in range(200)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: handler.on_chat_model_start({}, [], run_id=i), ids))
        list(pool.map(lambda i: handler.on_llm_error(ValueError(), run_id=i), ids[:100]))
        list(pool.map(lambda i: handler.on_llm_end(ANSWER, run_id=i), ids[100:]))

    assert session.names().count("latency") == 100
    assert session.felt.count(("provider_error", 1.0)) == 100
    assert not handler._began


def test_runs_that_never_end_are_given_up(session):
    """Starts without ends cost bounded memory."""
    handler = ResmemCallbackHandler(session)

    for _ in range(5000):
        handler.on_chat_model_start({}, [], run_id=uuid4())

    assert len(handler._began) == 4096


def _answer():
    from langchain_core.outputs import ChatGeneration, LLMResult

    return LLMResult(generations=[[ChatGeneration(message=AIMessage("x"))]])


ANSWER = _answer()


async def test_it_runs_inline(session, recorder):
    """In async runs it is called on the loop's own thread, in order, before the call returns."""
    import threading

    threads = []
    session.signal = lambda *_: threads.append(threading.current_thread())
    model = recorder()

    await model.ainvoke("Hi", {"callbacks": [ResmemCallbackHandler(session)]})

    assert set(threads) == {threading.current_thread()}


async def test_the_breaker_refuses_before_the_call(recorder, call):
    """With `breaker=True` an open breaker keeps the call from being made."""
    session, model = Listener("open"), recorder()
    handler = ResmemCallbackHandler(session, breaker=True)

    with pytest.raises(CircuitOpen, match=r"4\.2 s"):
        await call(model, "Hi", {"callbacks": [handler]})

    assert model.calls == []
    assert session.ticks == 1
    assert "provider_error" not in session.names()


async def test_a_probe_is_let_through(recorder, call):
    """A half-open breaker lets a call be made."""
    model = recorder()
    handler = ResmemCallbackHandler(Listener("half-open"), breaker=True)

    await call(model, "Hi", {"callbacks": [handler]})

    assert len(model.calls) == 1


async def test_without_the_breaker_nothing_is_refused(recorder, call):
    """By default the handler only listens."""
    session, model = Listener("open"), recorder()

    await call(model, "Hi", {"callbacks": [ResmemCallbackHandler(session)]})

    assert len(model.calls) == 1
    assert session.ticks == 0


def test_the_breaker_opens_and_closes_by_itself(memory, clock, recorder, caplog):
    """Failure upon failure opens it; after some time a probe that succeeds closes it."""
    session = memory.session("t", namespace=("acme", "ada"))
    config = {"callbacks": [ResmemCallbackHandler(session, breaker=True)]}
    model = recorder(*[ConnectionError("down")] * 10, AIMessage("up"))

    def asked(later: float = 0.2) -> str:
        clock.wait(later)
        try:
            return model.invoke("Hi", config).text
        except (CircuitOpen, ConnectionError) as error:
            return type(error).__name__

    before = [asked() for _ in range(40)]
    told = caplog.text
    after = [asked(later=120) for _ in range(20)]

    assert "CircuitOpen" not in told  # a refusal is raised; LangChain would log each as an error
    assert before[:5] == ["ConnectionError"] * 5
    assert before[-1] == "CircuitOpen"
    assert after[-1] == "up"


def test_messages_are_never_touched(session, config, recorder):
    """The handler leaves what it is shown as it was."""
    from langchain_core.messages import HumanMessage

    said = HumanMessage("Hi")
    before = said.model_copy(deep=True)
    recorder().invoke([said], config)

    assert said == before


def test_other_errors_of_callbacks_are_still_told(recorder, caplog):
    """What LangChain logs of anybody else's handler is not hidden."""

    class Broken(BaseCallbackHandler):
        def on_chat_model_start(self, *args, **kwargs):
            raise ValueError("mine")

    ResmemCallbackHandler(Listener("closed"), breaker=True)
    recorder().invoke("Hi", {"callbacks": [Broken()]})

    assert "mine" in caplog.text
