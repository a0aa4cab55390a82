"""Tool gating, and what a session learns from agent runs and evaluators."""

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.response.schema import Response
from llama_index.core.evaluation import (
    CorrectnessEvaluator,
    EvaluationResult,
    FaithfulnessEvaluator,
    GuidelineEvaluator,
)
from llama_index.core.objects import ObjectIndex
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool

from resmem_core import Session, Signal
from resmem_core.errors import InputError, StoreUnavailable
from resmem_llamaindex import (
    ResmemEventHandler,
    ResmemToolRetriever,
    evaluate_with_outcome,
    outcome_of,
    run_with_outcome,
    scope,
)

from .fakes import Scripted, WordEmbedding

pytestmark = pytest.mark.usefixtures("chat_stores")


def read() -> str:
    """Read a file."""
    return "text"


def delete() -> str:
    """Delete a file."""
    raise AssertionError("must not run")


def failing() -> str:
    """Fail."""
    raise RuntimeError("broken")


@pytest.fixture
def session(memory):
    return memory.session("t1", namespace=("acme", "ada"))


@pytest.fixture
def outcomes(monkeypatch):
    """The outcomes that sessions get."""
    got, real = [], Session.outcome

    def outcome(self, value):
        got.append(value)
        return real(self, value)

    monkeypatch.setattr(Session, "outcome", outcome)
    return got


def names(tools):
    return [tool.metadata.name for tool in tools]


def test_tools_are_allowed_by_risk(session):
    """In calm all of them; after an injection risk 0, and what the declared risk lets through."""
    gate = ResmemToolRetriever([read, delete, failing], session, risks={"read": 0, "delete": 1})

    calm = names(gate.retrieve("anything"))
    session.signal(Signal("injection", 0.6))
    session.loop.tick()

    assert calm == ["read", "delete", "failing"]
    assert names(gate.retrieve("anything")) == ["read"]


def test_safe_mode_allows_listed_tools_only(memory, session):
    """With the kill switch on, only tools of risk 0 are left."""
    gate = ResmemToolRetriever([read, delete], session, risks={"read": 0, "delete": 0.05})
    memory.safe_mode(True)

    assert names(gate.retrieve("x")) == ["read"]


def test_outside_a_session_only_harmless_tools_are_given():
    """Fails closed: nobody's state allows nothing."""
    gate = ResmemToolRetriever([read, delete], risks={"read": 0})

    assert names(gate.retrieve("x")) == ["read"]


def test_a_risk_is_checked():
    """A risk out of range is one typed error."""
    with pytest.raises(InputError, match="delete"):
        ResmemToolRetriever([delete], risks={"delete": 2})


async def test_a_blocked_tool_is_not_run(memory, session):
    """A model that calls a withdrawn tool gets an error result; the tool does not run."""
    model = Scripted([("delete", {})], "sorry")
    gate = ResmemToolRetriever([read, delete], session, risks={"read": 0, "delete": 1.0})
    memory.safe_mode(True)

    result = await FunctionAgent(tool_retriever=gate, llm=model).run("delete it")

    assert result.tool_calls[0].tool_output.is_error
    assert str(result) == "sorry"


async def test_over_another_tool_retriever(memory, session):
    """What a vector search over tools finds is gated too, by the scope's session."""
    tools = [FunctionTool.from_defaults(fn) for fn in (read, delete)]
    index = ObjectIndex.from_objects(tools, embed_model=WordEmbedding())
    gate = ResmemToolRetriever.over(
        index.as_retriever(similarity_top_k=2), risks={"read": 0, "delete": 1.0}
    )

    memory.safe_mode(True)

    with scope(session):
        assert names(gate.retrieve("a file")) == names(await gate.aretrieve("a file")) == ["read"]


async def test_a_good_run_is_a_full_success(session, outcomes):
    """Answer, latency and success reach the session; the answer is returned."""
    agent = FunctionAgent(tools=[read], llm=Scripted([("read", {})], "the text"))

    result = await run_with_outcome(session, agent, "read it")

    assert str(result) == "the text"
    assert (outcomes[0].success, outcomes[0].answer) == (1.0, "the text")
    assert outcomes[0].latency > 0


@pytest.mark.parametrize("handler", [True, False])
async def test_a_failed_tool_makes_half_a_success(session, outcomes, monkeypatch, handler):
    """One of two steps failed; the tool error counts once, with an event handler or without."""
    signals, real = [], Session.signal
    monkeypatch.setattr(Session, "signal", lambda s, *x: (signals.extend(x), real(s, *x))[1])
    agent = FunctionAgent(tools=[failing], llm=Scripted([("failing", {})], "sorry"))
    listener = ResmemEventHandler()
    if handler:
        listener.attach()

    await run_with_outcome(session, agent, "go")
    listener.detach()

    assert outcomes[0].success == 0.5
    assert [s.value for s in signals if s.name == "tool_error"] == [1.0]


async def test_a_run_that_raises_is_an_outcome_too(session, outcomes):
    """The error reaches the caller, the failure the session."""
    agent = FunctionAgent(tools=[read], llm=Scripted(ConnectionError("gone")))
    with pytest.raises(ConnectionError):
        await run_with_outcome(session, agent, "go")

    assert outcomes[0].success == 0.0


async def test_the_events_can_be_streamed(session):
    """`on_event` gets what `stream_events` would give."""
    seen = []
    agent = FunctionAgent(tools=[read], llm=Scripted("hi"))

    await run_with_outcome(session, agent, "go", on_event=seen.append)

    assert "AgentStream" in {type(event).__name__ for event in seen}


async def test_an_answer_is_not_lost_with_its_outcome(session, monkeypatch, caplog):
    """A store that is away costs the lesson, not the answer."""

    def away(*args):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(Session, "outcome", away)

    result = await run_with_outcome(session, FunctionAgent(llm=Scripted("hi")), "go")

    assert str(result) == "hi"
    assert "StoreUnavailable" in caplog.text


RESPONSE = Response(
    response="You live in Lisbon.",
    source_nodes=[NodeWithScore(node=TextNode(text="I live in Lisbon."), score=1.0)],
)


async def test_evaluators_are_reward_channels(session, outcomes):
    """Faithfulness 1, correctness 4 of 1..5, and a guideline under "safety"."""
    judges = {
        "faithful": FaithfulnessEvaluator(llm=Scripted("YES")),
        "correct": CorrectnessEvaluator(llm=Scripted("4.0\nNearly.")),
        "safety": GuidelineEvaluator(
            llm=Scripted('{"passing": false, "feedback": "rude"}'), guidelines="Be kind."
        ),
    }

    outcome = await evaluate_with_outcome(session, judges, "Where do I live?", RESPONSE)

    assert outcomes == [outcome]
    assert (outcome.quality, outcome.success, outcome.safety) == ((1.0 + 0.75) / 2, 1.0, 0.0)
    assert outcome.answer == "You live in Lisbon."


def test_invalid_results_are_left_out():
    """A judge that gave no verdict says nothing."""
    outcome = outcome_of(
        {"a": EvaluationResult(score=0.5), "b": EvaluationResult(invalid_result=True, score=0.0)}
    )

    assert (outcome.quality, outcome.success) == (0.5, None)


@pytest.mark.parametrize(("score", "quality"), [(7.0, 1.0), (-1.0, 0.0), (0.25, 0.25)])
def test_scores_are_clipped(score, quality):
    """A score outside its scale counts as the scale's end."""
    assert outcome_of({"a": EvaluationResult(score=score)}).quality == quality
