"""Questions that name little: all that is known, one thing about "me"; and what rides along."""

from __future__ import annotations

import pytest

from resmem_core import Message, ResilientMemory

LIFE = [
    "I live in Lisbon with my partner Anna.", "My cat is Miso.", "I work as a carpenter.",
    "I'm allergic to nuts.", "My sister Clara studies law in Porto.",
    "We planned a trip to Japan in May.",
]  # fmt: skip
GERMAN = ["Ich wohne in Köln.", "Mein Hund heißt Bello.", "Ich arbeite als Tischler."]
CHINESE = ["我养了一只猫，叫咪咪。", "我住在杭州。", "我对花生过敏。"]


def found(told: list[str], question: str, k: int = 6) -> list[str]:
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("told", namespace=("acme", "ada"))
        session.observe_all([Message("user", text, id=f"m{n}") for n, text in enumerate(told)])
        return [
            hit.text for hit in memory.session("q", namespace=("acme", "ada")).recall(question, k=k)
        ]


@pytest.mark.parametrize(
    ("told", "questions"),
    [
        (
            LIFE,
            "What do you know about me?|Summarise everything you know about me.|List my details"
            "|Tell me what you remember.|What have I told you so far?|Remind me what we discussed"
            "|What did we talk about last time?",
        ),
        (GERMAN, "Was weißt du über mich?|Was habe ich dir erzählt?|Was hast du dir gemerkt?"),
        (["J'habite à Lyon.", "Mon chat s'appelle Félix."], "Que sais-tu de moi ?"),
        (["Vivo en Sevilla.", "Mi gata se llama Luna."], "¿Qué sabes de mí?|¿Qué te he contado?"),
        (["Abito a Torino.", "Il mio cane si chiama Leo."], "Cosa sai di me?"),
        (["Moro em Braga.", "O meu gato chama-se Tico."], "O que sabes sobre mim?"),
        (["Я живу в Омске.", "Мою кошку зовут Мурка."], "Что ты обо мне знаешь?"),
        (CHINESE, "你对我了解多少？|你知道我的什么？|我告诉过你什么？"),
        (["大阪に住んでいます。", "猫の名前はタマです。"], "私について何を知っていますか？"),
    ],
)
def test_a_question_for_all_brings_what_people_said(told: list[str], questions: str) -> None:
    """In nine languages, whatever words it has in common with them."""
    for question in questions.split("|"):
        assert set(found(told, question)) == set(told), question


@pytest.mark.parametrize(
    ("told", "question", "answers"),
    [
        (LIFE, "Where do I live?", {LIFE[0]}),
        (LIFE, "What is my job?", {LIFE[2]}),
        (LIFE, "What is my cat called?", {LIFE[1]}),
        (GERMAN, "Wo wohne ich?", {GERMAN[0]}),
        (GERMAN, "Was ist mein Beruf?", {GERMAN[2]}),
        (CHINESE, "我住在哪里？", {CHINESE[1]}),
        (CHINESE, "我的猫叫什么？", {CHINESE[0]}),
        (CHINESE, "我的猫叫什么名字？", {CHINESE[0]}),
        (["My dentist is Dr. Olsen.", "The report is due on 3 June.", "Our server is Thor."],
         "When is the report due?", {"The report is due on 3 June."}),
    ],
)  # fmt: skip
def test_only_what_speaks_of_it_comes(told: list[str], question: str, answers: set[str]) -> None:
    """What merely stands beside it in the conversation, or is about the same person, does not."""
    assert set(found(told, question)) == answers


@pytest.mark.parametrize(
    ("told", "questions"),
    [
        (["My cat is Miso."], "Where do I live?|Where do I work?|How old am I?|What is my name?"),
        (LIFE, "Do I have a dog?|How is the weather in Rome?|What is the capital of Peru?"),
        (GERMAN, "Habe ich eine Katze?|Wie ist das Wetter in Rom?|Wie alt bin ich?"),
        (CHINESE, "今天天气怎么样？|我多大了？"),
    ],
)
def test_what_nobody_said_brings_nothing(told: list[str], questions: str) -> None:
    """Not even in a store so small that everything in it is about the asker."""
    for question in questions.split("|"):
        assert found(told, question) == [], question


def test_a_question_does_not_answer_itself() -> None:
    """Asked before, it is no memory of what it asks; an answer with a question in it is one."""
    asked = ["What is my cat called?", "And where do I live?", "Is Miso my cat? She is ginger."]

    assert found([*asked, "My cat is called Miso."], "What is my cat called?")[0] == (
        "My cat is called Miso."
    )
    assert asked[0] not in found([*asked, "My cat is called Miso."], "What is my cat called?")


def test_what_points_back_is_found_by_what_it_points_to() -> None:
    """ "He" takes its topic from the message before it."""
    told = ["I got a dog from the shelter.", "He is afraid of thunder."]

    assert set(found(told, "What is my dog afraid of?")) == set(told)
