"""What people say of themselves that has one value at a time, as it holds now. Pure.

Nothing is stored for it: it is read from the memories that state it, so a correction, an edit and
an erasure show at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from resmem_core.memory.gate import statements
from resmem_core.memory.gate.statement_forms import Statement
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import companions, news, wide
from resmem_core.memory.text.sentences import stems
from resmem_core.memory.text.standing_forms import TOPICS
from resmem_core.memory.text.standing_topics import topics
from resmem_core.types import Attribute, Memory

FIRST: Final = ("name", "home", "work", "job", "age", "marital", "diet")
"""What stands first; the rest follows by when it was said."""
_MINE: Final = "me "
_NOT_ONE: Final = re.compile(r"(?:prefer|count|does|switched)\b")
_WORD: Final = re.compile(r"\w+")
_CALLED: Final = re.compile(r"(?:called|named)\s+", re.I)


def portrait(index: NamespaceIndex) -> tuple[Attribute, ...]:
    """Attributes of the people who speak in the namespace, then their standing wishes."""
    return index.kept("portrait", lambda: (*_ordered(_attributes(index)), *_wishes(index)))


def _ordered(found: Iterable[Attribute]) -> list[Attribute]:
    rank = {name: place for place, name in enumerate(FIRST)}
    return sorted(found, key=lambda one: (rank.get(one.name, len(FIRST)), one.memory.at))


def _attributes(index: NamespaceIndex) -> list[Attribute]:
    keys = [key for key in index.stating.names() if key.startswith(_MINE)]
    memories = filter(None, map(index.get, index.stating.ids(keys)))
    told = sorted(filter(news.speaks, memories), key=news.told_at, reverse=True)
    newest = news.newest(index)
    found: dict[tuple[str, str], Attribute] = {}
    denied: set[tuple[str, str, frozenset[str]]] = set()
    for memory in told:
        for one in statements.read(memory.text):
            place = memory.author, _name(one)
            if not _is_one(one):
                continue
            if one.denied:
                denied.add((*place, one.value))
            elif (*place, one.value) not in denied and (value := _value(one, memory)):
                found.setdefault(place, Attribute(_name(one), value, memory))
    return [one for one in found.values() if not any(_outdates(m, one) for m in newest)]


def _outdates(memory: Memory, one: Attribute) -> bool:
    """Whether it tells later of the same thing that it changed, and not to what."""
    if not news.later(memory, one.memory) or memory.author != one.memory.author:
        return False
    if one.name in wide.ATTRIBUTES:
        return wide.speaks_of(one.name, memory.text, memory.attributes)
    return not {*stems(one.name)}.isdisjoint(stems(memory.text))


def _is_one(one: Statement) -> bool:
    mine = one.who == "me" and one.single and one.sure
    return mine and bool(_WORD.search(one.raw)) and not _NOT_ONE.match(one.attribute)


def _name(one: Statement) -> str:
    return one.attribute.removeprefix("attribute ").strip()


def _value(one: Statement, memory: Memory) -> str:
    """The value as the text spells it; "" where it was redacted."""
    raw = _CALLED.sub("", one.raw, count=1).strip()
    if f"[{raw.upper()}]" in memory.text:
        return ""
    found = re.search(r"\W+".join(_WORD.findall(raw)), memory.text, re.IGNORECASE)
    return found[0] if found else raw


def _wishes(index: NamespaceIndex) -> list[Attribute]:
    return [
        Attribute(_topic(hit.text), hit.text, hit.memory, wish=True)
        for hit in companions.standing(index)
    ]


def _topic(text: str) -> str:
    return next((topic for topic in sorted(topics(text)) if topic in TOPICS), "wish")
