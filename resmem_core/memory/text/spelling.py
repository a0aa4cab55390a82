"""A text as words, numbers and signs, in one form of each blank, quote, dash, width and digit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from resmem_core.memory.text.contractions import spelt_out

_INVISIBLE: Final = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff\u0640]"
)
_SAME: Final = str.maketrans(
    {
        **dict.fromkeys("‘’ʼ´", "'"), **dict.fromkeys("“”„‟«»「」『』《》〝〟", '"'),
        **dict.fromkeys("‐‑‒–−", "-"), **dict.fromkeys("。｡।", "."), "、": ",", "،": ",",
        "؟": "?", "؛": ";", "…": ".", "—": ",", "―": ",", "¿": " ", "¡": " ",
    }
)  # fmt: skip
_QUOTED: Final = re.compile(r"(?<![\w'])'((?:[^'\n]|(?<=\w)'(?=\w)){1,300})'(?![\w'])")
_BULLET: Final = re.compile(r"^[ \t]*[*•·-][ \t]+(?=[^\s\d])", re.M)
_BOLD: Final = re.compile(r"(\*{1,3}|__)(?=\S)([^*_\n]+?)(?<=\S)\1")
_LISTED: Final = frozenset("*•·-_")
"""One of these is in every bullet, and in what is bold."""
_DASH: Final = re.compile(r"(?<=[^\d\s])\s+-{1,3}\s+(?=\S)")
_INITIALS: Final = re.compile(r"\b(?:[A-Z]\.){2,}|\b[ap]\.m\.")
_WIDE: Final = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
_TOKEN: Final = re.compile(
    rf"""(?P<face>(?<!\w)(?:[:;=][-^']?[()\[\]DPpOo/|*3]|<3|:'\()(?!\w))
    | (?P<code>(?<![\w.])\.[A-Za-z]\w* | (?<!\S)-[A-Za-z]\w* | --[A-Za-z][\w-]*
        | [A-Za-z]+\d[\w.-]*(?<=\w)
        | \d+[A-Za-z]+\d\w*
        | [A-Za-z]\w*(?:\.[a-z]\w*|\.[A-Z]+(?![a-z]))+)
    | (?P<number>\d+(?:[.,:'\u00a0\u202f\u2009-]\d+)*)
    | (?P<wide>[{_WIDE}])
    | (?P<word>(?:(?![{_WIDE}])[^\W\d_])+(?:'(?:(?![{_WIDE}])[^\W\d_])+)*(?:(?<=s)')?)
    | (?P<prime>(?<=\d)')
    | (?P<minus>(?<![A-Za-z\d.)\]])-(?=[\d.$€£]))
    | (?P<other>\S | \n)""",
    re.X,
)
_RUN: Final = re.compile(r"[^ \t\n\r\f\v]+|\n")
_PART: Final = re.compile(r'[^,;!?"()<>]+|[,;!?"()<>]')
_PATH: Final = re.compile(r"\w://|(?<![a-z])/(?=[\w.])|[@_]|\w/\w+/")
STOPS: Final = frozenset(".!?,;:\n")


class Token(NamedTuple):
    """One word, number or sign.

    Attributes:
        text: as it is compared.
        written: as it stood there.
        first: it opens a sentence.
        kind: "word", "number", "minus", "code", "face", "wide" or "other".
    """

    text: str
    written: str
    first: bool = False
    kind: str = "word"


def plain(text: str) -> str:
    """The text with one form of each blank, quote, dash, width and digit."""
    if not text.isascii():
        text = "".join(map(_narrow, unicodedata.normalize("NFC", text)))
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_SAME)
    text = (_DASH.sub(", ", text) if "-" in text else text).strip()
    if not _LISTED.isdisjoint(text):
        text = _BOLD.sub(r"\2", _BULLET.sub("", text))
    if "." in text:
        text = _INITIALS.sub(lambda match: match.group().replace(".", ""), text)
    return _QUOTED.sub(r'"\1"', text) if "'" in text else text


@lru_cache(maxsize=8192)
def _narrow(char: str) -> str:
    """A character at its usual width, a digit of any script as 0 to 9."""
    if unicodedata.decomposition(char).startswith(("<wide>", "<narrow>")):
        return unicodedata.normalize("NFKC", char)
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char))
    return char


def split(text: str) -> list[Token]:
    """The tokens of a text that `plain` made."""
    found: list[Token] = []
    first = True
    for kind, part in _pieces(text):
        if kind == "word":
            found += _words(part, first)
        else:
            found.append(Token(_SIGNS.get(kind, _SIGNS.get(part, part)), part, first, kind))
        first = part in ".!?\n" or (first and kind not in ("word", "number", "wide", "code"))
    return found


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The tokens' kinds and texts. A path, an address or a name in code stays whole.

    Every run of characters between blanks is looked at once, so the cost is O(length).
    """
    for run in _RUN.findall(text):
        if run.isascii() and (run.isalpha() or (run[:-1].isalpha() and run[-1] in _ENDS)):
            yield from _plain_run(run)
        elif _PATH.search(run):
            yield from _path(run)
        else:
            yield from _tokens(run)


def _plain_run(run: str) -> Iterator[tuple[str, str]]:
    """A word of ASCII letters, and the sign behind it if there is one."""
    word = run if run.isalpha() else run[:-1]
    yield "word", word
    if word is not run:
        yield "other", run[-1]


def _path(run: str) -> Iterator[tuple[str, str]]:
    for part in _PART.findall(run):
        named = part.rstrip(".:") if _PATH.search(part) else ""
        if named:
            yield "code", named
        yield from _tokens(part[len(named) :])


def _tokens(run: str) -> Iterator[tuple[str, str]]:
    return ((t.lastgroup or "", t.group()) for t in _TOKEN.finditer(run))


_ENDS: Final = frozenset(".,;!?")


def _words(part: str, first: bool) -> list[Token]:
    """A word, or the words that it is a contraction of."""
    lower = part.lower()
    full = _spelt(lower)
    if len(full) == 1:
        return [Token(full[0], part, first)]
    head = part[: len(full[0])] if lower.startswith(full[0]) else full[0]
    rest = (Token(word, word) for word in full[1:])
    return [Token(full[0], head, first), *rest]


@lru_cache(maxsize=32_768)
def _spelt(lower: str) -> tuple[str, ...]:
    return tuple(spelt_out(lower).split())


_SIGNS: Final = {"minus": "−", "prime": "′", "&": "and"}
