"""`ResmemRetriever` in the places where LlamaIndex takes a retriever."""

import asyncio
import copy
import json
import pickle

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.chat_engine import CondensePlusContextChatEngine, ContextChatEngine
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import RouterRetriever
from llama_index.core.schema import MetadataMode, QueryBundle, TextNode
from llama_index.core.selectors import LLMSingleSelector
from llama_index.core.tools import RetrieverTool
from llama_index.core.vector_stores.utils import node_to_metadata_dict
from llama_index_instrumentation.dispatcher import instrument_tags

from resmem_core import Message, Outcome, Session
from resmem_core.errors import (
    ConfigError,
    InputError,
    InputTypeError,
    NamespaceError,
    StoreUnavailable,
)
from resmem_llamaindex import (
    ResmemMemoryBlock,
    ResmemPostprocessor,
    ResmemQuery,
    ResmemRetriever,
    ResmemToolSpec,
    scope,
)
from resmem_llamaindex._documents.nodes import NOTE_ID
from resmem_llamaindex._turn.messages import NOTE

from .fakes import Scripted, WordEmbedding, ask, tell

pytestmark = pytest.mark.usefixtures("chat_stores")

ADA, BOB = ("acme", "ada"), ("acme", "bob")
FACTS = ("I moved to Lisbon in May.", "My sister is called Grace.", "I play the cello on Sundays.")


@pytest.fixture
def ada(memory):
    """A session of Ada's with three facts in it."""
    session = memory.session("t1", namespace=ADA)
    tell(session, *FACTS)
    return session


async def retrieve(retriever, query, mode):
    """Both ways to retrieve give the same."""
    return await retriever.aretrieve(query) if mode == "async" else retriever.retrieve(query)


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_it_finds_what_was_said(memory, ada, mode):
    """The best node is the fact asked for, with a score, its reasons, and the memory's id."""
    retriever = ResmemRetriever(memory, namespace=ADA)

    best = (await retrieve(retriever, "Which city did I move to?", mode))[0]

    assert best.text == FACTS[0]
    assert isinstance(best.score, float)
    assert best.node_id == ada.search("Which city did I move to?")[0].id
    assert set(json.loads(best.metadata["resmem_why"])) == set(ada.search("city move")[0].why)


def test_metadata_is_flat_and_holds_the_messages_own(memory):
    """For citations and for stores that take plain values only; the model does not read it."""
    session = memory.session("t1", namespace=ADA)
    told = {"url": "https://example.org/1", "page": 3, "tags": ["a"], "trust": "forged"}
    session.observe(Message("user", "I moved to Lisbon in May.", metadata=told))

    node = ResmemRetriever(memory, namespace=ADA).retrieve("Lisbon")[0].node

    assert (node.metadata["url"], node.metadata["page"]) == ("https://example.org/1", 3)
    assert (node.metadata["tags"], node.metadata["trust"]) == ('["a"]', "trusted")
    assert all(isinstance(v, str | int | float | None) for v in node.metadata.values())
    assert node_to_metadata_dict(node, flat_metadata=True)
    assert "example.org" not in node.get_content(MetadataMode.LLM)


def away(*args, **kwargs):
    """A store that is gone."""
    raise StoreUnavailable("gone")


def asked_model(kind, retriever):
    """What the engine answers a greeting, and whether its model was asked."""
    model = Scripted("Hello!")
    if kind is RetrieverQueryEngine:
        answer = RetrieverQueryEngine.from_args(retriever, llm=model).query("Hi")
    else:
        answer = kind.from_defaults(retriever=retriever, llm=model).chat("Hi")
    return str(answer), len(model.seen)


ENGINES = [ContextChatEngine, CondensePlusContextChatEngine, RetrieverQueryEngine]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("state", ["new user", "new user, store away", "store away"])
def test_with_a_note_the_model_is_asked(memory, monkeypatch, engine, state):
    """No memory, or no store: the engine asks its model instead of giving its empty response."""
    if state != "new user":
        monkeypatch.setattr(memory, "session" if "new" in state else "recall", away, raising=False)
        monkeypatch.setattr(Session, "recall", away)

    retriever = ResmemRetriever(memory, namespace=ADA, empty="note")

    assert asked_model(engine, retriever) == ("Hello!", 1)


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_the_note_stands_only_for_nothing(memory, ada, mode):
    """Where memories fit there is no note; where none do, the default is no node at all."""
    found = await retrieve(ResmemRetriever(memory, namespace=ADA, empty="note"), "Lisbon", mode)
    nothing = await retrieve(ResmemRetriever(memory, namespace=BOB), "Lisbon", mode)
    note = await retrieve(ResmemRetriever(memory, namespace=BOB, empty="note"), "Lisbon", mode)

    assert NOTE not in [node.text for node in found]
    assert nothing == []
    assert [node.text for node in note] == [NOTE]


def test_the_note_earns_no_credit(memory):
    """It is no document: behind a postprocessor it is never counted as used."""
    session = memory.session("t1", namespace=ADA)
    note = ResmemRetriever(memory, namespace=ADA, empty="note").retrieve("Hi")
    processor = ResmemPostprocessor(memory, namespace=ADA, session_id="t1")

    processor.postprocess_nodes(note)
    session.outcome(Outcome(success=False))

    assert session.credit([NOTE_ID]).get(NOTE_ID, (0.0, 0))[1] == 0


def test_another_way_to_be_empty_is_refused(memory):
    """A typing error is one clear error, at once."""
    with pytest.raises(ConfigError, match="empty"):
        ResmemRetriever(memory, namespace=ADA, empty="notes")


def test_reasons_do_not_reach_the_prompt(memory, ada):
    """The model reads the text, author and date, not our numbers."""
    node = ResmemRetriever(memory, namespace=ADA).retrieve("Lisbon")[0]

    assert "resmem_" not in node.get_content(MetadataMode.LLM)
    assert "resmem_" not in node.get_content(MetadataMode.EMBED)


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_the_query_may_ask_for_its_own_k(memory, ada, mode):
    """`top_k` on the query bundle overrides the knob for this call only."""
    retriever = ResmemRetriever(memory, namespace=ADA)

    assert len(await retrieve(retriever, ResmemQuery("my", top_k=1), mode)) == 1
    assert len(await retrieve(retriever, ResmemQuery("my", top_k=3), mode)) == 3


@pytest.mark.parametrize("k", [0, -1, 1_001])
def test_a_k_out_of_range_is_refused(memory, ada, k):
    """A k outside 1..1,000 is one typed error."""
    with pytest.raises(InputError, match="top_k"):
        ResmemRetriever(memory, namespace=ADA).retrieve(ResmemQuery("my", top_k=k))


def test_k_follows_the_knob(memory):
    """Without its own k, a query gets as many nodes as `retrieve_k` says."""
    session = memory.session("t1", namespace=ADA)
    tell(session, *(f"Fact {i}: the key number {i * 37} opens door {i}." for i in range(40)))

    nodes = ResmemRetriever(memory, namespace=ADA, session_id="t1").retrieve("Which key?")

    assert len(nodes) == session.knobs.retrieve_k


def test_query_engine(memory, ada):
    """`RetrieverQueryEngine` answers from the memory; a cutoff drops nothing unscored."""
    model = Scripted("Lisbon.")
    engine = RetrieverQueryEngine.from_args(
        ResmemRetriever(memory, namespace=ADA),
        llm=model,
        node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=-1e9)],
    )

    response = engine.query("Which city did I move to?")

    assert response.source_nodes[0].text == FACTS[0]
    assert FACTS[0] in str(model.seen[0])


async def test_query_engine_async(memory, ada):
    """The same, awaited."""
    engine = RetrieverQueryEngine.from_args(
        ResmemRetriever(memory, namespace=ADA), llm=Scripted("Lisbon.")
    )

    response = await engine.aquery("Which city did I move to?")

    assert response.source_nodes[0].text == FACTS[0]


def test_context_chat_engine(memory, ada):
    """`ContextChatEngine` puts the memory into its context."""
    model = Scripted("Lisbon.")
    engine = ContextChatEngine.from_defaults(
        retriever=ResmemRetriever(memory, namespace=ADA), llm=model
    )

    response = engine.chat("Which city did I move to?")

    assert (str(response), FACTS[0] in str(model.seen[0])) == ("Lisbon.", True)


async def test_condense_plus_context_chat_engine(memory, ada):
    """`CondensePlusContextChatEngine`, over two turns, the second condensed."""
    model = Scripted("Lisbon.", "Grace.")
    engine = CondensePlusContextChatEngine.from_defaults(
        retriever=ResmemRetriever(memory, namespace=ADA), llm=model
    )

    await engine.achat("Which city did I move to?")
    await engine.achat("And my sister?")

    assert FACTS[1] in str(model.seen[-1])


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_router_retriever(memory, ada, mode):
    """A router may choose the memory among retrievers."""
    choice = '[{"choice": 1, "reason": "it is about the user"}]'
    ours = RetrieverTool.from_defaults(ResmemRetriever(memory, namespace=ADA), description="ours")
    model = Scripted(choice)
    router = RouterRetriever.from_defaults(
        [ours, ours], llm=model, selector=LLMSingleSelector.from_defaults(llm=model)
    )

    nodes = await retrieve(router, "Which city did I move to?", mode)

    assert nodes[0].text == FACTS[0]


def test_without_a_namespace_nothing_is_read(memory, ada):
    """No namespace from anywhere: an error, not somebody's memory."""
    with pytest.raises(NamespaceError, match="no namespace"):
        ResmemRetriever(memory).retrieve("Lisbon")


def test_a_field_of_the_namespace_is_filled_for_each_call(memory, ada):
    """From the call's tags; a field that nobody filled in is no user."""
    shared = ResmemRetriever(memory, namespace=("acme", "{user_id}"))
    with instrument_tags({"user_id": "ada"}):
        found = shared.retrieve("Lisbon")
    with instrument_tags({"user_id": "nobody"}):
        other = shared.retrieve("Lisbon")

    assert found
    assert other == []
    with pytest.raises(NamespaceError, match="user_id"):
        shared.retrieve("Lisbon")


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_the_namespace_may_come_with_the_call(memory, ada, mode):
    """`scope` and instrument tags both name it."""
    retriever = ResmemRetriever(memory)

    with scope(ada):
        by_scope = await retrieve(retriever, "city move", mode)
    with instrument_tags({"namespace": list(ADA), "session_id": "t1"}):
        by_tags = await retrieve(retriever, "city move", mode)

    assert by_scope[0].text == by_tags[0].text == FACTS[0]


def test_two_namespaces_at_once_are_refused(memory, ada):
    """A retriever bound to Ada, called in Bob's scope, reads neither's memory."""
    retriever = ResmemRetriever(memory, namespace=ADA)

    with scope(memory.session("t2", namespace=BOB)), pytest.raises(NamespaceError, match="bound"):
        retriever.retrieve("Lisbon")


async def test_two_users_at_once(memory):
    """One shared retriever, twenty users' scopes interleaved: each sees only their own."""
    retriever = ResmemRetriever(memory)

    async def serve(i):
        session = memory.session(f"t{i}", namespace=("acme", f"u{i}"))
        tell(session, f"My locker code is {i * 1111}.")
        with scope(session):
            await asyncio.sleep(0)
            return [node.text for node in await retriever.aretrieve("What is my locker code?")]

    found = await asyncio.gather(*(serve(i) for i in range(20)))

    assert found == [[f"My locker code is {i * 1111}."] for i in range(20)]


@pytest.mark.parametrize("question", ["", "   ", "word " * 10_000])
def test_odd_questions_are_answered(memory, ada, question):
    """An empty question brings nothing; an endless one is asked by its beginning."""
    nodes = ResmemRetriever(memory, namespace=ADA).retrieve(QueryBundle(question))

    assert nodes == [] or all(node.score is not None for node in nodes)


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_a_store_that_is_away_reads_as_empty(memory, ada, monkeypatch, caplog, mode):
    """Reads fail open, and say so in the log without the question."""

    def away(*args, **kwargs):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(type(ada), "recall", away)

    assert await retrieve(ResmemRetriever(memory, namespace=ADA), "secret city", mode) == []
    assert "StoreUnavailable" in caplog.text
    assert "secret" not in caplog.text


DOCS = [
    TextNode(id_="a", text="To reset the router hold the button for ten seconds."),
    TextNode(id_="b", text="To reset the router hold the button for ten seconds!"),
    TextNode(id_="c", text="The lights of the router blink while it starts."),
    TextNode(id_="d", text="Invoices are sent on the first of the month."),
    TextNode(id_="e", text="Invoices  are sent on the first of the month."),
]


def index_retriever(top_k=4):
    """An existing index of the user's."""
    return VectorStoreIndex(DOCS, embed_model=WordEmbedding()).as_retriever(similarity_top_k=top_k)


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_over_an_existing_index(memory, mode):
    """Their nodes with stable ids and scores, without the exact repeat, with reasons."""
    retriever = ResmemRetriever.over(index_retriever(top_k=5), memory, namespace=ADA)

    nodes = await retrieve(retriever, ResmemQuery("reset the router", top_k=5), mode)

    assert sorted(node.node_id for node in nodes) == ["a", "b", "c", "d"]
    assert all(isinstance(node.score, float) for node in nodes)
    assert all("retriever" in node.metadata["resmem_why"] for node in nodes)
    assert "resmem_why" not in DOCS[0].metadata


def test_over_learns_which_nodes_help(memory):
    """After good and bad outcomes, the node that helped comes before the one that misled."""
    session = memory.session("t1", namespace=ADA)
    retriever = ResmemRetriever.over(index_retriever(), memory, namespace=ADA, session_id="t1")
    before = ask(retriever, "reset the router")

    for _ in range(6):
        ask(retriever, ResmemQuery("reset the router", top_k=4))
        session.outcome(Outcome(success=False, feedback=-1.0, used=(before[0],)))

    assert before[0] == "a"
    assert "a" not in ask(retriever, "reset the router")[:1]


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_standing_wishes_are_no_documents(memory, ada, mode):
    """They stand in prompts; where nothing else fits, `empty="note"` says so."""
    tell(ada, "Please always answer in French.")
    retriever = ResmemRetriever(memory, namespace=ADA, empty="note")

    for question in ("Hi", "Which tax applies to bicycles?"):
        assert [n.node_id for n in await retrieve(retriever, question, mode)] == [NOTE_ID]
    found = await retrieve(retriever, "Which city did I move to?", mode)

    assert FACTS[0] in [n.text for n in found]


def test_a_wish_that_is_asked_for_is_found(memory, ada):
    """It then answers the question as any other memory does."""
    tell(ada, "Please always answer in French.")

    nodes = ResmemRetriever(memory, namespace=ADA).retrieve("In which language do I want answers?")

    assert all(n.score > 0 for n in nodes)


@pytest.mark.parametrize("given", ["m.db", None, object(), 7])
def test_what_is_no_open_memory_is_named(memory, given):
    """A path or another thing in place of a memory: one typed error that says what to pass."""
    with pytest.raises(InputTypeError, match=r"ResilientMemory\.open"):
        ResmemRetriever(given, namespace=ADA)
    with pytest.raises(InputTypeError, match="the memory that made the session"):
        ResmemRetriever(memory.session("s", namespace=ADA), namespace=ADA)


@pytest.mark.parametrize("way", ["pickle", "copy", "deepcopy"])
def test_everything_over_a_memory_is_copied_and_pickled(memory, ada, way):
    """Retrievers, tools, postprocessor, block: the copy works on the same memory."""
    ways = {
        "pickle": lambda it: pickle.loads(pickle.dumps(it)),
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
    }
    retriever = ResmemRetriever(memory, namespace=ADA)
    over = ResmemRetriever.over(retriever, memory, ADA)
    spec = ResmemToolSpec(memory, ADA)

    for made in (retriever, over):
        assert ways[way](made).retrieve("Which city did I move to?")[0].text == FACTS[0]
    recall = ways[way](spec).to_tool_list()[1]
    assert FACTS[0] in recall.call(question="Which city did I move to?").content
    for made in (ResmemPostprocessor(memory, namespace=ADA), ResmemMemoryBlock(memory)):
        assert ways[way](made).memory_name == made.memory_name


LONG = "\n\n".join(
    ("We sail slowly and look at gulls. " * 20, "The lock needs code 7731.", "It was warm. " * 60)
)


def test_of_a_long_message_the_node_holds_the_part_that_answers(memory):
    """Between marks; a node that was put in comes back whole, as it may be cited."""
    session = memory.session("t1", namespace=ADA)
    tell(session, LONG)
    retriever = ResmemRetriever(memory, namespace=ADA)
    retriever.observe_documents([TextNode(text=LONG.replace("lock", "gate"))], trust="trusted")

    asked = [
        retriever.retrieve(f"Which code needs the {what}?")[0].text for what in ("lock", "gate")
    ]

    assert asked[0] == "[…] The lock needs code 7731. […]"
    assert asked[1] == LONG.replace("lock", "gate")
