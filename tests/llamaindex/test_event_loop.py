"""No async way in does disk I/O on the event loop."""

import pytest
from blockbuster import blockbuster_ctx
from llama_index.core.llms import ChatMessage
from llama_index.core.schema import NodeWithScore, TextNode

from resmem_core import ResilientMemory
from resmem_llamaindex import (
    ResmemEventHandler,
    ResmemMemoryBlock,
    ResmemPostprocessor,
    ResmemRetriever,
    TunedLLM,
)

from .fakes import Scripted

ADA = ("acme", "ada")
HELLO = [ChatMessage(role="user", content="I moved to Lisbon in May.")]


async def retrieve(memory):
    await ResmemRetriever(memory, ADA).aretrieve("Where do I live?")


async def postprocess(memory):
    node = NodeWithScore(node=TextNode(text="a"), score=1.0)
    await ResmemPostprocessor(memory, namespace=ADA).apostprocess_nodes([node])


async def remember(memory):
    block = ResmemMemoryBlock(memory, namespace=ADA)
    await block.aget(HELLO, session_id="s1")
    assert len(await memory.ascan(ADA)) == 1


async def chat(memory):
    session = await memory.asession("s1", namespace=ADA)
    with ResmemEventHandler(session):
        await TunedLLM(Scripted("hi"), session).achat(HELLO)


@pytest.mark.parametrize("way", [retrieve, postprocess, remember, chat])
async def test_nothing_blocks_the_loop(tmp_path, way):
    """On a store in a file, the first call and the next ones."""
    memory = ResilientMemory.open(str(tmp_path / "agent.db"))
    with blockbuster_ctx():
        for _ in range(3):
            await way(memory)
    memory.close()
