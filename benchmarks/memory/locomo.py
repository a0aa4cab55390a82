"""The LoCoMo format, and what else is written in it.

Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents", ACL 2024. The data
is not part of this package; its users bring their own copy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.memory.conversations import Conversation, Ids, Question
from benchmarks.messages import as_written
from resmem_core.importers import Imported, read

CATEGORIES: Final = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}
"""The answerable ones, where the data has no names (`kind`) of its own."""
UNANSWERABLE: Final = 5
"""The category that asks for what was never said."""

_ID: Final = re.compile(r"D\d+:\d+")


def detects(document: Any) -> bool:
    """A list of entries with a conversation and its questions."""
    return isinstance(document, list) and all(
        isinstance(e, Mapping) and "conversation" in e and "qa" in e for e in document
    )


def conversations(path: Path, document: Any) -> list[Conversation]:
    """The conversations of a file, in its order."""
    talks: dict[str, list[Imported]] = {}
    for item in read(path, "locomo"):
        if isinstance(item, Imported):
            talks.setdefault(item.conversation, []).append(as_written(item))
    asked = {str(sample["sample_id"]): sample["qa"] for sample in document}
    return [_conversation(name, talk, asked[name]) for name, talk in talks.items()]


def _conversation(name: str, talk: list[Imported], asked: list[dict[str, Any]]) -> Conversation:
    known = {str(item.message.id) for item in talk}
    questions = tuple(
        Question(str(qa["question"]), str(qa.get("kind") or CATEGORIES[int(qa["category"])]), found)
        for qa in asked
        if int(qa["category"]) in CATEGORIES and (found := _evidence(name, qa) & known)
    )
    never = tuple(str(qa["question"]) for qa in asked if int(qa["category"]) == UNANSWERABLE)
    return Conversation(name, tuple(talk), questions, never)


def _evidence(name: str, qa: dict[str, Any]) -> Ids:
    """Ids in the evidence; some entries hold several, and some name no message."""
    text = " ".join(map(str, qa.get("evidence") or ()))
    return frozenset(f"{name}:{found}" for found in _ID.findall(text))
