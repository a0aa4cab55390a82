"""A cheap look before a long pattern: the strings of which every match of it holds one.

A list of some hundred words in thirty languages is tried at every letter of a text. Which of its
words can be there at all is known from the pairs of letters that the text has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from importlib import import_module
from operator import add
from typing import Any, Final

_ODD: Final = re.compile(
    "[\u0130\u0131\u017f\xb5\u0345\u1fbe\u1fd3\u1fe3\u03d0\u03f5\u03d1\u03f0\u03d6\u03f1\u03d5"
    "\u1c80-\u1c88\u1e9b\ufb05]"
)
"""Letters that match another one whatever the case, and are not that one in small letters."""


def _small(text: str) -> str:
    """In small letters, of which Greek has two for one."""
    return text.lower().replace("ς", "σ")


class Letters:
    """A text in small letters, and which letters and pairs of letters it has."""

    def __init__(self, text: str) -> None:
        self.small = _small(text)
        self.pairs = {*self.small, *map(add, self.small, self.small[1:])}
        self.odd = not text.isascii() and _ODD.search(text) is not None


class Needles:
    """Strings, in small letters, of which a text may hold some."""

    def __init__(self, parts: Iterable[str]) -> None:
        self._starting: dict[str, list[str]] = {}
        for part in dict.fromkeys(parts):
            self._starting.setdefault(part[:2], []).append(part)

    def any(self, letters: Letters) -> bool:
        """Whether the text holds one of them."""
        starts = self._starting.keys() & letters.pairs
        return any(part in letters.small for start in starts for part in self._starting[start])


class Guarded:
    """A pattern that is searched for only where a match can be.

    >>> Guarded("(?i)over|out").search("Overt", Letters("Overt"))
    True
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = re.compile(pattern)

    @cached_property
    def _needles(self) -> Needles | None:
        parts = needed(self.pattern)
        return Needles(parts) if parts else None

    def possible(self, letters: Letters) -> bool:
        """Whether a text of these letters may hold a match."""
        return letters.odd or self._needles is None or self._needles.any(letters)

    def search(self, text: str, letters: Letters) -> bool:
        """Whether it occurs in the text of these letters."""
        return self.possible(letters) and self.pattern.search(text) is not None


def needed(pattern: re.Pattern[str]) -> frozenset[str]:
    """Strings in small letters of which every match holds one; empty where that is not known.

    >>> sorted(needed(re.compile(r"(?:pay|wire)s? money|\\bRefund")))
    [' money', 'refund']
    """
    try:
        tree = import_module("re._parser").parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    except (ImportError, AttributeError):  # Python's own reader of patterns, which may change
        return frozenset()
    found = _of(tree)
    return frozenset(map(_small, found or ()))


def _of(tree: Any) -> frozenset[str] | None:
    """What a sequence needs: of its parts the one whose shortest string is the longest."""
    found: list[frozenset[str]] = []
    run = ""
    for kind, value in tree:
        if str(kind) == "LITERAL":
            run += chr(value)
            continue
        found += [frozenset({run})] if run else []
        run = ""
        found += filter(None, [_of_one(str(kind), value)])
    found += [frozenset({run})] if run else []
    return max(found, key=lambda parts: min(map(len, parts)), default=None)


def _of_one(kind: str, value: Any) -> frozenset[str] | None:
    match kind:
        case "BRANCH":
            parts = [_of(branch) for branch in value[1]]
            whole = [part for part in parts if part]
            return frozenset().union(*whole) if len(whole) == len(parts) else None
        case "SUBPATTERN":
            return _of(value[-1])
        case "ATOMIC_GROUP":
            return _of(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _of(value[2]) if value[0] else None
        case _:
            return None
