"""Repeats and changed facts: conservative, and never a lost fact."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core.memory.gate import compare, statements
from resmem_core.types import Memory


def memory(ident: str, text: str, **fields: object) -> Memory:
    return Memory(ident, ("a",), text, (ident,), **{"author": "ada", **fields})  # type: ignore[arg-type]


def relation(new: str, old: str, cosine: float = 0.7, **fields: object) -> compare.Relation:
    return compare.relation(
        memory("new", new, seq=1), [(memory("old", old, **fields), cosine, cosine)]
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I live in Lisbon.", "i live in LISBON!!"),
        ("Thanks!", "thanks"),
        ("My dog is called Rex.", "My dog's name is Rex"),
        ("My dog's name is Rex", "Rex is my dog's name"),
        ("I prefer dark mode in the editor", "I prefer the dark mode in my editor."),
        ("We relocated to Porto with the kids", "We moved to Porto with the children"),
        ("I moved to Lisbon in May.", "In May I moved to Lisbon."),
    ],
)  # fmt: skip
def test_repeats_are_merged(old: str, new: str) -> None:
    """The same fact in other words, case or punctuation goes into the older item."""
    assert relation(new, old) == compare.Same("old")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I love pottery classes", "I don't love pottery classes"),
        ("I have 2 cats and a parrot", "I have 3 cats and a parrot"),
        ("Anna beat Bob at chess", "Bob beat Anna at chess"),
        ("I moved from Lisbon to Porto", "I moved from Porto to Lisbon"),
        ("I want to move to Porto", "I moved to Porto"),
        ("I live in Lisbon", "Do you live in Lisbon?"),
        ("I live in Lisbon", "You live in Lisbon"),
        ("My sister lives in Rome", "My brother lives in Rome"),
        ("The concert is on Friday", "The concert is on Monday"),
        ("I like green tea", "I like green coffee"),
        ("I like green tea with lemon", "I like green tea with lemon and brown sugar cubes"),
        ("I might sell the kayak", "I will sell the kayak"),
        ("He plays chess well", "She plays chess well"),
        ("Yes.", "yes"),
        ("No, no", "no no"),
        ("I went to Peru", "Peru"),
        ("I work with kids", "I help kids"),
        ("We play in the city orchestra on weekends", "We play in the orchestra on weekends"),
        ("Pottery classes helped my anxiety lots", "Pottery classes help my anxiety big time"),
    ],
)
def test_when_unsure_it_is_news(old: str, new: str) -> None:
    """Number, name, order, negation, person, tense, doubt or more detail: both are kept."""
    assert not isinstance(relation(new, old, 0.95), compare.Same)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I write C", "I write C++"),
        ("The balance is 200", "The balance is -200"),
        ("The ticket costs $50", "The ticket costs €50"),
        ("Alert me if cpu > 80", "Alert me if cpu < 80"),
        ("मेरा बेटा डॉक्टर है", "मेरी बेटी डॉक्टर है"),
        ("Ich esse Fleisch beim Mittagessen", "Ich esse kein Fleisch beim Mittagessen"),
        ("Я люблю зелёный чай", "Я не люблю зелёный чай"),
        ("copy the database from prod to staging", "copy the database from staging to prod"),
    ],
)
def test_symbols_marks_and_foreign_negations_keep_texts_apart(old: str, new: str) -> None:
    """Where a sign differs that the words do not show, both stay, in the gate and in sleep."""
    assert not isinstance(relation(new, old, 0.99), compare.Same)
    assert not isinstance(relation(old, new, 0.99), compare.Same)


def test_other_speakers_roles_and_trust_are_not_merged() -> None:
    """Who said it is part of the fact."""
    text = "I live in Lisbon."

    assert relation(text, text) == compare.Same("old")
    assert relation(text, text, author="bob") == compare.New()
    assert relation(text, text, role="assistant") == compare.New()
    assert relation(text, text, trust="untrusted") == compare.New()
    assert relation(text, text, valid_to=1.0) == compare.New()


def test_today_is_another_day() -> None:
    """The same relative time on another day is another event."""
    text = "I went hiking in the Alps today."
    near = [(memory("old", text, at=0.0), 1.0, 1.0)]

    assert compare.relation(memory("new", text, at=3600.0), near) == compare.Same("old")
    assert compare.relation(memory("new", text, at=86_400.0 * 3), near) == compare.New()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I live in Lisbon.", "I moved to Porto."),
        ("We moved to Lisbon in May", "I now live in Porto with my aunt"),
        ("My number is 555 123", "My new number is 555 999"),
        ("I work at Acme", "I now work for Globex"),
        ("My favorite color is blue", "My favorite color is green now"),
        ("My deadline is March 3", "My deadline is now March 10"),
        ("The review meeting is on Tuesday", "We moved the review meeting to Friday"),
        ("My flight is at 7pm", "Actually my flight is at 9pm"),
        ("I eat meat", "I no longer eat meat"),
        ("I smoke", "I quit smoking"),
    ],
)
def test_a_changed_fact_replaces_the_older_one(old: str, new: str) -> None:
    """A newer value of the same thing, stated as a fact, is linked to the older version."""
    assert relation(new, old) == compare.Replaces("old")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I live in Lisbon", "I want to live in Porto"),
        ("I live in Lisbon", "I live in Lisbon, Portugal"),
        ("I live in Lisbon", "Do you live in Porto?"),
        ("I might move to Lisbon", "I moved to Porto"),
        ("I live in Rome", "My sister lives in Milan"),
        ("My friend is a nurse", "My friend is funny"),
        ("My number is 555 123", "My name is Ada"),
        ("I don't eat meat anymore", "I no longer eat meat"),
        ("I eat fish", "I no longer eat meat"),
        ("I live in Lisbon.", 'My friend said: "I live in Paris".'),
        ("I live in Lisbon.", "Her note read “I moved to Rome”."),
        ("I work at Siemens.", "I work for free on Sundays."),
        ("I work at Siemens.", "I work at night."),
        ("The picnic is on Tuesday", "We moved the review meeting to Friday"),
        ("The review meeting is on Tuesday", "We moved the review meeting"),
        ("I visited Zoe on Tuesday", "Now I visited Zoe on Friday?"),
    ],
)
def test_no_change_is_invented(old: str, new: str) -> None:
    """Wishes, questions, other people, other topics and more detail replace nothing."""
    assert not isinstance(relation(new, old), compare.Replaces)


def test_it_was_postponed() -> None:
    """ "It" is the last thing with a time in the same session."""
    recent = [
        memory("0", "The exam is on Monday", session="s", seq=0),
        memory("1", "The dentist is on Tuesday", session="s", seq=1),
        memory("2", "Ok", session="s", seq=2),
        memory("3", "The party is on Sunday", session="t", seq=3),
    ]

    def moved(text: str) -> compare.Relation:
        return compare.relation(memory("9", text, session="s", seq=9), [], recent)

    assert moved("We postponed it to Friday") == compare.Replaces("1")
    assert moved("We postponed the launch to Friday") == compare.New()
    assert moved("We postponed it") == compare.New()
    assert moved("We might have moved it to Friday") == compare.New()
    assert compare.relation(memory("9", "We moved it to Friday"), []) == compare.New()


def test_probes_find_what_shares_no_word() -> None:
    """A changed fact names where to look for its older version."""
    assert compare.probes("I moved to Porto") == ("I live in, moved to, am based in",)
    assert compare.probes("I work at Acme now") == ("I work at, work for, my job, started at",)
    assert compare.probes("Elena moved to Porto") == ("elena live in, moved to, am based in",)
    assert compare.probes("My new number is 5") == ("my number is",)
    assert compare.probes("What a day") == ()


def test_a_document_is_only_compared_as_a_whole() -> None:
    """A long text is a repeat when it is the same text, and changes no fact."""
    long = "I live in Lisbon. " * 200

    assert relation(long, long.upper()) == compare.Same("old")
    assert relation(long, "I live in Porto.") == compare.New()
    assert relation("I moved to Porto.", long) == compare.New()
    assert relation(long + "I moved to Porto", long) == compare.New()
    assert compare.probes(long) == ()


def test_nothing_near_is_new() -> None:
    """An empty neighbourhood makes everything news, and a message never repeats itself."""
    item = memory("new", "I live in Lisbon")

    assert compare.relation(item, []) == compare.New()
    assert compare.relation(item, [(item, 1.0, 1.0)]) == compare.New()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=120), st.text(max_size=120), st.floats(0, 1))
def test_any_text_has_a_relation(new: str, old: str, cosine: float) -> None:
    """No text breaks the comparison, and a merge or a link names what is there."""
    found = relation(new, old, cosine)

    assert found in (
        compare.New(), compare.New(("old",)), compare.Same("old"), compare.Replaces("old"),
    )  # fmt: skip


def test_statements_of_a_text() -> None:
    """Only plain statements are read, each of whom it is about."""
    home = [one for one in statements.read("Elena moved to Porto.") if one.attribute == "home"]

    assert [(one.who, sorted(one.value)) for one in home] == [("elena", ["porto"])]
    assert statements.read("I will live in Oslo") == ()
    assert statements.read('He wrote: "I live in Oslo"') == ()
    assert statements.read("Do I live in Oslo?") == ()
