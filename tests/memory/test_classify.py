"""The offline classifier: bounds, explanations, language, and its measured confusion."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import labels
from resmem_core.memory.affect import classify, lexicon
from resmem_core.memory.affect.classify import AFFECT, LexiconClassifier, affect
from resmem_core.protocols import Classifier
from resmem_core.types import NEUROCHEMICALS

CLASSIFIER = LexiconClassifier()
ROOT = Path(__file__).parents[2]
LABELLED = ROOT / "tests" / "data" / "labelled.jsonl"

words = st.lists(
    st.sampled_from(
        ["thanks", "not", "very", "failed", "URGENT", "!", "?", "tired", "😡", "no rush",
         "by the way", "proud", "\n", "ok"]
    )
).map(" ".join)  # fmt: skip


def lead(text: str) -> str:
    scores = CLASSIFIER.scores(text)
    return max(scores, key=lambda name: scores[name])


@settings(deadline=None)
@given(st.one_of(st.text(), words))
def test_scores_are_twelve_numbers_in_the_unit_interval(text: str) -> None:
    """Any text gives the twelve, in their order, each in [0, 1]; the same text the same scores."""
    scores = CLASSIFIER.scores(text)

    assert tuple(scores) == NEUROCHEMICALS
    assert all(0 <= x <= 1 for x in scores.values())
    assert scores == CLASSIFIER.scores(text)


@settings(deadline=None)
@given(st.one_of(st.text(), words))
def test_every_score_names_its_words(text: str) -> None:
    """A score is above zero exactly where there is evidence."""
    scores = CLASSIFIER.scores(text)

    assert set(CLASSIFIER.evidence(text)) == {name for name, x in scores.items() if x > 0}


@pytest.mark.parametrize(
    "text", ["", "   ", "The bus stops by the pharmacy.", "Das ist ein Satz.", "12:30"]
)
def test_nothing_in_the_text_is_the_calm_baseline(text: str) -> None:
    """A text without a listed word moves nothing."""
    assert set(CLASSIFIER.scores(text).values()) == {0.0}
    assert affect(CLASSIFIER.scores(text)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The build failed again, same error", "cortisol"),
        ("I wonder how does it work", "dopamine"),
        ("A calm and peaceful evening", "serotonin"),
        ("I trust you with this", "oxytocin"),
        ("Emergency, call me immediately", "epinephrine"),
        ("You idiot, shut up", "norepinephrine"),
        ("Exhausted, going to bed", "melatonin"),
        ("By the way, changing the subject", "estrogen"),
        ("I won, a new personal best", "testosterone"),
        ("Remind me, what did I say", "insulin"),
        ("Keep it short, just the answer", "thyroid"),
        ("Thank you, what a relief", "endorphins"),
        ("😡", "norepinephrine"),
        ("😴", "melatonin"),
    ],
)
def test_each_neurochemical_leads_where_its_job_is(text: str, name: str) -> None:
    """One plain example of each."""
    assert lead(text) == name


def test_negation_turns_a_word_toward_its_opposite() -> None:
    """`not happy` is stress and not joy; the evidence says so."""
    scores = CLASSIFIER.scores("I am not happy")

    assert scores["serotonin"] == scores["endorphins"] == 0
    assert scores["cortisol"] > 0
    assert CLASSIFIER.evidence("I am not happy")["cortisol"] == ("not happy",)


def test_negation_ends_with_its_clause() -> None:
    """In `not today, thanks` the thanks stand."""
    assert CLASSIFIER.scores("not today, thanks") == CLASSIFIER.scores("today, thanks") | {
        name: x
        for name, x in CLASSIFIER.scores("not today, thanks").items()
        if name != "endorphins"
    }
    assert CLASSIFIER.scores("not today, thanks")["endorphins"] > 0.5


@pytest.mark.parametrize(
    ("weak", "strong", "name"),
    [
        ("I am tired", "I am very tired", "melatonin"),
        ("slightly worried", "worried", "cortisol"),
        ("it is urgent", "it is urgent!!", "epinephrine"),
        ("it is urgent now", "it is URGENT now", "epinephrine"),
        ("why is it so", "WHY IS IT SO", "epinephrine"),
    ],
)
def test_intensifiers_marks_and_capitals_weigh(weak: str, strong: str, name: str) -> None:
    """The stronger wording scores higher."""
    assert CLASSIFIER.scores(weak)[name] < CLASSIFIER.scores(strong)[name]


def test_inflections_count_and_typographic_apostrophes_too() -> None:
    """Words are compared by stem; ’ is an apostrophe."""
    assert CLASSIFIER.scores("worries")["cortisol"] == CLASSIFIER.scores("worry")["cortisol"] > 0
    assert CLASSIFIER.scores("it isn’t working") == CLASSIFIER.scores("it isn't working")


def test_the_longest_phrase_wins() -> None:
    """`had no idea` is one phrase, not a negated idea."""
    assert "had no idea" in CLASSIFIER.evidence("I had no idea about it")["dopamine"]


def test_work_grows_with_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """One look-up per token at most, whatever the text."""
    looked = 0
    match = classify._match

    def counted(words: list[str], i: int) -> tuple[int, classify.Weights]:
        nonlocal looked
        looked += 1
        return match(words, i)

    monkeypatch.setattr(classify, "_match", counted)
    CLASSIFIER.scores("thank you not! " * 1000)

    assert looked <= 4000


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=12, max_size=12))
def test_affect_is_bounded(values: list[float]) -> None:
    """Arousal and valence in [-1, 1], stress and value in [0, 1], for any twelve scores."""
    out = affect(dict(zip(NEUROCHEMICALS, values, strict=True)))

    assert -1 <= out.arousal <= 1
    assert -1 <= out.valence <= 1
    assert 0 <= out.stress <= 1
    assert 0 <= out.value <= 1


def test_affect_orders_what_people_would_order() -> None:
    """Failure stresses, thanks do not; alarm arouses, fatigue does not; pride is pleasant."""
    feel = {name: affect(CLASSIFIER.scores(text)) for name, text in {
        "failure": "it failed again", "thanks": "thank you", "alarm": "emergency, fire!",
        "fatigue": "so tired", "pride": "I won, so proud",
    }.items()}  # fmt: skip

    assert feel["failure"].stress > 0.4 > feel["thanks"].stress
    assert feel["alarm"].arousal > 0.4 > -0.4 > feel["fatigue"].arousal
    assert feel["pride"].valence > 0.3 > -0.3 > feel["failure"].valence


def test_tables_name_exactly_the_twelve() -> None:
    """Word lists, affect matrix, emoji and prototypes speak of the same neurochemicals."""
    assert tuple(AFFECT) == NEUROCHEMICALS
    assert set(lexicon.WORDS) == set(NEUROCHEMICALS)
    assert {n for w in lexicon.EMOJI.values() for n in w} <= set(NEUROCHEMICALS)
    assert {n for p in labels.PROTOTYPES.values() for n in p} <= set(NEUROCHEMICALS)


def test_it_is_a_classifier() -> None:
    """It fits the protocol."""
    assert isinstance(CLASSIFIER, Classifier)


def test_labelled_set_is_what_it_says() -> None:
    """At least 320 different messages, every label in both halves, the lead as documented."""
    examples = labels.load(LABELLED)

    assert len({one.text for one in examples}) == len(examples) >= 320
    for half in ("tune", "held"):
        assert {e.label for e in examples if e.half == half} == set(labels.PROTOTYPES)
    assert all(
        set(e.leads) == set(list(labels.PROTOTYPES[e.label])[: len(e.leads)]) for e in examples
    )


def test_held_out_accuracy_has_a_floor() -> None:
    """On the half that the word lists were not written from: at least .75 of 14 labels."""
    held = [one for one in labels.load(LABELLED) if one.half == "held"]

    assert labels.accuracy(labels.confusion(held, CLASSIFIER)) >= 0.75


def test_expected_neurochemicals_lead() -> None:
    """In at least .75 of the held-out messages with a feeling, an expected score is the highest."""
    held = [one for one in labels.load(LABELLED) if one.half == "held" and one.leads]
    led = [lead(one.text) in one.leads for one in held]

    assert sum(led) / len(led) >= 0.75


def test_the_documented_affect_matrix_is_the_one_in_use() -> None:
    """docs/classifier.md shows `AFFECT`."""
    page = (ROOT / "docs" / "classifier.md").read_text("utf-8")

    for name, row in AFFECT.items():
        assert f"| {name} | " + " | ".join(f"{x:g}" for x in row) + " |" in page


def test_the_documented_confusion_table_is_the_measured_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """docs/classifier.md holds what the command prints."""
    labels.main([str(LABELLED)])
    printed = capsys.readouterr().out

    assert printed.strip() in (ROOT / "docs" / "classifier.md").read_text("utf-8")
