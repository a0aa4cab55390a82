"""A cheap look at two texts before they are compared word for word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from resmem_core.memory.text import contractions, fillers, numerals
from resmem_core.memory.text.contractions import spelt_out
from resmem_core.memory.text.spelling import plain
from resmem_core.memory.text.vocabulary import words_of

_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)*")
_HALF_DAY: Final = re.compile(r"(?<![a-z])[ap]\.?m\b|\$")
_GROUPING: Final = re.compile(r"(?<=\d)[.,:'-](?=\d)")
_LONG_NUMBER: Final = re.compile(r"\d{3,}")


def apart(one: str, other: str) -> bool:
    """Whether a word or a long number that no rule of `same.said` changes is in one alone.

    Then the texts say different things; else they have to be read.

    >>> apart("Hi! I don't own 1,240 cats", "i do not own 1240 cats, thanks")
    False
    >>> apart("I own a cat", "I own a dog")
    True
    """
    (words, numbers), (others, more) = _marks(one), _marks(other)
    return words != others or (None not in (numbers, more) and numbers != more)


@lru_cache(maxsize=2048)
def _marks(text: str) -> tuple[frozenset[str], frozenset[str] | None]:
    lower = plain(text).lower()
    return frozenset(_words(lower)) - _CHANGEABLE, _numbers(lower)


def _words(lower: str) -> Iterator[str]:
    for word in _WORD.findall(lower):
        parts = spelt_out(word).split() if "'" in word else (word,)
        yield from (bare for part in parts if len(bare := part.strip("'")) > 1)


def _numbers(lower: str) -> frozenset[str] | None:
    """Numbers of three digits and more, None where they may be written in another way.

    Shorter ones may be words, and an hour of half a day has other digits on the whole day's clock.
    """
    if not lower.isascii() or _HALF_DAY.search(lower):
        return None
    return frozenset(_LONG_NUMBER.findall(_GROUPING.sub("", lower)))


_CHANGEABLE: Final = frozenset(
    part
    for text in (*fillers.WORDS, *contractions.FULL, *contractions.FULL.values(), *numerals.WORDS)
    for part in _words(text)
) | words_of("am pm the my is in on called named name back and really just are have will not")
