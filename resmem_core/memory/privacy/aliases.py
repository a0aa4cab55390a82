"""What callers name things by: ids of messages and of conversations.

A name is stored as it is given unless personal data stands in it. Then its redacted form is stored
with a digest of the whole, so that two names stay two and the same name is found again. The digest
is slow on purpose: nobody tries all phone numbers in passing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import scrypt
from typing import Final

from resmem_core.memory.privacy.screen import clean
from resmem_core.protocols import Redactor

_RANDOM: Final = frozenset({"SECRET", "NUMBER"})
"""Kinds that the random ids of machines look like; in a name they are no personal data."""
_COUNTED: Final = re.compile(r"(?!0)\d+", re.ASCII)
"""A row's number, a time, a number that a machine drew."""
_ABROAD: Final = re.compile(r"(?<![^\W_+.-])(?<![+.-])[1-9]\d{10,14}(?![^\W_])", re.ASCII)
"""A bare number that is read as a phone with its country in front."""
_LONGEST: Final = 900
_WORK: Final = 2**12


def alias(name: str, redactor: Redactor) -> str:
    """The name as it is stored; an alias is its own alias.

    What stands behind `#` is the number of a part and stays.

    >>> from resmem_core.memory.privacy.redact import PatternRedactor
    >>> alias("thread-1", PatternRedactor())
    'thread-1'
    >>> alias("call +49 170 1234567", PatternRedactor()).partition("~")[0]
    'call [PHONE] '
    """
    whole, mark, part = name.rpartition("#")
    if mark and part.isdecimal():
        return f"{alias(whole, redactor)}{mark}{part}"
    try:
        return _remembered(name, redactor)  # type: ignore[arg-type]  # most can be a key
    except TypeError:  # a redactor that cannot be a key
        return _alias(name, redactor)


def _alias(name: str, redactor: Redactor) -> str:
    cleaned = clean(name).text
    shown = _redacted(cleaned, redactor)
    return name if shown == name else f"{shown[:_LONGEST]} ~{_digest(name)}"


_remembered = lru_cache(maxsize=4096)(_alias)


def _redacted(name: str, redactor: Redactor) -> str:
    """The name without personal data; itself where it looks like nothing but a machine's id."""
    abroad = _ABROAD.sub(r"+\g<0>", name)
    if abroad == name and _COUNTED.fullmatch(name):
        return name
    done = redactor.redact(abroad)
    return name if _RANDOM.issuperset(found.kind for found in done.found) else done.text


def _digest(name: str) -> str:
    """80 bits as letters, which no redactor takes for a number."""
    raw = scrypt(name.encode("utf-8", "surrogatepass"), salt=b"resmem", n=_WORK, r=8, p=1, dklen=10)
    return "".join(chr(ord("a") + half) for byte in raw for half in divmod(byte, 16))
