"""WordPiece as BERT's uncased vocabulary has it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.memory.index import wordpiece

MOST = 64

# text → its pieces, as the tokenizers library cuts them for the model
KNOWN = {
    "I moved to Lisbon in May.": [1045, 2333, 2000, 11929, 1999, 2089, 1012],
    "Größenwahnsinnig naïve CAFÉ": [
        24665, 2080, 17499, 2078, 4213, 7295, 11493, 25518, 15743, 7668
    ],
    "max_retry_delay=250ms, v1.38.2": [
        4098, 1035, 2128, 11129, 1035, 8536, 1027, 5539, 5244, 1010, 1058, 2487, 1012, 4229, 1012,
        1016,
    ],
    "東京タワー Tokyo": [1879, 1755, 1709, 30262, 30265, 5522],
    "don't—won't…": [2123, 1005, 1056, 1517, 2180, 1005, 1056, 1529],
    "الصفحة": [1270, 23673, 29826, 29833, 29820, 19433],
    "Привет, мир": [1194, 16856, 10325, 25529, 15290, 22919, 1010, 1191, 10325, 16856],
    "🙂 ok": [100, 7929],
    "soft\u00adhyphen\u200bzero": [3730, 10536, 8458, 2368, 6290, 2080],
    f"[{'x' * 101}]": [1031, 100, 1033],
    "": [],
}  # fmt: skip


@pytest.mark.parametrize("text", KNOWN)
def test_a_text_is_cut_as_the_model_was_trained_on(text: str) -> None:
    """Accents, scripts, marks, identifiers, characters that are not seen, words too long."""
    assert wordpiece.read(text, MOST)[1:-1] == KNOWN[text]


def test_the_name_of_a_mark_is_spelt_and_makes_none() -> None:
    """Nobody ends a text for the model by writing [SEP] into it."""
    assert wordpiece.LAST not in wordpiece.read("[SEP] [CLS]", MOST)[1:-1]


def test_the_vocabulary_is_the_one_that_its_provenance_names() -> None:
    """Another line anywhere would give every piece behind it another meaning."""
    data = files("resmem_core.data")
    told = json.loads((data / "wordpieces.provenance.json").read_text())

    assert hashlib.sha256((data / "wordpieces.txt").read_bytes()).hexdigest() == told["sha256"]


@given(st.text(max_size=400))
def test_every_text_is_read_within_the_limit(text: str) -> None:
    """Between its two marks stand ids of the vocabulary, at most as many as asked for."""
    ids = wordpiece.read(text, MOST)

    assert (ids[0], ids[-1]) == (wordpiece.FIRST, wordpiece.LAST)
    assert len(ids) <= MOST
    assert all(0 <= one < 30_522 for one in ids)
    assert not {wordpiece.FIRST, wordpiece.LAST} & set(ids[1:-1])


@given(st.text(max_size=200))
def test_case_and_surrounding_space_change_nothing(text: str) -> None:
    """The vocabulary is uncased."""
    assert wordpiece.read(f" {text}\n", MOST) == wordpiece.read(text, MOST)


@given(st.text(max_size=300))
def test_texts_are_cut_as_the_tokenizers_library_cuts_them(text: str) -> None:
    """Where that library is installed (CI's row `semantic`): piece by piece the same."""
    text = "".join(char for char in text if _old(char))

    assert wordpiece.read(text, MOST) == _theirs().encode(text).ids


@cache
def _theirs() -> Any:
    library = pytest.importorskip("tokenizers")
    made = library.BertWordPieceTokenizer(
        str(files("resmem_core.data") / "wordpieces.txt"), lowercase=True
    )
    made.enable_truncation(MOST)
    return made


def _old(char: str) -> bool:
    """Of the characters that both read alike: that library's tables are of Unicode 8."""
    return unicodedata.ucd_3_2_0.category(char) not in ("Cn", "Cs") and char not in "[]"
