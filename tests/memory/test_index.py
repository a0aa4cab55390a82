"""The in-memory mirror of a namespace."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from resmem_core.errors import ConfigError, EmbedderError
from resmem_core.memory.index import nearest as near
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.namespace_index import PAUSE, NamespaceIndex
from resmem_core.memory.recall import rank
from resmem_core.protocols import Row
from resmem_core.types import Link, Memory

EMBEDDER = LexicalEmbedder(64)
WORDS = ["cat", "dog", "house", "river", "lisbon", "guitar", "the", "and"]


def row(ident: str, text: str = "a grey cat", seq: int = 0, **changes: object) -> Row:
    """A memory with its lexical vector."""
    memory = Memory(ident, ("a",), text, (ident,), session="s", seq=seq, at=60.0 * seq)
    return Row(replace(memory, **changes), EMBEDDER.embed([text])[0])  # type: ignore[arg-type]


def index_of(*rows: Row) -> NamespaceIndex:
    """An index of these rows."""
    index = NamespaceIndex(EMBEDDER.dim, scan=False)
    index.put(rows)
    return index


def neighbours(index: NamespaceIndex) -> dict[str, tuple[str, str]]:
    """Each memory's previous and next by id, "" for none."""

    def name(slot: int) -> str:
        return "" if slot < 0 else index.at(slot).id

    columns, slots = index.columns, {m.id: index.slot(m.id) for m in index.memories()}
    return {
        ident: (name(columns["previous"][slot]), name(columns["next"][slot]))
        for ident, slot in slots.items()
    }


def _place(row: Row) -> tuple[int, str]:
    return row.memory.seq, row.memory.id


class Mirror(RuleBasedStateMachine):
    """An index under puts, replacements and removals, beside a plain dict."""

    def __init__(self) -> None:
        super().__init__()
        self.index = NamespaceIndex(EMBEDDER.dim, scan=False)
        self.rows: dict[str, Row] = {}

    @rule(
        number=st.integers(0, 30),
        words=st.lists(st.sampled_from(WORDS), max_size=6),
        seq=st.integers(0, 40),
        tier=st.sampled_from(["buffer", "short"]),
        context=st.sets(st.sampled_from(["cat", "hous", "guitar"])),
    )
    def put(self, number: int, words: list[str], seq: int, tier: str, context: set[str]) -> None:
        new = row(str(number), " ".join(words), seq, tier=tier, context=tuple(context))
        self.rows[str(number)] = new
        self.index.put([new])

    @rule(numbers=st.lists(st.integers(0, 30), max_size=10))
    def remove(self, numbers: list[int]) -> None:
        self.index.remove([str(n) for n in numbers])
        for number in numbers:
            self.rows.pop(str(number), None)

    @rule(number=st.integers(0, 30), word=st.sampled_from(["cat", "hous", "guitar"]))
    def leave(self, number: int, word: str) -> None:
        known = self.rows.get(str(number))
        if known is not None and word not in known.memory.context:
            context = (*known.memory.context, word)
            new = replace(known, memory=replace(known.memory, context=context))
            self.rows[str(number)] = new
            self.index.put([new])

    @rule()
    def compact(self) -> None:
        self.index._compact()

    @invariant()
    def holds_what_the_dict_holds(self) -> None:
        wanted = sorted((r.memory for r in self.rows.values()), key=lambda m: (m.seq, m.id))
        assert self.index.memories() == wanted
        assert len(self.index) == len(self.rows)
        assert self.index.buffered() == [m for m in wanted if m.tier == "buffer"]

    @invariant()
    def recalls_as_a_fresh_index(self) -> None:
        fresh = index_of(*sorted(self.rows.values(), key=_place))
        for question in ("cat house?", "where is the guitar"):
            ours = rank.rank(self.index, question, None, now=0.0, k=50)
            theirs = rank.rank(fresh, question, None, now=0.0, k=50)
            assert {h.id: round(h.score, 4) for h in ours} == {
                h.id: round(h.score, 4) for h in theirs
            }


Mirror.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
test_an_index_is_a_dict_and_recalls_like_a_fresh_one = Mirror.TestCase


def test_neighbours_are_those_of_the_conversation() -> None:
    """In the order of `seq`, within the session."""
    index = index_of(
        row("a", seq=0), row("b", seq=1), row("x", seq=2, session="other"), row("c", seq=3)
    )

    assert neighbours(index) == {
        "a": ("", "b"), "b": ("a", "c"), "x": ("", ""), "c": ("b", ""),
    }  # fmt: skip


def test_a_removed_memory_leaves_its_neighbours_side_by_side() -> None:
    """A drop by the gate does not cut a conversation in two."""
    index = index_of(row("a", seq=0), row("b", seq=1), row("c", seq=2))
    index.remove(["b"])

    assert neighbours(index) == {"a": ("", "c"), "c": ("a", "")}


def test_a_long_pause_begins_a_new_episode() -> None:
    """Tomorrow's first message is no neighbour of tonight's last."""
    index = index_of(row("a", seq=0, at=0.0), row("b", seq=1, at=PAUSE + 1))

    assert neighbours(index) == {"a": ("", ""), "b": ("", "")}
    assert index.episodes == 2


def test_late_arrivals_are_put_in_order() -> None:
    """Another process may commit an older message later."""
    index = index_of(row("a", seq=0), row("c", seq=2), row("b", seq=1))
    index.order()

    assert neighbours(index) == {"a": ("", "b"), "b": ("a", "c"), "c": ("b", "")}


def test_a_change_of_credit_keeps_the_place() -> None:
    """Learning does not rewrite postings or neighbours."""
    index = index_of(row("a", seq=0), row("b", seq=1))
    index.put([row("a", seq=0, credit=0.5)])

    assert len(index.columns) == 2
    assert index.columns["credit"].tolist() == [0.5, 0.0]


def test_room_of_removed_memories_is_given_back() -> None:
    """The mirror does not grow with what is gone."""
    index = index_of(*(row(str(i), f"note {i}", seq=i) for i in range(3000)))
    index.remove([str(i) for i in range(2500)])

    assert len(index.columns) < 2000
    assert len(index.postings) < 2100
    assert index.row("2999").memory.text == "note 2999"


def test_a_row_comes_with_a_copy_of_its_vector() -> None:
    """Writing to what was handed out changes nothing inside."""
    index = index_of(row("a"))
    index.row("a").vector[:] = 7

    assert np.linalg.norm(index.row("a").vector) == pytest.approx(1)


def test_the_newer_version_is_known_while_it_lives() -> None:
    """`replaces` links point back; a removed version replaces nothing."""
    newer = row("new", seq=1, links=(Link("old", "replaces"),))
    index = index_of(row("old", valid_to=1.0), newer)
    old, new = index.slot("old"), index.slot("new")
    assert old is not None

    assert index.newer(old) == new
    index.remove(["new"])
    assert index.newer(old) is None


@pytest.mark.parametrize("vector", [np.ones(3, np.float32), np.full(64, np.nan, np.float32)])
def test_a_bad_vector_puts_nothing(vector: np.ndarray) -> None:
    """A wrong length or NaN in the second row leaves the first out too."""
    index = NamespaceIndex(64)

    with pytest.raises(EmbedderError, match="64 finite numbers"):
        index.put([row("a"), Row(row("b").memory, vector)])
    assert len(index) == 0


def test_a_length_below_one_is_refused() -> None:
    """There is no empty vector."""
    with pytest.raises(ConfigError):
        NamespaceIndex(0)


def test_an_unknown_id_is_none_or_a_key_error() -> None:
    """`get` asks, `row` insists."""
    index = index_of(row("a"))

    assert index.get("zzz") is None
    with pytest.raises(KeyError):
        index.row("zzz")


# -- near-duplicates


def nearest(index: NamespaceIndex, text: str, limit: int = 3) -> list[tuple[str, float, float]]:
    """Near ones of a text."""
    return near.nearest(index, EMBEDDER.embed([text])[0], text, limit)


def test_a_repeat_is_found_first_among_thousands() -> None:
    """However often its words occur elsewhere."""
    texts = [f"note about {WORDS[i % 6]} and number {i % 50}" for i in range(5000)]
    index = index_of(*(row(str(i), text, seq=i) for i, text in enumerate(texts)))
    ((_, cosine, overlap), *_) = nearest(index, "Note about the guitar, and number 17")

    assert cosine == pytest.approx(1, abs=1e-5)
    assert overlap == 1.0


def test_a_paraphrase_shares_words_and_direction() -> None:
    """The figures that decide a merge."""
    index = index_of(row("a", "I adopted a grey cat named Miso"), row("b", "The printer is broken"))
    ((ident, cosine, overlap), *_) = nearest(index, "Adopted a grey cat! Her name is Miso.")

    assert ident == "a"
    assert cosine > 0.8
    assert overlap > 0.6


def test_nothing_in_common_is_no_neighbour() -> None:
    """No shared stem, no candidate; nor are removed memories."""
    index = index_of(row("a", "grey cat"))
    assert nearest(index, "quarterly invoice") == []
    index.remove(["a"])

    assert nearest(index, "grey cat") == []
