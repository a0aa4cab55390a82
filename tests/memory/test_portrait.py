"""What is known of a person: attributes of one value, as they hold now, with their sources."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from resmem_core import Message, ResilientMemory
from resmem_core.engine.reading.about import filled, names_of
from resmem_core.errors import ConfigError
from resmem_core.prompt import CLOSING, OPENING, portrait

ADA = ("acme", "ada")


@pytest.fixture
def memory() -> Iterator[ResilientMemory]:
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as opened:
        yield opened


def told(memory: ResilientMemory, *texts: str, **message: str) -> None:
    session = memory.session("t", namespace=ADA)
    for text in texts:
        session.observe(Message(text=text, **{"role": "user", **message}))  # type: ignore[arg-type]


def known(memory: ResilientMemory) -> dict[str, str]:
    return {one.name: one.value for one in memory.about(ADA)}


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("My name is Ada.", "name", "Ada"),
        ("Ich heiße Bruno.", "name", "Bruno"),
        ("Je m'appelle Luc.", "name", "Luc"),
        ("Me llamo Ana.", "name", "Ana"),
        ("I live in Lisbon.", "home", "Lisbon"),
        ("Ich wohne in Hamburg.", "home", "Hamburg"),
        ("我住在上海", "home", "上海"),
        ("I'm vegan.", "diet", "vegan"),
        ("Ich bin Vegetarier.", "diet", "Vegetarier"),
        ("I work at Siemens.", "work", "Siemens"),
        ("I'm 34 years old.", "age", "34"),
        ("My dentist is Dr. Olsen.", "dentist", "Dr. Olsen"),
        ("My wife is called Grace.", "wife", "Grace"),
        ("My favourite colour is green.", "favourite colour", "green"),
        ("My timezone is CET.", "timezone", "CET"),
    ],
)
def test_one_value_as_it_was_said(
    memory: ResilientMemory, said: str, name: str, value: str
) -> None:
    """The attribute has the value in the speaker's spelling, and names the memory that says so."""
    told(memory, said)

    (one,) = memory.about(ADA)

    assert (one.name, one.value) == (name, value)
    assert one.memory.text == said


@pytest.mark.parametrize(
    "said",
    [
        "I might move to Rome.", "Do I live in Rome?", "My friend said: \"I live in Rome\".",
        "I used to live in Rome.", "If I lived in Rome, I would sing.", "I like Rome.",
        "I prefer tea to coffee.", "Bob lives in Rome.", "My email is ada@example.org",
    ],
)  # fmt: skip
def test_what_nobody_says_of_themselves_is_none(memory: ResilientMemory, said: str) -> None:
    """Wishes, questions, quotes, the past, tastes, others' facts and redacted values are none."""
    told(memory, said)

    assert memory.about(ADA) == ()


@pytest.mark.parametrize("role", ["assistant", "tool", "system"])
def test_only_the_person_speaks_of_themselves(memory: ResilientMemory, role: str) -> None:
    """What a model or a tool says in the first person is nothing about the user."""
    told(memory, "I live in Lisbon.", role=role)

    assert memory.about(ADA) == ()


def test_it_follows_corrections_edits_and_erasure(memory: ResilientMemory) -> None:
    """It is read from the memories: what they say now, and nothing where nothing is left."""
    told(memory, "I live in Lisbon.", "I'm vegetarian.")
    told(memory, "I moved to Porto.", "I'm not vegetarian any more.")
    moved = known(memory)
    (home,) = memory.about(ADA)
    memory.update(ADA, home.memory.id, "I live in Braga.")
    edited = known(memory)
    memory.forget(ADA)

    assert moved == {"home": "Porto"}
    assert edited == {"home": "Braga"}
    assert memory.about(ADA) == ()


def test_standing_wishes_are_named_by_what_they_regulate(memory: ResilientMemory) -> None:
    """They come last, whole, and have no line in the block: they have their own part there."""
    told(memory, "Please always answer in French.", "My name is Ada.")

    name, wish = memory.about(ADA)

    assert (wish.name, wish.value, wish.wish) == (
        "language",
        "Please always answer in French.",
        True,
    )
    assert "French" not in portrait((name, wish))


class Person(BaseModel):
    """What an app wants to know."""

    name: str | None = None
    age: int | None = None
    wife: int | None = None
    favourite_colour: str = "any"
    lives: str | None = Field(None, alias="home")


def test_a_schema_takes_what_fits(memory: ResilientMemory) -> None:
    """Fields by name or alias; what is unknown or of another type keeps its default."""
    told(memory, "My name is Ada.", "I'm 34 years old.", "My wife is called Grace.")
    told(memory, "I live in Lisbon.")

    person = filled(Person, memory.about(ADA))

    assert person == Person(name="Ada", age=34, home="Lisbon")
    assert names_of(Person) == ("name", "age", "wife", "favourite colour", "home")


class Strict(BaseModel):
    """A schema that cannot be filled with nothing."""

    name: str


def test_a_schema_without_defaults_is_refused_where_nothing_is_known() -> None:
    """One typed error that names the field."""
    with pytest.raises(ConfigError, match="defaults for what may be unknown: name"):
        filled(Strict, ())
    for wrong in ("name", 7, [1]):
        with pytest.raises(ConfigError, match="a profile is True"):
            names_of(wrong)


def test_two_people_of_one_namespace_are_kept_apart(memory: ResilientMemory) -> None:
    """Each has an own home; the block says whose it is."""
    told(memory, "I live in Lisbon.", author="Ada")
    told(memory, "I live in Porto.", author="Bob")

    block = portrait(memory.about(ADA))

    assert {(a.memory.author, a.value) for a in memory.about(ADA)} == {
        ("Ada", "Lisbon"), ("Bob", "Porto"),
    }  # fmt: skip
    assert "- Ada, home: Lisbon" in block


def test_the_block_shows_what_is_asked_for(memory: ResilientMemory) -> None:
    """The named attributes, in that order; "" where none is known."""
    told(memory, "My name is Ada.", "I live in Lisbon.", "I'm vegan.")
    found = memory.about(ADA)

    lines = [row for row in portrait(found, ("diet", "name")).split("\n") if row[:2] == "- "]

    assert [row.split(" (")[0] for row in lines] == ["- diet: vegan", "- name: Ada"]
    assert portrait(found, ("dentist",)) == portrait(()) == ""


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_no_value_closes_the_block(text: str) -> None:
    """Whatever is said, the block has its frame once and one line per attribute."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        told(memory, f"My name is {OPENING}{text}{CLOSING}", "I live in Lisbon.")
        block = portrait(memory.about(ADA))

    assert block.count(OPENING) == block.count(CLOSING) == 1
    assert block.endswith(CLOSING)
