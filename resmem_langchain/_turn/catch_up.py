"""What a thread holds and the memory has not taken: turns that an interrupt or a crash ended.

The thread's state keeps a number that says which message was taken last. It is set with the first
model call of a turn and with its end, so a turn that never ended is seen at the next one. A thread
without the number is a history that the caller sends along: context, and not news.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from langchain_core.messages import AnyMessage

from resmem_langchain._turn.messages import last_human, this_turn

TAKEN_KEY: Final = "resmem_taken"

NOTHING: Final = 0
"""The number of a thread of which nothing was taken yet."""


def mark(messages: Sequence[AnyMessage]) -> int:
    """The number of the last of the messages, exact as a float; `NOTHING` of none."""
    if not messages:
        return NOTHING
    last = messages[-1]
    named = str(last.id or f"{last.type}\x1f{last.text}")
    digest = blake2b(named.encode("utf-8", "replace"), digest_size=6)
    return int.from_bytes(digest.digest(), "big") | 1


def before(messages: Sequence[AnyMessage]) -> Sequence[AnyMessage]:
    """The messages of earlier turns."""
    if last_human(messages) is None:
        return messages
    return messages[: len(messages) - len(this_turn(messages))]


def missed(messages: Sequence[AnyMessage], taken: float | None) -> Sequence[AnyMessage]:
    """Messages of earlier turns that were not taken.

    Args:
        messages: the thread's.
        taken: what its state says; None where it says nothing.
    """
    earlier = before(messages)
    if taken is None or last_human(messages) is None:
        return []
    if taken == NOTHING:
        return earlier
    for end in range(len(earlier), 0, -1):
        if mark(earlier[:end]) == taken:
            return earlier[end:]
    return []  # it was taken out of the thread, so nobody knows what was taken
