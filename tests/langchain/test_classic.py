"""The deprecated ways in: `ConversationChain`'s memory and a chat message history."""

from __future__ import annotations

import warnings

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder

from resmem_core import ResilientMemory
from resmem_core.errors import ConfigError, NamespaceError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from langchain_classic.chains import ConversationChain
    from langchain_core.runnables.history import RunnableWithMessageHistory

from langchain_core.runnables import ConfigurableFieldSpec

from resmem_langchain import ResmemChatMessageHistory, ResmemMemory

NAMESPACE = ("acme", "ada")
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*", "ignore:.*migration guide.*")


def stored(memory, namespace=NAMESPACE):
    return [(m.role, m.text) for m in memory.scan(namespace)]


async def test_in_a_conversation_chain(memory, recorder, call):
    """Two chains of two sessions: the second one remembers what the first was told."""
    model = recorder()
    first = ResmemMemory(memory=memory, namespace=NAMESPACE, session_id="one")
    second = ResmemMemory(memory=memory, namespace=NAMESPACE, session_id="two")

    await call(ConversationChain(llm=model, memory=first), {"input": "My cat is called Miso."})
    await call(ConversationChain(llm=model, memory=second), {"input": "What is my cat called?"})

    assert "user: My cat is called Miso." in model.calls[1]["messages"][0].text


async def test_memories_are_not_stored_again(memory, recorder, call):
    """What the chain got from the memory is in its inputs, and is not observed as said."""
    ours = ResmemMemory(memory=memory, namespace=NAMESPACE)
    chain = ConversationChain(llm=recorder(), memory=ours)

    for text in ("My cat is called Miso.", "What is my cat called?"):
        await call(chain, {"input": text})

    assert [t for role, t in stored(memory) if role == "user"] == [
        "My cat is called Miso.",
        "What is my cat called?",
    ]


def test_keys_are_named_where_needed(memory):
    """With several inputs the one that counts must be named."""
    ours = ResmemMemory(memory=memory, namespace=NAMESPACE)

    with pytest.raises(ConfigError, match="input_key"):
        ours.save_context({"question": "a", "style": "b"}, {"out": "c"})
    assert stored(memory) == []

    ours.input_key = "question"
    ours.save_context({"question": "My cat is called Miso.", "style": "b"}, {"out": "Noted."})
    assert stored(memory)[0] == ("user", "My cat is called Miso.")


def test_clear_does_not_forget_the_person(memory):
    """A chain that starts anew does not erase the user's memories."""
    ours = ResmemMemory(memory=memory, namespace=NAMESPACE)
    ours.save_context({"input": "My cat is called Miso."}, {"out": "Noted."})

    ours.clear()

    assert len(stored(memory)) == 2


def test_no_namespace_no_memory(memory):
    """It fails closed."""
    with pytest.raises(NamespaceError):
        ResmemMemory(memory=memory)
    with pytest.raises(NamespaceError):
        ResmemChatMessageHistory(memory, "t", namespace=())


# -- history


def history(memory, session="t1", namespace=NAMESPACE):
    return ResmemChatMessageHistory(memory, session, namespace=namespace)


def test_it_is_a_faithful_log(memory):
    """What is added is there, whole and in order, whatever the gate would say."""
    said = [
        HumanMessage("ok"),
        HumanMessage("ok"),
        AIMessage("", tool_calls=[{"name": "f", "args": {"x": 1}, "id": "1"}]),
        HumanMessage([{"type": "text", "text": "look"}, {"type": "image", "url": "http://x"}]),
    ]
    log = history(memory)
    log.add_messages(said[:2])
    log.add_messages(said[2:])

    assert [m.content for m in log.messages] == [m.content for m in said]
    assert log.messages[2].tool_calls[0]["args"] == {"x": 1}


async def test_async_twins(memory):
    """The async methods read and write the same log."""
    log = history(memory)
    await log.aadd_messages([HumanMessage("Hi")])
    assert [m.content for m in await log.aget_messages()] == ["Hi"]

    await log.aclear()
    assert log.messages == []


def test_sessions_and_users_are_apart(memory):
    """Clearing one log leaves the others, also where names are prefixes of each other."""
    logs = [history(memory, s, n) for s in ("t", "t1") for n in (NAMESPACE, ("acme", "ad"))]
    for n, log in enumerate(logs):
        log.add_user_message(str(n))

    logs[0].clear()

    assert [[m.content for m in log.messages] for log in logs] == [[], ["1"], ["2"], ["3"]]


def test_it_survives_a_restart(tmp_path):
    """The log is on disk."""
    place = str(tmp_path / "a.db")
    with ResilientMemory.open(place) as memory:
        history(memory).add_user_message("Hi")

    with ResilientMemory.open(place) as memory:
        assert [m.content for m in history(memory).messages] == ["Hi"]


def test_two_writers_lose_nothing(tmp_path):
    """Two handles on one file append at once: every message is kept, each batch in order."""
    from concurrent.futures import ThreadPoolExecutor

    place = str(tmp_path / "a.db")
    with ResilientMemory.open(place) as one, ResilientMemory.open(place) as two:
        logs = [history(one), history(two)]

        def append(n):
            logs[n % 2].add_messages([HumanMessage(f"{n}a"), AIMessage(f"{n}b")])

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(append, range(20)))
        found = [m.content for m in logs[0].messages]

    assert len(found) == 40
    assert all(found[i][:-1] == found[i + 1][:-1] for i in range(0, 40, 2))


async def test_with_message_history(memory, recorder, call):
    """`RunnableWithMessageHistory`, one log per user and conversation."""
    model = recorder()
    prompt = ChatPromptTemplate([MessagesPlaceholder("past"), ("human", "{text}")])
    fields = [
        ConfigurableFieldSpec(id=name, annotation=str, is_shared=True)
        for name in ("user_id", "thread_id")
    ]
    chain = RunnableWithMessageHistory(
        prompt | model,
        lambda user_id, thread_id: history(memory, thread_id, ("acme", user_id)),
        input_messages_key="text",
        history_messages_key="past",
        history_factory_config=fields,
    )

    config = {"configurable": {"user_id": "ada", "thread_id": "t1"}}
    for text in ("One", "Two"):
        await call(chain, {"text": text}, config)
    await call(chain, {"text": "Other"}, {"configurable": {"user_id": "bob", "thread_id": "t1"}})

    seen = [[m.text for m in c["messages"]] for c in model.calls]
    assert seen == [["One"], ["One", "Noted.", "Two"], ["Other"]]
