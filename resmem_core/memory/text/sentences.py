"""A text as the gate reads it: sentences, whom they are about, and their uncommon stems."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.analysis import IMAGE, asks
from resmem_core.memory.text.sentence_ends import parts
from resmem_core.memory.text.tokens import stem as stem_of

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_OPENS: Final = (
    "(?:can|could|would|will|do|does|did|is|are|am|should|shall|may|have|has|what|how|which|why"
    "|where|when|who|any|please|kannst|können|könntest|könnten|würdest|soll|sollte|sollen|darf|gibt"
    "|hast|weißt|was|wie|welche[rsn]?|warum|wo|wann|wer|peux|peut|pouvez|pourrais|pourriez|est-ce"
    "|qu'est-ce|comment|quel(?:le)?s?|pourquoi|où|quand|qui|puedes?|podrías?|podemos|cómo|qué|cuál"
    "|cuándo|dónde|quién|puoi|può|potresti|potrebbe|come|cosa|quale|quando|dove|perché|chi|podes?"
    "|pode|poderias?|como|qual|onde|quem|kun|kunnen|zou|hoe|wat|welke|waar|waarom|можешь|можете"
    "|как|что|какой|какая|какие|где|когда|почему|сколько)\\b"
)
_REQUEST: Final = re.compile(
    r"(?:[,;]| [-–—])\s+"
    r"(?:(?:so|and|but|then|or|und|aber|also|et|mais|donc|y|pero|e|ma|mas|и|а|но)\s+)?"
    rf"(?=¿?{_OPENS})|\s+(?:so|and|but)\s+(?=(?:can|could|would|will|should) (?:you|we|i)\b)"
    r"|[，、،](?=[^，、،]*$)",
    re.IGNORECASE,
)
"""Before the request that ends a told sentence: "..., can you plan it?"."""
_ASKS_ON: Final = re.compile(rf"\W*{_OPENS}", re.IGNORECASE)


def words(text: str) -> list[str]:
    """The words of a text as written, without digits; curly apostrophes made straight."""
    return _WORD.findall(text.replace("’", "'"))


def uncommon(lower: Iterable[str]) -> list[str]:
    """Stems of the lower-case words that carry news, in order, with repeats."""
    return [stem for word in lower if (stem := _news(word)) is not None]


@lru_cache(maxsize=32_768)
def _news(word: str) -> str | None:
    """The stem of a word that carries news, None for another."""
    word = word.removesuffix("'s")
    common = len(word) < 2 or word in vocab.COMMON or word in vocab.TIMES
    return None if common else stem_of(word)


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
        asks(part),
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
    return tuple(part for part in map(_sentence, parts(text)) if part.words)


@lru_cache(maxsize=16)
def told_apart(text: str) -> tuple[Sentence, ...]:
    """The sentences, and of a question what it tells first as one of its own.

    >>> [part.asks for part in told_apart("I want it moved on Monday, can you plan it?")]
    [False, True]
    >>> [part.asks for part in told_apart("What is it, can you see?")]
    [True]
    """
    told = (part for whole in parts(text) for part in _halves(whole))
    return tuple(part for part in map(_sentence, told) if part.words)


def _halves(sentence: str) -> tuple[str, ...]:
    found = _REQUEST.search(sentence) if asks(sentence) else None
    if found is None or _ASKS_ON.match(sentence):
        return (sentence,)
    return sentence[: found.start()], sentence[found.end() :]


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
        for part in parts(text)
        for _, word in pairwise(words(part))
        if word[0].isupper() and word.lower() not in vocab.FIRST_PERSON
    ]
