"""What was told later than a memory and makes it old, where no statement of that could be read.

"We moved! The new place is in Bonn" comes with "I live in Köln", and "Miso died" with "my cats are
Miso and Tofu": whoever reads one alone is told what is no longer so. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Final

import numpy as np

from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import wide
from resmem_core.memory.text.analysis import asks
from resmem_core.memory.text.phrases import Topics, load
from resmem_core.memory.text.tokens import stem
from resmem_core.types import Hit, Memory

_DATA: Final = load("news.toml")
_CHANGED: Final = Topics([_DATA["changed"]])
_ENDED: Final = Topics([_DATA["ended"]])

_READ: Final = 2
"""Best hits whose names are looked up."""
_LAST: Final = 256
"""Memories of people that are searched for news, the newest."""
_MOST: Final = 2
"""News of one attribute that come along, the newest."""
_FEW: Final = 16
"""Memories that hold a name at most: of what everybody speaks of, nothing ends by one word."""
_LONGEST: Final = 400
"""Characters of a text that tells news; a longer one tells much, and its words stand anywhere."""


def changes(memory: Memory) -> bool:
    """Whether somebody who is trusted tells that something is another way now."""
    return _told(memory) and _changes(memory.text)


def told_at(memory: Memory) -> tuple[float, int]:
    """What memories are sorted by in the order in which they were told."""
    return memory.at, memory.seq


def later(memory: Memory, older: Memory) -> bool:
    """Whether it was told after the other one."""
    return told_at(memory) > told_at(older)


def speaks(memory: Memory) -> bool:
    """A person said it, in their own right, and it holds."""
    return memory.role == "user" and memory.trust == "trusted" and memory.valid_to is None


def newest(index: NamespaceIndex) -> list[Memory]:
    """What people told last of what has changed, the newest last."""
    return index.kept("news", lambda: _newest(index))


def _newest(index: NamespaceIndex) -> list[Memory]:
    rows = np.flatnonzero(index.columns["live"] & ~index.columns["machine"])[-_LAST:]
    return [memory for memory in map(index.at, rows.tolist()) if changes(memory)]


def with_news(index: NamespaceIndex, hits: Sequence[Hit], attribute: str | None) -> list[Hit]:
    """The hits, the best ones each followed by what was told later and may make it old.

    Args:
        index: the namespace.
        hits: best first.
        attribute: the one thing that the question asks for, such as "home".
    """
    shown = {hit.id for hit in hits}
    found: list[Hit] = []
    for place, hit in enumerate(hits):
        found.append(hit)
        for memory in _outdating(index, hit.memory, attribute) if place < _READ else ():
            if memory.id not in shown:
                shown.add(memory.id)
                found.append(replace(hit, memory=memory, why={"news": 1.0}, part=None))
    return found


def _outdating(index: NamespaceIndex, memory: Memory, attribute: str | None) -> Iterator[Memory]:
    yield from _endings(index, memory)
    if attribute is not None and wide.states(attribute, memory.attributes):
        told = (one for one in reversed(newest(index)) if later(one, memory))
        spoken = (one for one in told if wide.speaks_of(attribute, one.text, one.attributes))
        yield from islice(spoken, _MOST)


def _endings(index: NamespaceIndex, memory: Memory) -> Iterator[Memory]:
    """What says later that somebody or something of this memory is gone."""
    for name in _names(memory.text):
        if not 1 < index.postings.frequency(name) <= _FEW:
            continue
        rows, _ = index.postings.get(name)
        for one in map(index.at, rows[index.columns["live"][rows]].tolist()):
            if later(one, memory) and _told(one) and _ENDED.bits(one.text):
                yield one


@lru_cache(maxsize=256)
def _names(text: str) -> tuple[str, ...]:
    """Stems of the words with a capital inside a sentence."""
    if len(text) > _LONGEST:
        return ()
    words = text.split()
    inner = (word.strip(".,;:!?()\"'") for word in words[1:])
    return tuple(dict.fromkeys(stem(word.lower()) for word in inner if word[:1].isupper()))


def _told(memory: Memory) -> bool:
    """A person told it, in few words and not as a question."""
    return speaks(memory) and len(memory.text) <= _LONGEST and not asks(memory.text)


@lru_cache(maxsize=2048)
def _changes(text: str) -> bool:
    return _CHANGED.bits(text) > 0
