"""A long question keeps nobody waiting: its text is read before the namespace's lock is taken."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.engine.reading import listing, search
from resmem_core.memory.recall import query

NS = ("acme", "ada")
LONG = {
    "ideographs": "".join(chr(0x4E00 + n) for n in range(16_000)),
    "one word": "x" * 16_000,
    "words": "parcel " * 2_285,
    "dates": "12 May 2021 " * 1_333,
}


@pytest.fixture
def memory() -> ResilientMemory:
    memory = ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False)
    memory.session("s", namespace=NS).observe(Message("user", "The parcel weighs 12 kg."))
    return memory


@pytest.mark.parametrize("verb", ["recall", "search"])
@pytest.mark.parametrize("question", LONG.values(), ids=LONG)
def test_a_neighbour_writes_while_a_question_is_read(
    memory: ResilientMemory, monkeypatch: pytest.MonkeyPatch, question: str, verb: str
) -> None:
    """Whoever observes in the same namespace does so while the text of a question is looked at."""
    stored: list[bool] = []
    plain = query.words_of

    def slowly(text: str, now: float) -> query.Words:
        neighbour = threading.Thread(target=observe, args=(memory,))
        neighbour.start()
        neighbour.join(timeout=30)
        stored.append(not neighbour.is_alive())
        return plain(text, now)

    for module in (search, listing):
        monkeypatch.setattr(module.query, "words_of", slowly)
    ask: Callable[[], object] = {
        "recall": lambda: memory.session("t", namespace=NS).recall(question),
        "search": lambda: memory.search(NS, question),
    }[verb]
    ask()

    assert stored == [True]
    assert len(memory.scan(NS)) == 2


def observe(memory: ResilientMemory) -> None:
    memory.session("n", namespace=NS).observe(Message("user", "The harbour opens at six."))


@pytest.mark.parametrize("question", LONG.values(), ids=LONG)
def test_under_the_lock_little_is_looked_up(
    memory: ResilientMemory, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """At most `query.MOST` stems of a question are compared with what is stored, of any script."""
    asked: list[query.Asked] = []
    plain = query.read
    monkeypatch.setattr(query, "read", lambda *of: asked.append(plain(*of)) or asked[-1])

    memory.session("t", namespace=NS).recall(question)

    assert len(asked) == 1
    assert len(asked[0].stems) <= query.MOST
