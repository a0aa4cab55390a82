"""A cheap look before a long pattern: the strings of which every match of it holds one.

A list of some hundred words in thirty languages is tried at every letter of a text. Which of its
words can be there at all is known from the pairs of letters that the text has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
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


@lru_cache(maxsize=64)
def read(text: str) -> Letters:
    """The letters of a text; those of the last few are remembered."""
    return Letters(text)


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


_ASCII: Final = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")
"""Letters that match one of ASCII in any case."""


class Caseless:
    """A pattern in small letters that matches in any case; most texts are told by a quick look.

    A pattern that minds no case costs ten times as much as one that does.

    >>> Caseless(r"\\bnow\\b").sub("", "Now I do"), Caseless("now").search("not yet")
    (' I do', False)
    """

    def __init__(self, pattern: str) -> None:
        self._small = re.compile(pattern.translate(_ASCII))
        self._pattern = re.compile(pattern, re.IGNORECASE)

    def search(self, text: str) -> bool:
        """Whether it occurs in the text."""
        if text.isascii():
            return self._small.search(text.lower()) is not None
        return self._pattern.search(text) is not None

    def match(self, text: str) -> bool:
        """Whether the text begins with it."""
        if text.isascii():
            return self._small.match(text.lower()) is not None
        return self._pattern.match(text) is not None

    def sub(self, new: str, text: str) -> str:
        """The text with every match replaced."""
        return self._pattern.sub(new, text) if self.search(text) else text


class Choice:
    """Patterns in order, of which only those are tried that may match.

    >>> Choice([re.compile("(?:pay|wire) money"), re.compile("refund")]).possible("I want a refund")
    [1]
    """

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        self._patterns = tuple(patterns)

    @cached_property
    def _starting(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Every needle and whose it is, by its first two letters; "" where no needle is known."""
        starting: dict[str, list[tuple[str, int]]] = {"": []}
        for at, pattern in enumerate(self._patterns):
            for part in needed(pattern) or ("",):
                starting.setdefault(part[:2], []).append((part, at))
        return starting

    def possible(self, text: str) -> list[int]:
        """The places of the patterns that may match the text, in order."""
        seen = read(text)
        if seen.odd:
            return [*range(len(self._patterns))]
        starts = self._starting
        found = {
            at
            for start in (starts.keys() & seen.pairs)
            for part, at in starts[start]
            if part in seen.small
        }
        return sorted(found.union(at for _, at in starts[""]))


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
        case "IN" if all(str(each) == "LITERAL" for each, _ in value):
            return frozenset(chr(letter) for _, letter in value)
        case "SUBPATTERN":
            return _of(value[-1])
        case "ATOMIC_GROUP":
            return _of(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _of(value[2]) if value[0] else None
        case _:
            return None
