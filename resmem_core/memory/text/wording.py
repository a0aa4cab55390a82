"""A text without what adds nothing to it: what is left is equal only where the same is said.

Case, punctuation, blanks, the style of quotes, the width of characters, contractions, the form of
numbers, greetings, hesitations, polite openers and thanks go. Everything else stays, in its order:
every word, number, sign, mark of a script, negation and pronoun of any language. So two texts that
differ in a kind of thing that nobody thought of stay two texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from resmem_core.memory.text.negations import NEGATIONS
from resmem_core.memory.text.spelling import STOPS, Token, plain, split
from resmem_core.memory.text.trimming import without_fillers
from resmem_core.memory.text.vocabulary import words_of

_CODE: Final = re.compile(
    r"[{}`\\]|[=-]>|==|!=|\$[A-Za-z_{(]|\w\(\w*[,)]|&&|\|\||\s\|\s|::|</|;\s*$|\S\n[ \t]+\S", re.M
)
_SPACED_QUOTE: Final = re.compile(r"[\"“”„][^\"“”„\n]*(?:\s{2,}|\t)[^\"“”„\n]*[\"“”„]")
"""Blanks between quotes are a part of what is quoted."""

_DROPPED: Final = STOPS.difference("?") | frozenset("()[]-'")
_BOUNDARY: Final = "|"
_SHORT: Final = words_of(
    """
    yes yeah yep no nope sure ok okay maybe right correct true false never always ja nein doch oui
    non si sí sì sim não да нет はい いいえ 네 아니요 نعم لا हाँ नहीं evet hayır nee tak nie 是 不 对
    """
)
"""Answers: each means something else after every question."""


@lru_cache(maxsize=512)
def read(text: str, *, proof: bool = False) -> tuple[Token, ...]:
    """What is said, in order.

    Args:
        text: what was written.
        proof: what may be a part of what is said stays: a word that is a filler elsewhere, where no
            stop and no "I" sets it apart ("Hello Kitty", "a song called Thank You"), and the stops
            and hyphens within a sentence.

    >>> [token.text for token in read("Hi, I'm at “Rex”, um, thanks!")]
    ['i', 'am', 'at', '"', 'rex', '"']
    >>> [token.text for token in read("Hello Kitty, a cat, sang", proof=True)]
    ['hello', 'kitty', '|', 'a', 'cat', '|', 'sang']
    """
    if _CODE.search(text) or (proof and _SPACED_QUOTE.search(text)):
        return tuple(Token(line, line, kind="code") for line in _lines(text))
    tokens = split(plain(text))
    told = without_fillers(tokens, proof)
    return tuple(_with_boundaries(told if _says(told) else tokens, proof))


def answers(tokens: Sequence[Token]) -> bool:
    """Nothing but a short answer, which means something else after another question."""
    return len(tokens) <= 3 and all(
        token.text in _SHORT or token.text == _BOUNDARY for token in tokens
    )


def _lines(text: str) -> Iterator[str]:
    """Code as it stands, for every blank at a line's head and every quote may matter in it."""
    lines = unicodedata.normalize("NFC", text).strip().split("\n")
    return (line.rstrip() for line in lines if line.strip())


def _says(tokens: Sequence[Token]) -> bool:
    return any(token.text not in _DROPPED and token.text != "?" for token in tokens)


def _with_boundaries(tokens: Sequence[Token], proof: bool) -> Iterator[Token]:
    """The tokens without punctuation, but for stops that may change what is said.

    Those are the ones beside a negation, and for a proof every one within the text.
    """
    for at, token in enumerate(tokens):
        if token.text not in _DROPPED:
            if token.text != "?" or at == 0 or tokens[at - 1].text != "?":
                yield token
        elif at and proof and token.text == "-":
            yield token
        elif not 0 < at < len(tokens) - 1:
            continue
        elif token.text in STOPS:
            before, after = tokens[at - 1].text, tokens[at + 1].text
            beside = not {before, after}.isdisjoint(NEGATIONS)
            quoted = before == '"' or (after == '"' and at + 2 == len(tokens))
            inner = proof and not quoted and before not in STOPS
            if beside or (
                inner and after not in _JOINS and not (after in _I and token.text == ",")
            ):
                yield Token(_BOUNDARY, _BOUNDARY, kind="other")
        elif proof and token.text != "'":
            yield token


_I: Final = words_of("i we ich wir je nous yo io eu ik я мы")
_JOINS: Final = words_of("and or but und oder aber et ou mais y o pero e ma i и а но en of maar")
"""Before these a comma says nothing."""
