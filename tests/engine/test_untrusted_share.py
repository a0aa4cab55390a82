"""What tools and pages said takes at most a quarter of the places of a recall."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core import Message, ResilientMemory
from resmem_core.config.recall import RecallWeights
from resmem_core.errors import ConfigError

NAMESPACE = ("acme", "ada")
PAGES = [f"The ferry to island number {n} leaves from pier {n}." for n in range(12)]
MINE = "I take the ferry from the old harbour."


def told(memory: ResilientMemory, *mine: str) -> None:
    session = memory.session("old", namespace=NAMESPACE)
    for page in PAGES:
        session.observe(Message("tool", page))
    for text in mine:
        session.observe(Message("user", text))


def test_a_users_one_line_is_there_beside_twelve_of_a_tool() -> None:
    """It comes first, and two of the tool's at most come with it at k = 8."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        told(memory, MINE)
        hits = memory.session("new", namespace=NAMESPACE).recall("Which ferry do I take?", k=8)

    assert hits[0].text == MINE
    assert [hit.memory.trust for hit in hits[1:]] == ["untrusted"] * 2


def test_where_nothing_trusted_fits_the_share_is_the_same() -> None:
    """A quarter, rounded up: one of three, so that a tool's answer can be found again."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        told(memory, "My cat is called Minou.")
        session = memory.session("new", namespace=NAMESPACE)
        hits = session.recall("From which pier does the ferry leave?", k=3)

    assert [hit.memory.trust for hit in hits] == ["untrusted"]


def test_who_asks_for_the_best_whatever_they_are_gets_them() -> None:
    """`min_relevance=0` and `search` are not limited, nor is a share of 1; 0 leaves all out."""
    question = "From which pier does the ferry leave?"
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        told(memory)
        session = memory.session("new", namespace=NAMESPACE)
        assert len(session.recall(question, k=8, min_relevance=0.0)) == 8
        assert len(memory.search(NAMESPACE, question, k=8)) == 8
    for share, found in ((1.0, 8), (0.0, 0)):
        weights = RecallWeights(untrusted=share)
        with ResilientMemory.open(":memory:", keep=1.0, recall=weights) as memory:
            told(memory)
            assert len(memory.session("new", namespace=NAMESPACE).recall(question, k=8)) == found


@settings(max_examples=20, deadline=None)
@given(k=st.integers(1, 20), pages=st.integers(0, 12), mine=st.integers(0, 12))
def test_never_more_than_the_share(k: int, pages: int, mine: int) -> None:
    """And no trusted memory is lost for it: they fill the places that are left."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        session = memory.session("old", namespace=NAMESPACE)
        session.observe_all([Message("tool", page) for page in PAGES[:pages]])
        session.observe_all(
            [Message("user", f"I took ferry line {n} to the island today.") for n in range(mine)]
        )
        hits = memory.session("new", namespace=NAMESPACE).recall("Which ferry to an island?", k=k)

    untrusted = sum(hit.memory.trust == "untrusted" for hit in hits)
    assert untrusted <= -(-k // 4)
    assert len(hits) <= k


def test_a_share_above_one_is_refused() -> None:
    """One clear error, when it is made."""
    with pytest.raises(ConfigError, match="untrusted"):
        RecallWeights(untrusted=1.5)
