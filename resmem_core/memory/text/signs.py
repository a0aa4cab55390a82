"""What two texts must share besides their words before they count as one: merge only on proof."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from resmem_core.memory.text.vocabulary import words_of

_SYMBOL: Final = re.compile(r"(?<!\w)[-−](?=\d)|[+#<>=$€£¥₹₽%°≤≥±×÷≠]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_FROM: Final = re.compile(r"\b(?:from|to|into|von|nach|desde|hasta|vers)\s+(?:the\s+)?\w+")
_NEGATIONS: Final = words_of(
    """
    kein keine keinen keinem keiner keines nicht nichts nie niemals niemand ohne
    nunca jamás nada nadie tampoco sin ni jamais pas aucun aucune sans personne plus
    não nem jamais sem nenhum nenhuma ninguém non mai niente nessuno senza
    geen niet nooit не ни нет никогда никто ничего без değil yok hiç asla
    नहीं न मत لا ليس لم لن ما
    """
)
_UNSPACED: Final = re.compile(r"[不没沒无無非别別未勿]|ない|ません|なかった|안\s|못|않|없|아니")


@lru_cache(maxsize=1024)
def signs(text: str) -> tuple[tuple[str, ...], ...]:
    """Symbols, script marks, negations of other languages, and what comes from where.

    >>> signs("I write C++") == signs("I write C"), signs("Hi there!") == signs("hi there")
    (False, True)
    """
    plain = unicodedata.normalize("NFC", text).casefold()
    return (
        tuple(sorted(_SYMBOL.findall(plain))),
        tuple(char for char in plain if unicodedata.category(char) in ("Mn", "Mc")),
        tuple(sorted(word for word in _WORD.findall(plain) if word in _NEGATIONS)),
        tuple(_UNSPACED.findall(plain)),
        tuple(_FROM.findall(plain)) if "from" in plain or "desde" in plain else (),
    )
