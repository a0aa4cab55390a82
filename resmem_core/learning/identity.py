"""Whether two names are one person: nobody approves their own proposal under another spelling.

Names are compared by what a reader sees: letters and digits alone, without case, marks, spaces and
invisible characters, and with letters that look alike in other scripts as one. Two people whose
names look the same count as one, so that an approval is refused rather than wrongly given.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BLANK: Final = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
"""Letters and symbols that show nothing."""

_CODES: Final = {
    "a": "0430 03b1 0251 2c61 13aa",
    "b": "0432 03b2 044c 0184 13f4",
    "c": "0441 03f2 1d04 13df",
    "d": "0501 0257 13a0",
    "e": "0435 03b5 0454 212e 0258 0259 13ac",
    "f": "03dd 0192",
    "g": "0261 0581 050d 13c0",
    "h": "04bb 043d 0570 13bb",
    "i": "006c 0031 007c 0021 0456 03b9 0131 04cf 01c0 05d5 05df 0627 2223 0269 13a5 13de",
    "j": "0458 03f3 13ab",
    "k": "043a 03ba 13e6",
    "m": "043c 03bc 03fb 13b7",
    "n": "0578 03b7 057c",
    "o": "0030 043e 03bf 0585 03c3 0966 06f0 0665 0c66 0e50 3007",
    "p": "0440 03c1 03f8 13e2",
    "q": "051b 0563",
    "r": "0433 1d26 13a1",
    "s": "0455 a731 13da",
    "t": "0442 03c4 13a2",
    "u": "057d 03c5 028b",
    "v": "03bd 0475 13d9",
    "w": "0461 051d 03c9 13b3",
    "x": "0445 03c7",
    "y": "0443 03b3 04af",
    "z": "03b6 1d22 13c3",
}
"""Code points of letters, digits and strokes that look like a Latin letter; l and i are one."""
_ALIKE: Final = {
    chr(int(code, 16)): latin for latin, codes in _CODES.items() for code in codes.split()
}

_LATIN: Final = re.compile(r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?([A-Z])\b")


def seen(name: str) -> str:
    """What a reader sees of a name; empty where that is nothing.

    >>> seen(" Alice ") == seen("\u0410lice\u200b") == seen("A1ICE")
    True
    """
    marked = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    letters = (c for c in map(_latin, marked) if unicodedata.category(c)[0] in "LN")
    return "".join(c for c in letters if c not in _BLANK).replace("rn", "m").replace("vv", "w")


def _latin(character: str) -> str:
    if character in _ALIKE:
        return _ALIKE[character]
    found = _LATIN.search(unicodedata.name(character, ""))
    letter = found.group(1).lower() if found else character
    return _ALIKE.get(letter, letter)


def same(one: str, other: str) -> bool:
    """Whether the names are one person's."""
    return seen(one) == seen(other)
