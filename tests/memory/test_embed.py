"""The default embedder."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.errors import ConfigError, InputTypeError
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.protocols import Embedder

EMBEDDER = LexicalEmbedder()


@given(st.lists(st.text(max_size=300), max_size=5))
def test_rows_are_finite_and_of_unit_length_or_zero(texts: list[str]) -> None:
    """Whatever the text, each row is float32 and has length 1, or 0 where nothing can be read."""
    rows = EMBEDDER.embed(texts)

    norms = np.linalg.norm(rows, axis=1)
    assert rows.shape == (len(texts), EMBEDDER.dim)
    assert rows.dtype == np.float32
    assert (np.isclose(norms, 1, atol=1e-5) | (norms == 0)).all()


@given(st.text(max_size=200))
def test_the_same_text_has_the_same_vector_in_another_embedder(text: str) -> None:
    """Nothing but the text and the length decides a vector."""
    one, other = EMBEDDER.embed([text]), LexicalEmbedder().embed([text])

    assert one.tobytes() == other.tobytes()


def test_a_vector_of_this_text_stays_what_it_is() -> None:
    """Stored vectors are compared with new ones, so a change here needs another name."""
    (row,) = LexicalEmbedder(16).embed(["hiking boots"])

    assert np.flatnonzero(row).tolist() == [4, 7, 13, 14]
    assert row[[4, 7, 13, 14]].tolist() == [-0.5, 0.5, 0.5, 0.5]


def test_two_words_that_collide_in_one_place_do_not_in_the_other() -> None:
    """The two places of a word are independent: few pairs of words share both."""
    words = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)}x" for i in range(300)]
    rows = LexicalEmbedder(64).embed(words)

    cosines = np.abs(rows @ rows.T)[np.triu_indices(300, 1)]
    assert (cosines > 0.9).mean() < 0.005


def test_inflections_and_irregular_forms_are_one_word() -> None:
    """Ran, runs, running: the cosine is 1."""
    ran, runs, running = EMBEDDER.embed(["she ran", "he runs", "they are running"])

    assert ran @ runs == pytest.approx(1)
    assert ran @ running == pytest.approx(1)


def test_a_paraphrase_is_nearer_than_another_topic() -> None:
    """Shared words decide."""
    told, again, other = EMBEDDER.embed(
        [
            "I adopted a grey cat named Miso last spring",
            "Last spring I adopted Miso, a grey cat",
            "The invoice for the printer is overdue",
        ]
    )

    assert told @ again > 0.9
    assert told @ other < 0.3


def test_function_words_alone_are_better_than_nothing() -> None:
    """A text without topic words still has a direction."""
    (row,) = EMBEDDER.embed(["who are you?"])

    assert np.linalg.norm(row) == pytest.approx(1)


def test_scripts_without_spaces_are_read_in_pairs() -> None:
    """Chinese texts that share a word are near each other."""
    one, two, other = EMBEDDER.embed(["我昨天搬到里斯本", "里斯本很漂亮", "明天开会讨论预算"])

    assert one @ two > one @ other + 0.2


def test_it_is_an_embedder_whose_vectors_recall_need_not_scan() -> None:
    """The protocol holds, and `semantic` says that postings know as much."""
    assert isinstance(EMBEDDER, Embedder)
    assert EMBEDDER.semantic is False
    assert EMBEDDER.name == "lexical-256"


@pytest.mark.parametrize("dim", [0, 15, -3, 10**6])
def test_a_length_out_of_range_is_refused(dim: int) -> None:
    """The message says what is allowed."""
    with pytest.raises(ConfigError, match="from 16 to 65,536"):
        LexicalEmbedder(dim)


def test_one_string_is_not_a_list_of_texts() -> None:
    """A str is a sequence of str; embedding its letters would be a silent mistake."""
    with pytest.raises(InputTypeError, match="wrap it in a list"):
        EMBEDDER.embed("hello")
