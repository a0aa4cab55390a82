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
_COLUMNS: Final = ("|", "\t", ";", ",")


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


def widened(text: str, part: Span) -> Span:
    """A part with those beside it that no blank line divides from it, after it and then before it,
    as far as they fit into one.

    >>> text = "Take:\\n- rope\\n- tent\\n\\n" + "x " * 120
    >>> text[slice(*widened(text, passages(text)[1]))]
    'Take:\\n- rope\\n- tent'
    """
    parts = passages(text)
    if part not in parts:
        return part
    first = last = parts.index(part)
    while last + 1 < len(parts) and _one(text, parts, first, last + 1, last):
        last += 1
    while first > 0 and _one(text, parts, first - 1, last, first - 1):
        first -= 1
    return parts[first][0], parts[last][1]


def _one(text: str, parts: list[Span], first: int, last: int, seam: int) -> bool:
    """Whether the parts from the first to the last may be one, by the gap behind `seam`."""
    gap = text[parts[seam][1] : parts[seam + 1][0]]
    return "\n\n" not in gap and _fits(text[parts[first][0] : parts[last][1]])


def head(text: str, part: Span) -> str:
    """The first line of the table that a part goes on with: its columns; "" for no table.

    >>> table = "item;price;stock\\nrope;4;2\\ntent;90;1"
    >>> head(table, (26, len(table))), head(table, (0, 25))
    ('item;price;stock', '')
    >>> head("One, two, three.\\nA, b, c.", (17, 25))
    ''
    """
    begun = text.rfind("\n\n", 0, part[0]) + 1
    block = text[begun : part[0]].strip()
    if not block:
        return ""
    first, row = block.split("\n", 1)[0], text[part[0] : part[1]].split("\n", 1)[0]
    columns = [first.count(sign) for sign in _COLUMNS]
    same = [n >= 2 and n == row.count(sign) for n, sign in zip(columns, _COLUMNS, strict=True)]
    return first if any(same) and ", " not in first else ""


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
