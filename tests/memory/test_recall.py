"""Recall: which memories answer a question."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.config.recall import RecallWeights
from resmem_core.errors import ConfigError, InputError, InputTypeError, TooLarge
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import bm25, rank
from resmem_core.protocols import Row
from resmem_core.types import Hit, Link, Memory, StateVector

EMBEDDER = LexicalEmbedder(64)
DAY = 86_400.0
MAY = 1_684_324_800.0  # 17 May 2023, noon

TALK = (
    ("Ada", "Hi Ben! How was your weekend?"),
    ("Ben", "Great, I went kayaking with my sister on the river."),
    ("Ada", "Lovely. I adopted a grey cat last week."),
    ("Ben", "What is her name?"),
    ("Ada", "Miso! She sleeps on my violin case all day."),
    ("Ben", "I finally fixed the printer, it was a paper jam."),
)


def memory(ident: str, text: str, seq: int = 0, **changes: object) -> Memory:
    """A stored message of one conversation."""
    plain = Memory(ident, ("a",), text, (ident,), session="s", seq=seq, at=MAY + 60.0 * seq)
    return replace(plain, **changes)  # type: ignore[arg-type]


def index_of(*memories: Memory, scan: bool = False) -> NamespaceIndex:
    """An index of these memories."""
    index = NamespaceIndex(EMBEDDER.dim, scan=scan)
    index.put(Row(m, EMBEDDER.embed([m.text])[0]) for m in memories)
    return index


@pytest.fixture
def talk() -> NamespaceIndex:
    """A short conversation."""
    return index_of(*(memory(f"m{i}", t, i, author=a) for i, (a, t) in enumerate(TALK)))


def ask(index: NamespaceIndex, question: str, k: int = 10, **settings: object) -> list[Hit]:
    """Recall without an embedder, a day later."""
    return rank.rank(index, question, None, now=MAY + DAY, k=k, **settings)  # type: ignore[arg-type]


def ids(hits: list[Hit]) -> list[str]:
    """Ids in order."""
    return [hit.id for hit in hits]


# -- the signals, each alone


def test_words_find_what_was_said(talk: NamespaceIndex) -> None:
    """Stemmed: "fix" finds "fixed"."""
    assert ids(ask(talk, "Who did fix a printer?"))[0] == "m5"


def test_the_answer_is_found_beside_the_question_that_was_answered(talk: NamespaceIndex) -> None:
    """ "Miso!" shares no word with the question; its neighbours do."""
    assert "m4" in ids(ask(talk, "What is the name of the cat?", k=3))


def test_without_reach_the_neighbours_bring_nothing(talk: NamespaceIndex) -> None:
    """Weights of 0 switch the conversation's influence off."""
    silent = RecallWeights(previous=0, next=0, previous2=0, next2=0, answer=0)
    hits = ask(talk, "What is the name of the cat?", weights=silent)

    assert all("neighbours" not in hit.why for hit in hits)


def test_who_is_named_is_who_said_it() -> None:
    """Of two equal messages the named speaker's comes first."""
    index = index_of(
        memory("b", "I love hiking", 0, author="Ben", session="x"),
        memory("a", "I love hiking", 1, author="Ada", session="y"),
    )

    assert ids(ask(index, "Does Ada love hiking?")) == ["a", "b"]
    assert ids(ask(index, "Does Ben love hiking?")) == ["b", "a"]


def test_the_reply_does_not_count_like_the_word_of_the_person_asked_about() -> None:
    """Who repeats what Ada said is not Ada: the words weigh less in Ben's mouth."""
    index = index_of(
        memory("b", "You love hiking", 0, author="Ben", session="x"),
        memory("a", "I love hiking", 1, author="Ada", session="y"),
    )
    plain, full = RecallWeights(speaker=0.0), RecallWeights(speaker=0.0, others=1.0)

    (mine,) = (h for h in ask(index, "Does Ada love hiking?", weights=plain) if h.id == "b")
    (same,) = (h for h in ask(index, "Does Ada love hiking?", weights=full) if h.id == "b")
    assert mine.why["words"] < same.why["words"]


def test_the_day_that_is_named_is_the_day_it_was_said() -> None:
    """Or the day that the message itself names."""
    index = index_of(
        memory("march", "we went hiking", 0, at=MAY - 70 * DAY, session="x"),
        memory("may", "we went hiking", 1, at=MAY, session="y"),
        memory("told", "last month we went hiking", 2, at=MAY, session="z"),
    )

    assert ids(ask(index, "Who went hiking in March 2023?"))[0] == "march"
    assert ids(ask(index, "Who went hiking in May 2023?"))[0] == "may"
    assert ids(ask(index, "Who went hiking in April 2023?"))[0] == "told"


def test_a_kind_finds_its_member(talk: NamespaceIndex) -> None:
    """No message says "instrument"."""
    assert ids(ask(talk, "Which instruments does Ada own?"))[0] == "m4"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("our roadtrip was long", "How was the road trip?"),
        ("the shelf is full", "What is on Ada's bookshelf?"),
    ],
)
def test_a_compound_is_found_written_together_or_apart(said: str, asked: str) -> None:
    """Halves only where the namespace knows both."""
    index = index_of(memory("a", said), memory("b", "my books are heavy", 1, session="t"))
    off = RecallWeights(compounds=0.0, related=0.0)

    assert "words" in {h.id: h.why for h in ask(index, asked)}["a"]
    assert "words" not in {h.id: h.why for h in ask(index, asked, weights=off)}["a"]


def test_a_question_answers_less_than_a_statement() -> None:
    """The same words with a question mark come second."""
    index = index_of(
        memory("asks", "I wonder, did we move to Porto?", 0, session="x"),
        memory("says", "I wonder, we did move to Porto.", 1, session="y"),
    )

    assert ids(ask(index, "Who moved to Porto?")) == ["says", "asks"]


@pytest.mark.parametrize(
    "better",
    [
        {"credit": 1.0},
        {"state": StateVector(value=1.0)},
        {"at": MAY + DAY},
        {"state": StateVector(stress=0.9)},
    ],
)
def test_what_helped_is_valued_is_new_or_fits_the_mood_comes_first(
    better: dict[str, object],
) -> None:
    """Between equals, credit, value, recency and congruence with the stress of 0.9 decide."""
    index = index_of(
        memory("plain", "the violin lesson", 0, session="x"),
        memory("better", "the violin lesson", 1, **{"session": "y", "at": MAY, **better}),
    )

    assert ids(ask(index, "violin lesson", stress=0.9))[0] == "better"


def test_links_pass_content_on() -> None:
    """What a good answer is linked to comes before what shares nothing with the question."""
    index = index_of(
        memory("other", "the invoice is overdue", 0, session="x"),
        memory("target", "the invoice is settled", 1, session="y"),
        memory("source", "kayaking trip", 2, session="z", links=(Link("target", "recalled"),)),
    )

    assert ids(ask(index, "kayaking")) == ["source", "target", "other"]


def test_every_good_answer_passes_content_on() -> None:
    """Not the best one alone: what the fifth best is linked to is found as well."""
    sources = [
        memory(
            f"source{n}", "kayaking " * (6 - n) + "trip", 2 * n, session=f"s{n}",
            links=(Link(f"target{n}", "recalled"),),
        )
        for n in range(5)
    ]  # fmt: skip
    targets = [memory(f"target{n}", f"invoice {n}", 30 + n, session=f"t{n}") for n in range(5)]
    other = memory("other", "the printer is fixed", 50, session="x")

    found = ask(index_of(other, *sources, *targets), "kayaking", k=11)

    assert {hit.id for hit in found if hit.why.get("linked", 0) > 0} >= {m.id for m in targets}


def test_an_embedder_finds_what_words_do_not() -> None:
    """With a semantic embedder the cosine counts."""
    index = NamespaceIndex(2, scan=True)
    index.put(
        [
            Row(memory("far", "alpha", 0, session="x"), np.array([1, 0], np.float32)),
            Row(memory("near", "beta", 1, session="y"), np.array([0, 1], np.float32)),
        ]
    )
    hits = rank.rank(index, "gamma", np.array([0, 1], np.float32), now=MAY, k=1)

    assert ids(hits) == ["near"]
    assert hits[0].why["dense"] > 0


# -- promises


TRUST = st.sampled_from(["trusted", "untrusted", "quarantined"])
NOTE = st.tuples(
    st.lists(st.sampled_from(["cat", "violin", "river", "?", "I", "yesterday"]), max_size=5),
    TRUST,
    st.floats(-1, 1),
    st.booleans(),
)


@given(st.lists(NOTE, max_size=15), st.integers(1, 12), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None)
def test_promises_hold_for_any_memories(
    notes: list[tuple[list[str], str, float, bool]], k: int, diversity: float, stress: float
) -> None:
    """At most k, each once, no quarantined one, trusted before untrusted, and `why` adds up."""
    index = index_of(
        *(
            memory(str(i), " ".join(words), i, trust=trust, credit=credit, valid_to=old or None)
            for i, (words, trust, credit, old) in enumerate(notes)
        )
    )
    hits = ask(index, "the cat by the river", k=k, diversity=diversity, stress=stress)

    trust = [hit.memory.trust for hit in hits]
    allowed = sum(t != "quarantined" for _, t, _, _ in notes)
    assert len(hits) == min(k, allowed)
    assert len({hit.id for hit in hits}) == len(hits)
    assert trust == sorted(trust)
    assert "quarantined" not in trust
    assert all(math.isfinite(hit.score) for hit in hits)
    assert all(hit.score == pytest.approx(sum(hit.why.values()), abs=1e-4) for hit in hits)


def test_the_same_question_has_the_same_answer(talk: NamespaceIndex) -> None:
    """Bit for bit; nothing in the index changes by reading."""
    assert ask(talk, "Where is the cat?") == ask(talk, "Where is the cat?")


def test_a_newer_version_comes_before_the_older_that_matches_better() -> None:
    """Asked about Lisbon, the move to Porto is what holds now."""
    index = index_of(
        memory("noise", "The weather is fine", 0, session="x"),
        memory("old", "I live in Lisbon", 1, session="y", valid_to=MAY),
        memory("new", "I moved to Porto", 2, session="z", links=(Link("old", "replaces"),)),
    )
    found = ids(ask(index, "Does she live in Lisbon?"))

    assert found.index("new") < found.index("old")
    assert found[0] == "new"


def test_a_chain_of_versions_is_in_order() -> None:
    """Newest first, through every version between."""
    index = index_of(
        memory("v1", "I live in Lisbon", 0, session="x", valid_to=1.0),
        memory("v2", "Porto now", 1, session="y", valid_to=2.0, links=(Link("v1", "replaces"),)),
        memory("v3", "It is Faro", 2, session="z", links=(Link("v2", "replaces"),)),
    )

    assert ids(ask(index, "Who lives in Lisbon?")) == ["v3", "v2", "v1"]


def test_diversity_leaves_room_for_something_else() -> None:
    """Three copies and another fact: with diversity both facts are among two."""
    copies = [memory(f"c{i}", "Ada plays the violin", i, session=f"s{i}") for i in range(3)]
    other = memory("o", "Ada plays chess on Sundays", 3, session="o")
    index = index_of(*copies, other)

    assert "o" not in ids(ask(index, "Ada plays violin", k=2))
    assert "o" in ids(ask(index, "Ada plays violin", k=2, diversity=0.8))


def test_an_empty_namespace_recalls_nothing() -> None:
    """No error, no hit."""
    assert ask(NamespaceIndex(8), "anything?") == []


# -- bad input


@pytest.mark.parametrize("question", ["", "   ", "\n\t"])
def test_an_empty_question_is_refused(talk: NamespaceIndex, question: str) -> None:
    """There is nothing to look for."""
    with pytest.raises(InputError, match="empty"):
        ask(talk, question)


def test_a_megabyte_is_refused_without_quoting_it(talk: NamespaceIndex) -> None:
    """The message says how long it was and what is allowed."""
    with pytest.raises(TooLarge, match=r"1,000,000 characters; 16,000 are allowed") as caught:
        ask(talk, "secret " * 142_857 + "s")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("k", [0, -1, 10_001, 10**9])
def test_k_out_of_range_is_refused(talk: NamespaceIndex, k: int) -> None:
    """1 to 10,000."""
    with pytest.raises(InputError, match="from 1 to 10,000"):
        ask(talk, "cat", k=k)


@pytest.mark.parametrize(("question", "k"), [(b"cat", 3), (None, 3), ("cat", 2.5), ("cat", True)])
def test_wrong_types_are_refused(talk: NamespaceIndex, question: object, k: object) -> None:
    """Bytes are not text, and a float or a bool is no count."""
    with pytest.raises(InputTypeError):
        rank.rank(talk, question, None, now=MAY, k=k)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "vector",
    [
        np.full(64, np.nan),
        np.full(64, np.inf),
        np.zeros(64),
        np.ones(3),
        np.ones((2, 3)),
        np.ones((1, 1, 64)),
        np.zeros((2, 64)),
    ],
)
def test_a_vector_that_cannot_be_used_is_left_out(vector: np.ndarray) -> None:
    """Reads fail open: the words still find it."""
    index = index_of(*(memory(f"m{i}", text, i) for i, (_, text) in enumerate(TALK)), scan=True)
    hits = rank.rank(index, "printer", vector.astype(np.float32), now=MAY, k=3)

    assert hits == rank.rank(index, "printer", None, now=MAY, k=3)


def test_a_stem_of_every_memory_is_not_worth_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left out, it moves no score by more than its bound, and no memory of another rare stem."""
    index = index_of(*(memory(f"m{i}", f"note about kiln {i % 40}", i) for i in range(2_000)))
    short = ask(index, "Which note is about kiln 7?", k=50)
    monkeypatch.setattr(bm25, "NOTHING", 0.0)
    full = ask(index, "Which note is about kiln 7?", k=50)

    assert ids(short) == ids(full)
    assert [hit.score for hit in short] == pytest.approx([hit.score for hit in full], abs=1e-3)


def test_what_is_kept_between_questions_is_made_anew_after_a_write(talk: NamespaceIndex) -> None:
    """The same answers as from an index that was never asked before."""
    ask(talk, "Where did Ben go kayaking last week?")
    talk.put([Row(memory("m9", "Ben bought a new kayak.", 9), EMBEDDER.embed(["kayak"])[0])])
    talk.remove(["m1"])
    told = [memory(f"m{i}", t, i, author=a) for i, (a, t) in enumerate(TALK) if i != 1]
    fresh = index_of(*told, memory("m9", "Ben bought a new kayak.", 9))

    assert ids(ask(talk, "kayak last week?")) == ids(ask(fresh, "kayak last week?"))


@given(st.text(min_size=1, max_size=400).filter(str.strip))
@settings(deadline=None)
def test_no_question_breaks_it(question: str) -> None:
    """Any text that is not blank gets an answer."""
    index = index_of(*(memory(f"m{i}", t, i, author=a) for i, (a, t) in enumerate(TALK)))

    assert len(ask(index, question)) == len(TALK)


@pytest.mark.parametrize(
    "wrong", [{"words": -1}, {"dense": math.nan}, {"b": 1.5}, {"half_life": 0}, {"date": "x"}]
)
def test_weights_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    """A setting that makes no sense is an error where it is made."""
    with pytest.raises(ConfigError):
        RecallWeights(**wrong)  # type: ignore[arg-type]
