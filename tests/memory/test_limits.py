"""Limits: what somebody must not eat, take or do comes along with what it matters to."""

from __future__ import annotations

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.memory.text import limits

ADA = ("acme", "ada")


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("I'm allergic to peanuts.", "Can you give me a recipe for satay sauce?"),
        ("I can’t eat gluten.", "Suggest a lunch sandwich"),
        ("I'm vegetarian", "What should I cook tonight?"),
        ("my daughter has a nut allergy", "Which cake should I bake for the party?"),
        ("Ich vertrage keine Laktose.", "Was soll ich heute kochen?"),
        ("Je suis végétarienne.", "Tu as une idée de recette ?"),
        ("Soy celíaca.", "¿Qué preparo de cena?"),
        ("Sono allergico alle noci.", "Mi consigli un ristorante?"),
        ("Não posso comer camarão.", "Uma receita para o almoço?"),
        ("Ik eet geen vlees.", "Wat zal ik koken?"),
        ("У меня аллергия на орехи.", "Что приготовить на ужин?"),
        ("我对花生过敏。", "今天晚饭做什么？"),
        ("えびアレルギーです。", "夕食のレシピを教えて"),
        ("저는 땅콩 알레르기가 있어요.", "저녁 메뉴 추천해 줘"),
        ("لدي حساسية من الفول السوداني.", "اقترح وصفة للعشاء"),
        ("मुझे मूंगफली से एलर्जी है।", "रात के खाने की रेसिपी बताओ"),
        ("Fıstığa alerjim var.", "Akşam yemeği için tarif önerir misin?"),
        ("I'm allergic to penicillin.", "Which antibiotics help with a sore throat?"),
        ("I sprained my ankle, no running for three weeks.", "Plan my training for the marathon"),
    ],
)
def test_a_limit_comes_along_where_it_matters(said: str, question: str) -> None:
    """They share no word, and the answer would harm without it."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe_all([Message("user", text) for text in [said, "The printer is broken."]])
        hits = memory.session("q", namespace=ADA).recall(question)
    assert [hit.text for hit in hits][:1] == [said]


@pytest.mark.parametrize(
    "question", ["Where is the printer?", "Write a haiku about whales", "What is 2 + 2?", "Hi!"]
)
def test_it_stays_away_elsewhere(question: str) -> None:
    """A limit is no standing wish."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        memory.session("t", namespace=ADA).observe(Message("user", "I'm allergic to peanuts."))
        assert "peanuts" not in str(
            [h.text for h in memory.session("q", namespace=ADA).recall(question)]
        )


@pytest.mark.parametrize(
    "text",
    [
        "Is anybody allergic to nuts?",
        "I love nuts.",
        "I don't have time today.",
        "He never drinks and drives",
    ],
)
def test_what_is_no_limit(text: str) -> None:
    """A question, a liking, and words that only look alike name none."""
    assert not limits.said(text)


def test_a_machine_and_what_is_over_set_no_limit() -> None:
    """What a tool says of allergies, and a diet that was given up, come along with no meal."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe(Message("tool", "The guest is allergic to nuts."))
        session.observe_all([Message("user", t) for t in ("I'm a vegan.", "I eat meat again.")])
        hits = memory.session("q", namespace=ADA).recall("What should I cook tonight?")
    assert not [hit.text for hit in hits if "limit" in hit.why]


def test_a_limit_takes_no_place_of_an_answer() -> None:
    """It is the least of what comes, and leaves the number of answers as it was."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe_all([Message("user", t) for t in (
            "I'm allergic to peanuts.", "My favourite dinner is ramen.")])  # fmt: skip
        hits = memory.session("q", namespace=ADA).recall("What is my favourite dinner?", k=1)
    assert [hit.text for hit in hits] == [
        "My favourite dinner is ramen.",
        "I'm allergic to peanuts.",
    ]
