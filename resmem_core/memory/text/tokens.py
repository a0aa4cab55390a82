"""Words of a text: tokens, stems, and the few word lists that recall reads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from sys import intern
from threading import local
from typing import Final

import Stemmer

from resmem_core.memory.text.word_forms import BASE

_MARKS: Final = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    r"\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0971-\u09e3\u09f0-\u0ae3\u0af0-\u0b63"
    r"\u0b71-\u0be3\u0c00-\u0c63\u0c80-\u0ce3\u0d00-\u0d63\u0d80-\u0df3"
    r"\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3"
    r"\u200c\u200d"
)
"""Signs above, below and beside letters: no letters to the regular expressions of Python."""
_WORD: Final = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*(?:['’][^\W\d_]+)?")
_WORD_ASCII: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SCRIPT: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WIDE: Final = re.compile(rf"[{_SCRIPT}]")
_SAME_SCRIPT: Final = re.compile(rf"[{_SCRIPT}]+|[^{_SCRIPT}]+")
_IDEOGRAPH: Final = re.compile(r"[\u3400-\u9fff]")
_FUNCTION_SIGNS: Final = frozenset(
    "我你您他她它们的地得了着过是在有不没什么怎样哪谁吗呢吧啊和与就都也很这那个只条位件些要会能可以到说"
    "想去来上下里外多少几为因所但如被把让给从对向于之其此每各再又还更最已将正请私僕俺何誰今日時事"
)
_CLITIC: Final = re.compile(r"['’](?:s|re|ve|ll|d|m|t)?$")

_FUNCTION_WORDS: Final = """
a about above after again against all also am an and any are aren as at be because been before
being below between both but by can cannot could couldn did didn do does doesn doing don down
during each else few for from further had hadn has hasn have haven having he her here hers herself
him himself his how i if in into is isn it its itself just let ll me mightn more most mustn my
myself no nor not now of off on once only or other our ours ourselves out over own re s same shan
she should shouldn so some such t than that the their theirs them themselves then there these they
this those through to too under until up us ve very was wasn we were weren what when where which
while who whom whose why will with won would wouldn you your yours yourself yourselves d m o y
isn't don't
"""
STOPWORDS: Final = frozenset(_FUNCTION_WORDS.split())
"""English function words; they carry no topic, so no posting is kept for them."""


class _Stemmer(local):
    """Snowball English, one per thread: a PyStemmer object is not thread-safe."""

    def __init__(self) -> None:
        self.words = Stemmer.Stemmer("english", 50_000).stemWords


_stemmer = _Stemmer()


def tokens(text: str) -> list[str]:
    """Lower-case words, in order; scripts without spaces become overlapping pairs.

    >>> tokens("Ada's sister didn't move to Lisbon in 2023!")
    ['ada', 'sister', 'didn', 'move', 'to', 'lisbon', 'in', '2023']
    >>> tokens("我用Python写"), tokens("मेरी बहन")
    (['我用', 'python', '写'], ['मेरी', 'बहन'])
    """
    if text.isascii():
        words = _WORD_ASCII.findall(text.lower())
    else:
        words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
        if _WIDE.search(text):
            runs = (run for word in words for run in _SAME_SCRIPT.findall(word))
            words = [part for run in runs for part in _pairs(run)]
    return [_CLITIC.sub("", w) if "'" in w or "’" in w else w for w in words]


def _pairs(word: str) -> list[str]:
    if len(word) < 3 or not _WIDE.match(word):
        return [word]
    return [word[i : i + 2] for i in range(len(word) - 1)]


def is_wide(word: str) -> bool:
    """Whether a word is of a script that is written without spaces."""
    return _WIDE.match(word) is not None


def ideographs(text: str) -> list[str]:
    """The ideographs of a text that carry a topic, in order: one sign is a word there.

    >>> ideographs("我的猫叫什么名字？"), ideographs("My cat")
    (['猫', '叫', '名', '字'], [])
    """
    if text.isascii():
        return []
    return [sign for sign in _IDEOGRAPH.findall(text) if sign not in _FUNCTION_SIGNS]


def stems(words: Iterable[str]) -> list[str]:
    """Snowball stems of the words that carry a topic, irregular forms folded, in order.

    >>> stems(tokens("She ran from the running clubs"))
    ['run', 'run', 'club']
    """
    base = BASE.get
    kept: list[str] = _stemmer.words([base(w, w) for w in words if w not in STOPWORDS])
    return [*map(intern, kept)]  # the rows of an index share their stems, not copies of them


@lru_cache(maxsize=32)
def read(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The `tokens` of a text and their `stems`; the last texts are remembered.

    A message is embedded, looked up and put into the index: its words are read once for all.
    """
    words = tuple(tokens(text))
    return words, tuple(stems(words))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of one lower-case word, function words included."""
    stemmed: str = _stemmer.words([BASE.get(word, word)])[0]
    return stemmed
