"""Is a message news, a repeat, or a changed fact? When unsure: news.

A repeat is merged only on proof (`text.same`), and only with the same speaker's words.
A changed fact is a newer value of the same key, said as a fact by the same speaker; the newer
version is kept and linked to the older one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from resmem_core.memory.gate import facts
from resmem_core.memory.gate.merging import has_room
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.same import repeats
from resmem_core.memory.text.sentences import names, said, stems, words
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

ALIKE: Final = 0.25
"""Cosine or lexical overlap below which two texts are not read as repeats; sleep reads them all."""

LONG: Final = 2_000
"""Characters from which a text is a document: it changes no fact."""


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
        if max(cosine, overlap) >= ALIKE and repeats(memory, old) and has_room(old, [memory.text]):
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


def _comparable(old: Memory, new: Memory) -> bool:
    """Still current, and from the same speaker with the same standing."""
    same = (old.author, old.role, old.trust) == (new.author, new.role, new.trust)
    return same and old.valid_to is None and old.id != new.id


# -- changed facts


@lru_cache(maxsize=1024)
def _matters(text: str) -> frozenset[str]:
    """Stems of all words but the glue between them; close synonyms as one."""
    spoken = (word.lower() for word in words(said(text)))
    kept = (vocab.SYNONYMS.get(word, word) for word in spoken if word not in vocab.GLUE)
    return frozenset(stem_of(word.removesuffix("'s")) for word in kept)


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
