"""The parts of a long text: paragraphs, list items and code blocks, none longer than a passage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from resmem_core.memory.text.sentence_ends import Span, spans

WORDS: Final = 120
"""Words of a part at most; two signs of a script without spaces are a word."""
LETTERS: Final = 1_200
"""Characters of a part at most, where words do not tell: Thai, or data in one line."""

_WIDE: Final = "\u3040-\u30ff\u3400-\u9fff"
_WORD: Final = re.compile(rf"[{_WIDE}]{{1,2}}|[^\W{_WIDE}]+")
_FENCE: Final = r"[ \t]*(?:```|~~~)"
_ITEM: Final = r"(?:[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]|#{1,6} )"
_BLOCK: Final = re.compile(
    r"^[ \t]*(```|~~~)[^\n]*(?:\n.*?(?:^[ \t]*\1[^\n]*$|\Z)|\Z)"
    rf"|^{_ITEM}[^\n]*(?:\n(?!{_ITEM}|{_FENCE}|[ \t]*$)[^\n]*)*"
    rf"|^(?:(?!{_ITEM}|{_FENCE}|[ \t]*$)[^\n]*\n?)+",
    re.MULTILINE | re.DOTALL,
)
"""A fenced block, a list item or heading with the lines that go on from it, or a paragraph."""
_LEAD: Final = re.compile(r"\s*(?:#{1,6} [^\n]*|[^\n]*:)\s*$", re.DOTALL)
"""A heading, or what announces what follows: it belongs to that."""


def passages(text: str) -> list[Span]:
    """The parts of a text in their order, without the white space around them.

    A text of at most `WORDS` words and `LETTERS` characters is one part.

    >>> [text[a:b] for text in ("Take:\\n- rope\\n- tent\\n\\n" + "x " * 120,)
    ...  for a, b in passages(text)[:2]]
    ['Take:\\n- rope', '- tent']
    """
    if _fits(text):
        return _trimmed(text, [(0, len(text))])
    return _trimmed(text, [part for block in _led(text) for part in _cut(text, *block)])


def is_long(text: str) -> bool:
    """Whether a text has more than one part."""
    return not _fits(text)


def _fits(text: str) -> bool:
    if len(text) > LETTERS:
        return False
    return len(text) <= WORDS or len(_WORD.findall(text)) <= WORDS


def _led(text: str) -> Iterator[Span]:
    """The blocks; a short line that announces another is one with it."""
    lead: int | None = None
    for found in _BLOCK.finditer(text):
        first = found.start() if lead is None else lead
        if _LEAD.fullmatch(found[0]) and _fits(found[0]):
            lead = first
        else:
            lead = None
            yield first, found.end()
    if lead is not None:
        yield lead, len(text)


def _cut(text: str, first: int, end: int) -> Iterator[Span]:
    """A block at the ends of its sentences or lines, where it is too long for one part."""
    if _fits(text[first:end]):
        yield first, end
        return
    begun = first
    for at, after in ((first + a, first + b) for a, b in spans(text[first:end], "clause")):
        if at > begun and not _fits(text[begun:after]):
            yield begun, at
            begun = at
        while not _fits(text[begun:after]):
            stop = _stop(text, begun, after)
            yield begun, stop
            begun = stop
    if begun < end:
        yield begun, end


def _stop(text: str, first: int, end: int) -> int:
    """Where a part without an end in sight is cut: after as many words as one may have."""
    words = [found.end() for found in _WORD.finditer(text, first, min(end, first + LETTERS))]
    return words[min(WORDS, len(words)) - 1] if words else min(end, first + LETTERS)


def _trimmed(text: str, spans: list[Span]) -> list[Span]:
    found = []
    for first, end in spans:
        said = text[first:end]
        begin = first + len(said) - len(said.lstrip())
        if said.strip():
            found.append((begin, begin + len(said.strip())))
    return found
