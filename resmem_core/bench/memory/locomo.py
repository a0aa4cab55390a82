"""Conversations with questions, in the LoCoMo format, as messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from resmem_core.errors import InputError

_ID: Final = re.compile(r"D\d+:\d+")
_SESSION: Final = re.compile(r"session_(\d+)")
CATEGORIES: Final = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    id: str
    session: str
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its category, and the ids of the turns that hold the answer."""

    text: str
    category: int
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation, its turns in order, and its answerable questions."""

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]

    @property
    def end(self) -> float:
        """Epoch seconds of the last turn: when the questions are asked."""
        return max(turn.at.timestamp() for turn in self.turns)


def load(path: str | Path, only: Sequence[str] = ()) -> list[Conversation]:
    """The conversations of a file, all or the named ones ("conv-26" or "26").

    Raises:
        InputError: the file is missing, is not in the LoCoMo format, or a name is not in it.
    """
    try:
        samples = json.loads(Path(path).read_text(encoding="utf-8"))
        found = [_conversation(sample) for sample in samples]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} cannot be read as LoCoMo conversations ({type(error).__name__}); "
            "give the path of a copy of locomo10.json"
        ) from error
    if not found:
        raise InputError(f"{path} holds no conversation")
    names = {c.name: c for c in found} | {c.name.removeprefix("conv-"): c for c in found}
    missing = [name for name in only if name not in names]
    if missing:
        raise InputError(f"{path} has no conversation {missing[0]!r}")
    return [names[name] for name in only] if only else found


def _conversation(sample: dict[str, Any]) -> Conversation:
    turns = tuple(_turns(sample["conversation"]))
    known = {turn.id for turn in turns}
    questions = tuple(
        Question(str(qa["question"]), int(qa["category"]), evidence)
        for qa in sample["qa"]
        if int(qa["category"]) in CATEGORIES and (evidence := _evidence(qa) & known)
    )
    return Conversation(str(sample.get("sample_id", "conversation")), turns, questions)


def _evidence(qa: dict[str, Any]) -> frozenset[str]:
    """Ids in the evidence; some entries hold several, some are no turn's."""
    return frozenset(_ID.findall(" ".join(map(str, qa.get("evidence") or ()))))


def _turns(conversation: dict[str, Any]) -> Iterator[Turn]:
    numbers = sorted(int(m.group(1)) for key in conversation if (m := _SESSION.fullmatch(key)))
    for number in numbers:
        name = f"session_{number}"
        start = _when(conversation[f"{name}_date_time"])
        for minute, turn in enumerate(conversation[name]):
            caption = turn.get("blip_caption")
            text = f"{turn['text']} [image: {caption}]" if caption else turn["text"]
            at = start + timedelta(minutes=minute)
            yield Turn(turn["dia_id"], name, turn["speaker"], text.strip(), at)


def _when(stamp: str) -> datetime:
    return datetime.strptime(stamp.strip(), "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
