"""The memory benchmark, on a conversation written for this test."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.memory import ablate, score
from benchmarks.memory.conversations import Question
from benchmarks.memory.plot import draw
from benchmarks.memory.run import run
from benchmarks.memory.sets import load
from resmem_core.config.recall import RecallWeights
from resmem_core.errors import InputError
from resmem_core.memory.index import named as embedders
from resmem_core.memory.index.embed import LexicalEmbedder

SAID = [
    ("Ada", "I adopted a grey cat yesterday.", "a grey cat on a sofa"),
    ("Ben", "What is her name?", None),
    ("Ada", "Miso! She sleeps on my violin case.", None),
    ("Ben", "My sister and I went kayaking last weekend.", None),
]
ASKED: list[dict[str, Any]] = [
    {"question": "When did Ada adopt a cat?", "category": 2, "evidence": ["D1:1"]},
    {"question": "Who went kayaking with Ben?", "category": 4, "evidence": ["D1:4; D1:99"]},
    {"question": "Does Ben own a boat?", "category": 5, "evidence": ["D1:4"]},
    {"question": "What is the capital of Peru?", "category": 3, "evidence": ["D7:7"]},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A file in the LoCoMo format."""
    turns = [
        {"speaker": who, "dia_id": f"D1:{i}", "text": text, **({"blip_caption": c} if c else {})}
        for i, (who, text, c) in enumerate(SAID, start=1)
    ]
    conversation = {
        "speaker_a": "Ada", "speaker_b": "Ben", "session_1": turns,
        "session_1_date_time": "1:56 pm on 8 May, 2023",
    }  # fmt: skip
    path = tmp_path / "talk.json"
    sample = {"sample_id": "conv-1", "conversation": conversation, "qa": ASKED}
    path.write_text(json.dumps([sample]), encoding="utf-8")
    return path


def test_only_questions_with_evidence_are_asked(data: Path) -> None:
    """Adversarial ones, and those whose evidence no message has, are left out."""
    (conversation,) = load(data)

    assert [q.text for q in conversation.questions] == [q["question"] for q in ASKED[:2]]
    assert conversation.evidence == {"conv-1:D1:1", "conv-1:D1:4"}


def test_the_caption_of_a_picture_is_part_of_the_message(data: Path) -> None:
    """Questions may ask for what a picture shows."""
    (conversation,) = load(data)

    assert "sofa" in conversation.messages[0].message.text


def test_a_share_counts_evidence_among_the_first_k() -> None:
    """Half of two found among five is one half; a merged memory counts for all its sources."""
    question = Question("?", "multi-hop", frozenset({"a", "b"}))
    rows = score.shares([question], lambda _, k: [("x", "a"), *[("y",)] * 6, ("b",)][:k])

    assert rows.tolist() == [[0.5, 1.0, 1.0]]


def test_the_figures_have_the_documented_shape(data: Path) -> None:
    """The JSON of design section 8, ours and the controls in one run."""
    result = run(data, LexicalEmbedder(), keep=(), ablation=True)

    assert result["questions"] == 2
    assert result["recall"] == {"5": 1.0, "10": 1.0, "25": 1.0}
    assert {"bm25s", "cosine", "rrf"} <= set(result["controls"])
    assert set(result["ablation"]) == set(ablate.WITHOUT)
    assert json.loads(json.dumps(result)) == result


def test_the_answer_key_is_not_read_before_scoring(data: Path) -> None:
    """Other evidence changes the score, never the ranking."""
    (conversation,) = load(data)
    prepared = score.prepare(conversation, LexicalEmbedder())
    rank = score.ours(prepared, prepared.index(), RecallWeights())
    question = conversation.questions[0]

    other = Question(question.text, "multi-hop", frozenset({"conv-1:D1:3"}))

    assert rank(question, 10) == rank(other, 10)


def test_each_ablation_changes_the_weights_that_it_names() -> None:
    """No row of the table measures the whole system twice."""
    whole = RecallWeights()

    assert all(less != whole for less in ablate.variants(whole).values())


def test_the_interval_of_one_value_is_nothing() -> None:
    """A bootstrap over equal shares has no width."""
    assert score.interval(np.ones((20, 3)), np.random.default_rng(0)) == 0.0


@pytest.mark.parametrize("content", ["", "[]", "{}", '[{"conversation": 3}]', "not json"])
def test_a_file_that_is_no_benchmark_is_an_input_error(tmp_path: Path, content: str) -> None:
    """It fails loudly, without a traceback of ours."""
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(InputError):
        load(path)


def test_a_missing_file_or_name_is_an_input_error(data: Path) -> None:
    """So is a conversation that the file does not hold."""
    with pytest.raises(InputError, match=r"locomo10\.json"):
        load(data.with_name("nothing.json"))
    with pytest.raises(InputError, match="no conversation"):
        load(data, ["42"])


@pytest.mark.parametrize(
    "name", ["", "bert", "sentence-transformers:", "sentence-transformers:/no"]
)
def test_an_unknown_embedder_is_an_input_error(name: str) -> None:
    """The message lists what there is."""
    with pytest.raises(InputError):
        embedders.by_name(name)


def test_relevance_tells_what_is_answered(data: Path) -> None:
    """Answerable questions stand above the others; small talk gets no line at the default."""
    found = run(data, LexicalEmbedder(), keep=())["relevance"]
    at_default = found["curve"][f"{found['default']:g}"]

    assert found["auc"]["all"] > 0.85
    assert at_default["any"]["small talk"] == 0
    assert at_default["answerable"] == 1
    assert 0 < found["told"]["lines"] <= 5
    assert found["told"]["right"] >= at_default["lines"]
    assert found["told"]["others"] < found["told"]["lines"]


def test_the_pictures_are_drawn(data: Path, tmp_path: Path) -> None:
    """Three files, from the figures alone."""
    pytest.importorskip("matplotlib")
    paths = draw(run(data, LexicalEmbedder(), keep=()), tmp_path / "out")

    assert [path.name for path in paths] == [
        "memory-lexical-256-latency.png", "memory-lexical-256-storage.png",
        "memory-lexical-256-reliability.png",
    ]  # fmt: skip
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


@pytest.mark.nightly
def test_the_command_prints_json_only(data: Path) -> None:
    """What a script reads is JSON; errors go to the other stream with exit code 2."""
    command = [sys.executable, "-m", "benchmarks.memory", "--json", "--keep", "", "--data"]
    done = subprocess.run([*command, str(data)], capture_output=True, text=True, check=True)
    failed = subprocess.run([*command, "nowhere.json"], capture_output=True, text=True, check=False)

    assert json.loads(done.stdout)["embedder"] == "lexical-256"
    assert failed.returncode == 2
    assert failed.stdout == ""
