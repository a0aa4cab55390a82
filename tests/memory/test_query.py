"""What a question asks for."""

import numpy as np
import pytest

from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import query
from resmem_core.protocols import Row
from resmem_core.types import Memory

NOW = 1_684_324_800.0


def index_of(*authors: str) -> NamespaceIndex:
    """An index in which each author has said one thing."""
    index = NamespaceIndex(4)
    index.put(
        Row(Memory(str(i), ("a",), "hello", (str(i),), author=a, seq=i), np.ones(4, np.float32))
        for i, a in enumerate(authors)
    )
    return index


@pytest.fixture
def people() -> NamespaceIndex:
    """A chat of two."""
    return index_of("Melanie", "Ada Byron", "user")


def test_names_are_people_and_no_topic(people: NamespaceIndex) -> None:
    """A speaker's name says who, not what; her messages do not hold it."""
    asked = query.read("What did Melanie paint?", people, NOW)

    assert asked.people == {people.authors["Melanie"]}
    assert set(asked.stems) == {"paint"}


@pytest.mark.parametrize("name", ["mel", "Mel's", "MELANIE", "melanie’s"])
def test_short_forms_and_cases_name_the_same_person(people: NamespaceIndex, name: str) -> None:
    """Three letters are enough where only one name starts with them."""
    assert query.read(f"Is this {name} dog?", people, NOW).people == {people.authors["Melanie"]}


def test_a_short_form_of_two_names_is_nobody() -> None:
    """Dan could be Daniel or Danielle."""
    assert query.read("Where is Dan?", index_of("Daniel", "Danielle"), NOW).people == frozenset()


def test_a_full_name_is_one_person(people: NamespaceIndex) -> None:
    """Both words are hers."""
    assert len(query.read("What did Ada Byron write?", people, NOW).people) == 1


def test_roles_are_not_names(people: NamespaceIndex) -> None:
    """ "User" in a question is a word like any other."""
    asked = query.read("Which user interface?", people, NOW)

    assert asked.people == frozenset()
    assert "user" in asked.stems


def test_the_embedder_is_asked_in_the_persons_own_words(people: NamespaceIndex) -> None:
    """The name becomes I or my: that is how she says it."""
    assert query.for_embedding("What is Melanie's job?", people) == "What is my job?"
    assert query.for_embedding("Does mel like tea?", people) == "Does I like tea?"


def test_a_question_about_two_people_is_left_as_it_is(people: NamespaceIndex) -> None:
    """Nobody could say it as I."""
    question = "What do Melanie and Ada both like?"

    assert query.for_embedding(question, people) == question


@pytest.mark.parametrize(
    "question",
    ["When did she leave?", "What year was it?", "How long has he worked there?"],
)
def test_questions_for_a_time(people: NamespaceIndex, question: str) -> None:
    """When, which year, how long."""
    assert query.read(question, people, NOW).when


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("What instruments does Melanie play?", True),
        ("Which outdoor activities did they try?", True),
        ("Where has Ada lived?", True),
        ("How many children does she have?", True),
        ("What do both like?", True),
        ("What is her job?", False),
        ("Where did she move to?", False),
        ("Why did Melanie stop?", False),
    ],
)
def test_questions_for_several_things(people: NamespaceIndex, question: str, several: bool) -> None:
    """A plural, a count, both, or the present perfect asks for all that was ever said."""
    assert query.read(question, people, NOW).several is several


def test_a_kind_brings_in_its_members(people: NamespaceIndex) -> None:
    """Who asks for an instrument will be glad of a violin; what was asked is not repeated."""
    asked = query.read("Which instrument, a violin?", people, NOW)

    assert "guitar" in asked.related
    assert "violin" not in asked.related


def test_the_time_named_is_resolved_against_now(people: NamespaceIndex) -> None:
    """Asked on 17 May 2023, yesterday is the 16th."""
    ((first, last),) = query.read("What happened yesterday?", people, NOW).spans

    assert first == last == 738656


@pytest.mark.parametrize("sign", ["x", "1", "\u0e01\u0e32", "Q7"])
def test_one_endless_word_is_not_tried_at_every_place(
    people: NamespaceIndex, sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """16,000 characters without a space ask for no more stems than as many in words do."""
    asked: list[str] = []
    plain = query.stem
    monkeypatch.setattr(query, "stem", lambda word: asked.append(word) or plain(word))
    query.read((sign * 16_000)[:16_000], people, NOW)

    assert sum(map(len, asked)) <= 16_000


def test_words_that_are_long_and_real_are_still_two(people: NamespaceIndex) -> None:
    """Both halves of a compound are asked for, where both were said."""
    people.put(
        [
            Row(
                Memory("c", ("a",), "captain of a steamship company", ("c",), seq=9),
                np.ones(4, np.float32),
            )
        ]
    )
    asked = query.read("Who is the steamshipcaptain?", people, NOW)

    assert {"steamship", "captain"} <= asked.compounds


def test_of_an_endless_question_the_ends_are_read() -> None:
    """What is asked stands before or behind what was pasted; work is bounded by what is read."""
    pasted = "".join(chr(0x4E00 + n % 20_000) for n in range(15_000))
    index = index_of("Melanie")
    for question in (f"Where is Melanie's dog? {pasted}", f"{pasted} Where is Melanie's dog?"):
        words = query.words_of(question, NOW)
        asked = query.read(words, index, NOW)

        assert len(words.text) <= query.LONGEST + 1
        assert len(asked.stems) <= query.MOST
        assert asked.people == {index.authors["Melanie"]}


def test_of_many_words_those_are_looked_up_that_the_namespace_has() -> None:
    """A stem that nobody said costs none that somebody did."""
    index = index_of("Melanie")
    held = next(stem for row in range(len(index)) for stem in index.stems(row))
    many = " ".join(f"zq{n}x" for n in range(300))

    asked = query.read(f"{many} {held}", index, NOW)

    assert held in asked.stems
    assert len(asked.stems) == query.MOST


def test_words_that_were_read_before_mean_the_same() -> None:
    """What is read outside a namespace's lock is what would be read within it."""
    index = index_of("Melanie", "Dan")
    for text in ("When did Melanie go on a roadtrip in May?", "我的猫叫什么？", "Was macht Dan?"):
        assert query.read(query.words_of(text, NOW), index, NOW) == query.read(text, index, NOW)
