"""The LangGraph store and recall are one memory, two views."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from resmem_core import Message, ResilientMemory
from resmem_langchain import ResmemStore

ADA = ("users", "ada")


@pytest.fixture
def memory() -> Iterator[ResilientMemory]:
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as opened:
        yield opened


def said(text: str, ident: str) -> Message:
    return Message(role="user", text=text, id=ident)


def recalled(memory: ResilientMemory, question: str) -> list[str]:
    return [hit.text for hit in memory.session("t", namespace=ADA).recall(question)]


def test_recall_sees_what_the_store_holds(memory: ResilientMemory) -> None:
    """An item is recalled at once, in its newest words, and no more once it was deleted."""
    store = ResmemStore(memory)
    store.put(ADA, "home", {"content": "Ada lives in a lighthouse near Porto."})
    first = recalled(memory, "Where does Ada live?")
    store.put(ADA, "home", {"content": "Ada lives in a windmill near Faro."})
    second = recalled(memory, "Where does Ada live?")
    store.delete(ADA, "home")

    assert first == ["Ada lives in a lighthouse near Porto."]
    assert second == ["Ada lives in a windmill near Faro."]
    assert recalled(memory, "Where does Ada live?") == []
    assert memory.search(ADA, "Where does Ada live?") == []


def test_the_store_sees_what_conversations_left(memory: ResilientMemory) -> None:
    """By a query, by its id, in the namespaces; deleting the item erases the memory."""
    store = ResmemStore(memory)
    memory.session("t", namespace=ADA).observe(said("My cello is from Cremona.", "m1"))
    store.put(ADA, "boat", {"content": "The boat needs paint."})
    found = store.search(("users",), query="Where is the cello from?")
    item = store.get(ADA, "m1")

    assert [i.key for i in found] == ["m1", "boat"]
    assert found[0].value["text"] == "My cello is from Cremona."
    assert item is not None
    assert item.value["role"] == "user"
    assert store.list_namespaces() == [ADA]
    store.delete(ADA, "m1")
    assert [i.key for i in store.search(ADA)] == ["boat"]
    assert recalled(memory, "cello") == []


def test_each_is_seen_once(memory: ResilientMemory) -> None:
    """After recall made its view of an item, the store still shows one of it, and so does sleep."""
    store = ResmemStore(memory)
    store.put(ADA, "home", {"content": "Ada lives in a lighthouse near Porto."})
    recalled(memory, "Where does Ada live?")
    memory.sleep(ADA)

    assert [i.key for i in store.search(ADA)] == ["home"]
    assert len(memory.scan(ADA)) == 1


def test_who_forgets_the_one_forgets_the_other(tmp_path: Path) -> None:
    """Forgetting the view deletes the item, forgetting the namespace all; no byte is left."""
    with ResilientMemory.open(str(tmp_path / "m.db"), keep=1.0, auto_sleep=False) as memory:
        store = ResmemStore(memory)
        store.put(ADA, "home", {"content": "Ada lives with a quokka."})
        (hit,) = memory.session("t", namespace=ADA).recall("Where does Ada live?")
        memory.forget(ADA, [hit.id])
        left = store.get(ADA, "home")
        store.put(ADA, "pet", {"content": "Ada feeds a quagga."})
        memory.forget(ADA)
        rest = store.search(ADA)
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert (left, rest) == (None, [])
    assert b"quokka" not in held
    assert b"quagga" not in held


def test_it_can_be_left_out(memory: ResilientMemory) -> None:
    """`shared=False` keeps the two apart."""
    store = ResmemStore(memory, shared=False)
    memory.session("t", namespace=ADA).observe(said("My cello is from Cremona.", "m1"))
    store.put(ADA, "home", {"content": "Ada lives in a lighthouse near Porto."})

    assert [i.key for i in store.search(ADA)] == ["home"]
    assert recalled(memory, "Where does Ada live?") == []


def test_what_expires_is_no_longer_recalled(memory: ResilientMemory) -> None:
    """A swept item takes its view with it."""
    store = ResmemStore(memory, ttl={"default_ttl": -1.0})
    store.put(ADA, "home", {"content": "Ada lives in a lighthouse near Porto."}, ttl=-1.0)
    seen = recalled(memory, "Where does Ada live?")

    assert seen
    assert store.sweep_ttl() == 1
    assert recalled(memory, "Where does Ada live?") == []


def test_another_process_sees_what_was_put(tmp_path: Path) -> None:
    """The item waits in the store's file, not in the handle that wrote it; async puts too."""
    path = str(tmp_path / "m.db")
    with ResilientMemory.open(path) as memory:
        put = ResmemStore(memory).aput(ADA, "home", {"content": "Ada lives in a lighthouse."})
        asyncio.run(put)
    with ResilientMemory.open(path) as memory:
        assert recalled(memory, "Where does Ada live?") == ["Ada lives in a lighthouse."]


def test_safe_mode_makes_no_view(memory: ResilientMemory) -> None:
    """While writes are off the item waits, and recall answers from what it has."""
    store = ResmemStore(memory)
    store.put(ADA, "home", {"content": "Ada lives in a lighthouse."})
    memory.safe_mode(True)
    quiet = memory.search(ADA, "Where does Ada live?")
    memory.safe_mode(False)

    assert quiet == []
    assert [hit.text for hit in memory.search(ADA, "Where does Ada live?")]
