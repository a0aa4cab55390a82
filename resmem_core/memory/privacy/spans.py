"""Spans of a text and what the finders of personal data share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Span: TypeAlias = tuple[int, int, str]
"""Start, end, kind."""

Finder: TypeAlias = Callable[[str], Iterable[Span]]

MASK: Final = "\x00"
RUN: Final = re.compile(r"[+(]{0,2}\d(?:[ ().\-/]{0,3}\d){6,}+")
"""Seven digits or more with up to three separators between them."""

SHORTEST: Final = 7
"""Digits that a text must hold for a `RUN`."""

_WIDE: Final[dict[int, int | str]] = {
    **{0xFF01 + i: 0x21 + i for i in range(94)},
    **dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F, 0x3000), " "),
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212), "-"),
}


@dataclass(slots=True)
class Work:
    """Checks left in this pass: what bounds the time of a hostile text."""

    left: int

    def take(self) -> bool:
        """Use one check; False when none is left."""
        self.left -= 1
        return self.left >= 0


def digit(char: str) -> bool:
    return "0" <= char <= "9"


def fold(text: str) -> str:
    """The same length, with wide forms, other scripts' digits, spaces and hyphens made ASCII."""
    text = text.translate(_WIDE)
    return "".join(str(int(c)) if c.isdecimal() and not c.isascii() else c for c in text)


LATIN: Final = "0-9A-Za-z_\u00aa\u00b5\u00ba\u00c0-\u024f\u1e00-\u1eff"
"""Word characters among which a number is part of a word; those of other scripts end it."""
_OTHER: Final = re.compile(rf"(?![{LATIN}])\w")
EDGE: Final = "\x01"


def apart(text: str) -> str:
    """The same length, with every letter that is not Latin made a boundary.

    In scripts that are written without blanks, what stands beside a number is no part of it.

    >>> apart("ip是192.0.2.20吗")
    'ip\\x01192.0.2.20\\x01'
    """
    return text if text.isascii() else _OTHER.sub(EDGE, text)


def hide(text: str, spans: Sequence[Span]) -> str:
    for start, end, _ in spans:
        text = text[:start] + MASK * (end - start) + text[end:]
    return text


def replace(text: str, spans: Sequence[Span]) -> str:
    parts, at = [], 0
    for start, end, kind in spans:
        parts += [text[at:start], f"[{kind}]"]
        at = end
    return "".join([*parts, text[at:]])


def matches(pattern: re.Pattern[str], kind: str) -> Finder:
    """Every match of the pattern, as spans of one kind."""

    def find(text: str) -> Iterator[Span]:
        for match in pattern.finditer(text):
            yield match.start(), match.end(), kind

    return find


def needing(
    marks: Sequence[str], find: Finder, fold: Callable[[str], str] = lambda text: text
) -> Finder:
    """The finder, asked only about texts that hold one of the marks: in others it finds nothing.

    Args:
        fold: applied to the text before the marks are looked for.
    """

    def found(text: str) -> Iterable[Span]:
        folded = fold(text)
        return find(text) if any(map(folded.__contains__, marks)) else ()

    return found


def running(length: int, find: Finder) -> Finder:
    """The finder, asked only about texts with so many characters in a row without a blank."""

    def found(text: str) -> Iterable[Span]:
        return find(text) if longest(text) >= length else ()

    return found


def longest(text: str) -> int:
    """Characters of the longest run without a blank."""
    return max(map(len, text.split()), default=0)


def digits(text: str) -> int:
    """How many ASCII digits the text holds."""
    return sum(map(text.count, "0123456789"))
