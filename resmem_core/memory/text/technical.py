"""Words of code, data and logs: what a name, a number or a version is found by besides its tokens.

A name is found by its parts and as a whole however it is joined ("maxRetries", "max_retries",
"--max-retries"), and so are paths, addresses, ids and codes. A number is found whatever groups its
digits or stands beside it ("1,850", "40ms"), a version as a whole with or without its "v".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import unquote

from resmem_core.memory.text.tokens import STOPWORDS, stem, tokens

_HINTS: Final = tuple(
    re.compile(hint).search for hint in (r"[0-9_/@\\:#+%-]", r"[A-Z](?<=[^\W_].)", r"\.[^\W_]")
)
"""One of these is in an ASCII text that holds such words; each is one quick pass."""
_STOPS: Final = ".,;!?…\"'’“”()*"
"""Signs around a word of prose."""
_RUN: Final = re.compile(r"[^\W_]+(?:(?:_+|[./@\\:-]|::|://|->)[^\W_]+)*")
"""A name with all that is joined to it."""
_WORD: Final = re.compile(r"[^\W_]+")
_NUMBER: Final = re.compile(
    r"(\+\d(?:[ ()/.-]{0,2}\d){6,14})(?!\d)"
    r"|(?<![\w.,])(\d{1,3}(?:([,.'’ \u00a0\u202f])\d{3})(?:\3\d{3})*)(?:[.,]\d{1,2})?(?!\w|[.,]\d)"
    r"|(?<![\w.])[vV]?(\d+(?:\.\d+)+(?:-(?=[a-zA-Z])[\w.]*\w)?)"
)
"""The number of a telephone; digits in groups of three; a version, an address or a fraction."""
_VERSION: Final = re.compile(r"\d+(?:\.\d+)+")
_SIGNED: Final = re.compile(r"(?<!\w)([A-Za-z]\w?)(\+\+|#)|(?<!\S)\.([A-Z]\w+)")
"""Languages whose name a sign tells from another's: C++, C#, .NET."""
_MEASURED: Final = re.compile(r"(\d+)([^\W\d_]{1,4})|([^\W\d_]{3,})(\d+)")
"""A number with its unit, or a name with its number: "40ms", "python3"."""
_ESCAPED: Final = re.compile(
    r"\\[nrt]([^\W_]+)|\w*(?:\\u[0-9a-fA-F]{4}\w*)+|\w*(?:%[0-9A-F]{2}\w*)+"
)
"""A line end, tab, letter or blank as it is written within a string or an address."""
_CODE_POINT: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_STAMP: Final = re.compile(
    r"\[?(?:\d{4}-\d\d-\d\d[T ]|\d{1,2}/\w{2,3}/\d{4}[: ]|\b[A-Z][a-z]{2} +\d{1,2} )?"
    r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?\]?"
)
_LOGGED: Final = 3
"""Stamps of a text from which on it is a log."""
_LONGEST: Final = 64
"""Letters of a name that is found as a whole."""
_PIECES: Final = 8
"""Parts of such a name at most; of a longer one only its end is."""


def forms(text: str) -> dict[str, tuple[str, ...]]:
    """Stem of a token of the text → what else it is found by, where it has anything.

    >>> forms("fetchUser"), forms("v1.2.3"), forms("It is fine.")
    ({'fetchus': ('fetch', 'user')}, {'1.2.3': ('1.2.3', '1.2')}, {})
    """
    if text.isascii() and not any(hint(text) for hint in _HINTS):
        return {}
    said = [word if _is_technical(word) else "" for word in text.split()]
    found: dict[str, dict[str, None]] = {}
    for one, others in _pairs(" ".join(said)) if any(said) else ():
        found.setdefault(one, {}).update(dict.fromkeys(filter(None, others)))
    return {one: tuple(each) for one, each in found.items() if one and each}


def _is_technical(word: str) -> bool:
    """Whether a word has more to it than the letters of prose."""
    plain = word.strip(_STOPS)
    return (plain != "" and not plain.isalpha()) or plain[1:] != plain[1:].lower()


def unstamped(text: str) -> str:
    """A log with its first stamp alone: the others say nothing of what was logged.

    >>> unstamped("10:00:01 up\\n10:00:02 down\\n10:00:03 up").split()
    ['10:00:01', 'up', 'down', 'up']
    """
    stamps = [found.span() for found in _STAMP.finditer(text)] if ":" in text else []
    if len(stamps) < _LOGGED:
        return text
    ends = [stamps[0][1], *(end for _, end in stamps[1:])]
    starts = [*(start for start, _ in stamps[1:]), len(text)]
    return text[: ends[0]] + "".join(
        text[end:start] for end, start in zip(ends, starts, strict=True)
    )


def numbers(text: str) -> tuple[str, list[str]]:
    """The text without the numbers that signs divide, and those as one word each.

    >>> numbers("Did 1.2.3 cost 1,850 euros?")
    ('Did   cost   euros?', ['1.2.3', '1850'])
    """
    found: list[str] = []

    def taken(number: re.Match[str]) -> str:
        grouped = number[1] or number[2]
        found.append(re.sub(r"\D", "", grouped) if grouped else number[4].lower())
        return " "

    return _NUMBER.sub(taken, text), found


def _pairs(text: str) -> Iterator[tuple[str, Iterable[str]]]:
    """The stem of a token, and what else it is found by; a number stands for itself."""
    for run in _RUN.findall(text):
        yield from _of_run(run)
    for whole in numbers(text)[1]:
        yield whole, (whole, whole.rpartition(".")[0] if whole.count(".") > 1 else "")
    for found in _SIGNED.finditer(text):
        word, sign, dotted = found.groups()
        yield _key(word or dotted), ((f"{word}{sign}" if word else f".{dotted}").lower(),)
    if "\\" in text or "%" in text:
        for found in _ESCAPED.finditer(text):
            plain = found[1] or unquote(_CODE_POINT.sub(lambda m: chr(int(m[1], 16)), found[0]))
            yield _key(found[0]), map(stem, tokens(plain))


def _of_run(run: str) -> Iterator[tuple[str, Iterable[str]]]:
    words = _WORD.findall(run)
    for word in words:
        if 2 < len(word) <= _LONGEST and (parts := (*_humps(word), *_measured(word))):
            yield _key(word), parts
    if len(words) > 1:
        yield _key(run), _joined(run, words)


def _joined(run: str, words: Sequence[str]) -> Iterator[str]:
    """A name as a whole, and its end: a file's name, the method of a class."""
    if _NUMBER.fullmatch(run):
        return
    if all(word.isdigit() for word in words):
        yield from (run, run.rpartition(".")[0] if ":" in run else "")
        return
    yield from _VERSION.findall(run)
    if len(run) <= _LONGEST and len(words) <= _PIECES:
        yield stem("".join(words).lower())
    if len(words) > 2 and not words[-1].isdigit():
        yield stem("".join(words[-2:]).lower()[-_LONGEST:])


def _humps(word: str) -> list[str]:
    """The parts of a name written in humps; capitals in a row are one ("HTTPServer", "URLs")."""
    if word.isupper() or word[1:] == word[1:].lower() or word.rstrip("s").isupper():
        return []
    ends = [at for at in range(1, len(word)) if _begins(word, at)]
    parts = [word[a:b] for a, b in zip([0, *ends], [*ends, len(word)], strict=True)]
    said = (one for part in parts if len(part) > 1 for one in tokens(part))
    return [stem(one) for one in said if one not in STOPWORDS]


def _begins(word: str, at: int) -> bool:
    """Whether a hump begins here: a capital after a small letter, or before one."""
    if not word[at].isupper():
        return False
    return not word[at - 1].isupper() or (at + 1 < len(word) and word[at + 1].islower())


def _measured(word: str) -> list[str]:
    found = _MEASURED.fullmatch(word)
    return [stem(part.lower()) for part in found.groups() if part] if found else []


def _key(text: str) -> str:
    """The stem that stands for a text in the index: of its first word that carries a topic."""
    words = tokens(text)
    said = next((word for word in words if word not in STOPWORDS), "")
    return stem(said or (words[0] if words else ""))
