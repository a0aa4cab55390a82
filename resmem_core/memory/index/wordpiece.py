"""WordPiece: how BERT's uncased vocabulary reads a text, without a tokenizer library.

`data/wordpieces.txt` is the vocabulary of bert-base-uncased (Devlin et al., 2019; Apache-2.0, see
`data/wordpieces.provenance.json`): a piece a line, its id being the line's number from 0.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

UNKNOWN: Final = 100
FIRST: Final = 101
LAST: Final = 102
"""Ids of [UNK], [CLS] and [SEP]; a text that holds these names spells them, it never makes them."""

MARKS: Final = frozenset({UNKNOWN, FIRST, LAST})
COMMONEST: Final = 1994
"""The id before the commonest words: those follow by their frequency, single signs stand before."""

_LONGEST: Final = 100
"""Characters of a word that is still cut into pieces; a longer one is unknown."""

# blocks of ideographs, each a word of its own
_IDEOGRAPHS: Final = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def read(text: str, most: int) -> list[int]:
    """The ids of a text's pieces between [CLS] and [SEP], at most `most` of them in all.

    >>> read("Hiking boots!", 128)
    [101, 13039, 6879, 999, 102]
    """
    ids = [FIRST]
    for word in _words(text):
        ids += _pieces(word)
        if len(ids) >= most:
            break
    return [*ids[: most - 1], LAST]


def _words(text: str) -> Iterator[str]:
    """Lower-case words without accents; punctuation marks and ideographs by themselves."""
    for part in "".join(map(_cleaned, text)).split():
        plain = unicodedata.normalize("NFD", part)
        yield from "".join(map(_folded, plain)).split()


@lru_cache(maxsize=65_536)
def _cleaned(char: str) -> str:
    if char in "\t\n\r" or unicodedata.category(char) == "Zs":
        return " "
    if char in "\0\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Co"):
        return ""
    return f" {char} " if _is_ideograph(ord(char)) else char


@lru_cache(maxsize=65_536)
def _folded(char: str) -> str:
    if unicodedata.category(char) == "Mn":
        return ""
    return f" {char} " if _is_mark(char) else char.lower()


def _is_mark(char: str) -> bool:
    return (char.isascii() and char.isprintable() and not char.isalnum()) or (
        unicodedata.category(char).startswith("P")
    )


def _is_ideograph(code: int) -> bool:
    return any(first <= code <= last for first, last in _IDEOGRAPHS)


@lru_cache(maxsize=65_536)
def _pieces(word: str) -> tuple[int, ...]:
    """The longest piece that a word begins with, again and again; unknown where one is missing."""
    known = _known()
    found: list[int] = []
    start = 0
    while start < len(word) <= _LONGEST:
        for end in range(len(word), start, -1):
            piece = known.get(f"##{word[start:end]}" if start else word[start:end])
            if piece is not None:
                break
        else:
            return (UNKNOWN,)
        found.append(piece)
        start = end
    return tuple(found) or (UNKNOWN,)


@cache
def _known() -> dict[str, int]:
    """Piece → id."""
    lines = (files("resmem_core.data") / "wordpieces.txt").read_text("utf-8").split("\n")
    return {piece: number for number, piece in enumerate(lines) if piece}
