"""The gate benchmark: honest counts, fair controls, no look at the answers before scoring."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.memory import gate
from benchmarks.memory.score import Prepared, prepare
from benchmarks.memory.sets import load
from resmem_core.config.recall import RecallWeights
from resmem_core.memory.gate.features import FEATURES
from resmem_core.memory.index.embed import LexicalEmbedder

NEWS = (
    "I bought a red kayak in Porto last week.", "My sister Zoe plays the cello.",
    "We adopted a beagle named Rex yesterday.", "I started as a baker in June.",
)  # fmt: skip
CHAT = ("Wow, that is great!", "Thanks, you are so kind!", "How are you?", "Take care!")


def turns() -> Iterator[dict[str, str]]:
    for i in range(80):
        text = NEWS[i // 4 % 4] + f" Number {i}." if i % 4 == 0 else CHAT[i % 4]
        yield {"speaker": "Ada" if i % 2 else "Bob", "dia_id": f"D1:{i + 1}", "text": f"{text}"}


@pytest.fixture
def part(tmp_path: Path) -> Prepared:
    qa: list[dict[str, Any]] = [
        {"question": "What did Bob buy?", "answer": "x", "category": 4, "evidence": ["D1:1"]},
        {"question": "Who plays the cello?", "answer": "x", "category": 1, "evidence": ["D1:5"]},
    ]
    talk = {
        "speaker_a": "Ada",
        "speaker_b": "Bob",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": list(turns()),
    }
    path = tmp_path / "talk.json"
    path.write_text(json.dumps([{"sample_id": "conv-1", "conversation": talk, "qa": qa}]))
    return prepare(load(path)[0], LexicalEmbedder())


def test_figures_and_controls(part: Prepared) -> None:
    """Every control keeps as many messages as the gate; admit-all keeps all evidence."""
    result = gate.measure([part], [0.5, 0.25], weights=RecallWeights(), seed=1)

    assert set(result["controls"]) == {"random", "longest", "newest", "user first", "admit_all"}
    for level, row in result["gate"].items():
        kept = {
            result["controls"][name][level]["kept"]
            for name in ("random", "longest", "newest", "user first")
        }
        assert kept == {row["kept"]}
        assert row["kept"] <= float(level) + 0.1
    assert result["controls"]["admit_all"]["1"]["evidence"] == 1.0
    assert result["gate_f1"]["budget"] == gate.OPERATING_POINT


def test_news_is_kept_and_chat_is_dropped(part: Prepared) -> None:
    """At a budget of half, both facts survive."""
    rows = gate.keep_of(gate.stream_of(part), 0.5)

    assert part.conversation.evidence <= {row.memory.id for row in rows}


def test_the_gate_does_not_see_the_questions(part: Prepared) -> None:
    """Without questions the same messages are kept."""
    blind = replace(part, conversation=replace(part.conversation, questions=()), questions={})
    kept = [[row.memory.id for row in gate.keep_of(gate.stream_of(p), 0.4)] for p in (part, blind)]

    assert kept[0] == kept[1]


def test_ablation_has_a_row_per_feature(part: Prepared) -> None:
    """One row for all features and one without each."""
    result = gate.measure([part], [0.25], weights=RecallWeights(), seed=1, ablation=True)

    assert set(result["gate_ablation"]) == {"all", *(f"-{name}" for name in FEATURES)}


def test_a_long_answer_does_not_crowd_out_the_users_line(tmp_path: Path) -> None:
    """Of a thread with an assistant, half a budget keeps nearly all that the user decided."""
    things = [
        "kayak",
        "loom",
        "cello",
        "sauna",
        "drill",
        "lathe",
        "tent",
        "stove",
        "piano",
        "canoe",
    ]
    days = ["Monday", "Tuesday", "Thursday", "Friday", "Sunday"]
    turns = []
    for i in range(40):
        thing = things[i % 10]
        asked = f"I want the {thing} number {i} delivered on {days[i % 5]}, can you plan it?"
        steps = [
            f"{n}. **Step {n}**: Check supplier {i * 9 + n} in Berlin for the {things[n]} by June."
            for n in range(9)
        ]
        turns.append({"speaker": "User", "text": asked})
        turns.append({"speaker": "Assistant", "text": "Certainly! " + "\n".join(steps)})
    turns = [{**turn, "dia_id": f"D1:{i + 1}"} for i, turn in enumerate(turns)]
    evidence = [str(turn["dia_id"]) for turn in turns[::2]]
    talk = {"speaker_a": "User", "speaker_b": "Assistant", "session_1": turns}
    qa = [{"question": "What is delivered?", "answer": "x", "category": 4, "evidence": evidence}]
    path = tmp_path / "agent.json"
    path.write_text(json.dumps([{"sample_id": "a", "conversation": talk, "qa": qa}]))
    part = prepare(load(path)[0], LexicalEmbedder())
    kept = {row.memory.id for row in gate.keep_of(gate.stream_of(part), 0.5)}

    assert len(part.conversation.evidence & kept) >= 0.9 * len(evidence)
