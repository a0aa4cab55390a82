"""What LlamaIndex asks of a memory, a block, a retriever and a postprocessor, of its own and ours.

LlamaIndex publishes no conformance suite. These are the claims of its own tests in our words; each
runs on the stock part too, so that it asks for nothing special. What we do otherwise, and why, is
in docs/llamaindex/parity.md.
"""

import asyncio

import llama_index.core
import pytest
from llama_index.core import Settings
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import (
    ChatMessage,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.memory import (
    BaseMemoryBlock,
    InsertMethod,
    Memory,
    StaticMemoryBlock,
    VectorMemoryBlock,
)
from llama_index.core.memory.memory import MessageStatus
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import (
    IndexNode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    QueryType,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.core.vector_stores.types import (
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)

from resmem_llamaindex import (
    ResmemMemory,
    ResmemMemoryBlock,
    ResmemPostprocessor,
    ResmemRetriever,
    ResmemVectorStore,
)

from .fakes import WordEmbedding, assistant, tell, user

ADA = ("acme", "ada")


# -- the memory: `Memory`, and `ResmemMemory`


@pytest.fixture(params=["stock", "ours"])
def make(request, memory, engine):
    """Makes a memory; the keywords are `from_defaults`'s."""

    def made(**options):
        options = {"session_id": "s1", "async_engine": engine, **options}
        if request.param == "stock":
            return Memory.from_defaults(**options)
        return ResmemMemory.over(memory, namespace=ADA, **options)

    return made


async def test_what_is_put_comes_back_in_order(make):
    """One by one, several at once, and as a new history."""
    chat = make()
    await chat.aput(user("One."))
    await chat.aput_messages([assistant("Two."), user("Three.")])
    assert [m.content for m in await chat.aget_all()] == ["One.", "Two.", "Three."]

    await chat.aset([user("Four."), assistant("Five.")])
    assert [m.content for m in await chat.aget_all()] == ["Four.", "Five."]


async def test_a_reset_empties_the_history(make):
    """Nothing of it is active afterwards."""
    chat = make()
    await chat.aput(user("One."))
    await chat.areset(status=MessageStatus.ACTIVE)

    assert await chat.aget_all(status=MessageStatus.ACTIVE) == []


@pytest.mark.usefixtures("chat_stores")
def test_the_sync_methods_do_the_same(memory):
    """Outside an event loop."""
    chat = ResmemMemory.over(memory, session_id="s1", namespace=ADA)
    chat.put(user("One."))
    chat.put_messages([assistant("Two.")])
    assert [m.content for m in chat.get_all()] == ["One.", "Two."]
    chat.set([user("Three.")])
    assert [m.content for m in chat.get_all()] == ["Three."]
    chat.reset()
    assert chat.get_all() == []


FIRST = ("user", "assistant") if llama_index.core.__version__ == "0.14.8" else ("user",)
"""Who may stand first after a flush: in the lowest supported version an answer may."""


async def test_over_its_limit_the_oldest_leave(make):
    """What stays is the newest, and begins with what may stand first."""
    chat = make(token_limit=200, token_flush_size=100, chat_history_token_ratio=0.5)
    words = [user("a " * 50), assistant("b " * 50), user("c " * 50), assistant("d " * 50)]
    await chat.aput_messages(words)

    left = await chat.aget_all(status=MessageStatus.ACTIVE)

    assert len(left) < len(words)
    assert left[0].role in FIRST
    assert left[-1].content == words[-1].content


async def test_a_tool_s_result_is_not_parted_from_its_call(make):
    """After a flush no tool message stands first."""
    chat = make(token_limit=150, token_flush_size=80, chat_history_token_ratio=0.5)
    await chat.aput_messages([
        user("a " * 40), assistant("b " * 20), ChatMessage(role="tool", content="c " * 20),
        assistant("d " * 20),
    ])  # fmt: skip

    left = await chat.aget_all(status=MessageStatus.ACTIVE)

    assert left == [] or left[0].role in FIRST


async def test_messages_with_pictures_and_calls_are_kept(make):
    """Blocks that are no text go through unchanged, and stop nothing."""
    chat = make()
    blocks = [
        ImageBlock(url="http://example.com/a.jpg"),
        DocumentBlock(url="http://example.com/a.pdf", document_mimetype="application/pdf"),
        ToolCallBlock(tool_call_id="c1", tool_name="look", tool_kwargs={"q": "x"}),
    ]
    await chat.aput(ChatMessage(role="user", blocks=[*blocks, TextBlock(text="Look.")]))
    await chat.aput(ChatMessage(role="assistant", blocks=[]))

    first, second = await chat.aget_all()

    assert [type(block) for block in first.blocks] == [*map(type, blocks), TextBlock]
    assert second.blocks == []


async def test_other_blocks_stand_beside_ours(make):
    """A static block's text is in the prompt, in the place that `insert_method` says."""
    static = StaticMemoryBlock(name="core", static_content="The app is called Kiln.", priority=0)
    for method, role in ((InsertMethod.SYSTEM, "system"), (InsertMethod.USER, "user")):
        chat = make(session_id=role, memory_blocks=[static], insert_method=method)
        await chat.aput(user("Hello there."))
        seen = await chat.aget()
        assert [m.role.value for m in seen if "Kiln" in str(m.content)] == [role]


async def test_sessions_are_apart(make):
    """Two memories with two session ids over one database."""
    one, two = make(session_id="a"), make(session_id="b")
    await one.aput(user("One."))
    await two.aput(user("Two."))

    assert [m.content for m in await one.aget_all()] == ["One."]
    assert [m.content for m in await two.aget_all()] == ["Two."]


async def test_many_reads_at_once_see_the_same(make):
    """Concurrent reads of one memory."""
    chat = make()
    await chat.aput(user("Hello there."))

    reads = await asyncio.gather(*(chat.aget() for _ in range(8)))

    assert all([m.content for m in read] == [m.content for m in reads[0]] for read in reads)


# -- the block: `VectorMemoryBlock`, and ours


@pytest.fixture(params=["stock", "ours"])
def make_block(request, memory):
    """Makes a block that recalls, with the options both have."""

    def made(**options):
        if request.param == "ours":
            renamed = {"retrieval_context_window": "window", "similarity_top_k": "top_k"}
            options = {renamed.get(key, key): value for key, value in options.items()}
            return ResmemMemoryBlock(memory, namespace=ADA, **options)
        store = ResmemVectorStore(memory, namespace=("stock",))
        return VectorMemoryBlock(vector_store=store, embed_model=WordEmbedding(), **options)

    return made


def told(content):
    """A block's content as one text, whatever its kind."""
    return content if isinstance(content, str) else "\n".join(m.content for m in content)


HISTORY = (
    user("What is the capital of Portugal?"),
    assistant("The capital of Portugal is Lisbon."),
)


async def test_what_was_put_is_found(make_block):
    """By a question that shares its words."""
    block = make_block()
    await block.aput(list(HISTORY), session_id="s0")

    found = told(await block.aget([user("Tell me about Lisbon.")], session_id="s0"))

    assert "The capital of Portugal is Lisbon." in found


async def test_nothing_put_and_nothing_asked_is_nothing(make_block, memory):
    """Empty lists and messages without text are taken and give nothing."""
    block = make_block()
    await block.aput([], session_id="s0")
    await block.aput([ChatMessage(role="user", blocks=[])], session_id="s0")

    assert not await block.aget([], session_id="s0")
    assert memory.scan(ADA) == []


async def test_postprocessors_see_what_is_found(make_block):
    """They may reword it."""

    class Marked(BaseNodePostprocessor):
        def _postprocess_nodes(self, nodes, query_bundle=None):
            return [NodeWithScore(node=TextNode(id_=n.node_id, text=f"MARKED {n.text}"), score=1.0)
                    for n in nodes]  # fmt: skip

    block = make_block(node_postprocessors=[Marked()])
    await block.aput(list(HISTORY), session_id="s0")

    assert "MARKED" in told(await block.aget([user("What about Lisbon?")], session_id="s0"))


async def test_several_messages_may_be_asked_by(make_block):
    """The window that people set."""
    block = make_block(retrieval_context_window=3, similarity_top_k=2)
    await block.aput(list(HISTORY), session_id="s0")
    turn = [user("Portugal is nice."), assistant("It is."), user("And its capital?")]

    assert "Lisbon" in told(await block.aget(turn, session_id="s0"))


async def test_a_block_is_a_base_block(make_block):
    """Where LlamaIndex takes a block, it takes this."""
    block = make_block()
    assert isinstance(block, BaseMemoryBlock)
    Memory.from_defaults(session_id="s1", memory_blocks=[block])
    assert await block.atruncate(await block.aget([], session_id="s0"), 10) in (None, "", [])


# -- the retriever


@pytest.fixture
def retriever(memory):
    """Ours, with three facts."""
    tell(memory.session("t1", namespace=ADA), "I live in Lisbon.", "I sing.", "My cat is Miso.")
    return ResmemRetriever(memory, namespace=ADA)


@pytest.mark.parametrize("kind", [str, QueryBundle])
async def test_a_retriever_takes_texts_and_bundles(retriever, kind):
    """Sync and async give the same nodes, each with a score."""
    asked: QueryType = kind("Where do I live?")

    one, two = retriever.retrieve(asked), await retriever.aretrieve(asked)

    assert isinstance(retriever, BaseRetriever)
    assert [n.node_id for n in one] == [n.node_id for n in two]
    assert all(isinstance(n, NodeWithScore) and n.score is not None for n in one)


def test_nodes_that_point_elsewhere_are_followed(memory):
    """`.over` a retriever of index nodes gives what they point to."""

    class Pointing(BaseRetriever):
        def _retrieve(self, query_bundle):
            there = IndexNode(text="A summary.", index_id="t", obj=TextNode(text="The page."))
            return [NodeWithScore(node=there, score=0.5)]

    over = ResmemRetriever.over(Pointing(), memory, namespace=ADA)
    assert [n.text for n in over.retrieve("anything")] == ["The page."]


# -- the postprocessor


@pytest.fixture(params=["stock", "ours"])
def processor(request, memory):
    """LlamaIndex's cut by score, and ours with the same cut."""
    if request.param == "stock":
        return SimilarityPostprocessor(similarity_cutoff=0.2)
    return ResmemPostprocessor(memory, namespace=ADA, cutoff=0.2, top_n=10)


def scored(*scores):
    return [
        NodeWithScore(node=TextNode(id_=f"n{i}", text=f"Page number {i}."), score=score)
        for i, score in enumerate(scores)
    ]


async def test_a_cut_by_score(processor):
    """Below it nothing stays; the others keep their scores and order; sync as async."""
    nodes = scored(0.9, 0.5, 0.1)

    one = processor.postprocess_nodes(nodes, query_str="page")
    two = await processor.apostprocess_nodes(nodes, QueryBundle("page"))

    assert [(n.node_id, n.score) for n in one] == [("n0", 0.9), ("n1", 0.5)]
    assert [n.node_id for n in two] == ["n0", "n1"]


def test_nothing_and_no_query_are_taken(processor):
    """An empty list, and a call without a query."""
    assert processor.postprocess_nodes([]) == []
    assert len(processor.postprocess_nodes(scored(0.9))) == 1


def test_two_ways_to_ask_at_once_are_refused(processor):
    """A text and a bundle are one too many."""
    with pytest.raises(ValueError, match="query"):
        processor.postprocess_nodes(scored(0.9), QueryBundle("a"), query_str="b")


def test_a_processor_comes_back_from_its_config(processor):
    """By `to_dict` and `from_dict`."""
    again = type(processor).from_dict(processor.to_dict())
    assert type(again) is type(processor)


# -- the vector store: `SimpleVectorStore` keeps vectors only, so nodes are compared by their ids


@pytest.fixture(params=["stock", "ours"])
def store(request, memory):
    """A vector store with two documents' nodes."""
    made = (
        SimpleVectorStore()
        if request.param == "stock"
        else ResmemVectorStore(memory, namespace=ADA)
    )
    made.add([
        TextNode(
            id_=f"n{i}", text=text, embedding=WordEmbedding().get_text_embedding(text),
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"d{i % 2}")},
            metadata={"n": i},
        )
        for i, text in enumerate(("The kiln is hot.", "The boat is wet.", "The cello is old."))
    ])  # fmt: skip
    return made


def asked(store, words, **more):
    vector = WordEmbedding().get_query_embedding(words)
    return store.query(VectorStoreQuery(vector, query_str=words, **more)).ids


def test_a_store_finds_filters_and_deletes(store):
    """By similarity, by metadata, by document."""
    some = MetadataFilters(filters=[MetadataFilter(key="n", value=0, operator=FilterOperator.GT)])
    assert asked(store, "the cello", similarity_top_k=1) == ["n2"]
    assert set(asked(store, "the kiln", similarity_top_k=9, filters=some)) == {"n1", "n2"}
    store.delete("d0")
    assert asked(store, "the cello", similarity_top_k=9) == ["n1"]


def test_settings_are_left_alone(store):
    """No part of ours sets LlamaIndex's global settings."""
    before = Settings._llm, Settings._embed_model
    asked(store, "the cello", similarity_top_k=1)
    assert (Settings._llm, Settings._embed_model) == before
