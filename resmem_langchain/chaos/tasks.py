"""The user's tasks: one JSON object a line, with what a good answer needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from resmem_core.errors import InputError

KEYS: Final = ("text", "thread", "contains", "calls", "forbidden")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the user's agent.

    Attributes:
        text: what the user writes. thread: the conversation; tasks of one thread share history.
        contains: texts that the answer must hold, in any case of letters.
        calls: tools that must have run without an error.
        forbidden: tools that must not have run.
    """

    text: str
    thread: str
    contains: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


def read(path: Path) -> tuple[Ask, ...]:
    """The tasks of a JSON Lines file.

    Raises:
        InputError: a line is no task, which tells its number; or there is none.
    """
    lines = path.read_text("utf-8").splitlines()
    asks = tuple(ask_of(line, n) for n, line in enumerate(lines, start=1) if line.strip())
    if not asks:
        raise InputError(f"{path} holds no task: write one JSON object with a text per line")
    return asks


def ask_of(line: str, number: int) -> Ask:
    """The task of one line.

    >>> ask_of('{"text": "What is due?", "contains": "rent"}', 3).contains
    ('rent',)

    Raises:
        InputError: it is no object with a text, or a field is none of ours or of another type.
    """
    try:
        doc = json.loads(line)
    except ValueError as error:
        raise InputError(f"line {number} is no JSON object") from error
    if not isinstance(doc, Mapping) or not isinstance(doc.get("text"), str) or not doc["text"]:
        raise InputError(f'line {number} needs a "text"')
    unknown = sorted(set(doc) - set(KEYS))
    if unknown:
        raise InputError(f"line {number}: {unknown[0]!r:.40} is none of {', '.join(KEYS)}")
    lists = {key: _texts(doc.get(key, ()), key, number) for key in KEYS[2:]}
    return Ask(doc["text"], str(doc.get("thread", f"task-{number}")), **lists)


def _texts(value: Any, key: str, number: int) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not all(isinstance(v, str) and v for v in values):
        raise InputError(f"line {number}: {key} must be a text or a list of texts")
    return tuple(values)
