"""No async way in ever blocks the event loop: `blockbuster` watches every blocking call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from resmem_core import ResilientMemory
from resmem_langchain import (
    ResmemChatMessageHistory,
    ResmemMemory,
    ResmemMiddleware,
    ResmemRetriever,
    ResmemStore,
    memory_tools,
    tuned,
)

NAMESPACE = ("acme", "ada")


@pytest.fixture
def on_disk(tmp_path) -> Iterator[ResilientMemory]:
    """A memory in a file, so that reads and writes really reach the disk."""
    memory = ResilientMemory.open(str(tmp_path / "a.db"), keep=1.0)
    yield memory
    memory.close()


@pytest.fixture
def watched(on_disk) -> Iterator[BlockBuster]:
    """Raises in whoever blocks the loop, from here on."""
    with blockbuster_ctx() as watch:
        yield watch


@tool
async def lookup(word: str = "") -> str:
    """Look a word up."""
    return "found"


async def test_the_middleware(on_disk, watched, recorder, calls_tool, run):
    """Model calls, tool calls, recall and writing, first turn and later ones."""
    model = recorder(calls_tool("lookup"), AIMessage("One."), AIMessage("Two."))
    agent = create_agent(
        model,
        [lookup, *memory_tools(on_disk)],
        middleware=[ResmemMiddleware(on_disk)],
        checkpointer=InMemorySaver(),
    )

    for text in ("I moved to Lisbon in May.", "Where did I move?"):
        result = await agent.ainvoke({"messages": [("user", text)]}, run())

    assert result["messages"][-1].text == "Two."


async def test_tools(on_disk, watched, run):
    """remember, recall, forget."""
    remember, recall, forget = memory_tools(on_disk)

    assert await remember.ainvoke({"text": "Ada moved to Lisbon."}, run()) == "Kept."
    assert "Lisbon" in await recall.ainvoke({"question": "Where did Ada move?"}, run())
    assert await forget.ainvoke({"ids": ["x"]}, run())


async def test_tuned(on_disk, watched, recorder):
    """`ainvoke`, `astream`, `abatch`."""
    session = await on_disk.asession("t", namespace=NAMESPACE)
    model = tuned(recorder(), session)

    assert (await model.ainvoke("Hi")).text == "Noted."
    assert [c.text async for c in model.astream("Hi")]
    assert await model.abatch(["Hi"])


async def test_the_retriever(on_disk, watched):
    """`ainvoke`."""
    retriever = ResmemRetriever(memory=on_disk, namespace=NAMESPACE)

    assert await retriever.ainvoke("Where?") == []


async def test_the_store(on_disk, watched):
    """Puts, searches, lists; gated and not."""
    for gate in (False, True):
        store = ResmemStore(on_disk, gate=gate)
        await store.aput(NAMESPACE, "k", {"text": "Ada moved to Lisbon in May 2026."})
        assert len(await store.asearch(NAMESPACE)) == 1
        assert await store.alist_namespaces() == [NAMESPACE]
        await store.adelete(NAMESPACE, "k")


async def test_the_classic_ways(on_disk, watched):
    """Chain memory and message history."""
    log = ResmemChatMessageHistory(on_disk, "t", namespace=NAMESPACE)
    await log.aadd_messages([HumanMessage("Hi")])
    memory = ResmemMemory(memory=on_disk, namespace=NAMESPACE)
    await memory.asave_context({"input": "My cat is Miso."}, {"output": "Noted."})

    assert len(await log.aget_messages()) == 1
    assert "Miso" in (await memory.aload_memory_variables({"input": "cat Miso"}))["history"]


async def test_the_watch_works(on_disk, watched):
    """The sync form on the loop is caught: the tests above can fail."""
    from blockbuster import BlockingError

    retriever = ResmemRetriever(memory=on_disk, namespace=("new", "one"))
    with pytest.raises(BlockingError):
        retriever.invoke("Where?")
