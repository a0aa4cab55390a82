"""What takes something back is linked to it, kept, and recalled with it."""

from __future__ import annotations

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.memory.gate import compare
from resmem_core.types import Memory

ADA = ("acme", "ada")


def relation(old: str, new: str) -> compare.Relation:
    """What the new message is to the old one, told a minute before."""
    told = [
        Memory(name, ("a",), text, (name,), author="ada", session="s", at=1.79e9 + at, seq=at)
        for name, text, at in (("old", old, 0), ("new", new, 60))
    ]
    return compare.relation(told[1], [(told[0], 0.5, 0.5)], [told[0]])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I have a Gaggia 90 grinder.", "Actually it's the Gaggia 95, not the 90."),
        ("I ride a Bianchi 54.", "It is a Bianchi 56, not a 54."),
        ("I'm allergic to celery.", "I'm not allergic to celery, that was a mistake."),
        ("Ich wohne in Essen.", "Vergiss das mit Essen, ich bin nach Kiel gezogen."),
        ("我住在南京。", "不对，我搬到苏州了。"),
        ("Ich habe das Modell 12.", "Es ist das Modell 14, nicht das 12."),
    ],
)
def test_what_takes_back_a_value_retires_it(old: str, new: str) -> None:
    """The other value is named beside the one that is not so, in several languages."""
    assert isinstance(relation(old, new), compare.Replaces)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I'm planning a trip to Malta.", "We cancelled Malta."),
        ("My bike broke down on Monday.", "My bike is fixed."),
        ("Our supplier for oats is Hollin.", "I switched oats supplier: it's Denby now."),
        ("Ich heiße Jana und wohne in Essen.", "Vergiss das mit Essen, ich wohne in Kiel."),
        ("你好，我叫王芳，住在南京。", "不对，我搬到苏州了。"),
    ],
)
def test_what_may_change_it_is_a_conflict(old: str, new: str) -> None:
    """Both stay, linked: the old one says more, or the new one says it by the way."""
    assert relation(old, new) == compare.New(("old",))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Ich vertrage keine Laktose.", "Ich arbeite nicht mehr bei Voss."),
        ("I have a Gaggia 90 grinder.", "Actually I like jazz, not blues."),
        ("My bike broke down.", "Is my bike fixed?"),
        ("I like rye bread.", "The lamp is fixed."),
    ],
)
def test_what_speaks_of_something_else_is_neither(old: str, new: str) -> None:
    """Words that carry no topic, in any language, link nothing; nor does a question."""
    assert relation(old, new) == compare.New()


def test_a_correction_comes_with_what_it_corrects() -> None:
    """A question in the old one's words brings the correction, which has none of them."""
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        session = memory.session("mon", namespace=ADA)
        told = (
            "Hi, I'm Ada, customer 4821, I have a Gaggia 90 espresso grinder.",
            "Actually it's the Gaggia 95, not the 90.",
            "I prefer letters over calls.",
        )
        session.observe_all([Message(role="user", text=text) for text in told])
        hits = memory.session("tue", namespace=ADA).recall("Which espresso grinder do I have?")

    assert {hit.text for hit in hits[:2]} == set(told[:2])


@pytest.mark.parametrize(
    "facts",
    [
        ("I'm allergic to nuts.", "I'm not allergic to nuts, that was a mistake."),
        ("My son Max is 5.", "My son Leo is 5."),
        (
            "My name is Ada.", "I live in Rome.", "I work at Siemens.", "My cat is Miso.",
            "I'm allergic to nuts.", "My sister is Eva.", "I drive a Golf.", "I'm vegetarian.",
            "My birthday is 3 May.", "My boss is Mr. Hahn.", "I take insulin twice a day.",
        ),
    ],
)  # fmt: skip
def test_a_small_store_lets_no_fact_go(facts: tuple[str, ...]) -> None:
    """By default, with a sleep: there is nothing to choose from yet."""
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        for n, fact in enumerate(facts):
            memory.session(f"s{n}", namespace=ADA).observe(Message(role="user", text=fact))
        memory.sleep(ADA)
        left = {item.text for item in memory.scan(ADA)}

    assert left == set(facts)
