"""What somebody must not have or do, and which questions that matters to: data and two readings.

"I'm allergic to nuts" and "suggest a dessert" share no word, and whoever answers the second has to
know the first. Pure.
"""

from __future__ import annotations

from typing import Final

from resmem_core.memory.text.analysis import asks
from resmem_core.memory.text.phrases import Topics, load

_DATA: Final = load("limits.toml")
_SAID: Final = Topics(topic["said"] for topic in _DATA.values())
_ASKED: Final = Topics(topic["asked"] for topic in _DATA.values())

LONGEST: Final = 600
"""Characters of a text that is read: who names a limit says it in few words."""


def said(text: str) -> int:
    """The topics in which a text names a limit, a bit each; 0 for a question and a long text.

    >>> said("I'm allergic to nuts."), said("I like nuts."), said("Is anybody allergic?")
    (1, 0, 0)
    """
    if len(text) > LONGEST or asks(text):
        return 0
    return _SAID.bits(text)


def asked(question: str) -> int:
    """The topics that a question touches, a bit each.

    >>> asked("Suggest a dessert"), asked("Can I take ibuprofen?"), asked("Where do I live?")
    (1, 2, 0)
    """
    return _ASKED.bits(question[:LONGEST])
