"""Near-duplicate texts, found by sketches of their words (bottom-k MinHash)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zlib import crc32

SKETCH: Final = 64
"""Word hashes kept per text: exact for texts of up to 64 different words."""

PROBES: Final = 4
"""Smallest hashes by which candidates are found: 1 in 2,000 pairs at J = 0.85 is missed."""

_WORD: Final = re.compile(r"\w+")
_NEGATIONS: Final = frozenset({"no", "not", "never", "none", "without", "cannot"})


@dataclass(frozen=True, slots=True)
class Sketch:
    """A text's words: the smallest hashes, and those that two versions of a fact differ in."""

    words: frozenset[int]
    probes: tuple[int, ...]
    exact: frozenset[str]


@lru_cache(maxsize=2048)
def sketch(text: str) -> Sketch:
    """The text's sketch; kept for the texts seen last, as retrieved nodes come back often."""
    words = set(_WORD.findall(text.lower()))
    hashes = sorted(crc32(word.encode()) for word in words)[:SKETCH]
    exact = frozenset(w for w in words if w in _NEGATIONS or any(c.isdigit() for c in w))
    return Sketch(frozenset(hashes), tuple(hashes[:PROBES]), exact)


def overlap(a: Sketch, b: Sketch) -> float:
    """Estimated share of common words (Jaccard), in [0, 1].

    >>> round(overlap(sketch("a b c d"), sketch("a b c e")), 2)
    0.6
    """
    union = sorted(a.words | b.words)[:SKETCH]
    common = a.words & b.words
    return sum(word in common for word in union) / len(union) if union else 1.0


class Seen:
    """Texts let through so far; asks of each next one whether it repeats one of them."""

    def __init__(self, same: float) -> None:
        self._same = same
        self._by_probe: dict[int, list[Sketch]] = {}

    def repeats(self, text: str) -> bool:
        """Whether the text nearly repeats one before it; if not, it is remembered.

        Texts that differ in a number or a negation are never repeats of each other.

        >>> seen = Seen(same=0.85)
        >>> seen.repeats("The train leaves at 9."), seen.repeats("the train leaves at 9")
        (False, True)
        >>> seen.repeats("The train leaves at 10.")
        False
        """
        new = sketch(text)
        if not new.probes:
            return False
        by_probe = self._by_probe
        for probe in new.probes:
            for old in by_probe.get(probe, ()):
                if old is new or self._alike(new, old):
                    return True
        for probe in new.probes:
            by_probe.setdefault(probe, []).append(new)
        return False

    def _alike(self, a: Sketch, b: Sketch) -> bool:
        return a.exact == b.exact and overlap(a, b) >= self._same


def distinct(texts: Sequence[str], same: float = 0.85) -> list[int]:
    """Positions of the texts that repeat none before them.

    >>> distinct(["I live in Lisbon", "i live in lisbon.", "I live in Porto"])
    [0, 2]
    """
    seen = Seen(same)
    return [i for i, text in enumerate(texts) if not seen.repeats(text)]
