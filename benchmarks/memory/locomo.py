"""Conversations with questions whose evidence is known, in the LoCoMo format.

Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents", ACL 2024. The data
is not part of this package; its users bring their own copy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.messages import as_written
from resmem_core.errors import InputError, StoreUnavailable
from resmem_core.importers import Imported, read

CATEGORIES: Final = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}
"""The answerable ones."""
UNANSWERABLE: Final = 5
"""The category that asks for what was never said."""

_ID: Final = re.compile(r"D\d+:\d+")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its category, and the ids of the messages that hold its answer."""

    text: str
    category: int
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation: its messages in order, and the questions that have evidence in it.

    `unanswerable` are questions of the data that the conversation does not answer.
    """

    name: str
    messages: tuple[Imported, ...]
    questions: tuple[Question, ...]
    unanswerable: tuple[str, ...] = ()

    @property
    def end(self) -> float:
        """Epoch seconds of the last message: when the questions are asked."""
        return max((seconds(m) for m in self.messages), default=0.0)

    @property
    def evidence(self) -> frozenset[str]:
        """Ids of the messages that some question needs."""
        return frozenset().union(*(q.evidence for q in self.questions))


def seconds(item: Imported) -> float:
    """When a message was written, epoch seconds; 0 where the file does not say."""
    return item.message.at.timestamp() if item.message.at else 0.0


def load(path: str | Path, only: Sequence[str] = ()) -> list[Conversation]:
    """The conversations of a file, all or the named ones ("conv-26" or "26").

    Raises:
        InputError: the file is missing or not in the LoCoMo format, or holds no such name.
    """
    try:
        talks: dict[str, list[Imported]] = {}
        for item in read(path, "locomo"):
            if isinstance(item, Imported):
                talks.setdefault(item.conversation, []).append(as_written(item))
        samples = json.loads(Path(path).read_bytes())
        asked = {str(s["sample_id"]): s["qa"] for s in samples}
        found = [_conversation(name, talk, asked[name]) for name, talk in talks.items()]
    except (StoreUnavailable, OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{Path(path).name} cannot be read as LoCoMo conversations "
            f"({type(error).__name__}); give the path of a copy of locomo10.json"
        ) from error
    return _chosen(found, only)


def _chosen(found: list[Conversation], only: Sequence[str]) -> list[Conversation]:
    if not found:
        raise InputError("the file holds no conversation")
    names = {c.name: c for c in found} | {c.name.removeprefix("conv-"): c for c in found}
    for name in only:
        if name not in names:
            raise InputError(f"there is no conversation {name!r:.40} in the file")
    return [names[name] for name in only] if only else found


def _conversation(name: str, talk: list[Imported], asked: list[dict[str, Any]]) -> Conversation:
    known = {str(item.message.id) for item in talk}
    questions = tuple(
        Question(str(qa["question"]), int(qa["category"]), evidence)
        for qa in asked
        if int(qa["category"]) in CATEGORIES and (evidence := _evidence(name, qa) & known)
    )
    never = tuple(str(qa["question"]) for qa in asked if int(qa["category"]) == UNANSWERABLE)
    return Conversation(name, tuple(talk), questions, never)


def _evidence(name: str, qa: dict[str, Any]) -> frozenset[str]:
    """Ids in the evidence; some entries hold several, and some name no message."""
    text = " ".join(map(str, qa.get("evidence") or ()))
    return frozenset(f"{name}:{found}" for found in _ID.findall(text))
