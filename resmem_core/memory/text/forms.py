"""The other forms that a word is found by: without accents, by its language's stem, in English.

A word keeps its own stem; these stand beside it, so that a language that was guessed wrongly costs
nothing. What code, data and logs hold is found as `technical` says. English prose without accents
has none.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from threading import local
from types import MappingProxyType
from typing import Any, Final

import Stemmer

from resmem_core.memory.text import technical
from resmem_core.memory.text.language import foreign, function_words, listing
from resmem_core.memory.text.phrases import load
from resmem_core.memory.text.tokens import STOPWORDS, is_wide, stem
from resmem_core.memory.text.tokens import read as tokens_read

_ALGORITHMS: Final = {
    "ar": "arabic", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "es": "spanish",
    "fa": "persian", "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "it": "italian", "nl": "dutch", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_ENGLISH: Final = ("en",)
_COMPOUNDING: Final = frozenset({"de", "nl", "sv", "da", "no"})
"""Languages that write compounds as one word."""
_PART, _LONGEST = 4, 40
"""Letters of a compound's part at least, and of a word that is read at most."""
_LISTED: Final = ("de", "fr", "es", "pt", "it", "nl", "tr")
"""Languages with glosses that share a script with English."""
_KNOWN: Final = frozenset(Stemmer.algorithms())
_MARKS: Final = dict.fromkeys(
    [*range(0x300, 0x370), *range(0x591, 0x5C8), *range(0x640, 0x641), *range(0x64B, 0x660), 0x670,
     0x93C]
)  # fmt: skip
"""Accents, points and vowel signs that writers leave out; those of Indic scripts are letters."""
_LETTERS: Final = str.maketrans(
    {
        "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ",
        "ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ँ": "ं",
    }
)  # fmt: skip


class _Stemmers(local):
    """One stemmer per language and thread: a PyStemmer object is not thread-safe."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}

    def of(self, language: str) -> Any:
        if language not in self.made:
            name = _ALGORITHMS.get(language, "")
            self.made[language] = Stemmer.Stemmer(name) if name in _KNOWN else None
        return self.made[language]


_stemmers = _Stemmers()


def fold(word: str) -> str:
    """A word without accents and in one form of each letter.

    >>> fold("café"), fold("ёлка"), fold("مُعَلِّمة"), fold("हिन्दी")
    ('cafe', 'елка', 'معلمه', 'हिन्दी')
    """
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFD", word).translate(_MARKS)
    return unicodedata.normalize("NFC", plain).translate(_LETTERS)


def read(words: Iterable[str], text: str) -> Mapping[str, tuple[str, ...]]:
    """Stem of each topic word of a text → its other forms, where it has any.

    Args:
        words: the `tokens` of the text, or some of them.
        text: tells the language.

    >>> sorted(read(["tomaten"], "Ich habe im Garten Tomaten")["tomaten"])
    ['tomat', 'tomato']
    """
    code = technical.forms(text)
    languages = _languages(tokens_read(text)[0], text)
    if not languages and text.isascii():
        return code
    functional = function_words(text)
    found = {
        stem(word): forms
        for word in words
        if len(word) <= _LONGEST and word not in STOPWORDS and word not in functional
        if not is_wide(word)
        if (forms := _forms(word, languages))
    }
    return {one: (*code.get(one, ()), *found.get(one, ())) for one in {**code, **found}}


_NONE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


def _languages(words: Sequence[str], text: str) -> tuple[str, ...]:
    """By its function words, and by those that list most of its words: related ones share many."""
    listed = _by_words(words)
    if listed != _ENGLISH:
        return tuple(dict.fromkeys((*foreign(text), *listed)))
    return () if text.isascii() else foreign(text)


def _by_words(words: Sequence[str]) -> tuple[str, ...]:
    """The languages that list most of a text's words; English alone where it lists as many."""
    votes = Counter(chain.from_iterable(map(_listing, words)))
    most = max(votes.values(), default=0)
    if votes["en"] >= most:
        return _ENGLISH if most else ()
    return tuple(language for language, count in votes.items() if count == most)


@lru_cache(maxsize=65_536)
def _listing(word: str) -> tuple[str, ...]:
    """The languages that have a gloss for a word or use it as a function word; "en" too."""
    if word.isascii() and word.isdecimal():
        return ()
    found = [one for one in _LISTED if _stemmed(word, one) in _glosses(one)]
    english = ("en",) if stem(word) in _english() else ()
    return tuple(dict.fromkeys((*listing(word), *found, *english)))


@cache
def _english() -> frozenset[str]:
    return frozenset(gloss for each in _glosses("de").values() for gloss in each)


@lru_cache(maxsize=65_536)
def _forms(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    stems = [_stemmed(word, language) for language in languages]
    english = [
        gloss
        for language, one in zip(languages, stems, strict=True)
        for gloss in _glosses(language).get(one) or _of_parts(word.removesuffix("s"), language)
    ]
    return tuple(dict.fromkeys(f for f in (fold(word), *stems, *english) if f != stem(word)))


def _of_parts(word: str, language: str) -> tuple[str, ...]:
    """The glosses of a word or a compound's parts: its last part, which names the kind, has one."""
    listed = _glosses(language)
    if language not in _COMPOUNDING or len(word) > _LONGEST:
        return ()
    if whole := listed.get(_stemmed(word, language)):
        return whole
    for at in range(_PART, len(word) - _PART + 1):
        if head := listed.get(_stemmed(word[at:], language)):
            first = word[:at]
            parts = (first, first.removesuffix("s"), first.removesuffix("n"))
            rest = next((g for p in parts if (g := listed.get(_stemmed(p, language)))), ())
            return (*head, *rest)
    return ()


def _stemmed(word: str, language: str) -> str:
    """The stem in a language, without accents: they come and go with an ending."""
    stemmer = _stemmers.of(language)
    return fold(stemmer.stemWord(word) if stemmer else word)


@cache
def _glosses(language: str) -> Mapping[str, tuple[str, ...]]:
    """Stem of a language → stems of English words that it stands for."""
    data = load("glosses.toml")
    if language not in data["columns"]:
        return _NONE
    column = data["columns"].index(language)
    found: dict[str, dict[str, None]] = {}
    for row in data["rows"].strip().splitlines():
        cells = row.split("|")
        for word in cells[column].casefold().split("/"):
            found.setdefault(_stemmed(word, language), {})[stem(cells[0])] = None
    return {one: tuple(glosses) for one, glosses in found.items()}
