"""Another time or number for a topic, and what "it" was moved to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from resmem_core.memory.gate import statement_rules as rules
from resmem_core.memory.gate import statements
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.analysis import asks
from resmem_core.memory.text.sentences import stems, words
from resmem_core.types import Memory


@lru_cache(maxsize=256)
def times(text: str) -> frozenset[str]:
    """Times and numbers that a text names: what a rescheduling changes.

    >>> sorted(times("The review is on Tuesday at 10:30"))
    ['10:30', 'tuesday']
    """
    lower = {word.lower() for word in words(text)}
    return frozenset(vocab.NUMBER.findall(text)) | (lower & vocab.TIMES)


def unsure(text: str) -> bool:
    """The text wishes, plans or supposes rather than states, quotes, or asks.

    >>> unsure("I want to move to Porto"), unsure("I moved to Porto")
    (True, False)
    """
    return asks(text) or not statements.clauses(text)


def another_time(new: str, old: str) -> bool:
    """Says of the same topic that it changed, and names another time or number."""
    if not _changes(new) or unsure(new) or unsure(old):
        return False
    if any(_somebody_else(one.who, old) for one in statements.read(new)) or _of_another(new, old):
        return False
    then, now = times(old), times(new)
    topic = _topics(old) - _HAPPENS
    return bool(topic) and topic <= _topics(new) and bool(then and now) and then != now


@lru_cache(maxsize=64)
def _changes(text: str) -> bool:
    return rules.CHANGE.search(text.lower()) is not None


@lru_cache(maxsize=256)
def _topics(text: str) -> frozenset[str]:
    return frozenset(stems(text))


_HAPPENS: Final = frozenset(stems("leaves leave starts begins departs arrives happens due ends"))


def _somebody_else(who: str, old: str) -> bool:
    """A person of whom the older text does not speak."""
    named = who.removeprefix("my ")
    return who.startswith("my ") and named in _PEOPLE and named not in old.lower()


def _of_another(new: str, old: str) -> bool:
    """The old text speaks of its speaker, the new one of what the old one does not name."""
    return "me" in {one.who for one in statements.read(old)} and _names_another(new, old)


def _names_another(new: str, old: str) -> bool:
    """What the new text speaks of is no "it", and stands nowhere in the old one."""
    theirs = [one.who for one in statements.read(new)]
    return (
        bool(theirs)
        and all(who != "me" and _SAID.isdisjoint(who.split()) for who in theirs)
        and all(set(who.split()).isdisjoint(words(old.lower())) for who in theirs)
    )


_SAID: Final = vocab.words_of("it this that he she they we you i there")


_PEOPLE: Final = rules.MANY | vocab.words_of(
    "mother father mum mom dad parents wife husband partner boss manager family girlfriend "
    "boyfriend"
)
RESCHEDULED: Final = re.compile(
    r"\b(?:postponed|rescheduled|moved|pushed|delayed|shifted|changed|brought)\b"
    r"(?: \w+){0,6}? (?:to|till|until|forward to|back to) "
)


def meant(new: Memory, recent: Iterable[Memory]) -> Memory | None:
    """What "it" was moved to another time, or was corrected: the last of the session that fits."""
    corrects = rules.CORRECTS.match(new.text.strip()) is not None
    if asks(new.text) or not times(new.text) or (unsure(new.text) and not corrects):
        return None
    if not corrects and not _moved_it(new.text):
        return None
    if corrects and len(stems(new.text)) > 4:
        return None
    told = [old for old in recent if _before(old, new) and times(old.text) and not unsure(old.text)]
    if corrects:
        told = [
            old for old in told if _kinds(old.text) & _kinds(new.text) and _names_no_other(new, old)
        ]
    return max(told, key=lambda old: (old.seq, old.id), default=None)


def _names_no_other(new: Memory, old: Memory) -> bool:
    """ "Sorry, my bike lock's code is …" corrects no "my locker's code is …"."""
    keys = {one.attribute for one in statements.read(new.text) if one.single}
    known = {one.attribute for one in statements.read(old.text) if one.single}
    same = not keys or not known or not keys.isdisjoint(known)
    return same and not _names_another(new.text, old.text)


def _moved_it(text: str) -> bool:
    moved = RESCHEDULED.search(text.lower())
    return bool(moved and re.search(r"\b(?:it|that|this)\b", moved.group()))


def _before(old: Memory, new: Memory) -> bool:
    return (
        old.session == new.session
        and old.valid_to is None
        and old.id != new.id
        and old.at <= new.at
        and (old.author, old.role, old.trust) == (new.author, new.role, new.trust)
    )


@lru_cache(maxsize=256)
def _kinds(text: str) -> frozenset[str]:
    """Which kinds of value it names: a clock time, a day, a number."""
    found = times(text)
    clock = {"clock" for one in found if ":" in one}
    number = {"number" for one in found if one[0].isdigit() and ":" not in one}
    return frozenset(clock | number | ({"day"} if found & vocab.TIMES else set()))
