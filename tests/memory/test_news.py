"""What is told later comes with what it makes old, also where no rule reads what became of it."""

from __future__ import annotations

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.prompt import worth_telling

ADA = ("acme", "ada")
FILLER = [
    "The meeting went fine I think",
    "I bought shoes for hiking",
    "My neighbour Karl plays the trumpet",
    "We had pasta for lunch",
    "The printer is broken",
    "I read 30 pages of Dune",
    "The garden needs water",
]


def shown(question: str, *told: str, role: str = "user") -> list[str]:
    """What a prompt shows of what was told among other things."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        first, *later = told
        session.observe_all([Message("user", text) for text in [*FILLER[:3], first, *FILLER[3:]]])
        session.observe_all([Message(role, text) for text in later])
        hits = worth_telling(memory.session("q", namespace=ADA).recall(question))
        return [hit.text for hit in hits]


@pytest.mark.parametrize(
    ("question", "before", "after"),
    [
        ("Where do I live?", "I live in Utrecht.", "We moved! New place is in Amersfoort."),
        ("Where do I live?", "I live in Utrecht.", "I just moved to Amersfoort"),
        ("Where do I live?", "I live in Utrecht.", "so happy with the new flat near the canal"),
        ("Where do I work?", "I work at Bol.com.", "Got the job at Adyen, they called today"),
        ("Where do I work?", "I work at Bol.com.", "I quit Bol.com! Starting at Adyen in May."),
        ("When is my dentist appointment?", "My dentist appointment is on 3 December at 16:30",
         "the dentist moved to 10 December"),
        ("How many cats do I have?", "I have two cats, Miso and Tofu.", "Miso died last week :("),
        ("What car do I drive?", "I drive a red Skoda.", "the Skoda was stolen last night"),
        ("Wo wohne ich?", "Ich wohne in Köln.", "Wir sind umgezogen, die neue Wohnung ist schön"),
        ("Où est-ce que j'habite ?", "J'habite à Lyon.", "On a déménagé, le nouvel appart est top"),
        ("Where do I work?", "I work at Nokia.", "new job, first day on Monday!"),
    ],
)  # fmt: skip
def test_what_changed_stands_beside_what_was_so(question: str, before: str, after: str) -> None:
    """Whoever reads the old line is told that it may be old."""
    assert after in shown(question, before, after)


@pytest.mark.parametrize(
    ("question", "before", "after"),
    [
        ("Where do I live?", "I live in Utrecht with Mira and Ben.", "Mira switched to judo"),
        ("Where do I live?", "I live in Utrecht.", "The new printer is here now"),
        (
            "How many cats do I have?",
            "I have two cats, Miso and Tofu.",
            "Dune, the book, was stolen",
        ),
        ("Where do I work?", "I work at Bol.com.", "I changed the flat tyre"),
    ],
)
def test_news_of_something_else_stays_away(question: str, before: str, after: str) -> None:
    """A word of change alone brings nothing along."""
    assert after not in shown(question, before, after)


def test_a_machine_ends_nothing() -> None:
    """Only what a person told in their own right is news."""
    told = shown("How many cats do I have?", "I have two cats, Miso and Tofu.", "Miso died.",
                 role="tool")  # fmt: skip
    assert told == ["I have two cats, Miso and Tofu."]


def test_an_overview_tells_what_is_stated_before_what_was_wanted() -> None:
    """Who asks what is known of them is told no errand first."""
    facts = ["My name is Priya", "I live in Utrecht", "I work at Adyen", "I'm allergic to nuts"]
    errands = ["Write me a python function to reverse a list", "Plan my Wednesday afternoon"]
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe_all([Message("user", text) for text in [*facts, *errands]])
        hits = memory.session("q", namespace=ADA).recall("What do you know about me?", k=4)
    assert {hit.text for hit in hits} == {*facts}
