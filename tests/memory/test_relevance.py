"""Relevance: what can say that nothing stored speaks of a question, and what may be a hit."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resmem_core import Message, ResilientMemory, Session
from resmem_core.errors import InputError, InputTypeError
from resmem_core.memory.text.courtesy import is_small_talk
from resmem_core.memory.text.idle import asks_about_talk, is_idle

SAID = [
    ("Ada", "I moved to Lisbon in May."),
    ("Ada", "My dentist is Dr. Olsen on Harbour Street."),
    ("Ben", "What is your cat called?"),
    ("Ada", "Miso! She sleeps on my violin case."),
    ("Ben", "Thanks a lot!"),
    ("Ada", "My sister Elena bakes rye bread on Sundays."),
    ("Ada", "The kiln in the workshop fires at 1,240 degrees."),
    ("Ada", "I am allergic to peanuts."),
    ("Ada", "Our flight to Oslo leaves on Friday at seven."),
    ("Ben", "I ride a green bicycle to work."),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """A conversation of which everything is kept."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("t", namespace=("acme", "ada"))
        session.observe_all(
            [Message("user", text, author=who, id=f"m{n}") for n, (who, text) in enumerate(SAID)]
        )
        yield session


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Where do I live?", None),
        ("Who is my dentist?", "m1"),
        ("What is Ada's cat called?", "m3"),
        ("How hot is the kiln?", "m6"),
        ("Am I allergic to peanuts?", "m7"),
        ("When does our flight leave?", "m8"),
        ("What does Elena bake?", "m5"),
        ("What colour is Ben's bicycle?", "m9"),
        ("bicycle", "m9"),
        ("tell me about the violin", "m3"),
        ("What do you know about me?", None),
    ],
)
def test_what_is_stored_is_brought(session: Session, question: str, first: str | None) -> None:
    """Questions about what was said bring it, at the default."""
    hits = session.search(question, k=3)

    assert hits
    assert hits.reason == ""
    assert first is None or hits[0].id == first


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Peru?",
        "What is the tax rate on capital gains?",
        "12*12",
        "Write a haiku about the sea.",
        "How do vaccines work?",
        "Who painted the Mona Lisa?",
        "What is my blood type?",
        "Wie hoch ist der Eiffelturm?",
        "¿Quién escribió el Quijote?",
        "光速是多少？",
        "Сколько планет в Солнечной системе?",
    ],
)
def test_a_foreign_question_brings_nothing_and_says_why(session: Session, question: str) -> None:
    """What nothing stored speaks of brings nothing, with a reason; 0 brings the best all the same.

    A text without words of its own ("12*12") has no word to name.
    """
    hits = session.search(question, k=3)

    assert hits == []
    assert hits.reason.startswith(("nothing stored speaks of", "what is stored speaks too little"))
    assert len(session.search(question, k=3, min_relevance=0)) == 3


def test_the_reason_names_what_is_missing(session: Session) -> None:
    """In the question's own words and order."""
    reason = session.search("What is the tax rate on capital gains?").reason

    assert reason == "nothing stored speaks of tax rate capital gains"


SMALL_TALK = """
hi|Hello there!|good morning|how are you?|ok|OK thanks!|Thank you so much!|sounds good|lol
hahaha|👍|…|yes please|no|got it, thanks|never mind|see you tomorrow|Gracias!
muchas gracias, hasta luego|¿qué tal?|Danke schön!|guten Morgen|alles klar, bis bald
wie geht's?|Merci beaucoup !|bonjour, ça va ?|d'accord|grazie mille|buongiorno!
va bene, a presto|obrigado!|bom dia, tudo bem?|até logo|你好|谢谢你！|好的，明白了|再见
こんにちは|ありがとうございます。|了解です|привет!|спасибо большое|хорошо, пока|soooo cool
nooo way|thx u too
"""


@pytest.mark.parametrize(
    "text", [text for line in SMALL_TALK.split("\n") for text in line.split("|") if text]
)
def test_small_talk_calls_for_nothing(session: Session, text: str) -> None:
    """Greetings, thanks, acknowledgements, farewells and signs bring no line."""
    hits = session.search(text)

    if text == "thx u too":  # "u" is no word of the list: it brings nothing all the same
        assert hits == []
        return
    assert (hits, is_small_talk(text)) == ([], True)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, the key is under the mat.", "yes, on Tuesday", "no, I live in Rome",
        "ok, 42 euros", "Hello, I am Ada.", "Danke, ich wohne in Bern.", "好的，我住在北京",
        "Где мой ключ?", "12*12", "good morning Vietnam is a film", "I see a whale",
        "right turn at the mill", "x" * 200,
    ],
)  # fmt: skip
def test_what_says_something_is_no_small_talk(text: str) -> None:
    """A courtesy with news in it is news."""
    assert not is_small_talk(text)


def test_questions_and_thanks_are_no_hits_of_their_own(session: Session) -> None:
    """They serve their neighbours, except when asked about."""
    every = {hit.id for hit in session.search("What is the cat?", k=10, min_relevance=0)}
    usual = {hit.id for hit in session.search("What is the cat called?", k=9)}
    about = {hit.id for hit in session.search("What did Ben ask about the cat?", k=9)}

    assert not {"m2", "m4"} & usual
    assert {"m2", "m4"} <= every
    assert "m2" in about


def test_an_answer_brings_its_question(session: Session) -> None:
    """A short answer does not say what it answers: the hit holds the question."""
    (hit,) = [hit for hit in session.search("cat called") if hit.id == "m3"]

    assert hit.asked is not None
    assert hit.asked.text == "What is your cat called?"


@pytest.mark.parametrize(
    ("before", "brings"),
    [
        ("What do you pay for the attic? I have a form to fill in.", True),
        ("You have a form to fill in for the attic.", False),
        ("How are you?", False),
    ],
)
def test_an_answer_brings_the_question_within_a_message(before: str, brings: bool) -> None:
    """Wherever in the message before it the question stands; small talk is none."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        talk = memory.session("t", namespace=("acme", "ada"))
        talk.observe(Message("user", before, author="Ben", id="q"))
        talk.observe(Message("user", "1,050 crowns a month.", author="Ada", id="a"))
        (hit,) = [hit for hit in talk.search("How many crowns?") if hit.id == "a"]

    assert (hit.asked is not None) is brings


def test_beside_what_states_it_a_word_for_it_says_little() -> None:
    """ "For a living" is no home where another line says where somebody lives."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        talk = memory.session("t", namespace=("acme", "ada"))
        talk.observe_all([
            Message("user", "I restore old clocks for a living.", author="Ada", id="living"),
            Message("user", "I live in Lisbon.", author="Ada", id="home"),
        ])  # fmt: skip
        by_id = {hit.id: hit.relevance for hit in talk.search("Where do I live?")}

    assert by_id["home"] > 2 * by_id.get("living", 0.0)


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        ("Ticket: {}. Priority normal, department sales, reply in two sentences.", "a new poem"),
        ("Bitte {}. Auftrag der Werkstatt, dringend, Antwort in zwei Sätzen.", "das Gedicht"),
        ("/run {} --dry-run --format json --verbose", "deploy"),
    ],
)
def test_a_form_that_all_messages_share_makes_nothing_likely(form: str, asked: str) -> None:
    """Of orders in one form, what fills it is what they are about."""
    things = [f"{a}{b}" for a in ("lamp", "drum", "kiln", "oar", "rope") for b in range(6)]
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        talk = memory.session("t", namespace=("acme", "ada"))
        talk.observe_all([Message("user", form.format(thing), id=thing) for thing in things])

        assert talk.search(form.format(asked)) == []
        assert talk.search(form.format("drum3"))[0].id == "drum3"


@pytest.mark.parametrize(
    "question",
    ["When does my passport expire?", "Which car did I rent?", "Who repaired my harpsichord?",
     "Wie heißt mein Steuerberater?", "How heavy is my suitcase?"],
)  # fmt: skip
def test_my_alone_makes_nothing_likely(session: Session, question: str) -> None:
    """What is asked about oneself is likely stored only as far as some memory carries it."""
    assert max((hit.relevance for hit in session.search(question)), default=0.0) < 0.3


@pytest.mark.parametrize(
    ("text", "idle"),
    [
        ("What is her name?", True),
        ("Wow! Where did you go?", True),
        ("¿Cómo te llamas?", True),
        ("你叫什么名字？", True),
        ("I bought a cello. Do you play?", False),
        ("Should I take the job in Oslo?", False),
        ("What is her name? [image: a grey cat]", False),
        ("She is called Miso.", False),
    ],
)
def test_what_is_idle(text: str, idle: bool) -> None:
    """A bare question is; one that tells of its asker, or comes with news, is not."""
    assert is_idle(text) is idle


@pytest.mark.parametrize(
    "question",
    [
        "What did I ask?",
        "Did she thank me?",
        "Was habe ich gefragt?",
        "我问了什么？",
        "Что он спросил?",
    ],
)
def test_asking_about_talk(question: str) -> None:
    """In several languages."""
    assert asks_about_talk(question)


@pytest.mark.parametrize("least", [-0.1, 1.1, math.nan, math.inf])
def test_min_relevance_is_a_share(session: Session, least: float) -> None:
    """Out of range: an error, nothing recalled."""
    with pytest.raises(InputError):
        session.search("cat", min_relevance=least)


def test_min_relevance_is_a_number(session: Session) -> None:
    """Of another type: a type error."""
    with pytest.raises(InputTypeError):
        session.search("cat", min_relevance="much")  # type: ignore[arg-type]


def test_each_line_has_a_relevance_of_its_own(session: Session) -> None:
    """What carries more of the question and ranks higher is more relevant; nothing carried, 0."""
    hits = session.search("How hot does the kiln in the workshop fire?", k=9, min_relevance=0)
    by_id = {hit.id: hit.relevance for hit in hits}

    assert by_id["m6"] == max(by_id.values()) > 0.5
    assert by_id["m7"] == 0.0
    assert all(relevance < by_id["m6"] for ident, relevance in by_id.items() if ident != "m6")


@settings(max_examples=40, deadline=None)
@given(question=st.text(min_size=1, max_size=60).filter(str.strip), least=st.floats(0, 1))
def test_relevance_is_in_its_range(session: Session, question: str, least: float) -> None:
    """For any question: between the least asked for and 1, and a reason where there is nothing."""
    hits = session.search(question, min_relevance=least)

    assert all(max(least, 0.0) - 1e-6 <= hit.relevance <= 1 for hit in hits)
    assert bool(hits) is not bool(hits.reason)


def test_an_empty_memory_says_so() -> None:
    """Nothing is stored: another reason."""
    with ResilientMemory.open(":memory:") as memory:
        hits = memory.session("t", namespace=("acme", "bo")).recall("Where do I live?")

    assert (hits, hits.reason) == ([], "nothing is stored here")
