"""What a long text says of a question: its sentences that hold the question's words."""

from __future__ import annotations

from typing import Final

from resmem_core.memory.text.analysis import asks
from resmem_core.memory.text.passages import head, widened
from resmem_core.memory.text.sentence_ends import Span, parts
from resmem_core.memory.text.tokens import read, stems, tokens
from resmem_core.types import Hit

GAP: Final = "[…]"
"""Stands where something was left out."""


def excerpt(text: str, question: str, size: int) -> str:
    """Whole sentences in their order, at most `size` characters, those first that fit the question.

    >>> excerpt("It rained. My project is called Falcon. We ate.", "my project's name?", 50)
    '[…] My project is called Falcon. […]'
    """
    said = parts(text)
    wanted = frozenset(stems(tokens(question)))
    ranked = sorted(
        range(len(said)), key=lambda at: (-len(wanted.intersection(read(said[at])[1])), at)
    )
    kept: set[int] = set()
    room = size - 2 * len(GAP) - 2
    for at in ranked:
        cost = len(said[at]) + len(GAP) + 2
        if cost > room:
            break
        kept.add(at)
        room -= cost
    return _joined(said, kept)


def marked(text: str, part: Span, size: int, columns: str = "") -> str:
    """A part of a text of `size` characters, with a mark where it does not begin or end it.

    >>> marked("It rained.", (12, 22), 40), marked("a;3;4", (30, 35), 35, "item;price;stock")
    ('[…] It rained. […]', 'item;price;stock […] a;3;4')
    """
    first, end = part
    before = (columns, GAP) if first > 0 else ()
    return " ".join(filter(None, (*before, text, GAP if end < size else "")))


def passage(hit: Hit) -> str:
    """What is shown of a memory: of a long one the part that answers and what stands beside it,
    of a table with its columns."""
    if hit.part is None:
        return hit.text
    first, end = part = widened(hit.text, hit.part)
    return marked(hit.text[first:end], part, len(hit.text), head(hit.text, part))


def questions(text: str) -> str:
    """The sentences of a text that ask; the whole text where none does.

    >>> questions("Good morning, Ada. Is 3.5 enough? I think so.")
    'Is 3.5 enough?'
    """
    return " ".join(filter(asks, parts(text))) or text


def _joined(said: list[str], kept: set[int]) -> str:
    if not kept:
        return ""
    left = [part if at in kept else GAP for at, part in enumerate(said)]
    shown = [part for at, part in enumerate(left) if part != GAP or at == 0 or left[at - 1] != GAP]
    return " ".join(shown)
