"""What the turns after a message say about it: the buffer's second look."""

from __future__ import annotations

from collections.abc import Sequence

from resmem_core.memory.features import INDEX, ends_with_question, squash, stems
from resmem_core.types import Memory

REPLY = 2
"""How many turns after a message count as a reply to it."""


def revise(features: Sequence[float], later: Sequence[Memory], memory: Memory) -> tuple[float, ...]:
    """The features with what the following turns add; the others stay as they were.

    `echoed` counts the message's own uncommon stems that others say again; `asked_about` is 1
    when a direct reply by somebody else is a question that takes up one of them, 0.5 when it is
    any question.

    Args:
        features: as `features.measure` made them.
        later: the buffered turns that came after, the oldest first.
        memory: the message.
    """
    revised = list(features)
    own = set(stems(memory.text))
    session = [other for other in later if other.session == memory.session]
    said_again = own & {stem for other in session for stem in stems(other.text)}
    revised[INDEX["echoed"]] = squash(len(said_again), 2.0)
    revised[INDEX["asked_about"]] = _asked_about(own, session[:REPLY], memory)
    return tuple(revised)


def _asked_about(own: set[str], replies: Sequence[Memory], memory: Memory) -> float:
    asked = [
        1.0 if own & set(stems(reply.text)) else 0.5
        for reply in replies
        if reply.author != memory.author and ends_with_question(reply.text)
    ]
    return max(asked, default=0.0)
