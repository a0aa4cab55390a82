"""What a long text says of a question: its sentences that hold the question's words."""

from __future__ import annotations

import re
from typing import Final

from resmem_core.memory.text.analysis import QUESTION_MARKS
from resmem_core.memory.text.tokens import read, stems, tokens

GAP: Final = "[…]"
"""Stands where something was left out."""
_PART: Final = re.compile(r"[^\n.!?。！？؟]+(?:[.!?](?=\S)[^\n.!?。！？؟]+)*[.!?。！？؟]*")


def excerpt(text: str, question: str, size: int) -> str:
    """Whole sentences in their order, at most `size` characters, those first that fit the question.

    >>> excerpt("It rained. My project is called Falcon. We ate.", "my project's name?", 50)
    '[…] My project is called Falcon. […]'
    """
    parts = [part.strip() for part in _PART.findall(text) if part.strip()]
    wanted = frozenset(stems(tokens(question)))
    ranked = sorted(
        range(len(parts)), key=lambda at: (-len(wanted.intersection(read(parts[at])[1])), at)
    )
    kept: set[int] = set()
    room = size - 2 * len(GAP) - 2
    for at in ranked:
        cost = len(parts[at]) + len(GAP) + 2
        if cost > room:
            break
        kept.add(at)
        room -= cost
    return _joined(parts, kept)


def questions(text: str) -> str:
    """The sentences of a text that ask; the whole text where none does.

    >>> questions("Good morning, Ada. Is 3.5 enough? I think so.")
    'Is 3.5 enough?'
    """
    asking = [part.strip() for part in _PART.findall(text) if part.strip().endswith(QUESTION_MARKS)]
    return " ".join(asking) or text


def _joined(parts: list[str], kept: set[int]) -> str:
    if not kept:
        return ""
    said = [parts[at] if at in kept else GAP for at in range(len(parts))]
    shown = [s for at, s in enumerate(said) if s != GAP or at == 0 or said[at - 1] != GAP]
    return " ".join(shown)
