"""Our sets of facts and questions in fourteen languages: `tests/data/languages/CODE.jsonl`.

A line is a fact of one user with a question and a paraphrase of it, a change that takes the place
of an earlier fact, or a question that nothing answers. Every language says the same things, so that
a figure below English's is the language's, not the fact's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.memory.conversations import LANGUAGE, Conversation, DataSet, Question
from resmem_core.errors import InputError
from resmem_core.importers import Imported
from resmem_core.types import Message

FOLDER: Final = Path(__file__).parents[2] / "tests" / "data" / "languages"
FULL: Final = ("en", "de", "fr", "es", "pt", "it")
BASIC: Final = ("zh", "ja", "ko", "ar", "hi", "ru", "tr", "nl")
_BEGAN: Final = datetime(2024, 3, 4, 9, tzinfo=UTC)
_PER_DAY: Final = 10
"""Messages of one conversation; the next is held on the next day."""


def data_sets() -> list[DataSet]:
    """One set per language that has a file, the full ones first.

    Raises:
        InputError: the repository's files are not there, as in a wheel.
    """
    found = [
        DataSet(f"language-{code}", (read(code),), LANGUAGE, code)
        for code in (*FULL, *BASIC)
        if (FOLDER / f"{code}.jsonl").is_file()
    ]
    if not found:
        raise InputError(f"the sets of {FOLDER.name} are in the repository only; clone it")
    return found


def read(code: str) -> Conversation:
    """The set of one language as a conversation of one user."""
    lines = (FOLDER / f"{code}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    said = [row for row in rows if "text" in row]
    now_at = {row["changes"]: row["id"] for row in said if "changes" in row}
    questions = [one for row in said if "question" in row for one in _questions(code, row, now_at)]
    never = tuple(row["unanswerable"] for row in rows if "unanswerable" in row)
    return Conversation(code, _messages(code, said), tuple(questions), never)


def _questions(code: str, row: Mapping[str, Any], now_at: Mapping[str, str]) -> list[Question]:
    """Both forms of a fact's question; where it changed, the change answers it."""
    evidence = frozenset({f"{code}:{now_at.get(row['id'], row['id'])}"})
    changed = row["id"] in now_at
    return [
        Question(row[form], "change" if changed else form, evidence)
        for form in ("question", "paraphrase")
    ]


def _messages(code: str, said: Sequence[Mapping[str, Any]]) -> tuple[Imported, ...]:
    return tuple(
        Imported(
            Message("user", row["text"], id=f"{code}:{row['id']}", at=_time(place)),
            f"{code}:{place // _PER_DAY}",
            code,
        )
        for place, row in enumerate(said)
    )


def _time(place: int) -> datetime:
    return _BEGAN + timedelta(days=place // _PER_DAY, minutes=place % _PER_DAY)
