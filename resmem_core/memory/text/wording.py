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
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from resmem_core.memory.text import fillers
from resmem_core.memory.text.contractions import spelt_out
from resmem_core.memory.text.negations import NEGATIONS
from resmem_core.memory.text.vocabulary import words_of

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
_CODE: Final = re.compile(
    r"[{}`\\]|[=-]>|==|!=|\$[A-Za-z_{(]|\w\(\w*[,)]|&&|\|\||\s\|\s|::|</|;\s*$|\S\n[ \t]+\S", re.M
)
_QUOTED: Final = re.compile(r"(?<![\w'])'((?:[^'\n]|(?<=\w)'(?=\w)){1,300})'(?![\w'])")
_BULLET: Final = re.compile(r"^[ \t]*[*•·-][ \t]+(?=[^\s\d])", re.M)
_BOLD: Final = re.compile(r"(\*{1,3}|__)(?=\S)([^*_\n]+?)(?<=\S)\1")
_DASH: Final = re.compile(r"(?<=[^\d\s])\s+-{1,3}\s+(?=\S)")
_INITIALS: Final = re.compile(r"\b(?:[A-Z]\.){2,}|\b[ap]\.m\.")
_WIDE: Final = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
_TOKEN: Final = re.compile(
    rf"""(?P<face>(?<!\w)(?:[:;=][-^']?[()\[\]DPpOo/|*3]|<3|:'\()(?!\w))
    | (?P<code>(?<![\w.])\.[A-Za-z]\w* | --[A-Za-z][\w-]* | [A-Za-z]+\d[\w.-]*(?<=\w)
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
_STOPS: Final = frozenset(".!?,;:\n")
_DROPPED: Final = _STOPS.difference("?") | frozenset("()[]-'")
_BOUNDARY: Final = "|"
LONGEST: Final = 14
"""Tokens of a closing phrase, single characters of a script without spaces among them."""
_SELF: Final = words_of(
    "i we my our ich wir mein meine je nous mon ma mes yo mi io mio eu meu minha"
)
_LOOSE: Final = words_of(
    "well so ok okay yeah anyway alright bueno pues allora então bom alors tja also ну так короче"
)
"""Openers that need no comma before the speaker's own "I"."""

_LINKS: Final = words_of("- is are was were has had means of and or 's ist est es è é sind war")
_SHORT: Final = words_of(
    """
    yes yeah yep no nope sure ok okay maybe right correct true false never always ja nein doch oui
    non si sí sì sim não да нет はい いいえ 네 아니요 نعم لا हाँ नहीं evet hayır nee tak nie 是 不 对
    """
)
"""Answers: each means something else after every question."""


@dataclass(frozen=True, slots=True)
class Token:
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


@lru_cache(maxsize=512)
def read(text: str) -> tuple[Token, ...]:
    """What is said, in order.

    >>> [token.text for token in read("Hi, I'm at “Rex”, um, thanks!")]
    ['i', 'am', 'at', '"', 'rex', '"']
    """
    if _CODE.search(text):
        return tuple(Token(line, line, kind="code") for line in _lines(text))
    tokens = _split(plain(text))
    told = _without_fillers(tokens)
    return tuple(_with_boundaries(told if _says(told) else tokens))


def answers(tokens: Sequence[Token]) -> bool:
    """Nothing but a short answer, which means something else after another question."""
    return len(tokens) <= 3 and all(
        token.text in _SHORT or token.text == _BOUNDARY for token in tokens
    )


def _lines(text: str) -> Iterator[str]:
    """Code as it stands, for every blank at a line's head and every quote may matter in it."""
    lines = unicodedata.normalize("NFC", text).strip().split("\n")
    return (line.rstrip() for line in lines if line.strip())


def plain(text: str) -> str:
    """The text with one form of each blank, quote, dash, width and digit."""
    if not text.isascii():
        text = "".join(map(_narrow, unicodedata.normalize("NFC", text)))
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_SAME)
    text = _DASH.sub(", ", text)
    text = _BOLD.sub(r"\2", _BULLET.sub("", text.strip()))
    text = _INITIALS.sub(lambda match: match.group().replace(".", ""), text)
    return _QUOTED.sub(r'"\1"', text)


def _narrow(char: str) -> str:
    """A character at its usual width, a digit of any script as 0 to 9."""
    if unicodedata.decomposition(char).startswith(("<wide>", "<narrow>")):
        return unicodedata.normalize("NFKC", char)
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char))
    return char


def _split(text: str) -> list[Token]:
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
    for match in _RUN.finditer(text):
        run = match.group()
        whole = _PART.findall(run) if _PATH.search(run) else [run]
        for part in whole:
            named = part.rstrip(".:") if _PATH.search(part) else ""
            if named:
                yield "code", named
            rest = part[len(named) :]
            yield from ((t.lastgroup or "", t.group()) for t in _TOKEN.finditer(rest))


def _words(part: str, first: bool) -> list[Token]:
    """A word, or the words that it is a contraction of."""
    lower = part.lower()
    full = spelt_out(lower).split()
    if len(full) == 1:
        return [Token(full[0], part, first)]
    return [Token(word, word, first and at == 0) for at, word in enumerate(full)]


_SIGNS: Final = {"minus": "−", "prime": "′", "&": "and"}


# -- what adds nothing


def _says(tokens: Sequence[Token]) -> bool:
    return any(token.text not in _DROPPED and token.text != "?" for token in tokens)


def _without_fillers(tokens: list[Token]) -> list[Token]:
    length = _phrase(fillers.REQUEST, tokens, 0)
    told = _cleared(tokens[length:])
    while told and told[-1].text in (_STOPS if length else _STOPS - {"?"}):
        told.pop()
    while (end := _closing(told)) is not None:
        del told[end:]
        while told and told[-1].text in _STOPS - {"?"}:
            told.pop()
    return told


def _cleared(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without hesitations, greetings and openers."""
    told: list[Token] = []
    at = 0
    while at < len(tokens):
        length = _filler(tokens, at, opens=not told or told[-1].text in _STOPS)
        if not length:
            told.append(tokens[at])
            at += 1
            continue
        at += length
        while at < len(tokens) and tokens[at].text in _STOPS - {"?"}:
            at += 1
    return told


def _filler(tokens: Sequence[Token], at: int, *, opens: bool) -> int:
    """How many tokens from here add nothing."""
    length = _phrase(fillers.ANYWHERE, tokens, at)
    if length or not opens:
        return 0 if _goes_on(tokens, at + length) else length
    length = _bounded(tokens, at)
    if length and not _is_bound(tokens, at, length) and not _bounded(tokens, at + length):
        length = 0
    length = length or _phrase(fillers.OPENING, tokens, at)
    return 0 if _goes_on(tokens, at + length) else length


def _bounded(tokens: Sequence[Token], at: int) -> int:
    """The length of the phrase here that may stand between commas; 0 where none does."""
    length = _phrase(fillers.PARENTHETIC, tokens, at)
    return length if length and at + length <= len(tokens) else 0


def _is_bound(tokens: Sequence[Token], at: int, length: int) -> bool:
    """A stop comes after it, or the speaker's own "I" after a word that needs no stop."""
    after = tokens[at + length].text if at + length < len(tokens) else "."
    return after in _STOPS or (tokens[at].text in _LOOSE and after in _SELF)


def _goes_on(tokens: Sequence[Token], at: int) -> bool:
    """The word before is a part of what is said: "also-ran", "Hi is a greeting"."""
    return at < len(tokens) and tokens[at].text in _LINKS


def _closing(tokens: Sequence[Token]) -> int | None:
    """Where the thanks begin that the text ends with."""
    for start in range(max(1, len(tokens) - LONGEST), len(tokens)):
        if _phrase(fillers.CLOSING, tokens, start) != len(tokens) - start:
            continue
        apart = tokens[start - 1].text in _STOPS
        if apart or (start > 2 and tokens[start].text not in _WEAK | NEGATIONS):
            return start if tokens[start - 1].text not in NEGATIONS else None
    return None


_WEAK: Final = words_of("ok okay as you by just lol né tá")


def _phrase(table: fillers.Phrases, tokens: Sequence[Token], at: int) -> int:
    """The length of the longest phrase of the table that stands here."""
    if at >= len(tokens):
        return 0
    for phrase in table.get(tokens[at].text, ()):
        if tuple(token.text for token in tokens[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def _with_boundaries(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens without punctuation; a stop beside a negation says what is negated and stays."""
    for at, token in enumerate(tokens):
        if token.text not in _DROPPED:
            if token.text != "?" or at == 0 or tokens[at - 1].text != "?":
                yield token
        elif 0 < at < len(tokens) - 1 and token.text in _STOPS:
            around = {tokens[at - 1].text, tokens[at + 1].text}
            if not around.isdisjoint(NEGATIONS):
                yield Token(_BOUNDARY, _BOUNDARY, kind="other")
