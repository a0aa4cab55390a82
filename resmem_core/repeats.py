"""Whether a text says again, word for word, what is there already. Pure.

Private.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from resmem_core.memory.privacy.screen import clean

_PIECE: Final = 1_000
"""From this many characters on, a text within another is held by it wherever it begins."""

_MATCHES: Final = 100
"""Places in one text that are looked at: a text of repeats must not cost its square."""

_ENDS: Final = frozenset(".!?…")
_WIDE_ENDS: Final = frozenset("。！？।۔؟")
_ALL_ENDS: Final = _ENDS | _WIDE_ENDS
_INDENTED: Final = re.compile(r"[\n\r][ \t]+[^\s]")


def normalised(text: str) -> str:
    r"""The text as it is compared: NFC, without what cannot be seen, blanks as one space.

    Order, case, symbols, numbers and the indentation of code stay: texts that differ in one of
    them differ.

    >>> normalised(" Take  5 mW\nbefore meals. ")
    'Take 5 mW before meals.'
    """
    text = clean(text).text
    if _INDENTED.search(text):
        return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
    return " ".join(text.split())


def holds(held: Iterable[str], text: str) -> bool:
    """Whether one of the `normalised` texts is this one, or contains it as whole sentences.

    A text of 1,000 characters or more counts wherever it begins: it is a piece of a long message.

    >>> holds(["Hello. I moved to Lisbon. When?"], "I moved to Lisbon.")
    True
    >>> holds(["He said I moved to Lisbon."], "I moved to Lisbon.")
    False
    """
    return any(_contains(one, text) for one in held)


def _contains(whole: str, part: str) -> bool:
    if len(part) >= _PIECE:
        return part in whole
    at = whole.find(part) if part else -1
    for _ in range(_MATCHES):
        if at < 0:
            return False
        if _begins(whole, at) and _ends(whole, at + len(part)):
            return True
        at = whole.find(part, at + 1)
    return False


def _begins(text: str, at: int) -> bool:
    """Whether a sentence may begin at this index."""
    before = text[max(at - 2, 0) : at]
    return not before or before[-1] in _WIDE_ENDS or (before[-1] == " " and before[0] in _ALL_ENDS)


def _ends(text: str, at: int) -> bool:
    """Whether a sentence may end before this index."""
    if at >= len(text):
        return True
    return text[at - 1] in _WIDE_ENDS or (text[at] == " " and text[at - 1] in _ENDS)
