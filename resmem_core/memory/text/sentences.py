"""A text as the gate reads it: sentences, whom they are about, and their uncommon stems."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.analysis import IMAGE, QUESTION_MARKS
from resmem_core.memory.text.tokens import stem as stem_of

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE: Final = re.compile(r"[^.!?。！？؟\n]+[.!?。！？؟]*")


def words(text: str) -> list[str]:
    """The words of a text as written, without digits; curly apostrophes made straight."""
    return [word.replace("’", "'") for word in _WORD.findall(text)]


def uncommon(lower: Iterable[str]) -> list[str]:
    """Stems of the lower-case words that carry news, in order, with repeats."""
    return [
        stem_of(word)
        for word in (part.removesuffix("'s") for part in lower)
        if len(word) > 1 and word not in vocab.COMMON and word not in vocab.TIMES
    ]


def stems(text: str) -> list[str]:
    """Stems of a text's words that are not common ones, in order, with repeats.

    >>> stems("I went to a pottery workshop yesterday")
    ['potteri', 'workshop']
    """
    return uncommon(word.lower() for word in words(text))


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence.

    Attributes:
        words: lower case, in order.
        stems: of the uncommon ones.
        asks: it is a question.
        first, second: it speaks of its speaker, of the listener.
        past: it has a past form.
    """

    words: tuple[str, ...]
    stems: frozenset[str]
    asks: bool
    first: bool
    second: bool
    past: bool


def _sentence(part: str) -> Sentence:
    lower = tuple(word.lower() for word in words(part))
    return Sentence(
        lower,
        frozenset(uncommon(lower)),
        part.rstrip().endswith(QUESTION_MARKS),
        not vocab.FIRST_PERSON.isdisjoint(lower),
        not vocab.SECOND_PERSON.isdisjoint(lower),
        any(w in vocab.IRREGULAR_PAST or (w.endswith("ed") and len(w) > 4) for w in lower),
    )


def said(text: str) -> str:
    """The text without the captions of pictures."""
    return IMAGE.sub(" ", text) if "[" in text else text


@lru_cache(maxsize=16)
def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of what was said, without those that have no word.

    The last few are remembered: a message is measured and then counted.
    """
    return tuple(part for part in map(_sentence, _SENTENCE.findall(text)) if part.words)


def stems_of(parts: Iterable[Sentence]) -> frozenset[str]:
    """The uncommon stems of some sentences."""
    return frozenset().union(*(part.stems for part in parts))


def names(text: str) -> list[str]:
    """Capitalised words inside a sentence, lower-cased: names of people, places and things.

    >>> names("Hello there. We saw Luna in Porto with Oliver.")
    ['luna', 'porto', 'oliver']
    """
    return [
        word.lower().removesuffix("'s")
        for part in _SENTENCE.findall(text)
        for _, word in pairwise(words(part))
        if word[0].isupper() and word.lower() not in vocab.FIRST_PERSON
    ]
