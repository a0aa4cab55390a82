"""Recall in other languages: words are found in their other forms, and by what they mean."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.memory import languages
from benchmarks.memory.score import ours, prepare, shares
from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall.rank import rank
from resmem_core.memory.text import forms
from resmem_core.memory.text.language import foreign
from resmem_core.memory.text.tokens import tokens
from resmem_core.protocols import Row
from resmem_core.types import Memory


@cache
def recall_at_5(code: str) -> float:
    part = prepare(languages.read(code), LexicalEmbedder())
    found = shares(part.conversation.questions, ours(part, part.index(), RecallWeights()))
    return float(np.mean(found[:, 0]))


@pytest.mark.parametrize("code", [*languages.FULL, *languages.BASIC])
def test_no_language_is_far_below_english(code: str) -> None:
    """Recall@5 is within 5 points of English for the full languages, within 10 for the others."""
    allowed = 0.05 if code in languages.FULL else 0.10

    assert recall_at_5(code) >= recall_at_5("en") - allowed - 1e-9


def found(question: str, *texts: str) -> str:
    """The text that a question finds first."""
    index = NamespaceIndex(256, scan=False)
    vectors = LexicalEmbedder().embed(texts)
    index.put(
        Row(Memory(str(i), ("a",), text, (str(i),), role="user", session=str(i), seq=i), vector)
        for i, (text, vector) in enumerate(zip(texts, vectors, strict=True))
    )
    hits = rank(index, question, None, now=1e6, k=1, min_relevance=0.15)
    return hits[0].text if hits else ""


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("Hvilken bil kører jeg?", "Jeg har en gammel bil.", "Jeg spiller klaver."),
        ("Welches Haustier habe ich?", "Meine Katzen schlafen viel.", "Ich habe Zahnweh."),
        ("Gdzie są moje książki?", "Książka leży na stole.", "Lubię zupę."),
        ("Onde comprei as maçãs?", "Comprei maçãs no mercado.", "Tenho frio no inverno."),
        ("¿Donde esta mi camion?", "Mi camión está en el taller.", "Mi tía canta."),
        ("Где моя елка?", "Ёлка стоит в углу.", "Я пью воду."),
        ("أين القلم؟", "وضعت قَلَمي في الحقيبة.", "الجو بارد اليوم."),
        ("मेरी किताबें कहाँ हैं?", "किताब मेज़ पर है।", "मुझे ठंड लगती है।"),
        ("我的Kubernetes在哪里？", "我把kubernetes装在服务器上。", "今天很冷。"),
        ("ฉันชอบกาแฟไหม", "ฉันดื่มกาแฟทุกเช้า", "วันนี้ฝนตก"),
        ("איפה השולחן שלי?", "השׁולחן שלי בסלון.", "אני שר."),
        ("Ｐｙｔｈｏｎの本はどこ？", "Pythonの本は棚にあります。", "雨が降っています。"),
        ("Hoe duur was de fiets?", "Mijn fietsen kostten 400 euro.", "Ik hou van soep."),
        ("Quanto costano i cavalli?", "Il cavallo è costato 900 euro.", "Piove sempre."),
    ],
)
def test_a_word_is_found_in_another_form(question: str, text: str, other: str) -> None:
    """Endings, accents, width, points and scripts that stand side by side do not hide it."""
    assert found(question, other, text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Come here and help me on Monday!", "No, not me.", "I was in Paris.", "OK", "",
        "Nice chat, no pain.", "He has a fine die and a gift for it.", "SELECT * FROM users;",
    ],
)  # fmt: skip
def test_english_has_no_other_forms(text: str) -> None:
    """Words that other languages share do not make a text foreign."""
    assert not forms.read(tokens(text), text)


def test_a_language_is_told_by_what_it_lists() -> None:
    """A line without function words is of the language that has its words."""
    assert foreign("Colecciono postales") == ()
    assert (
        "collect" in forms.read(tokens("Colecciono postales"), "Colecciono postales")["colecciono"]
    )


def test_a_compound_is_found_by_its_parts() -> None:
    """What is written as one word in German or Dutch is two in the question."""
    assert found("Welche Bücher über Gärten habe ich?", "Es regnet.", "Mein Gartenbuch ist grün.")


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("What is the max retry delay?", "I set maxRetryDelay in retry.toml.", "It never rains."),
        ("Where is loadUserById?", "load_user_by_id lives in users.py.", "My cat sleeps."),
        ("Which release is 1.38.2?", "We ship 1.38.2 today.", "Row 1 has 38 columns, 2 are empty."),
        ("What does read_invoice do?", "read_invoice parses it.", "Please read the invoice again."),
    ],
)
def test_an_identifier_is_found_by_its_parts_and_whole(
    question: str, text: str, other: str
) -> None:
    """Names in code and versions stand apart from the words that they are made of."""
    assert found(question, other, text) == text


def test_a_long_run_of_capitals_is_read_once() -> None:
    """What looks like an identifier without end costs no more than its length."""
    text = f"a{'A' * 15_000}_ {'aB' * 3_000}_ {'a_' * 3_000} {'1.' * 3_000}"

    assert isinstance(dict(forms.read(tokens(text), text)), dict)
