"""Where a text's sentences end. Pure; every reader of sentences slices the text by these spans.

A stop is an end only where white space follows, so that decimals, versions, addresses and names of
files stay whole; a stop of a script without spaces is one always, and so is the end of a line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from resmem_core.memory.text.vocabulary import COMMON, words_of

Span: TypeAlias = tuple[int, int]
"""Where a part begins and ends, in characters."""
Ends: TypeAlias = Literal["sentence", "clause", "any"]
"""What ends a part: the end of a sentence; a semicolon as well; or all that looks like a stop."""

_BREAK: Final = "\n\r\u2028\u2029\x85"
_ALWAYS: Final = "。｡！？؟।॥۔։።፧။។"
_SPACELESS: Final = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_CLOSING: Final = r"\"'”’“»«›)\]}）」』】》〉*_"
_CLOSED: Final = rf"[{_CLOSING}\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]*+(?:\[\d{{1,3}}\])*+"
_AFTER: Final = (
    rf"(?<=[.!?…])(?<![.!?…][.!?…])[.!?…]*+(?:{_CLOSED}(?=\s|\Z)"
    rf"|(?<=[{_SPACELESS}][.!?])(?=[{_SPACELESS}])"
    r"|(?<=[^\W\d_][!?])(?=[^\W\d_a-z][^\s=/&?]*+(?:\s|\Z)))"  # "Great!When?", and no address
    rf"|(?<=[{_ALWAYS}])[{_ALWAYS}]*+{_CLOSED}"
)
_SPACE: Final = rf"[^\S{_BREAK}]*+(?:[{_BREAK}]\s*+|(?P<doubt>(?=\S))?)"
_END: Final[dict[Ends, re.Pattern[str]]] = {
    "sentence": re.compile(rf"[.!?…{_BREAK}{_ALWAYS}](?:(?<=[{_BREAK}])\s*+|(?:{_AFTER}){_SPACE})"),
    "clause": re.compile(
        rf"[.!?…;；؛{_BREAK}{_ALWAYS}]"
        rf"(?:(?<=[{_BREAK}])\s*+|(?:{_AFTER}|(?<=;)(?=\s|\Z)|(?<=[；؛])){_SPACE})"
    ),
    "any": re.compile(r"[.!?。！？؟।\n](?:(?<=[.!?])(?=\s|\Z)|(?<=[。！？؟।\n]))\s*+"),
}
"""Each begins with one class of characters, which makes a search quick; it is in doubt whether a
sentence ends where text follows in the line."""
_FENCED: Final = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)", re.M | re.S)
_WORD_BREAK: Final = re.compile(r"[^\w.-]+")
_NEXT_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_DOTTED: Final = re.compile(r"[^\W\d_]{1,2}(?:\.[^\W\d_]{1,2})+")
_SPACED: Final = re.compile(r"\b[^\W\d_]\.\s[^\W\d_]\Z")
"""The end of "z. B."."""
_LOOK: Final = 24
"""Characters before a stop that are looked at."""
_SHORT, _ITEM = 6, 4
"""Letters of an abbreviation, and of what numbers an item, at most."""

_NEVER_LAST: Final = words_of(
    "mr mrs ms dr drs prof mme mlle hr hrn fr sr sra srta sig sigra dott ing dipling avv mag dipl "
    "rev gen col capt lt sgt gov sen rep hon exmo exma ул проф им тов гр eg ie vs cf viz resp "
    "approx ca bzw sog evtl ggf inkl exkl zzgl vgl zb dh ua càd pex tzv mj bv dvs bl те тд тп см "
    "напр"
)
"""Titles before names, and what introduces more words."""
_BEFORE_NUMBERS: Final = words_of(
    "no nos nr nrs num núm fig figs vol pp p art arts abs sec ch chap tel ext ver v jan feb mar "
    "apr jun jul aug sep sept oct okt nov dec dez янв фев рис стр тел"
)
_BEFORE_LOWER: Final = words_of(
    "etc inc ltd co corp jr dept est usw ecc al bros ed eds tbsp tsp oz lb lbs ft hrs hr min max "
    "std mio mrd str г гг тыс млн млрд руб др"
)
"""The sentence goes on where a word in lower case or a number follows."""
_SAINTS: Final = words_of("st ste mt ft")
_ORDINAL: Final = re.compile(
    r"(?i)(?<!I )\b(?:am|der|die|das|dem|den|des|vom|zum|im|bis|seit|ab|zur|beim|det|ihr\w*|sein\w*"
    r"|mein\w*|unser\w*)\s\d{1,2}\Z"
)
_MARKER: Final = re.compile(
    rf"(?:\A|[{_BREAK}])[ \t>*#(-]*(?:\d{{1,3}}|[A-Za-z]|[ivxIVX]{{2,4}})\Z|[:;][ \t]*1\Z"
)
"""What numbers an item: "2" at the head of a line, or "1" behind a colon."""


@lru_cache(maxsize=64)
def spans(text: str, ends: Ends = "sentence") -> tuple[Span, ...]:
    """The sentences of a text, one behind the other: together they are the whole text.

    What follows a stop belongs to its sentence: quotes and brackets that close, and white space.
    O(length); the last ones are remembered, since a message is read by many.

    Args:
        text: what was written.
        ends: "clause" for semicolons as well. "any" heeds neither abbreviations nor quotes nor
            code: for texts whose writer might choose these so as to hide in a sentence.

    >>> text = 'Dr. Olsen (v2.1) said "Ok." Then, at 3.5 km, e.g. here... it rained! 雨。はい。'
    >>> [text[a:b] for a, b in spans(text)][:2]
    ['Dr. Olsen (v2.1) said "Ok." ', 'Then, at 3.5 km, e.g. here... it rained! ']
    """
    places = [0, *_ends(text, ends)]
    if places[-1] < len(text):
        places.append(len(text))
    return tuple(pairwise(places))


def parts(text: str, ends: Ends = "sentence") -> list[str]:
    """The sentences without the white space around them, blank ones left out.

    >>> parts("Well... maybe.\\n\\n1. Buy milk; eggs", "clause")
    ['Well... maybe.', '1. Buy milk;', 'eggs']
    """
    return [said for a, b in spans(text, ends) if (said := text[a:b].strip())]


def _ends(text: str, ends: Ends) -> list[int]:
    fenced = ends != "any" and ("```" in text or "~~~" in text)
    code = [place for found in _FENCED.finditer(text) for place in found.span()] if fenced else []
    return [
        found.end()
        for found in _END[ends].finditer(text)
        if found.lastgroup is None
        or not (bisect_right(code, found.start()) % 2 or _goes_on(text, found))
    ]


def _goes_on(text: str, found: re.Match[str]) -> bool:
    """Whether the sentence goes on behind a stop."""
    stop, after = found[0].rstrip(), text[found.end()]
    if stop == ".":
        return _is_short(text, found.start(), found.end())
    if len(stop) > 1 and stop[-1] in _CLOSING:  # "Really?" she said; 「はい。」と
        return after.islower() or after in "と、,，"
    return stop[0] in ".…" and after.islower()


def _is_short(text: str, at: int, after: int) -> bool:
    """Whether the word before a full stop is an abbreviation, an initial or a number of an item."""
    before = text[max(0, at - _LOOK) : at]
    written = _WORD_BREAK.split(before)[-1]
    if not written or (len(written) > _SHORT and "." not in written):
        return False
    if len(written) <= _ITEM and _MARKER.search(before):
        return True
    if written.isdigit():
        return _ORDINAL.search(before) is not None
    return _abbreviates(written, text, after) or _SPACED.search(before) is not None


def _abbreviates(written: str, text: str, after: int) -> bool:
    word = "".join(filter(str.isalpha, written)).lower()
    following = _NEXT_WORD.match(text, after)
    if word in _NEVER_LAST or (word in _BEFORE_NUMBERS and text[after].isdigit()):
        return True
    dotted = _DOTTED.fullmatch(written) is not None
    if len(word) == 1 and _is_letter(text, following):
        return True
    if text[after].islower() or text[after].isdigit():
        return dotted or word in _BEFORE_LOWER
    initial = (dotted or len(word) == 1) and written.isupper() and written != "I"
    return (initial or word in _SAINTS) and _is_name(following)


def _is_letter(text: str, word: re.Match[str] | None) -> bool:
    """Whether it is one letter with a full stop, as in "z. B."."""
    return word is not None and len(word[0]) == 1 and text[word.end() : word.end() + 1] == "."


def _is_name(word: re.Match[str] | None) -> bool:
    return word is not None and word[0][0].isupper() and word[0].lower() not in COMMON
