"""Sets for the memory benchmark: other people's formats, our own, and the ledger of looks."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.memory import ablate, languages, looks, threads
from benchmarks.memory.command import memory
from benchmarks.memory.conversations import AGENTS, PEOPLE
from benchmarks.memory.run import run
from benchmarks.memory.score import sources
from benchmarks.memory.sets import load, open_sets
from resmem_core.config.recall import RecallWeights
from resmem_core.errors import InputError
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.types import Memory

LONG = [
    {
        "question_id": "q1",
        "question_type": "single-session-user",
        "question": "What did I plant?",
        "haystack_session_ids": ["s1", "s2"],
        "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 02:21"],
        "haystack_sessions": [
            [{"role": "user", "content": "It rains."}, {"role": "assistant", "content": "Yes."}],
            [{"role": "user", "content": "I planted a quince.", "has_answer": True}],
        ],
    },
    {
        "question_id": "q2_abs",
        "question": "What did I sell?",
        "haystack_sessions": [[{"role": "user", "content": "I planted a quince."}]],
    },
]
CONVO = {
    "evidence_items": [
        {
            "question": "What is my dog called?",
            "category": "pets",
            "message_evidences": [{"speaker": "User", "text": "My dog is called  Rex."}],
            "conversations": [
                {"messages": [{"speaker": "User", "text": "my dog is called Rex."}]},
                {"messages": [{"speaker": "Assistant", "text": "How nice."}]},
            ],
        },
        {
            "question": "What is my cat called?",
            "message_evidences": [],
            "conversations": [{"messages": [{"speaker": "User", "text": "I have no cat."}]}],
        },
    ]
}
TAU = [
    {
        "task_id": 3,
        "info": {
            "task": {
                "actions": [
                    {"name": "cancel_order", "kwargs": {"order_id": "#W12", "reason": "late"}},
                    {"name": "get_user", "kwargs": {"n": 1}},
                ]
            }
        },
        "traj": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "My order #w12 is lost."},
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "tool", "content": '{"order": "#W12"}'},
        ],
    }
]


def written(tmp_path: Path, document: Any) -> Path:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_longmemeval_is_read(tmp_path: Path) -> None:
    """A turn that has the answer is the evidence; a question that abstains has none."""
    asked, never = load(written(tmp_path, LONG))

    assert [(q.category, q.evidence) for q in asked.questions] == [
        ("single-session-user", frozenset({"q1:s2:0"}))
    ]
    assert len(asked.messages) == 3
    assert never.unanswerable == ("What did I sell?",)


@pytest.mark.parametrize(
    "document",
    [
        CONVO,
        CONVO["evidence_items"],
        [{"evidenceItems": CONVO["evidence_items"], "conversations": []}],
    ],
)
def test_convomem_is_read(tmp_path: Path, document: Any) -> None:
    """Whatever wraps its items, evidence is found by its text."""
    asked, never = load(written(tmp_path, document))

    assert [q.evidence for q in asked.questions] == [frozenset({"data-0:0:0"})]
    assert [m.message.role for m in asked.messages] == ["user", "assistant"]
    assert never.unanswerable == ("What is my cat called?",)


def test_a_trajectory_is_asked_for_its_arguments(tmp_path: Path) -> None:
    """What the user said of an expected call is evidence; the system's prompt is not read."""
    (data,) = open_sets(written(tmp_path, TAU))
    (conversation,) = data.conversations

    assert data.kind == AGENTS
    assert [(q.text, q.category) for q in conversation.questions] == [
        ("Which order id to cancel order?", "cancel_order")
    ]
    assert {m.message.role for m in conversation.messages} == {"user", "tool"}


@pytest.mark.parametrize("document", [[], {}, [{}], [{"traj": []}], {"evidence_items": []}, "a"])
def test_what_is_no_set_is_one_typed_error(tmp_path: Path, document: Any) -> None:
    """It names the formats that are read."""
    with pytest.raises(InputError, match="LongMemEval"):
        load(written(tmp_path, document))


def test_a_summary_counts_for_what_it_shows() -> None:
    """It names all messages that it was made from, and holds the words of one."""
    words = {"a": "I planted a quince by the shed.", "b": "The fence needs green paint."}
    summary = Memory(
        "s", ("a",), "I planted a quince by the shed.", ("a", "b"), role="user", semantic=True
    )
    merged = Memory("m", ("a",), "I planted a quince.", ("a", "b"), role="user")

    assert sources(summary, words) == {"a"}
    assert sources(merged, words) == {"a", "b"}


@pytest.mark.parametrize("code", [s.language for s in languages.data_sets()])
def test_a_languages_set_is_whole(code: str) -> None:
    """Forty facts with two questions each, ten changes, ten questions that nothing answers."""
    conversation = languages.read(code)

    assert len(conversation.messages) == 50
    assert len({m.message.text for m in conversation.messages}) == 50
    assert len(conversation.questions) == 80
    assert len({q.text for q in conversation.questions}) == 80
    assert sum(q.category == "change" for q in conversation.questions) == 20
    assert len(conversation.unanswerable) == 10


def test_every_thread_of_ours_has_a_machine_and_asks_for_what_tools_returned() -> None:
    """The kinds of thing that agents' threads hold are all asked for."""
    data = threads.data_set()
    asked = {q.category for each in data.conversations for q in each.questions}

    assert data.kind == AGENTS
    assert {"tool", "assistant", "instruction", "correction", "preference", "code"} <= asked
    assert all(
        {"user", "assistant", "tool"} == {m.message.role for m in each.messages}
        for each in data.conversations
    )


def test_our_threads_are_found() -> None:
    """After sleep no less than nine of ten things are among the first ten, in every category."""
    result = run(threads.data_set(), LexicalEmbedder(), keep=())

    assert result["kind"] != PEOPLE
    assert result["recall"]["10"] >= 0.9
    assert result["recall"]["10"] >= max(result["alone"].values()) - result["ci"]
    assert min(result["categories"].values()) >= 0.75


def test_each_signal_alone_is_one_weight() -> None:
    """Nothing but that signal is left of the sum."""
    for name, weights in ablate.alone(RecallWeights()).items():
        left = {n for off in ablate.WITHOUT.values() for n in off if getattr(weights, n) == 1.0}

        assert left - {"several", "sharp_words", "sharp_dense", "others"} == {name}


def test_each_look_at_a_held_out_file_is_written_down(tmp_path: Path) -> None:
    """The same bytes under another name count on; another file begins anew."""
    ledger, first, other = (tmp_path / name for name in ("out/looks.jsonl", "a.json", "c.json"))
    first.write_text("[1]")
    (same := tmp_path / "b.json").write_text("[1]")
    other.write_text("[2]")
    result = {"embedder": "lexical-256", "recall": {"10": 0.5}}
    now = datetime(2024, 1, 1, tzinfo=UTC)

    assert [looks.note(ledger, path, result, now) for path in (first, same, other)] == [1, 2, 1]
    rows = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [row["recall10"] for row in rows] == [0.5] * 3
    assert rows[0]["at"] == "2024-01-01T00:00:00+00:00"


def test_one_table_holds_every_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, our threads and our languages are lines of it; a held-out file tells its looks."""
    monkeypatch.setattr(languages, "FULL", ("en",))
    monkeypatch.setattr(languages, "BASIC", ())
    app = typer.Typer()
    app.command()(memory)
    path = written(tmp_path, LONG)
    single = ["--held-out", str(path), "--keep", "", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, ["--data", str(path), "--data", "threads", "--keep", ""])
    looked = CliRunner().invoke(app, single)

    assert done.exit_code == 0, done.output
    for name in ("data.json", "threads", "language-en", "never slept", "user first"):
        assert name in done.output
    assert re.search(r"held out; looks so far: 1", looked.output)
    again = CliRunner().invoke(app, ["--data", *single[1:]])
    assert re.search(r"held out; looks so far: 2", again.output)
    assert "(1)" in again.output
    assert (tmp_path / "looks.jsonl").exists()
