"""What is said last holds, whatever the framework does with its window of the conversation."""

import asyncio
import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.llms import MockLLM
from llama_index.core.memory import Memory

from resmem_core import ResilientMemory
from resmem_core.errors import StoreUnavailable
from resmem_llamaindex import ResmemMemory, ResmemMemoryBlock

ADA = ("acme", "ada")
MANAGERS = ("Kim", "Lee", "Priya")
HOMES = ("Lisbon", "Oslo", "Quito")

TELL = st.one_of(
    st.sampled_from([f"My manager is {name}." for name in MANAGERS]),
    st.sampled_from([f"I live in {place}." for place in HOMES]),
    st.just("Good morning."),
)
STEP = st.one_of(TELL, TELL, st.sampled_from(["reset", "flush", "restart", "window", "again"]))


def user(text, **more):
    return ChatMessage(role="user", content=text, additional_kwargs=more)


def assistant(text):
    return ChatMessage(role="assistant", content=text)


class Framework:
    """A chat that keeps a window, hands it to a block at each turn, and forgets as it likes."""

    def __init__(self, memory):
        self.memory, self.window, self.session = memory, [], 0
        self.block = ResmemMemoryBlock(memory, namespace=ADA)

    def do(self, step):
        if step == "reset":
            self.window = []
        elif step == "flush":  # the oldest half leaves, and is handed over once more
            half = len(self.window) // 2
            gone, self.window = self.window[:half], self.window[half:]
            self._run(self.block.aput(gone, from_short_term_memory=True, session_id=self._id()))
        elif step == "restart":
            self.block = ResmemMemoryBlock(self.memory, namespace=ADA)
        elif step == "window":
            self.session, self.window = self.session + 1, []
        elif step == "again":
            self._read()
        else:
            self.window.append(user(step))
            self._read()
            self.window.append(assistant("Noted."))

    def _read(self):
        self._run(self.block.aget(list(self.window), session_id=self._id()))

    def _id(self):
        return f"day-{self.session}"

    @staticmethod
    def _run(work):
        return asyncio.run(work)


def holds(memory):
    """What is known of the user, by attribute."""
    return {one.name: one.value for one in memory.about(ADA)}


def expected(steps):
    """The last manager and the last home that were told."""
    told = {}
    for step in steps:
        if step.startswith("My manager"):
            told["manager"] = step.split()[-1].rstrip(".")
        elif step.startswith("I live"):
            told["home"] = step.split()[-1].rstrip(".")
    return told


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, max_size=14))
def test_what_was_told_last_holds(steps):
    """Any sequence of statements, resets, flushes, restarts, further windows and repeated reads."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        framework = Framework(memory)
        for step in steps:
            framework.do(step)
        known = holds(memory)
        assert {name: known.get(name) for name in expected(steps)} == expected(steps)


@pytest.mark.parametrize("between", ["reset", "flush", "restart", "window"])
def test_a_value_that_comes_back_is_the_current_one(memory, between):
    """Kim, Lee, Kim: the third statement is one of its own."""
    framework = Framework(memory)
    for name in ("Kim", "Lee", "Kim"):
        framework.do(f"My manager is {name}.")
        framework.do(between)

    assert holds(memory)["manager"] == "Kim"


@pytest.mark.usefixtures("chat_stores")
@pytest.mark.parametrize("kind", ["block", "memory"])
def test_with_an_engine_s_own_reset(memory, kind):
    """`engine.reset()` empties LlamaIndex's memory; nothing of ours is confused by it."""
    if kind == "block":
        block = ResmemMemoryBlock(memory, namespace=ADA)
        chat = Memory.from_defaults(session_id="s1", memory_blocks=[block])
    else:
        chat = ResmemMemory.over(memory, session_id="s1", namespace=ADA)
    engine = SimpleChatEngine.from_defaults(llm=MockLLM(), memory=chat)
    for name in ("Kim", "Lee", "Kim"):
        engine.chat(f"My manager is {name}.")
        engine.reset()

    assert holds(memory)["manager"] == "Kim"


@pytest.mark.usefixtures("chat_stores")
async def test_put_alone(memory, engine):
    """Each `aput` is a statement of its own."""
    chat = ResmemMemory.over(memory, session_id="s1", namespace=ADA, async_engine=engine)
    for name in ("Kim", "Lee", "Kim"):
        await chat.aput(user(f"My manager is {name}."))

    assert holds(memory)["manager"] == "Kim"


async def test_a_new_object_over_the_same_history_writes_nothing_again(memory):
    """Not what was forgotten without a tombstone either: it was taken in once."""
    history = [user("My manager is Kim."), assistant("Noted."), user("I live in Oslo.")]
    await ResmemMemoryBlock(memory, namespace=ADA).aget(history, session_id="s1")
    memory.forget(ADA, query="manager Kim", tombstones=False)

    await ResmemMemoryBlock(memory, namespace=ADA).aget(history, session_id="s1")

    assert holds(memory) == {"home": "Oslo"}


async def test_what_is_said_while_the_store_is_away_has_its_place(memory, monkeypatch):
    """Statements of an outage come after what was said before it, and before what comes after."""
    block = ResmemMemoryBlock(memory, namespace=ADA)
    window = []

    async def say(text):
        window.append(user(text))
        await block.aget(list(window), session_id="s1")
        window.append(assistant("Noted."))

    def away(*args, **kwargs):
        raise StoreUnavailable("gone")

    await say("My manager is Kim.")
    with monkeypatch.context() as broken:
        broken.setattr(memory.store, "apply", away)
        broken.setattr(memory.store, "version", away)
        await say("My manager is Lee.")
    await say("My manager is Kim.")

    assert holds(memory)["manager"] == "Kim"
    assert [m.text for m in memory.scan(ADA) if m.role == "user"].count("My manager is Lee.") == 1


WHEN = datetime(2020, 5, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("timestamp", WHEN.timestamp()),
        ("created_at", "2020-05-01T12:00:00Z"),
        ("time", "2020-05-01T14:00:00+02:00"),
        ("ts", str(int(WHEN.timestamp() * 1000))),
    ],
)
async def test_a_message_s_own_time_counts(memory, key, value):
    """An imported conversation is not dated today."""
    block = ResmemMemoryBlock(memory, namespace=ADA)
    await block.aget([user("I live in Oslo.", **{key: value})], session_id="s1")

    assert [m.at for m in memory.scan(ADA)] == [WHEN.timestamp()]


async def test_a_time_that_nobody_can_read_is_now(memory):
    """A message is never lost for its time."""
    block = ResmemMemoryBlock(memory, namespace=ADA)
    began = memory.clock.now()
    await block.aget([user("I live in Oslo.", timestamp="yesterday-ish")], session_id="s1")

    assert [m.at >= began for m in memory.scan(ADA)] == [True]


def test_the_marks_go_with_the_namespace(memory):
    """Forgetting everything leaves no mark of a conversation."""
    Framework(memory).do("My manager is Kim.")
    assert memory.store.docs("heard")
    memory.forget(ADA)
    assert not memory.store.docs("heard")


def test_every_order_of_three_statements(memory):
    """All 27, each in a session of its own, with a reset after each statement."""
    for n, names in enumerate(itertools.product(MANAGERS, repeat=3)):
        space = ("acme", f"user{n}")
        block = ResmemMemoryBlock(memory, namespace=space)
        for name in names:
            asyncio.run(block.aget([user(f"My manager is {name}.")], session_id="s"))
        assert {o.name: o.value for o in memory.about(space)}["manager"] == names[-1], names
