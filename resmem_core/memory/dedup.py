"""Is a message news, a repeat, or a changed fact? When unsure: news."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from resmem_core.memory import vocabulary as vocab
from resmem_core.memory.sentences import names, stems, words
from resmem_core.types import Memory


@dataclass(frozen=True, slots=True)
class Same:
    """The message repeats the memory `into`."""

    into: str


@dataclass(frozen=True, slots=True)
class Replaces:
    """The message is a newer version of the memory `id`."""

    id: str


@dataclass(frozen=True, slots=True)
class New:
    """The message is neither."""


Relation: TypeAlias = Same | Replaces | New
Near: TypeAlias = Sequence[tuple[Memory, float, float]]

SAME: Final = 0.6
_DIGITS = re.compile(r"\d+")


def plain(text: str) -> str:
    """Letters and digits only, case folded, single spaces: equal for exact repeats.

    >>> plain("I  live in LISBON!") == plain("i live in Lisbon")
    True
    """
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def relation(memory: Memory, near: Near) -> Relation:
    """What a message is to the memories that are nearest to it.

    Args:
        memory: the new message.
        near: (memory, cosine, lexical overlap), in any order.
    """
    for old, _, _ in near:
        if old.author == memory.author and plain(old.text) == plain(memory.text):
            return Same(old.id)
    for old, cosine, _ in sorted(near, key=lambda item: (-item[1], item[0].id)):
        if cosine >= SAME and _paraphrase(memory, old):
            return Same(old.id)
    return New()


def _paraphrase(new: Memory, old: Memory) -> bool:
    content = set(stems(new.text))
    return (
        len(content) >= 2
        and content == set(stems(old.text))
        and old.author == new.author
        and _marks(new.text) == _marks(old.text)
    )


def _marks(text: str) -> tuple[object, ...]:
    """What two texts of one fact must share: numbers, times, negation, names, persons, mood."""
    lower = [word.lower() for word in words(text)]
    return (
        sorted(_DIGITS.findall(text)),
        sorted(set(lower) & (vocab.TIMES | vocab.NUMBERS)),
        sum(word in vocab.NEGATIONS or word.endswith("n't") for word in lower) % 2,
        sorted(set(names(text))),
        any(word in vocab.SECOND_PERSON for word in lower),
        text.rstrip(" \t\n\"'”)!").endswith("?"),
    )
