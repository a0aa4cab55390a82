"""Where a `ResmemMemory` lays what it recalls, and how the recall is seen in tracing."""

from __future__ import annotations

from inspect import signature
from itertools import pairwise

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


async def test_delta_makes_each_request_begin_with_the_one_before_it(told, engine):
    """And says each line once: the third question is about what stands at the first."""
    seen = await requests(told, "delta", *QUESTIONS, "Do I live in Lisbon?", engine=engine)

    for before, after in pairwise(seen):
        assert after[: len(before)] == before
    assert "\n".join(seen[2]).count("Minou") == 1
    assert seen[2][-1] == f"user: {QUESTIONS[2]}"
    assert any("lives in" in text or "live in Lisbon." in text for text in seen[-1])


async def delta(memory, engine, **settings):
    """A conversation in which what was told stays, as it stands after the first question."""
    talk = ResmemMemory.over(
        memory, session_id="s1", namespace=ADA, placement="delta", async_engine=engine, **settings
    )
    return talk, str(await said_by(talk, QUESTIONS[0]))


async def said_by(talk, text):
    """The request for a question."""
    await talk.aput(ChatMessage(role="user", content=text))
    return [f"{m.role.value}: {m.content}" for m in await talk.aget()]


async def test_what_is_forgotten_is_laid_out_no_more(told, engine):
    """Also where it was told with an earlier question."""
    talk, first = await delta(told, engine)
    assert "Minou" in first
    cat = next(m for m in told.scan(ADA) if "Minou" in m.text)
    told.forget(ADA, ids=[cat.id])

    later = str(await said_by(talk, QUESTIONS[1]))
    assert "Minou" not in later
    assert "new door" in later


async def test_a_wish_that_was_withdrawn_is_told_no_more(told, engine):
    """It stood at the first question."""
    session = told.session("wishes", namespace=ADA)
    tell(session, "Always answer in French.")
    talk, first = await delta(told, engine)
    assert "Always answer in French" in first
    tell(session, "You can answer in English again.")

    assert "Always answer in French" not in str(await said_by(talk, QUESTIONS[1]))


async def test_the_conversation_and_the_memory_hold_no_block(told, engine):
    """They have what was said."""
    talk, _ = await delta(told, engine)
    await said_by(talk, QUESTIONS[1])

    assert not any("<memories>" in str(m.content) for m in await talk.aget_all())
    assert not any("<memories>" in m.text for m in told.scan(ADA))


async def test_a_template_stands_around_every_block(told, engine):
    """Also around those of earlier questions: they are what they were."""
    talk, first = await delta(told, engine, template="Known:\n{memories}")
    later = await said_by(talk, QUESTIONS[1])

    assert "Known:" in first
    assert str(later).count("Known:") == 2
    assert str(later).startswith(first[:-1])


async def test_within_a_tool_loop_a_block_does_not_change(told, engine):
    """Whatever is stored meanwhile, and however many results come."""
    talk, first = await delta(told, engine)
    for number in range(3):
        tell(told.session("else", namespace=ADA), f"The cat Minou has toy number {number}.")
        await talk.aput(ChatMessage(role="tool", content=f"Room {number} is cold."))
        assert str([f"{m.role.value}: {m.content}" for m in await talk.aget()]).startswith(
            first[:-1]
        )


async def test_what_is_known_of_the_user_stands_first(told, engine):
    """It does not move."""
    tell(told.session("me", namespace=ADA), "My name is Ada.")
    talk, first = await delta(told, engine, about=("name",))
    later = await said_by(talk, QUESTIONS[1])

    assert "name: Ada" in later[0]
    assert str(later).startswith(first[:-1])


async def test_the_same_words_twice_are_two_questions(told, engine):
    """Each block stands before its own."""
    seen = await requests(told, "delta", "ok", QUESTIONS[0], "ok", QUESTIONS[1], engine=engine)

    for before, after in pairwise(seen):
        assert after[: len(before)] == before


def test_another_placement_is_refused(memory):
    """When it is made."""
    with pytest.raises(ConfigError, match="placement"):
        ResmemMemory.over(memory, session_id="s1", namespace=ADA, placement="head")


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
