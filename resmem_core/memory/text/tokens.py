"""Words of a text: tokens, stems, and the few word lists that recall reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from sys import intern
from threading import local
from typing import Final

import Stemmer

from resmem_core.memory.text.word_forms import BASE

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_WIDE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
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
    """
    words = _WORD.findall(text.casefold())
    if not text.isascii() and _WIDE.search(text):
        words = [part for word in words for part in _pairs(word)]
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
