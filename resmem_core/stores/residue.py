"""Old bytes in a file where nothing is stored any more.

What is deleted is zeroed, but where SQLite splits a page it leaves copies of rows behind in the
unused part; they go only when the file is written anew.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Sequence
from typing import Final

MANY: Final = 64
"""From so many texts on, writing the file anew costs less than looking for each."""

SHORTEST: Final = 4
"""Bytes of a piece that is worth looking for; a shorter one stands in every file."""

_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f\x7f]+')
"""What stands in JSON as it is, however often that was encoded."""


def holds(path: str, texts: Sequence[str]) -> bool:
    """Whether the file may hold one of the texts, be it only in unused space."""
    if len(texts) > MANY:
        return True
    pieces = list(_pieces(texts))
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(piece) >= 0 for piece in pieces)


def _pieces(texts: Sequence[str]) -> Iterator[bytes]:
    for text in texts:
        runs = (run.encode("utf-8", "replace") for run in _PLAIN.findall(text))
        longest = max(runs, key=len, default=b"")
        if len(longest) >= SHORTEST:
            yield longest
