"""Is a message news, a repeat, or a changed fact? When unsure: news.

A repeat is merged only when nothing speaks against it: the same speaker, the same words that
matter, the same numbers, times, names in the same order, negation, mood and tense. A changed fact
is a newer value of the same key, said as a fact by the same speaker; the newer version is kept and
linked to the older one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from resmem_core.memory.gate import facts
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.sentences import names, said, stems, words
from resmem_core.memory.text.signs import signs
from resmem_core.memory.text.tokens import stem as stem_of
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

CLOSE: Final = 0.9
"""Cosine from which two texts of the same uncommon words may differ in common ones."""
COVERED: Final = 0.75
"""Share of the older text's words that a shorter repeat must have."""
ALIKE: Final = 0.4
"""Cosine or lexical overlap below which two texts are not looked at as repeats."""
LONG: Final = 2_000
"""Characters from which a text is a document: only an exact repeat of it is recognised."""
DAY: Final = 43_200.0
"""Seconds after which "today" is another day."""

_DIGITS: Final = re.compile(r"\d+")
_SHORT_ANSWER: Final = re.compile(r"(?:(?:yes|yeah|yep|no|nope|sure|ok|okay|maybe)\b ?){1,3}")
"""Means something else after every question, so it never repeats another one."""


def relation(memory: Memory, near: Near, recent: Iterable[Memory] = ()) -> Relation:
    """What a message is to the memories that are nearest to it.

    Args:
        memory: the new message.
        near: (memory, cosine, lexical overlap) of the nearest and of the `probes`, in any order.
        recent: the last messages of its session, for "we postponed it to Friday".
    """
    ordered = sorted(near, key=lambda item: (-item[1], item[0].id))
    current = [item for item in ordered if _comparable(item[0], memory)]
    for old, cosine, overlap in current:
        if max(cosine, overlap) >= ALIKE and _repeats(memory, old, cosine):
            return Same(old.id)
    if len(memory.text) <= LONG and facts.may_change(memory.text):
        for old, _, _ in current:
            if len(old.text) <= LONG and _changes(memory.text, old.text):
                return Replaces(old.id)
        meant = _meant(memory, recent)
        return Replaces(meant.id) if meant else New()
    return New()


def probes(text: str) -> tuple[str, ...]:
    """Texts to look up besides the message's own: what an older version may have said.

    >>> probes("I moved to Porto last week.")
    ('I live in, I moved to, I am based in',)
    """
    known = {
        "home": "I live in, I moved to, I am based in",
        "work": "I work at, I work for, my job, I started at",
    }
    stated = facts.facts(text) if len(text) <= LONG else ()
    return tuple(known.get(fact.key, f"my {fact.key} is") for fact in stated)


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """Letters and digits only, case folded, single spaces: equal for exact repeats.

    >>> plain("I  live in LISBON!") == plain("i live in Lisbon")
    True
    """
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _comparable(old: Memory, new: Memory) -> bool:
    """Still current, and from the same speaker with the same standing."""
    same = (old.author, old.role, old.trust) == (new.author, new.role, new.trust)
    return same and old.valid_to is None and old.id != new.id


# -- repeats


@lru_cache(maxsize=1024)
def _lower(text: str) -> tuple[str, ...]:
    """Its words, in order, lower case."""
    return tuple(word.lower().removesuffix("'s") for word in words(text))


@lru_cache(maxsize=1024)
def _marks(text: str) -> tuple[object, ...]:
    """Numbers, times, negation, doubt and tense, persons, mood: equal in repeats."""
    lower = _lower(text)
    known = frozenset(lower)
    return (
        known & (vocab.TIMES | vocab.NUMBERS),
        sum(word in vocab.NEGATIONS or word.endswith("n't") for word in lower) % 2,
        known & vocab.DECISIVE,
        vocab.FIRST_PERSON.isdisjoint(known),
        vocab.SECOND_PERSON.isdisjoint(known),
    )


@lru_cache(maxsize=1024)
def _digits(text: str) -> tuple[str, ...]:
    """Its numbers and its question marks, which most texts that are no repeats differ in."""
    return (*sorted(_DIGITS.findall(text)), "?" if "?" in text else "")


@lru_cache(maxsize=1024)
def _matters(text: str) -> frozenset[str]:
    """Stems of all words but the glue between them; close synonyms as one."""
    spoken = (word.lower() for word in words(said(text)))
    kept = (vocab.SYNONYMS.get(word, word) for word in spoken if word not in vocab.GLUE)
    return frozenset(stem_of(word.removesuffix("'s")) for word in kept)


def _repeats(new: Memory, old: Memory, cosine: float) -> bool:
    if _another_day(new, old) or signs(new.text) != signs(old.text):
        return False
    mine, theirs = new.text, old.text
    if plain(mine) == plain(theirs):
        return not _SHORT_ANSWER.fullmatch(plain(mine))
    return (
        max(len(mine), len(theirs)) <= LONG
        and _digits(mine) == _digits(theirs)
        and _marks(mine) == _marks(theirs)
        and _covered(mine, theirs, cosine)
        and _called(mine, theirs) == _called(theirs, mine)
    )


def _another_day(new: Memory, old: Memory) -> bool:
    """Speaks of "today" or the like, on another day: not the same fact."""
    far = abs(new.at - old.at) > DAY
    return far and not vocab.RELATIVE.isdisjoint(word.lower() for word in words(new.text))


def _covered(new: str, old: str, cosine: float) -> bool:
    """The new text says nothing that the old one does not say."""
    mine, theirs = _matters(new), _matters(old)
    if mine == theirs:
        return len(mine) > 1
    if mine < theirs:
        return len(mine) > 2 and len(mine) >= COVERED * len(theirs)
    if cosine < CLOSE:
        return False
    topic = frozenset(stems(new))
    return len(topic) > 1 and topic == frozenset(stems(old))


def _called(text: str, other: str) -> list[str]:
    """The names of either text, as they come in this one."""
    called = {*names(text), *names(other)}
    return [word for word in _lower(text) if word in called]


# -- changed facts


def _changes(new: str, old: str) -> bool:
    if facts.unsure(old):
        return False
    if _ends(new, old):
        return True
    return not facts.unsure(new) and (_another_value(new, old) or _another_time(new, old))


def _another_value(new: str, old: str) -> bool:
    """The same key with another value: neither value is part of the other."""
    before = {fact.key: fact.value for fact in facts.facts(old)}
    return any(
        not (fact.value <= before[fact.key] or before[fact.key] <= fact.value)
        for fact in facts.facts(new)
        if fact.key in before
    )


def _another_time(new: str, old: str) -> bool:
    """Says of the same topic that it changed, and names another time or number."""
    then, now = facts.times(old), facts.times(new)
    topic = set(stems(old)) - {stem_of(name) for name in names(old)}
    return (
        bool(facts.CHANGE.search(new.lower()))
        and bool(topic)
        and topic <= set(stems(new))
        and bool(then and now)
        and then != now
    )


def _ends(new: str, old: str) -> bool:
    """Says that what the old text states is over: the same words, "no longer" or "stopped"."""
    if not facts.ENDED.search(new.lower()) or facts.ENDED.search(old.lower()):
        return False
    over = _matters(new) - _ENDINGS
    return bool(over) and over == _matters(old) - _ENDINGS and "?" not in new


_ENDINGS: Final = frozenset(
    stem_of(word)
    for word in vocab.NEGATIONS | vocab.words_of("longer anymore any more gave given up now")
)


def _meant(new: Memory, recent: Iterable[Memory]) -> Memory | None:
    """What "it" was moved to another time: the last thing with a time, in the same session."""
    lower = new.text.lower()
    moved = facts.RESCHEDULED.search(lower)
    if not moved or facts.unsure(new.text) or not facts.times(new.text):
        return None
    if not re.search(r"\b(?:it|that|this)\b", moved.group()):
        return None
    older = [
        old
        for old in recent
        if old.session == new.session
        and old.valid_to is None
        and old.id != new.id
        and old.at <= new.at
        and old.trust == new.trust
        and facts.times(old.text)
        and not facts.unsure(old.text)
    ]
    return max(older, key=lambda old: (old.seq, old.id), default=None)
