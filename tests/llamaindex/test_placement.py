"""Where a `ResmemMemory` lays what it recalls, and how the recall is seen in tracing."""

from __future__ import annotations

from inspect import signature

import pytest
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler
from llama_index.core.llms import ChatMessage

from resmem_core.errors import ConfigError
from resmem_llamaindex import ResmemMemory, ResmemMemoryBlock, ResmemRecallEvent

from .fakes import tell

ADA = ("acme", "ada")
QUESTIONS = (
    "What is my cat called?",
    "Which door does the kiln need?",
    "And what is my cat called?",
)


@pytest.fixture
def told(memory):
    session = memory.session("old", namespace=ADA)
    tell(session, "My cat is called Minou.", "I live in Lisbon.", "The kiln needs a new door.")
    return memory


async def requests(memory, placement, *questions, engine=None):
    """What a model would be given for each question of one conversation."""
    talk = ResmemMemory.over(
        memory, session_id="s1", namespace=ADA, placement=placement, async_engine=engine
    )
    seen = []
    for text in questions:
        await talk.aput(ChatMessage(role="user", content=text))
        seen.append([f"{m.role.value}: {m.content}" for m in await talk.aget()])
        await talk.aput(ChatMessage(role="assistant", content="Noted."))
    return seen


async def test_before_all_messages_or_at_the_head_of_the_last_one(told, engine):
    """The second by default, where a prompt cache keeps the history."""
    system = await requests(told, "system", QUESTIONS[0], engine=engine)
    assert system[0][0].startswith("system: <memories>")
    assert signature(ResmemMemory.over).parameters["placement"].default == "tail"
    tail = await requests(told, "tail", QUESTIONS[1], engine=engine)
    assert tail[0][-1].startswith("user: <memories>")
    assert tail[0][-1].endswith(QUESTIONS[1])


def test_another_placement_is_refused(memory):
    """When it is made."""
    with pytest.raises(ConfigError, match="placement"):
        ResmemMemory.over(memory, session_id="s1", namespace=ADA, placement="delta")


async def test_a_recall_is_an_event_within_a_span(told):
    """With the question, the hits with their relevance, and the lines; or the reason for none."""
    seen: list[ResmemRecallEvent] = []

    class Listener(BaseEventHandler):
        def handle(self, event, **kwargs):
            if isinstance(event, ResmemRecallEvent):
                seen.append(event)

    listener, spans = Listener(), SimpleSpanHandler()
    root = get_dispatcher()
    root.add_event_handler(listener)
    root.add_span_handler(spans)
    try:
        block = ResmemMemoryBlock(told, namespace=ADA)
        for text in (QUESTIONS[0], "What is the capital of Peru?"):
            await block.aget([ChatMessage(role="user", content=text)], session_id="s1")
    finally:
        root.event_handlers.remove(listener)
        root.span_handlers.remove(spans)

    fits, none = seen
    assert fits.query == QUESTIONS[0]
    assert [(hit["text"], hit["relevance"] > 0.5) for hit in fits.hits] == [
        ("My cat is called Minou.", True)
    ]
    assert "My cat is called Minou." in fits.block
    assert (none.hits, none.block) == ([], "")
    assert "peru" in none.reason.lower()
    assert fits.span_id
    assert any("_recall" in span.id_ for span in spans.completed_spans)
