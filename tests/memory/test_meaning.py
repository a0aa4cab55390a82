"""What words mean, by the shipped vectors, and recall by it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index import word_vectors
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import features, query, rank
from resmem_core.memory.text.tokens import stems
from resmem_core.protocols import Row, Vector
from resmem_core.types import Hit, Memory

EMBEDDER = LexicalEmbedder()

SAID = [
    "The invoice for the printer arrived on Tuesday.",
    "We adopted a puppy from the shelter.",
    "My train to the office was late again.",
    "The soup needs more salt and some parsley.",
    "Our boss resigned after the merger.",
    "I repaired the fence behind the garage.",
]


def row(number: int, text: str) -> Row:
    """A message of its own conversation, so that no neighbour helps it."""
    memory = Memory(
        str(number), ("u",), text, (str(number),), session=str(number), at=1e6, seq=number
    )
    return Row(memory, EMBEDDER.embed([text])[0])


def holding(*texts: str, scan: bool = False) -> NamespaceIndex:
    """An index of these messages."""
    index = NamespaceIndex(EMBEDDER.dim, scan=scan)
    index.put(row(number, text) for number, text in enumerate(texts))
    return index


def asked(index: NamespaceIndex, question: str, meaning: float, vector: Vector | None) -> list[Hit]:
    """The best two."""
    weights = RecallWeights(meaning=meaning)
    return rank.rank(index, question, vector, now=2e6, k=2, weights=weights)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Is there an animal in the household?", 1),
        ("What did the commute look like?", 2),
        ("Which manager quit?", 4),
    ],
)
def test_other_words_for_the_same_thing_find_it(question: str, answer: int) -> None:
    """A question that shares no word with a message finds it by what the words mean."""
    index = holding(*SAID)
    assert not set(stems(question.split())).intersection(index.stems(answer))

    best = asked(index, question, RecallWeights().meaning, None)[0]

    assert best.id == str(answer)
    assert best.why["meaning"] > 0


def test_a_weight_of_zero_leaves_it_out() -> None:
    """Without its weight no hit owes anything to the meaning of words."""
    hits = asked(holding(*SAID), "Is there an animal in the household?", 0.0, None)

    assert all("meaning" not in hit.why for hit in hits)


def test_an_embedder_that_knows_meaning_takes_its_place() -> None:
    """Where an embedder answers, the word vectors are not asked; where it fails, they are."""
    index = holding(*SAID, scan=True)
    question = "Which puppy did they adopt?"

    with_vector = asked(index, question, 0.6, EMBEDDER.embed([question])[0])
    without = asked(index, question, 0.6, None)

    assert "dense" in with_vector[0].why
    assert "meaning" not in with_vector[0].why
    assert "meaning" in without[0].why


def test_unknown_words_mean_nothing() -> None:
    """Words that no vector is kept for leave a question and a text without a meaning."""
    index = holding("Zqxv wvzk.", *SAID)

    assert word_vectors.of({"zqxv": 1.0}) is None
    assert not word_vectors.Texts([("zqxv",), ()])[:2].any()
    assert asked(index, "Zqxv?", 0.6, None)[0].id == "0"


@given(
    st.lists(st.lists(st.sampled_from(["dog", "tax", "river", "zqxv"]), unique=True), max_size=5)
)
def test_texts_are_summed_alike_one_by_one_and_together(texts: list[list[str]]) -> None:
    """A text's vector is the unit sum of its stems', however many rows are read at once."""
    rows = word_vectors.Texts([tuple(text) for text in texts])

    for number, text in enumerate(texts):
        alone = word_vectors.of(dict.fromkeys(text, 1.0))
        expected = np.zeros(word_vectors.DIM) if alone is None else alone
        assert np.allclose(rows[:][number], expected, atol=1e-5)
        assert np.allclose(rows[np.array([number])][0], expected, atol=1e-5)


def test_rows_that_go_take_their_meaning_along() -> None:
    """After removals, with their places given back, every row still has its own text's meaning."""
    texts = [f"{SAID[n % len(SAID)]} Number {n}." for n in range(1200)]
    index = holding(*texts)
    index.meanings()

    index.remove(map(str, range(0, 700)))
    index.put([row(2000, "We adopted a kitten.")])

    codes, steps = index.meanings()
    assert len(steps) == len(index.columns) < len(texts)
    expected = word_vectors.Texts([index.stems(slot) for slot in range(len(steps))])[:]
    assert np.abs(codes * steps[:, None] - expected).max() <= steps.max()


def test_rows_gone_are_never_the_best() -> None:
    """A removed message does not set the scale of those that are left."""
    index = holding("A dog is an animal and a pet.", *SAID)
    index.remove(["0"])

    column = features.means(index, query.read("Any pet animal?", index, 2e6), 2.0)

    assert column is not None
    assert column[0] == 0
    assert column.max() == pytest.approx(1.0)
