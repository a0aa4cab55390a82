"""Fifty users on one block object: whose text does each of them see?"""

import asyncio
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import Memory, VectorMemoryBlock
from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQueryResult
from pydantic import PrivateAttr
from sqlalchemy.ext.asyncio import create_async_engine

from resmem_core import ResilientMemory
from resmem_llamaindex import ResmemMemory, ResmemMemoryBlock

from .fakes import WordEmbedding

USERS = 50


def secret(i):
    return f"locker{i:03d}zulu"


async def leaks(memories, schedule):
    """Run the schedule; which user saw which other user's secret.

    Each step, a user tells the secret or asks for it; three steps run at once.
    """
    found = []

    async def step(i, tells):
        memory = memories[i]
        if tells:
            text = f"Please note that my locker code is {secret(i)}."
            message = ChatMessage(role="user", content=text)
            await memory.aput(message)
            for block in memory.memory_blocks:  # what a flush does, without 21,000 tokens
                await block.aput([message.model_copy(deep=True)], session_id=memory.session_id)
        seen = await memory.aget(input="What is my locker code?")
        text = " ".join(message.content or "" for message in seen)
        found.extend((i, j) for j in range(USERS) if j != i and secret(j) in text)

    for at in range(0, len(schedule), 3):
        await asyncio.gather(*(step(i, tells) for i, tells in schedule[at : at + 3]))
    return found


async def users(make, schedule):
    """What fifty memories on one chat store leak under the schedule; `make(session_id, engine)`."""
    with TemporaryDirectory() as folder:
        engine = create_async_engine(f"sqlite+aiosqlite:///{folder}/chat.db")
        try:
            memories = [make(f"s{i}", engine) for i in range(USERS)]
            for memory in memories:  # the chat store's tables: LlamaIndex makes them unguarded
                await memory.aget_all()
            return await leaks(memories, schedule)
        finally:
            await engine.dispose()


def stock(block):
    """Stock memories that share one block object."""
    return lambda session_id, engine: Memory.from_defaults(
        session_id=session_id, memory_blocks=[block], async_engine=engine
    )


class TextStore(BasePydanticVectorStore):
    """A vector store that does exactly what its filters say."""

    stores_text: bool = True
    _nodes: list = PrivateAttr(default_factory=list)

    @property
    def client(self):
        return None

    def add(self, nodes, **kwargs):
        self._nodes += nodes
        return [node.node_id for node in nodes]

    async def async_add(self, nodes, **kwargs):
        return self.add(nodes)

    def delete(self, ref_doc_id, **kwargs):
        raise NotImplementedError

    def query(self, query, **kwargs):
        wanted = [(f.key, f.value) for f in query.filters.filters] if query.filters else []
        nodes = [n for n in self._nodes if all(n.metadata.get(k) == v for k, v in wanted)]
        nodes = nodes[: query.similarity_top_k]
        return VectorStoreQueryResult(nodes=nodes, similarities=[1.0] * len(nodes))

    async def aquery(self, query, **kwargs):
        return self.query(query)


steps = st.lists(st.tuples(st.integers(0, USERS - 1), st.booleans()), min_size=20, max_size=60)
few = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(steps)
def test_nobody_sees_another_s_text(schedule):
    """Stock `Memory` with our block: no schedule of fifty users shows one another's text."""
    with ResilientMemory.open(":memory:", keep=1.0) as resmem:
        block = ResmemMemoryBlock(resmem, namespace=lambda session_id: ("acme", session_id))

        assert asyncio.run(users(stock(block), schedule)) == []


@few
@given(steps)
def test_nobody_sees_another_s_text_in_our_memory(schedule):
    """The same for `ResmemMemory`."""
    with ResilientMemory.open(":memory:", keep=1.0) as resmem:

        def make(session_id, engine):
            return ResmemMemory.over(
                resmem,
                session_id=session_id,
                namespace=lambda name: ("acme", name),
                async_engine=engine,
            )

        assert asyncio.run(users(make, schedule)) == []


async def test_one_user_s_sessions_share_their_memory(memory, engine):
    """The wall stands between users: what Ada said in one session is recalled in the next."""
    make = stock(ResmemMemoryBlock(memory, namespace=("acme", "ada")))
    first, second = make("s1", engine), make("s2", engine)
    await first.aput(ChatMessage(role="user", content=f"My locker code is {secret(1)}."))
    await first.aget()

    text = " ".join(m.content for m in await second.aget(input="What is my locker code?"))

    assert secret(1) in text


def test_the_stock_vector_block_leaks():
    """The contrast: `VectorMemoryBlock` keeps the first session's filter for everybody."""
    block = VectorMemoryBlock(vector_store=TextStore(), embed_model=WordEmbedding())
    schedule = [(i, True) for i in range(USERS)]

    assert len(asyncio.run(users(stock(block), schedule))) >= USERS - 1
