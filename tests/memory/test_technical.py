"""Code, data and logs in recall: names, numbers and versions are found as what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall.rank import rank
from resmem_core.memory.text import analysis, technical
from resmem_core.protocols import Row
from resmem_core.types import Memory

DATA = Path(__file__).parent.parent / "data" / "technical.jsonl"
CASES = [tuple(json.loads(line).values()) for line in DATA.read_text("utf-8").splitlines()]
"""A question, what answers it, and what only looks like that."""


def found(question: str, *texts: str) -> str:
    """The text that a question finds first."""
    index = NamespaceIndex(256, scan=False)
    vectors = LexicalEmbedder().embed(texts)
    index.put(
        Row(Memory(str(i), ("a",), text, (str(i),), session=str(i), seq=i), vector)
        for i, (text, vector) in enumerate(zip(texts, vectors, strict=True))
    )
    hits = rank(index, question, None, now=1e6, k=1, min_relevance=0.15)
    return hits[0].text if hits else ""


@pytest.mark.parametrize(("question", "text", "other"), CASES)
def test_a_technical_text_is_found_before_one_that_looks_like_it(
    question: str, text: str, other: str
) -> None:
    """Whichever of the two was said first."""
    assert found(question, other, text) == text
    assert found(question, text, other) == text


@pytest.mark.parametrize(
    ("text", "key", "forms"),
    [
        ("maxRetries", "maxretri", ("max", "retri")),
        ("max_retries", "max", ("maxretri",)),
        ("--max-retries", "max", ("maxretri",)),
        ("HTTPServer", "httpserver", ("http", "server")),
        ("URLs", "", ()),
        ("v2.0.1", "2.0.1", ("2.0.1", "2.0")),
        ("12,500.00", "12500", ("12500",)),
        ("16GB", "16gb", ("16", "gb")),
        ("C#", "c", ("c#",)),
        ("an (open) question", "", ()),
    ],
)
def test_what_a_word_is_found_by_besides_itself(
    text: str, key: str, forms: tuple[str, ...]
) -> None:
    """Prose has nothing of the kind."""
    assert technical.forms(text) == ({key: forms} if forms else {})


def test_a_number_in_a_question_is_one_word() -> None:
    """Its parts would find every text with a 1 in it."""
    assert technical.numbers("Is 1.2.3 over 10,000?") == ("Is   over  ?", ["1.2.3", "10000"])


def test_a_log_is_not_long_for_its_stamps() -> None:
    """Of many stamps one is counted, and each is still found."""
    log = "".join(f"2026-11-27 10:00:0{n}.123 INFO served /cart\n" for n in range(9))
    said = analysis.read(log)

    assert said.words < 9 * 4 + 8
    assert "10:00:07" in said.forms


@given(st.text(alphabet="aA1._-/\\:+#%u0né中 ,\n", max_size=200))
def test_any_text_has_plain_forms(text: str) -> None:
    """None is empty, and none is longer than the text it stands for."""
    for key, forms in technical.forms(text).items():
        assert key
        assert all(0 < len(form) <= len(text) + 2 for form in forms)
