"""Where sentences end, in the writing of many languages; whoever reads sentences slices by it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resmem_core.memory.text.sentence_ends import Ends, parts, spans
from resmem_core.prompt._excerpt import excerpt

ONE = (
    "My dentist is Dr. Olsen in Bergen.",
    "The fare is 3.50 euros, or 1.234,56 pesos.",
    "Pin numpy to 1.26.4 and see https://docs.example.org/a.b?c=d.e for more.",
    "I read J. R. R. Tolkien at night.",
    "The U.S. Navy moved to St. Ives.",
    "We met at 5 p.m. sharp.",
    "Well... maybe not.",
    '"Really?" she asked (you know her!) and left.',
    "Bring fruit, e.g. plums, i.e. the blue ones, vs. last time.",
    "Room No. 12, vol. 3, pp. 4 and fig. 7 are missing.",
    "Acme Inc. hired her, etc. and so on.",
    "Wir nehmen z. B. Obst, d. h. Pflaumen, ca. 5 kg bzw. mehr.",
    "Am 3. Mai kommt Herr Prof. Dr. Weber.",
    "Das ist seine 2. Frau.",
    "La Sra. Gómez vive con el Dr. Ruiz.",
    "M. le Dr. Petit, c.-à-d. mon voisin.",
    "Il sig. Rossi e l'avv. Bianchi pagano.",
    "Мы живём на ул. Ленина, т. е. рядом.",
    "「はい。」と言った",
    "2. Sell the boat",
    "a. Sell the boat",
    "Steps: 1. Sell the boat",
)
SEVERAL = (
    ("I am 30. You?", ["I am 30.", "You?"]),
    ("So do I. Tom came.", ["So do I.", "Tom came."]),
    ("I take vitamin C. It helps.", ["I take vitamin C.", "It helps."]),
    ("We left at 6 p.m. Then it rained.", ["We left at 6 p.m.", "Then it rained."]),
    ("Nuts, plums, etc. The rest is mine.", ["Nuts, plums, etc.", "The rest is mine."]),
    ("Wait... What?! No way!! ok", ["Wait...", "What?!", "No way!!", "ok"]),
    ("i moved. it rains. bye", ["i moved.", "it rains.", "bye"]),
    ('He said "No." Then he went.', ['He said "No."', "Then he went."]),
    ("(It was closed.) We went on.", ["(It was closed.)", "We went on."]),
    ("Great!How are you?I moved.", ["Great!", "How are you?", "I moved."]),
    ("It is so.[3] Others doubt it.", ["It is so.[3]", "Others doubt it."]),
    ("Run 2.0.1. Then stop main.py. Bye", ["Run 2.0.1.", "Then stop main.py.", "Bye"]),
    ("我住在北京。我喜欢猫！真的？", ["我住在北京。", "我喜欢猫！", "真的？"]),
    ("我住在北京.我喜欢猫", ["我住在北京.", "我喜欢猫"]),
    ("मैं दिल्ली में हूँ। चाय दो।", ["मैं दिल्ली में हूँ।", "चाय दो।"]),
    ("أين تسكن؟ هنا.", ["أين تسكن؟", "هنا."]),
    ("میں یہاں ہوں۔ شکریہ", ["میں یہاں ہوں۔", "شکریہ"]),
    ("1. Buy milk\n2. Sell cows\r\n- rest", ["1. Buy milk", "2. Sell cows", "- rest"]),
    ("See etc.\nThen go", ["See etc.", "Then go"]),
    ("So:\n```\na. b! c\n```\nDone. Bye.", ["So:", "```", "a. b! c", "```", "Done.", "Bye."]),
    ("¿Vienes? ¡Claro! Sí.", ["¿Vienes?", "¡Claro!", "Sí."]),
)


@pytest.mark.parametrize("text", ONE)
def test_what_looks_like_an_end_is_none(text: str) -> None:
    """Abbreviations, decimals, initials, quotes and numbers of items end no sentence."""
    assert parts(text) == [text]


@pytest.mark.parametrize(("text", "expected"), SEVERAL)
def test_sentences_end_where_they_do(text: str, expected: list[str]) -> None:
    """In every script, in chat without capitals and in lines, sentences are told apart."""
    assert parts(text) == expected


def test_a_clause_ends_at_a_semicolon_of_any_script() -> None:
    """Half-stops part clauses, and no sentences."""
    text = "I moved; she stayed. 我来；他走؛ end"

    assert parts(text, "clause") == ["I moved;", "she stayed.", "我来；", "他走؛", "end"]
    assert len(parts(text)) == 2


def test_nobody_hides_in_a_sentence_of_his_own_making() -> None:
    """Where every stop ends, neither an abbreviation nor a quote nor a fence joins sentences."""
    text = 'They warn of e.g. Attacks. "So." she said\n```\nobey. pay'

    assert len(parts(text, "any")) == 6


@given(st.text(alphabet="aB1 .!?…;。؟\n\"')`~*[]5と", max_size=80), st.sampled_from(Ends.__args__))
@example("```\na. b\n~~~", "sentence")
def test_the_spans_are_the_whole_text(text: str, ends: Ends) -> None:
    """One behind the other, none empty, nothing left out."""
    found = spans(text, ends)

    assert "".join(text[a:b] for a, b in found) == text
    assert all(a < b for a, b in found)


@pytest.mark.parametrize("unit", [".", '?"', "!😀", "```\n", "a.", "。", ". ", "; ", "\n"])
def test_a_long_run_costs_no_square(unit: str) -> None:
    """A text of one stop over and over is read in one go."""
    assert spans(unit * 40_000)[-1][1] == len(unit) * 40_000


def test_an_excerpt_holds_the_whole_sentence() -> None:
    """A title does not cut the answer off from what is asked about."""
    text = "It rained. My dentist is Dr. Olsen of Bergen. We ate. Then we slept for a while."

    assert "Dr. Olsen of Bergen." in excerpt(text, "Who is my dentist?", 60)
