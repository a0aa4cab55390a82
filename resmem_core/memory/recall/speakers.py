"""Names in a question that are people who speak in the namespace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ROLES = frozenset({"user", "assistant", "tool", "system", ""})
"""Authors that are roles, not names; a question never means a person by them."""

_SHORTEST = 3


def named(words: Iterable[str], authors: Mapping[str, int]) -> dict[str, int]:
    """Question words that name an author, with the author's number.

    A word names an author by one of the name's parts, or as its short form: at least three
    letters that only one author's name starts with ("Mel" for Melanie).

    >>> named(["did", "mel", "call", "ada"], {"Melanie": 0, "Ada Byron": 1, "user": 2})
    {'mel': 0, 'ada': 1}
    """
    parts = _parts(authors)
    found: dict[str, int] = {}
    for word in words:
        who = _who(word, parts)
        if who is not None:
            found[word] = who
    return found


def _parts(authors: Mapping[str, int]) -> dict[str, int]:
    return {
        part: number
        for name, number in authors.items()
        if name.casefold() not in ROLES
        for part in name.casefold().replace("_", " ").split()
        if len(part) >= 2
    }


def _who(word: str, parts: Mapping[str, int]) -> int | None:
    if word in parts:
        return parts[word]
    if len(word) < _SHORTEST:
        return None
    owners = {number for part, number in parts.items() if part.startswith(word)}
    return owners.pop() if len(owners) == 1 else None
