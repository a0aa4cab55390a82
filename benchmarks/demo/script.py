"""From a conversation file to the turns of an agent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.messages import as_written
from resmem_core.errors import InputError
from resmem_core.importers import BadLine, Imported, read


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user side says, and the recorded answer of the other side."""

    session: str
    said: tuple[Imported, ...]
    answer: Imported | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question for a fresh thread; `evidence` are the ids of the turns that answer it."""

    text: str
    answer: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """Everything the demo replays."""

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]
    bad: tuple[BadLine, ...] = ()

    @property
    def messages(self) -> int:
        """How many messages the conversation has."""
        return sum(len(t.said) + (t.answer is not None) for t in self.turns)


def load(path: Path, conversation: int = 0, questions: int = 8) -> Script:
    """Read a LoCoMo file (one of its conversations), a JSONL of messages or a ChatGPT export.

    Raises:
        InputError: the file does not exist or holds no message.
    """
    if not path.is_file():
        raise InputError(f"{path} is no file; --data takes LoCoMo, JSONL or ChatGPT")
    items = list(read(path))
    bad = tuple(item for item in items if isinstance(item, BadLine))
    good = [as_written(item) for item in items if isinstance(item, Imported)]
    names = list(dict.fromkeys(item.conversation for item in good))
    if not names:
        raise InputError(f"{path} held no message that could be read")
    if not 0 <= conversation < len(names):
        raise InputError(
            f"--conversation must be from 0 to {len(names) - 1} for {path}, got {conversation}"
        )
    chosen = [item for item in good if item.conversation == names[conversation]]
    asked = _questions(path, names[conversation])[:questions]
    return Script(names[conversation] or path.stem, tuple(_turns(chosen)), tuple(asked), bad)


def _turns(items: Sequence[Imported]) -> Iterator[Turn]:
    """Runs that end with one answer, or where the user speaks again after a tool did."""
    for session, group in groupby(items, key=lambda item: item.session):
        said: list[Imported] = []
        for item in group:
            roles = {earlier.message.role for earlier in said}
            if item.message.role == "assistant" and "user" in roles:
                yield Turn(session, tuple(said), item)
                said = []
            elif item.message.role == "user" and "tool" in roles and "user" in roles:
                yield Turn(session, tuple(said), None)
                said = [item]
            else:
                said.append(item)
        if said:
            yield Turn(session, tuple(said), None)


def _questions(path: Path, name: str) -> list[Question]:
    """What to ask: as the data says (LoCoMo's `qa`, a questions.jsonl beside), else in general."""
    beside = path.with_name("questions.jsonl")
    if path.suffix == ".json":
        asked = _of_locomo(json.loads(path.read_bytes()), name)
    elif beside.is_file():
        lines = [json.loads(line) for line in beside.read_text("utf-8").splitlines() if line]
        asked = [Question(q["question"], str(q["answer"]), tuple(q["evidence"])) for q in lines]
    else:
        asked = []
    return asked or [Question("What do you remember about me?")]


def _of_locomo(document: Any, name: str) -> list[Question]:
    """Questions of the conversation that one turn answers, spread over all of them."""
    items = document if isinstance(document, list) else [document]
    qa: list[Any] = next(
        (i["qa"] for i in items if str(i.get("sample_id")) == name and "qa" in i), []
    )
    plain = [q for q in qa if q.get("category") != 5 and len(q.get("evidence", ())) == 1]
    step = max(1, len(plain) // 8)
    return [
        Question(
            q["question"], str(q.get("answer", "")), tuple(f"{name}:{e}" for e in q["evidence"])
        )
        for q in plain[::step]
    ]
