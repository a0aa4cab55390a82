"""`ResmemToolSpec`: schemas, honest answers, walls between users, in an agent and alone."""

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.tools.calling import acall_tool, call_tool

from resmem_core import Message
from resmem_core.errors import ConfigError, InputTypeError, NamespaceError
from resmem_core.types import Decision, Memory, Page
from resmem_core.verbs import AGENT_VERBS
from resmem_llamaindex import ResmemMemory, ResmemToolRetriever, ResmemToolSpec, scope

from .fakes import Scripted

ADA = ("acme", "ada")
ALL = tuple(AGENT_VERBS)


@pytest.fixture
def tools(memory):
    """Ada's tools by name, all of them."""
    spec = ResmemToolSpec(memory, namespace=ADA, verbs=ALL)
    return {tool.metadata.get_name(): tool for tool in spec.to_tool_list()}


@pytest.fixture(params=["sync", "async"])
def call(request, tools):
    """Calls a tool by name both ways."""

    async def calls(name, **given):
        if request.param == "sync":
            return tools[name].call(**given)
        return await tools[name].acall(**given)

    return calls


def test_schemas_and_descriptions_are_the_cores(memory, tools):
    """Three verbs by default, all on request; a model sees only what it fills in."""
    fields = {
        name: set(t.metadata.get_parameters_dict()["properties"]) for name, t in tools.items()
    }

    assert [t.metadata.name for t in ResmemToolSpec(memory).to_tool_list()] == [
        "remember", "recall", "forget",
    ]  # fmt: skip
    assert fields == {
        "remember": {"text"}, "recall": {"question", "k"}, "forget": {"ids"},
        "list": {"query", "limit", "cursor"}, "edit": {"id", "text"},
        "settle": {"holds", "other", "both"},
    }  # fmt: skip
    assert {n: t.metadata.description for n, t in tools.items()} == {
        verb.name: verb.description for verb in AGENT_VERBS.values()
    }
    assert tools["recall"].metadata.to_openai_tool()["function"]["name"] == "recall"


async def test_the_round_trip(call, memory):
    """Remembered, recalled with an id, listed, edited, forgotten by that id."""
    kept = await call("remember", text="Ada moved to Lisbon in May.")
    found = await call("recall", question="Where did Ada move?")
    ident = memory.scan(ADA)[0].id
    listed = await call("list", query="Lisbon")
    edited = await call("edit", id=ident, text="Ada moved to Porto in May.")
    gone = await call("forget", ids=[ident, "unknown"])

    assert (kept.content, type(kept.raw_output)) == ("Kept.", Decision)
    assert found.content.startswith(f"[{ident}]")
    assert found.raw_output[0].id == ident
    assert (listed.content, type(listed.raw_output)) == (found.content, Page)
    assert edited.content.endswith("Ada moved to Porto in May.")
    assert isinstance(edited.raw_output, Memory)
    assert gone.content == "Erased 1. 1 had no memory of that id here."
    assert memory.scan(ADA) == []


async def test_answers_are_honest(call, memory):
    """Dropped, known already, unknown, nothing found, safe mode: each is said, none is claimed."""
    dropped = await call("remember", text="   ")
    await call("remember", text="Ada moved to Lisbon in May 2026.")
    again = await call("remember", text="Ada moved to Lisbon in May 2026.")
    unknown = await call("edit", id="unknown", text="Ada.")
    nothing = await call("recall", question="Which tax applies to bicycles?")
    memory.safe_mode(True)
    refused = await call("remember", text="Ada sings.")

    assert dropped.content.startswith("Dropped, not kept: ")
    assert again.content.startswith("Known already")
    assert nothing.content == "No memory answers this."
    assert (unknown.is_error, unknown.content[:13]) == (True, "Not changed: ")
    assert (refused.is_error, refused.content[:10]) == (True, "Not kept: ")
    assert not dropped.is_error


async def test_what_is_forgotten_is_not_remembered_again(call, memory):
    """The tombstone holds against the tool too, until a person says it anew."""
    session = memory.session("s", namespace=ADA)
    session.observe(Message("user", "My code word is tulip.", id="m1"))
    await call("forget", ids=["m1"])

    again = await call("remember", text="My code word is tulip.")

    assert again.content.startswith("Dropped, not kept: ")
    assert memory.scan(ADA) == []


def test_nobody_reaches_over_the_wall(memory):
    """Without a namespace nothing is read; another user's id means nothing here."""
    memory.session("s", namespace=ADA).observe(Message("user", "I live in Lisbon.", id="m1"))
    bobs = ResmemToolSpec(memory, namespace=("acme", "bob")).to_tool_list()[2]
    nobodys = ResmemToolSpec(memory).to_tool_list()[1]

    assert bobs.call(ids=["m1"]).content.startswith("Erased 0.")
    with pytest.raises(NamespaceError):
        nobodys.call(question="Where?")
    with scope(memory.session("s", namespace=ADA)):
        assert "Lisbon" in nobodys.call(question="Where do I live?").content
    assert len(memory.scan(ADA)) == 1


async def test_llamaindex_calls_it_with_one_argument_too(tools):
    """Its helpers pass a single argument bare or by name: both are understood, both ways."""
    given = {"text": "Ada moved to Lisbon in May."}

    first = call_tool(tools["remember"], given)
    second = await acall_tool(tools["remember"], given)

    assert first.content == "Kept."
    assert second.content.startswith("Known already")


async def test_in_an_agent_nothing_is_stored_twice(memory, engine):
    """What the tools answer is no memory of its own."""
    chat = ResmemMemory.over(memory, session_id="s1", namespace=ADA, async_engine=engine)
    model = Scripted(
        [("remember", {"text": "Ada's boat is called Borealis."})],
        [("recall", {"question": "Ada's boat"})], [("list", {})], [("forget", {"ids": ["x"]})],
        "Done.",
    )  # fmt: skip
    spec = ResmemToolSpec(memory, namespace=ADA, verbs=ALL)

    await FunctionAgent(tools=spec.to_tool_list(), llm=model).run("Mind my boat.", memory=chat)

    memory.outbox.flush()
    assert "Borealis" in str(model.seen[2])
    assert sorted(m.text for m in memory.scan(ADA)) == [
        "Ada's boat is called Borealis.", "Done.", "Mind my boat.",
    ]  # fmt: skip


def test_the_tool_retriever_reads_their_risk(memory):
    """In safe mode only what reads is offered."""
    session = memory.session("s", namespace=ADA)
    spec = ResmemToolSpec(memory, namespace=ADA, verbs=ALL)
    retriever = ResmemToolRetriever(spec.to_tool_list(), session)

    calm = [tool.metadata.name for tool in retriever.retrieve("anything")]
    memory.safe_mode(True)
    safe = [tool.metadata.name for tool in retriever.retrieve("anything")]

    assert calm == list(ALL)
    assert safe == ["remember", "recall", "list"]


def test_wrong_arguments_are_named(memory):
    """An unknown verb, or a path for a memory."""
    for wrong in (("erase",), "recall"):
        with pytest.raises(ConfigError, match="verbs are remember"):
            ResmemToolSpec(memory, verbs=wrong)
    with pytest.raises(InputTypeError, match=r"ResilientMemory\.open"):
        ResmemToolSpec("m.db")
