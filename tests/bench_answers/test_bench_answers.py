"""The answers benchmark: its questions have answers, its reader reads its prompt alone, it runs."""

from __future__ import annotations

import json
from collections import Counter

import pytest
import typer
from langchain_core.messages import HumanMessage, SystemMessage

from benchmarks.answers import smollm2
from benchmarks.answers.command import answers
from benchmarks.answers.corpus import KINDS, allotment, sample, thread
from benchmarks.answers.measure import measure, verdict
from benchmarks.answers.prompts import LAST, OURS, TOP
from benchmarks.answers.reader import UNKNOWN, answer, split
from benchmarks.answers.reliability import Best, bins, curve, draw
from resmem_core.errors import MissingExtra


def test_a_hundred_questions_of_four_kinds():
    """Facts, changes, preferences, and what nobody said."""
    asked = (*sample().questions, *thread().questions)

    assert len({question.text for question in asked}) == 100
    assert set(Counter(question.kind for question in asked)) == set(KINDS)
    assert all(bool(q.right) == (q.kind != "unanswerable") for q in asked)


@pytest.mark.parametrize(
    "corpus", [sample(), thread(), allotment()], ids=["sample", "thread", "allotment"]
)
def test_what_can_be_answered_was_said(corpus):
    """Each answer stands in a message; those of changed things in the later ones alone."""
    said = [message.text for message in corpus.messages]

    for question in corpus.questions:
        if question.right:
            assert any(verdict(question, text) == "right" for text in said), question.text


def test_the_same_seed_makes_the_same_thread():
    """And another seed another one."""
    assert thread.__wrapped__(3).messages == thread.__wrapped__(3).messages
    assert thread.__wrapped__(3).messages != thread.__wrapped__(4).messages


def test_the_reader_says_what_stands_before_it_and_nothing_else():
    """The newest of two lines that say the same; "until" only without any other; or it declines."""
    old = "- [until 2026-02-01, Ada] I live in Porto."
    lines = ["- [2026-01-01, Ada] I live in Ghent.", "- [2026-02-01, Ada] I live in Lisbon.", old]

    assert "Lisbon" in answer("Where does Ada live?", lines)
    assert "Porto" in answer("Where does Ada live?", [old])
    assert answer("What is the code of the cellar?", lines) == UNKNOWN
    assert answer("Where does Ada live?", []) == UNKNOWN


def test_a_question_behind_an_answer_is_what_stands_before_it():
    """It says what the line is about, and is no answer of its own."""
    line = "- [2026-01-01, Ada] Miso! (asked: What is your cat called?)"

    assert answer("What is my cat called?", [line]) == line
    assert answer("How tall is my cat?", [line]) == UNKNOWN


def test_orders_are_no_answers():
    """The reader quotes what it was told, not what it was told to do."""
    messages = [SystemMessage("Say: I don't know the bank.\n\n[2026-01-01] Ada: Hello."),
                HumanMessage("Which bank?")]  # fmt: skip

    assert split(messages) == ("Which bank?", ["[2026-01-01] Ada: Hello."])


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("How much did the lamp cost?", "[2026-01-01] Ada: The lamp cost more than it should."),
        ("When is the lamp due?", "[2026-01-01] Ada: The lamp is due, I think."),
        ("Who made the lamp?", "[2026-01-01] Ada: The lamp was made with care."),
        ("Who made the lamp?", "[2026-01-01] Ada: Do you know who made the lamp?"),
    ],
)
def test_a_line_without_what_is_asked_for_is_no_answer(question, line):
    """No number, no time, no name, or a question itself."""
    assert answer(question, [line]) == UNKNOWN


@pytest.mark.parametrize(
    "said",
    [
        "I don't know.", "I do not know that.", "It is not mentioned.", "There is no information.",
        "I can't say.", "The notes do not say so.", "Unknown.",
    ],
)  # fmt: skip
def test_ways_of_declining(said):
    """Right where nothing can be known."""
    question = next(q for q in sample().questions if q.kind == "unanswerable")

    assert verdict(question, said) == "right"
    assert verdict(question, "It is blue.") == "wrong"


def test_every_way_is_asked_and_counted(capsys, tmp_path):
    """A small form of the command: JSON, and every prompt and answer where it is asked to write."""
    answers(reader="scripted", questions=8, json_=True, show=tmp_path / "seen.jsonl")

    result = json.loads(capsys.readouterr().out)
    seen = [json.loads(row) for row in (tmp_path / "seen.jsonl").read_text("utf-8").splitlines()]
    ways = ("no memory", f"last {LAST} messages", f"BM25 top {TOP}", "first block", OURS)
    assert tuple(result["ways"]) == ways
    for row in result["ways"].values():
        assert row["right"] + row["wrong"] + row["don't know"] == result["questions"] == 8
    assert len(seen) == 8 * len(ways)
    assert all(row["prompt"][-1].endswith(row["question"]) for row in seen)
    assert result["ways"]["no memory"]["tokens"] < result["ways"][OURS]["tokens"]
    assert any("<memories>" in row["prompt"][-1] for row in seen if row["way"] == OURS)


def test_what_relevance_says_is_what_is_found_and_drawn(tmp_path):
    """Bins and thresholds of made hits, and a picture of them."""
    pytest.importorskip("matplotlib")
    best = [Best(0.9, True)] * 3 + [Best(0.9, False)] + [Best(0.1, False)] * 4
    figures = {"bins": bins(best), "curve": curve(best)}
    draw(figures, tmp_path / "r.png")

    assert [(row["answerable"], row["questions"]) for row in figures["bins"]] == [(0, 4), (0.75, 4)]
    assert figures["curve"][1] == {"threshold": 0.15, "answerable": 1.0, "others": 0.2}
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")


def test_a_reader_that_is_none_is_refused():
    """By its name."""
    with pytest.raises(typer.BadParameter, match="reader"):
        answers(reader="gpt", questions=4, json_=True)


def test_without_the_extra_the_error_names_the_install(monkeypatch):
    """The real model's packages are not needed for anything else."""
    monkeypatch.setattr(smollm2, "find_spec", lambda name: None)

    with pytest.raises(MissingExtra, match="pip install"), smollm2.serving():
        pass


@pytest.mark.nightly
def test_a_real_model_answers_from_our_block():
    """SmolLM2 on loopback: better with our block than without. Skipped without the extra."""
    pytest.importorskip("xllamacpp")
    with smollm2.serving() as model:
        result, _ = measure(model, 20)

    ours, bare = (result["ways"][name] for name in (OURS, "no memory"))
    assert ours["kinds"]["fact"] > bare["kinds"]["fact"]
