"""`remember`, `recall`, `forget`: schemas, honest answers, walls between users."""

from __future__ import annotations

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from resmem_core.errors import ConfigError, NamespaceError
from resmem_core.types import Decision, Message, Verdict
from resmem_core.verbs import AGENT_VERBS
from resmem_langchain import ResmemMiddleware, memory_tools

NAMESPACE = ("acme", "ada")


@pytest.fixture
def tools(memory):
    return {t.name: t for t in memory_tools(memory)}


def test_schemas_show_only_what_the_model_fills_in(tools):
    """No config, no namespace, no session in what the model sees."""
    fields = {
        name: set(convert_to_openai_tool(t)["function"]["parameters"]["properties"])
        for name, t in tools.items()
    }

    assert fields == {"remember": {"text"}, "recall": {"question", "k"}, "forget": {"ids"}}


async def test_the_round_trip(tools, memory, run, call):
    """Remembered, recalled with an id, forgotten by that id."""
    kept = await call(tools["remember"], {"text": "Ada moved to Lisbon in May."}, run())
    found = await call(tools["recall"], {"question": "Where did Ada move?"}, run())
    ident = memory.scan(NAMESPACE)[0].id
    gone = await call(tools["forget"], {"ids": [ident, "unknown"]}, run())

    assert kept == "Kept."
    assert found.startswith(f"[{ident}]")
    assert found.endswith("Ada moved to Lisbon in May.")
    assert gone == "Erased 1. 1 had no memory of that id here."
    assert memory.scan(NAMESPACE) == []


async def test_a_dropped_write_is_reported_as_dropped(tools, run, call):
    """Nothing worth keeping: the answer says so, with the gate's reason."""
    answer = await call(tools["remember"], {"text": "   "}, run())

    assert answer.startswith("Dropped, not kept: ")


async def test_a_repeat_is_reported_as_known(tools, run, call):
    """The same fact again is not claimed to be new."""
    await call(tools["remember"], {"text": "Ada moved to Lisbon in May 2026."}, run())
    again = await call(tools["remember"], {"text": "Ada moved to Lisbon in May 2026."}, run())

    assert again.startswith("Known already")


async def test_the_artifact_is_the_engines_own_value(tools, run, call):
    """Programs get the decision, not only its words."""
    request = {
        "type": "tool_call", "id": "1", "name": "remember",
        "args": {"text": "Ada moved to Lisbon in May."},
    }  # fmt: skip
    message = await call(tools["remember"], request, run())

    assert isinstance(message.artifact, Decision)
    assert message.artifact.verdict is Verdict.KEEP


async def test_safe_mode_is_an_honest_error(tools, memory, run, call):
    """With the kill switch on, the tool says that nothing was kept."""
    memory.safe_mode(True)
    request = {"type": "tool_call", "id": "1", "name": "remember", "args": {"text": "Lisbon."}}

    message = await call(tools["remember"], request, run())

    assert message.status == "error"
    assert "Not kept" in message.text


async def test_forget_stays_within_the_namespace(tools, memory, run, call):
    """Nobody erases another's memory, even with its id."""
    await call(tools["remember"], {"text": "Ada moved to Lisbon in May."}, run())
    ident = memory.scan(NAMESPACE)[0].id

    answer = await call(tools["forget"], {"ids": [ident]}, run("t", ("globex", "eve")))

    assert answer.startswith("Erased 0.")
    assert len(memory.scan(NAMESPACE)) == 1


async def test_no_namespace_no_memory(tools, call):
    """A run that names no namespace is refused."""
    for name, args in (
        ("remember", {"text": "x y z"}), ("recall", {"question": "x"}), ("forget", {"ids": ["1"]}),
    ):  # fmt: skip
        with pytest.raises(NamespaceError):
            await call(tools[name], args, {"configurable": {"thread_id": "1"}})


async def test_in_an_agent_with_the_middleware(memory, recorder, run, call):
    """Beside the middleware: the namespace may come from the context; nothing is stored twice."""
    fact = {"text": "Ada's boat is called Borealis."}
    model = recorder(
        AIMessage("", tool_calls=[{"name": "remember", "args": fact, "id": "1"}]),
        AIMessage("", tool_calls=[{"name": "recall", "args": {"question": "boat"}, "id": "2"}]),
        AIMessage("Done."),
    )
    agent = create_agent(
        model,
        memory_tools(memory),
        middleware=[ResmemMiddleware(memory, remember=("user", "assistant", "tool"))],
        context_schema=dict,
    )

    said = {"messages": [("user", "My boat's name matters to me.")]}
    result = await call(agent, said, context={"tenant": "acme", "user_id": "ada"})

    answers = [m.text for m in result["messages"] if m.type == "tool"]
    assert answers[0] == "Kept."
    assert "Borealis" in answers[1]
    assert sum("Borealis" in m.text for m in memory.scan(NAMESPACE)) == 1


def test_forget_has_a_declared_risk(tools):
    """Erasing for good is riskier than reading; the middleware can hide it."""
    assert tools["forget"].metadata["risk"] > tools["recall"].metadata["risk"] == 0


@pytest.fixture
def every(memory):
    """All verbs that an agent may have."""
    return {t.name: t for t in memory_tools(memory, verbs=tuple(AGENT_VERBS))}


def test_the_verbs_are_the_cores(memory):
    """The names, risks and descriptions of the core's list; three of them by default."""
    found = memory_tools(memory, verbs=tuple(AGENT_VERBS))

    assert [(t.name, t.metadata["risk"], t.description) for t in found] == [
        (verb.name, verb.risk, verb.description) for verb in AGENT_VERBS.values()
    ]
    assert [t.name for t in memory_tools(memory)] == ["remember", "recall", "forget"]
    with pytest.raises(ConfigError, match="verbs"):
        memory_tools(memory, verbs=("erase",))


async def test_an_agent_corrects_what_it_lists(every, memory, run, call):
    """Listed with its id, edited by it; the old wording stays in the history."""
    await call(every["remember"], {"text": "Ada lives in Lisbon since May."}, run())
    listed = await call(every["list"], {"query": "Lisbon"}, run())
    ident = memory.scan(NAMESPACE)[0].id
    edited = await call(every["edit"], {"id": ident, "text": "Ada lives in Porto."}, run())
    failed = await call(every["edit"], {"id": "unknown", "text": "Ada."}, run())
    nothing = await call(every["list"], {"query": "Lisbon"}, run())

    assert listed.startswith(f"[{ident}]")
    assert edited.endswith("Ada lives in Porto.")
    assert failed.startswith("Not changed: ")
    assert nothing == "Nothing is stored here."
    assert memory.history(NAMESPACE, ident)[0].text.startswith("Ada lives in Lisbon")


async def test_an_agent_settles_a_conflict(every, memory, run, call):
    """The one that holds stays, the other is closed; where there is none it says so."""
    session = memory.session("s", namespace=NAMESPACE)
    for ident, text in (("a", "My bike broke down."), ("b", "My bike is fixed."), ("c", "I row.")):
        session.observe(Message("user", text, id=ident))
    wrong = await call(every["settle"], {"holds": "c", "other": "a"}, run())
    done = await call(every["settle"], {"holds": "b", "other": "a"}, run())

    assert wrong.startswith("Not settled: ")
    assert done == "Settled: the other one is closed."
    assert {m.id for m in memory.scan(NAMESPACE) if m.valid_to is not None} == {"a"}
