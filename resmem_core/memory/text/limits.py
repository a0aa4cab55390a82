"""What somebody must not have or do, and which questions that matters to: data and two readings.

"I'm allergic to nuts" and "suggest a dessert" share no word, and whoever answers the second has to
know the first. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from resmem_core.memory.text.analysis import asks
from resmem_core.memory.text.phrases import compiled, load

_DATA: Final = load("limits.toml")
_SAID: Final = [compiled(topic["said"]) for topic in _DATA.values()]
_ASKED: Final = [compiled(topic["asked"]) for topic in _DATA.values()]

LONGEST: Final = 600
"""Characters of a text that is read: who names a limit says it in few words."""


def said(text: str) -> int:
    """The topics in which a text names a limit, a bit each; 0 for a question and a long text.

    >>> said("I'm allergic to nuts."), said("I like nuts."), said("Is anybody allergic?")
    (1, 0, 0)
    """
    if len(text) > LONGEST or asks(text):
        return 0
    return _bits(_SAID, text)


def asked(question: str) -> int:
    """The topics that a question touches, a bit each.

    >>> asked("Suggest a dessert"), asked("Can I take ibuprofen?"), asked("Where do I live?")
    (1, 2, 0)
    """
    return _bits(_ASKED, question[:LONGEST])


def _bits(patterns: Sequence[re.Pattern[str]], text: str) -> int:
    said = text.replace("’", "'")
    return sum(1 << at for at, pattern in enumerate(patterns) if pattern.search(said))
