"""The redactor against planted values of many kinds and languages, and against look-alikes."""

from __future__ import annotations

import json
from operator import itemgetter
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from benchmarks.privacy import presidio
from benchmarks.privacy.command import cases, measure, privacy
from benchmarks.privacy.kinds import PLANTED
from benchmarks.privacy.presidio import PresidioRedactor
from resmem_core.memory.privacy.redact import PatternRedactor
from resmem_core.memory.text.language import likely


@pytest.fixture(scope="module")
def figures() -> dict:  # type: ignore[type-arg]
    return measure(seed=7, each=4)


def test_the_set_is_wide() -> None:
    """More than 400 values, in more than 20 ways and 10 languages."""
    texts = list(cases(Random(7), 4))

    assert len(texts) >= 400
    assert len(PLANTED) >= 20
    assert len({kind.language for kind in PLANTED}) >= 10


def test_planted_values_are_gone(figures: dict) -> None:  # type: ignore[type-arg]
    """At least 99 % of what is promised, and what stands around a value stays."""
    assert figures["recall"] >= 0.99, figures["missed"][:5]
    for name, row in figures["families"].items():
        assert row["kept"] == row["planted"], name


def test_look_alikes_stay(figures: dict) -> None:  # type: ignore[type-arg]
    """At most .5 % of what only looks like a value is touched."""
    looks = figures["looks"]

    assert looks["planted"] >= 400
    assert looks["kept"] >= 0.995 * looks["planted"], figures["touched"]


def test_presidio_is_measured_like_ours_where_it_is_installed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By its analyzer's findings; where it is not, the table says what to install."""
    finding = SimpleNamespace(start=5, end=8, entity_type="NAME")
    analyzer = SimpleNamespace(analyze=lambda text, language: [finding, finding])

    assert PresidioRedactor(analyzer).redact("I am Ada.").text == "I am [NAME]."
    assert measure(1, 1, PresidioRedactor(SimpleNamespace(analyze=lambda **_: [])))["recall"] == 0
    if presidio.installed() is None:
        privacy(seed=1, each=1)
        assert "pip install presidio-analyzer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Please call me when you are back.", "en"),
        ("Ich wohne mit meiner Schwester in Köln.", "de"),
        ("J'ai mangé avec des amis hier.", "fr"),
        ("Mañana voy con mi hermana al médico.", "es"),
        ("Eu não gosto de café da manhã.", "pt"),
        ("Domani vado con gli amici in montagna.", "it"),
        ("Ik ga morgen met de trein naar huis.", "nl"),
        ("Jutro nie ma mnie w domu, proszę pisać.", "pl"),
        ("Я живу в Москве", "ru"),
        ("Я живу у Києві", "uk"),
        ("私は東京に住んでいます", "ja"),
        ("我住在北京", "zh"),
        ("저는 서울에 살아요", "ko"),
        ("मैं दिल्ली में रहता हूँ", "hi"),
        ("أنا أعيش في القاهرة", "ar"),
    ],
)
def test_a_language_is_told_by_script_and_common_words(text: str, language: str) -> None:
    """The likeliest language comes first."""
    assert likely(text)[0] == language


def test_a_text_without_words_has_no_language() -> None:
    """Numbers and signs tell nothing."""
    assert likely("4111 1111 1111 1111") == ()
    assert likely("") == ()


_LINES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/personal.jsonl").read_text("utf-8").splitlines()
]
"""Written one by one, as people write: beside what is made by seed."""


@pytest.mark.parametrize(
    "line", [line for line in _LINES if "gone" in line], ids=itemgetter("text")
)
def test_a_value_is_gone(line: dict[str, str]) -> None:
    """However people write it."""
    assert line["gone"] not in PatternRedactor().redact(line["text"]).text


@pytest.mark.parametrize(
    "line", [line for line in _LINES if "gone" not in line], ids=itemgetter("text")
)
def test_a_look_alike_stays(line: dict[str, str]) -> None:
    """To the letter."""
    assert PatternRedactor().redact(line["text"]).text == line["text"]
