"""Threads of a user with an agent that we wrote: decisions, tools, code, and long answers to them.

Of `data/threads.jsonl`: what a user says, what a tool returns, what an assistant commits to, and
what is asked about it later. Where the file has no answer, one is made that says every word of the
request again, in steps and code: the bulk that real assistants write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from benchmarks.memory.conversations import AGENTS, Conversation, DataSet, Question
from resmem_core.importers import Imported
from resmem_core.types import Message

_FILE: Final = Path(__file__).parent / "data" / "threads.jsonl"
_BEGAN: Final = datetime(2024, 5, 6, 9, tzinfo=UTC)


def data_set() -> DataSet:
    """All threads."""
    rows = map(json.loads, _FILE.read_text(encoding="utf-8").splitlines())
    grouped = groupby(rows, key=lambda row: str(row["thread"]))
    return DataSet("threads", tuple(_thread(name, list(g)) for name, g in grouped), AGENTS, "en")


def answer(text: str, place: int) -> str:
    """A long answer that says every word of the request again, in steps and code."""
    topic = text.rstrip("?.")
    steps = [
        f"{n}. **Step {n}**: Consider {topic.lower()}; review option {place * 7 + n}, note the "
        "day, the price, the people and the goal, and check what it takes before the change."
        for n in range(1, 9)
    ]
    return "Certainly! Here is a plan:\n" + "\n".join(steps) + "\n```python\nplan = review()\n```"


def _thread(name: str, rows: list[dict[str, Any]]) -> Conversation:
    turns = list(_turns(rows))
    talk = tuple(
        Imported(
            Message(row["role"], row["text"], id=f"{name}:{place}", at=_BEGAN + _gap(place)),
            f"{name}:{place // 20}",
            name,
        )
        for place, row in enumerate(turns)
    )
    questions = tuple(
        Question(row["question"], row["category"], frozenset({f"{name}:{place}"}))
        for place, row in enumerate(turns)
        if "question" in row
    )
    return Conversation(name, talk, questions)


def _turns(rows: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The rows, each of the user's with an answer behind it."""
    for place, row in enumerate(rows):
        yield row
        after = rows[place + 1]["role"] if place + 1 < len(rows) else "user"
        if row["role"] != "assistant" and after == "user":
            yield {"role": "assistant", "text": answer(row["text"], place)}


def _gap(place: int) -> timedelta:
    return timedelta(days=place // 20, minutes=place % 20)
