"""Near-duplicate texts, found by sketches of their words (MinHash in bands)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zlib import crc32

import numpy as np

SKETCH: Final = 64
"""Word hashes kept per text: exact for texts of up to 64 different words."""

BANDS, ROWS = 4, 3
"""Texts are compared when one of 4 bands of 3 minima agrees: 98 % of the pairs with 85 % of the
words in common, 99.5 % with 90 %, one in a thousand with 10 %."""

LONG: Final = 4
"""Letters of the words that bands are made of: the short ones stand in every text."""

_WORD: Final = re.compile(r"\w+")
_NEGATIONS: Final = frozenset({"no", "not", "never", "none", "without", "cannot"})
_DRAW: Final = np.random.default_rng(7)
_FACTORS: Final = _DRAW.integers(1, 2**31, (BANDS * ROWS, 1), dtype=np.uint64) | np.uint64(1)
_OFFSETS: Final = _DRAW.integers(0, 2**31, (BANDS * ROWS, 1), dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A text's words: the smallest hashes, and the keys by which its likes are found.

    Texts that differ in a number or a negation have no key in common.
    """

    words: frozenset[int]
    keys: tuple[int, ...]


@lru_cache(maxsize=2048)
def sketch(text: str) -> Sketch:
    """The text's sketch; kept for the texts seen last, as retrieved nodes come back often."""
    words = set(_WORD.findall(text.lower()))
    hashes = sorted(crc32(word.encode()) for word in words)[:SKETCH]
    exact = " ".join(sorted(w for w in words if w in _NEGATIONS or any(c.isdigit() for c in w)))
    return Sketch(frozenset(hashes), _keys(words, exact) if words else ())


def _keys(words: Iterable[str], exact: str) -> tuple[int, ...]:
    """One number per band: its minima over the long words, with the words that must agree."""
    chosen = [word for word in words if len(word) >= LONG] or words
    hashes = np.array([crc32(word.encode()) for word in chosen], np.uint64)
    minima = ((hashes * _FACTORS + _OFFSETS) % np.uint64(2**31 - 1)).min(axis=1)
    return tuple(
        crc32(f"{band} {exact} {rows}".encode())
        for band, rows in enumerate(minima.reshape(BANDS, ROWS).tolist())
    )


def overlap(a: Sketch, b: Sketch) -> float:
    """Share of common words (Jaccard) in [0, 1]; an estimate for texts of over 64 words.

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
        self._by_key: dict[int, Sketch] = {}

    def repeats(self, text: str) -> bool:
        """Whether the text nearly repeats one before it; if not, it is remembered.

        Texts that differ in a number or a negation are never repeats of each other.

        >>> seen = Seen(same=0.85)
        >>> seen.repeats("The train leaves at 9."), seen.repeats("the train leaves at 9")
        (False, True)
        >>> seen.repeats("The train leaves at 10.")
        False
        """
        new, by_key = sketch(text), self._by_key
        for key in new.keys:
            old = by_key.get(key)
            if old is not None and (old is new or overlap(new, old) >= self._same):
                return True
        for key in new.keys:
            by_key[key] = new
        return False
