"""A turn as the turns after it see it: what they may take up of it, or say again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.decisions import refuses
from resmem_core.memory.text.sentences import said, stems_of, told_apart
from resmem_core.types import Memory

LATELY: Final = 24
"""Turns among which a machine's words are looked for again ..."""
AGAIN: Final = 0.7
"""... and the share of them that makes a repeat."""


@dataclass(frozen=True, slots=True)
class Antecedent:
    """What later messages may take up of a message.

    Attributes:
        id, author, session: of the message.
        place: its position in its session, from 0.
        stems: its uncommon stems.
        asked: uncommon stems of its questions; None when it asks nothing.
        reacts: it opens like a reaction to news.
        thanks: it opens with thanks.
        refuses: a machine says in it that something cannot be done.
    """

    id: str
    author: str
    session: str
    person: bool
    place: int
    stems: frozenset[str]
    asked: frozenset[str] | None
    reacts: bool
    thanks: bool
    refuses: bool


def turn_of(memory: Memory, place: int = 0) -> Antecedent:
    """The turn that a message is."""
    parts = told_apart(said(memory.text))
    asking = [part for part in parts if part.asks]
    opening = list(islice(chain.from_iterable(part.words for part in parts), 6))
    return Antecedent(
        memory.id,
        memory.author,
        memory.session,
        memory.role == "user",
        place,
        stems_of(parts),
        stems_of(asking) if asking else None,
        not vocab.REACTIONS.isdisjoint(opening),
        not vocab.THANKS.isdisjoint(opening),
        memory.role != "user" and refuses(memory.text),
    )


def restates(memory: Memory, recent: Sequence[Antecedent]) -> bool:
    """Whether a machine refuses once more, or said most of these words in a turn shortly before.

    Args:
        memory: what it says.
        recent: the turns before it, the newest last.
    """
    lately = [turn for turn in recent[-LATELY:] if turn.author == memory.author]
    own, refusal = stems_of(told_apart(said(memory.text))), refuses(memory.text)
    return any(
        (refusal and turn.refuses) or len(own & turn.stems) >= AGAIN * len(own) > 0
        for turn in lately
    )
