"""A quick look at a text before patterns are tried: it saves time and loses no match."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.memory.gate import corrections, statement_rewrites, statement_rules
from resmem_core.memory.text import standing_forms
from resmem_core.memory.text.needles import Caseless, Choice

_DATA = Path(__file__).parent.parent / "data"
TEXTS = [
    case[which]
    for line in (_DATA / "changes.jsonl").read_text().splitlines()
    for case in [json.loads(line)]
    for which in ("old", "new")
]
CASELESS = (
    statement_rules.NOW, corrections._CUE, standing_forms.WITHDRAWN, standing_forms.STOPPED,
    standing_forms.ONCE, *standing_forms.INSTRUCTIONS, *standing_forms.TOPICS.values(),
)  # fmt: skip
TABLES = (
    [pattern for _, pattern in statement_rules.RULES],
    [pattern for pattern, _ in statement_rewrites.REWRITES],
)


@pytest.mark.parametrize("caseless", CASELESS)
def test_small_letters_stand_for_every_case(caseless: Caseless) -> None:
    """A text is found in small letters just where it is found in any case."""
    for text in (*TEXTS[::25], *(text.upper() for text in TEXTS[::25])):
        assert caseless.search(text) == (caseless._pattern.search(text) is not None)
        assert caseless.match(text) == (caseless._pattern.match(text) is not None)


@given(st.text(st.sampled_from("ıiİIſsSKkK .now"), max_size=12))
def test_letters_that_case_makes_one_are_found(text: str) -> None:
    """A pattern with a dotless i, a long s or the sign of the kelvin finds what it did."""
    for pattern in ("ık", "ſo", "k", "i", "now"):
        caseless = Caseless(pattern)
        assert caseless.search(text) == (re.search(pattern, text, re.I) is not None)
        assert caseless.sub("-", text) == re.sub(pattern, "-", text, flags=re.I)


@pytest.mark.parametrize("table", TABLES)
def test_a_pattern_that_is_not_tried_does_not_match(table: list[re.Pattern[str]]) -> None:
    """Of a long table those patterns are tried that can match, in their order."""
    choice = Choice(table)
    tried = 0
    for text in TEXTS[::7]:
        possible = choice.possible(text)
        tried += len(possible)
        matching = [at for at, pattern in enumerate(table) if pattern.match(text)]
        assert possible == sorted(possible)
        assert {*matching} <= {*possible}
    assert tried < len(TEXTS[::7]) * len(table) / 4
