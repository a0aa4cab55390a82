"""Where a machine's words come from: what repeats an untrusted text is no more trusted than it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from resmem_core.memory.text.sentences import sentences, stems_of
from resmem_core.types import Memory, Trust

SAID: Final = 3
"""Topic stems that nobody trusted said, from which a sentence has a source."""

SHARE: Final = 0.7
"""Of these, what an untrusted memory must hold to be that source."""


def trust(memory: Memory, before: Iterable[Memory]) -> Trust:
    """The trust of a message beside what was stored before it.

    A machine's sentence whose news stand in an untrusted memory, and in no trusted one, was taken
    from there: repeating it must not launder it. What people write is theirs.
    """
    if memory.role == "user" or memory.trust != "trusted":
        return memory.trust
    known, doubtful = set[str](), list[frozenset[str]]()
    for one in before:
        said = stems_of(sentences(one.text))
        if one.trust == "trusted":
            known |= said
        else:
            doubtful.append(said)
    if not doubtful:
        return memory.trust
    for part in sentences(memory.text):
        news = stems_of((part,)) - known
        if len(news) >= SAID and any(len(news & d) >= SHARE * len(news) for d in doubtful):
            return "untrusted"
    return memory.trust
