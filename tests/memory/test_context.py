"""What a dropped message leaves behind: its words, on the messages beside it that stay."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.config.gate import GateConfig
from resmem_core.config.recall import RecallWeights
from resmem_core.engine.state import stages
from resmem_core.engine.writing import ingest
from resmem_core.memory.gate import judge, leftovers
from resmem_core.memory.gate.features import StreamContext
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import rank
from resmem_core.protocols import Row
from resmem_core.types import NEUROCHEMICALS, Memory, Message

EMBEDDER = LexicalEmbedder(64)
NOWHERE = ("a",)


def index_of(*texts: str) -> NamespaceIndex:
    """A conversation; the messages' ids are their places."""
    index = NamespaceIndex(EMBEDDER.dim, scan=False)
    for seq, text in enumerate(texts):
        memory = Memory(str(seq), NOWHERE, text, (str(seq),), session="s", seq=seq, at=60.0 * seq)
        index.put([Row(memory, EMBEDDER.embed([text])[0])])
    return index


def drop(index: NamespaceIndex, *gone: str) -> None:
    """Drop messages as the engine does."""
    held = leftovers.left(gone, index)
    rows = [index.row(ident) for ident in held]
    index.put(Row(replace(r.memory, context=held[r.memory.id]), r.vector) for r in rows)
    index.remove(gone)


def found(index: NamespaceIndex, question: str, **weights: float) -> list[str]:
    """Ids of what has anything to do with the question, best first."""
    hits = rank.rank(index, question, None, now=600.0, k=9, weights=RecallWeights(**weights))
    return [hit.id for hit in hits if "words" in hit.why]


def test_an_answer_is_found_by_the_words_of_the_question_that_was_dropped() -> None:
    """ "Last week." shares no word with what was asked."""
    index = index_of("Hello there", "When did you buy the kayak?", "Last week.")
    drop(index, "1")

    assert "2" in found(index, "when was the kayak bought")
    assert "2" not in found(index, "when was the kayak bought", context=0.0)


def test_words_pass_over_everything_that_goes_at_once() -> None:
    """The nearest that stays, on either side, whatever lies between."""
    index = index_of("Miso slept", "a kayak", "the river", "the trip was fine")

    assert leftovers.left(["1", "2"], index) == {
        "0": ("kayak", "river"),
        "3": ("kayak", "river"),
    }


def test_words_that_were_left_are_left_again() -> None:
    """A dropped message hands on what it held for others."""
    index = index_of("Miso slept", "a kayak", "the river")
    drop(index, "1")
    drop(index, "2")

    assert index.memories()[0].context == ("kayak", "river")


def test_own_words_count_in_full_and_are_not_left() -> None:
    """A word that a message says itself is no context."""
    index = index_of("a red kayak", "that kayak leaks")

    assert leftovers.left(["1"], index) == {"0": ("leak",)}


def test_other_conversations_get_nothing() -> None:
    """Neighbours are those of the same episode."""
    index = index_of("a red kayak")
    other = Memory("x", NOWHERE, "violin", ("x",), session="other", seq=1, at=60.0)
    index.put([Row(other, EMBEDDER.embed(["violin"])[0])])

    assert leftovers.left(["0"], index) == {}


def test_untrusted_words_do_not_help_a_trusted_memory_to_be_found() -> None:
    """A tool's output leaves its words with what is trusted no more than it is."""
    index = index_of("Miso slept", "buy this kayak", "the web said so")
    for ident in ("1", "2"):
        known = index.row(ident)
        index.put([replace(known, memory=replace(known.memory, trust="untrusted"))])

    assert leftovers.left(["1"], index) == {"2": ("buy", "kayak")}


def test_an_unknown_id_is_refused() -> None:
    """Nothing can be left by what is not there."""
    with pytest.raises(KeyError):
        leftovers.left(["7"], index_of("a red kayak"))


@given(st.lists(st.lists(st.sampled_from([f"w{i}" for i in range(99)]), max_size=40), max_size=6))
@settings(max_examples=50)
def test_what_a_memory_holds_for_others_is_bounded(texts: list[list[str]]) -> None:
    """However much is dropped beside it."""
    index = index_of("kayak", *(" ".join(words) for words in texts))
    for seq in range(1, len(texts) + 1):
        drop(index, str(seq))

    held = index.memories()[0].context
    assert len(held) <= leftovers.MOST
    assert len(set(held)) == len(held)


def streamed(texts: Iterable[str], config: GateConfig) -> NamespaceIndex:
    """What is stored of a conversation that went through the gate."""
    index = NamespaceIndex(EMBEDDER.dim, scan=False)
    head = stages.StreamHead(0, judge.start(config), StreamContext.of(()))
    for seq, text in enumerate(texts):
        item = stages.Candidate(
            Message("user", text, author="ab"[seq % 2]), str(seq), text,
            dict.fromkeys(NEUROCHEMICALS, 0.0), EMBEDDER.embed([text])[0], 60.0 * seq, "s",
        )  # fmt: skip
        write = ingest.ingest(
            item, head, index, NOWHERE, stress=0.0, curiosity=0.0, config=config, now=0.0, ttl=1e12
        )
        head = write.head
        index.put(write.put)
        index.remove(write.gone)
    return index


@pytest.mark.parametrize("size", [0, 1, 16])
def test_the_gate_drops_the_message_and_keeps_its_words(size: int) -> None:
    """At every size of the buffer, none included, half is dropped and what stays holds words."""
    told = [
        f"I met person{i} in town{i} last week." if i % 2 else f"Oh nice, how was thing{i}?"
        for i in range(120)
    ]
    index = streamed(told, GateConfig(keep=0.5, buffer_size=size))
    words = {word for memory in index.memories() for word in memory.context}

    assert len(index) < 90
    assert any(word.startswith("thing") for word in words)
