"""Questions that name little and mean much: everything that is known, or one thing about "me"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from resmem_core.memory.text.phrases import Topics, compiled, load

_DATA: Final = load("questions.toml")
_OVERVIEW: Final = Topics([_DATA["overview"]])
ATTRIBUTES: Final[dict[str, re.Pattern[str]]] = {
    name: compiled(lines) for name, lines in _DATA["attributes"].items()
}
"""What may be asked of somebody → the words that name it."""
_STATED: Final = {"work": ("me work", "me job")}


def is_overview(question: str) -> bool:
    """Whether it asks for all that is known, or for what was said last.

    >>> is_overview("What do you know about me?"), is_overview("What do you know about Rome?")
    (True, False)
    """
    return _OVERVIEW.bits(question) > 0


def attribute(words: Sequence[str]) -> str | None:
    """The one thing about somebody that all these topic words of a question name, or None.

    >>> attribute(["live"]), attribute(["sister", "live"]), attribute([])
    ('home', None, None)
    """
    named = [_cued(word) for word in words]
    return next((n for n in ATTRIBUTES if words and all(n in each for each in named)), None)


@lru_cache(maxsize=4096)
def _cued(word: str) -> frozenset[str]:
    """The attributes that a word names."""
    return frozenset(name for name, cues in ATTRIBUTES.items() if cues.search(word))


def speaks_of(asked: str, text: str, stated: Iterable[str]) -> bool:
    """Whether a memory states the attribute of its speaker, or at least uses a word for it.

    >>> speaks_of("home", "I live in Porto.", ["me home"]), speaks_of("home", "I sing.", [])
    (True, False)
    """
    return states(asked, stated) or ATTRIBUTES[asked].search(text) is not None


def states(asked: str, stated: Iterable[str]) -> bool:
    """Whether what a memory states of its speaker is that attribute.

    >>> states("work", ["me job"]), states("work", ["sister job"])
    (True, False)
    """
    return not set(_STATED.get(asked, (f"me {asked}",))).isdisjoint(stated)
