"""Whether a message retires what an older one states, is suspected to, or does neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from itertools import islice
from typing import Final

from resmem_core.memory.gate import corrections, endings, statements
from resmem_core.memory.gate import statement_rules as rules
from resmem_core.memory.gate.measures import same_measure, same_name
from resmem_core.memory.gate.rescheduling import another_time
from resmem_core.memory.gate.statement_forms import Statement
from resmem_core.memory.text import dates
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.places import REGIONS, is_place
from resmem_core.memory.text.sentences import stems
from resmem_core.memory.text.tokens import stem as stem_of
from resmem_core.types import Memory

LONG_BEFORE: Final = 730
"""Days before an older statement from which an event is one that the statement knew of."""


class ChangeKind(Enum):
    """What a message is to an older one."""

    RETIRES = "retires"
    SUSPECTED = "suspected"


def may_change(text: str) -> bool:
    """The text states a fact, or says that something changed or ended."""
    lower = text.lower()
    return bool(
        rules.CHANGE.search(lower)
        or rules.ENDED.search(lower)
        or rules.CORRECTS.match(lower)
        or statements.read(text)
        or corrections.cued(text)
    )


def may_touch(new: str, old: str) -> bool:
    """Whether the old text is worth reading: what only tells something can contradict a denial."""
    return not _only_tells(new) or not old.isascii() or _DENIAL.search(old.lower()) is not None


@lru_cache(maxsize=256)
def _only_tells(text: str) -> bool:
    """Everything that it states has many values, is asserted, and nothing says "now" or "no"."""
    lower = text.lower()
    cued = (
        rules.CHANGE.search(lower)
        or rules.NOW.search(lower)
        or rules.CORRECTS.match(lower)
        or corrections.cued(text)
    )
    return not cued and all(
        one.attribute == "does" and not one.denied and one.value != _MEAT
        for one in statements.read(text)
    )


_DENIAL: Final = re.compile(r"not|n't|nt\b|no longer|never|any ?more|any longer")


def key(one: Statement) -> str:
    """Under what name a statement that may change is found; "" for one that has many values."""
    name = "diet" if one.value == _MEAT else one.attribute.strip()
    if name in _KEYS:
        return f"{one.who} {name}"
    return f"{one.who} {name.split()[-1]}" if one.single else ""


_KEYS: Final = frozenset({"home", "work", "job", "age", "marital", "diet"})


def change(new: Memory, old: Memory) -> ChangeKind | None:
    """What the new memory does to the old one's statement."""
    found = _met(new.text, old.text)
    if found is ChangeKind.RETIRES:
        known = not _sole(old.text) or _known_then(new, old)
        return ChangeKind.SUSPECTED if known else ChangeKind.RETIRES
    if another_time(new.text, old.text):
        return ChangeKind.RETIRES
    if corrections.takes_back(new.text, old.text):
        return ChangeKind.RETIRES if _sole(old.text) else ChangeKind.SUSPECTED
    suspected = (
        found is ChangeKind.SUSPECTED
        or corrections.touches(new.text, old.text)
        or corrections.contrasts(new.text, old.text)
    )
    return ChangeKind.SUSPECTED if suspected else None


def _met(new: str, old: str) -> ChangeKind | None:
    """The most that a statement of the new text does to one of the old one."""
    held = statements.by_person(old)
    most = None
    for one in statements.read(new):
        for other in _comparable(one, held.get(one.who, {}), new):
            what = _pair(one, other, new)
            if what is ChangeKind.RETIRES:
                return what
            most = most or what
    return most


def _comparable(one: Statement, held: statements.Held, text: str) -> Iterator[Statement]:
    """What is held of the same person and `_pair` may have a word on.

    Two long texts have a thousand pairs of statements, and nearly all say nothing of each other.
    """
    told = one.value | one.was
    for attribute, denied in _touched(one, held, text):
        others = held.get((attribute, denied), ())
        if attribute == "does" and one.who == "me" and one.attribute != "diet":
            yield from (other for other in others if not told.isdisjoint(other.value))
        else:
            yield from others


def _touched(one: Statement, held: statements.Held, text: str) -> Iterable[tuple[str, bool]]:
    """The attributes, asserted and denied, that the statement may have to do with."""
    if endings.ends(one) or (one.attribute.startswith("attribute") and _renames(text)):
        return held
    names = (one.attribute, "rather", *_DIETS.get(one.attribute, ()))
    pairs = [(name, denied) for name in names for denied in (False, True)]
    if one.attribute == "does" and not _says_now(text):
        pairs.remove(("does", one.denied))
    return pairs


_DIETS: Final = {"does": ("diet",), "diet": ("does",)}


def _pair(one: Statement, other: Statement, text: str) -> ChangeKind | None:
    """What the first says of the second, which is of the same person."""
    if (ended := endings.ended(one, other)) is not None:
        return _if(ended)
    if {one.attribute, other.attribute} == {"does", "diet"}:
        return _if(_diet(one, other))
    if other.attribute == "rather":
        return _if(_preferred(one, other, text))
    if one.attribute != other.attribute and not _renamed(one, other, text):
        return None
    return _denial(one, other) if one.denied != other.denied else _another(one, other, text)


def _denial(one: Statement, other: Statement) -> ChangeKind | None:
    """The same value, asserted by one and denied by the other; a part of it is a suspicion."""
    if one.value == other.value or (one.single and one.value <= other.value):
        return ChangeKind.RETIRES
    if (
        one.attribute == "does"
        and one.denied
        and one.value < other.value <= one.value | endings.HOW
    ):
        return ChangeKind.RETIRES
    part = one.denied and one.attribute == "is" and one.value < other.value
    return ChangeKind.SUSPECTED if part else None


def _moved_on(one: Statement, other: Statement, text: str) -> ChangeKind | None:
    """ "I go to the gym on Thursdays now": the same at another time or number, from now on.

    One other word is a suspicion, where more than an everyday verb is the same.
    """
    same, new, old = one.value & other.value, one.value - other.value, other.value - one.value
    if not new or not old or not _says_now(text) or _everyday(one, same):
        return None
    if all(map(endings.counted, new | old)):
        return ChangeKind.RETIRES
    return ChangeKind.SUSPECTED if len(new) == len(old) == 1 else None


@lru_cache(maxsize=64)
def _says_now(text: str) -> bool:
    """Asked once of a text, however many statements it has."""
    return rules.NOW.search(text.lower())


def _everyday(one: Statement, same: frozenset[str]) -> bool:
    """What is the same is a verb that says little; of "my shift" the topic is whose it is."""
    return same <= _EVERYDAY and one.who == "me"


def _preferred(one: Statement, other: Statement, text: str) -> bool:
    """Two kinds of one thing (dark mode, light mode), or the one that another is preferred to."""
    if one.attribute == "rather":
        cued = rules.CHANGE.search(text.lower()) is not None
        return cued and one.value != other.value and bool(one.value & other.value)
    return one.attribute.startswith("prefer") and one.was == other.value


def _renamed(one: Statement, other: Statement, text: str) -> bool:
    """ "My new number" is a new phone number: the same attribute, named by its last word."""
    short, long = one.attribute.split(), other.attribute.split()
    same = short[:1] == long[:1] == ["attribute"] and long[-1:] == short[1:]
    return same and _renames(text)


@lru_cache(maxsize=64)
def _renames(text: str) -> bool:
    return re.search(r"\bmy new\b", text.lower()) is not None


def _if(retires: bool) -> ChangeKind | None:
    return ChangeKind.RETIRES if retires else None


_EVERYDAY: Final = frozenset(map(stem_of, vocab.COMMON))
_MEAT: Final = endings.stems_of("eat meat")


def _diet(one: Statement, other: Statement) -> bool:
    """ "I eat meat again" and "I am vegan" exclude each other."""
    eats, diet = (one, other) if one.attribute == "does" else (other, one)
    return eats.value == _MEAT and not eats.denied and not diet.denied


def _another(one: Statement, other: Statement, text: str) -> ChangeKind | None:
    """Another value of an attribute that has one at a time."""
    if one.attribute == "does":
        return _moved_on(one, other, text)
    if not one.single or not other.single or one.denied:
        return None
    if one.was and not (one.was & other.value or other.value <= one.was):
        return ChangeKind.SUSPECTED
    cued = bool(rules.CHANGE.search(text.lower()) or rules.NOW.search(text.lower()))
    if _compatible(one, other) or not _alike(one, other) or _several(one, other, cued):
        return None
    return ChangeKind.SUSPECTED if _doubtful(one, other, cued) else ChangeKind.RETIRES


def _several(one: Statement, other: Statement, cued: bool) -> bool:
    """One may have two cats and two trades, unless it is said that the one took over."""
    if one.attribute == "called":
        return not one.sure
    return one.attribute == "job" and not cued and not (one.sure and other.sure)


def _doubtful(one: Statement, other: Statement, cued: bool) -> bool:
    """The value may be none, or both may hold; a word of change settles some of that."""
    if one.attribute == "home":
        known = cued or not one.raw.isascii() or is_place(one.raw)
        return not (one.sure and other.sure and known)
    common = one.attribute in ("work", "job") and one.raw[:2] in ("a ", "an", "th")
    return not cued and (common or not (one.sure and other.sure))


def _alike(one: Statement, other: Statement) -> bool:
    """Both are of the kind that the attribute has: "a Fiat" and "red" are two things of a car."""
    if not one.attribute.startswith("attribute") or "favourite" in one.attribute:
        return True
    return _class(one.raw) == _class(other.raw)


def _class(raw: str) -> str:
    """What kind of value it is: a name, a number, or neither."""
    if re.search(r"[A-Z]", raw):
        return "name"
    return "number" if re.search(r"\d", raw) else ""


def _compatible(one: Statement, other: Statement) -> bool:
    """Both values may hold: one says more, is a place within the other, or the same measure."""
    a, b = one.value, other.value
    if a <= b or b <= a or same_name(a, b):
        return True
    places = [raw.lower() in REGIONS for raw in (one.raw, other.raw)]
    if one.attribute == "home" and places[0] != places[1]:
        return True
    if "favourite" in one.attribute and a & b:
        return True
    return same_measure(one.raw, other.raw)


def _known_then(new: Memory, old: Memory) -> bool:
    """The change happened long before the old statement was made."""
    span = dates.mentioned(new.text, new.at)
    return span is not None and span[1] < dates.day_of(old.at) - LONG_BEFORE


@lru_cache(maxsize=256)
def _sole(text: str) -> bool:
    """The text states nothing else that would be retired with it."""
    told = (part for part in statements.clauses(text) if stems(part))
    return len([*islice(told, 2)]) <= 1
