"""Merges that can be undone: an item holds each message that went into it, in its own words.

Budget: an item holds at most `MOST` merged messages and `ROOM` characters of their own texts. A
text that is word for word the item's costs its id, time and place, some 100 bytes. Where the room
is full, other words stay an item of their own, and the oldest word-for-word repeat makes room for
the next, so a stream of repeats does not grow the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from resmem_core.memory.text.same import ALSO, core
from resmem_core.types import Link, Memory
from resmem_core.types.changed import changed

MOST: Final = 128
"""Merged messages that an item holds."""

ROOM: Final = 8_000
"""Characters of merged messages' own texts that an item holds."""


def has_room(memory: Memory, texts: Iterable[str]) -> bool:
    """Whether the item can hold these texts beside what it holds."""
    held = {one.text for one in memory.merged if one.text}
    more = {text for text in texts if text != core(memory.text)}
    whole = held | more
    return more <= held or (sum(map(len, whole)) <= ROOM and len(whole) < MOST)


def with_merged(memory: Memory, others: Sequence[Memory]) -> Memory:
    """The item with other ones, and all that went into those, as merged into it."""
    told = [part for other in others for part in _told(other)]
    own = [changed(part, text="") if part.text == core(memory.text) else part for part in told]
    merged = _within([*memory.merged, *own])
    gone = {part.id for part in (*memory.merged, *own)} - {part.id for part in merged}
    sources = (*memory.sources, *(source for other in others for source in other.sources))
    kept = dict.fromkeys(source for source in sources if source not in gone)
    return changed(memory, merged=merged, sources=tuple(kept))


def apart(memory: Memory) -> list[Memory]:
    """The items that went into one, the item itself first; sleep does not merge them again.

    >>> one = with_merged(Memory("a", ("n",), "Hi!", ("a",)), [Memory("b", ("n",), "hi", ("b",))])
    >>> [(item.id, item.text) for item in apart(one)]
    [('a', 'Hi!'), ('b', 'hi')]
    """
    ids = {part.id for part in memory.merged}
    theirs = {source for part in memory.merged for source in part.sources}
    links = (*memory.links, *(Link(ident, "apart") for ident in sorted(ids)))
    first = changed(
        memory,
        text=core(memory.text),
        merged=(),
        links=links,
        sources=tuple(s for s in memory.sources if s not in theirs) or (memory.id,),
    )
    back = Link(memory.id, "apart")
    return [first, *(changed(part, links=(*part.links, back)) for part in spelt(memory))]


def spelt(memory: Memory) -> tuple[Memory, ...]:
    """What was merged into the item, each with its text, before the item's own text changes."""
    return tuple(changed(part, text=part.text or core(memory.text)) for part in memory.merged)


def without(memory: Memory, gone: Iterable[str]) -> Memory:
    """The item without some of what was merged into it: no byte of their own words stays."""
    ids = frozenset(gone)
    left = tuple(part for part in memory.merged if ids.isdisjoint((part.id, *part.sources)))
    words = {part.text for part in memory.merged} - {part.text for part in left}
    also = (text for text in memory.text.split(ALSO)[1:] if text[:-1] not in words)
    text = "".join((core(memory.text), *(f"{ALSO}{one}" for one in also)))
    sources = tuple(source for source in memory.sources if source not in ids)
    return changed(memory, text=text, merged=left, sources=sources)


def _told(memory: Memory) -> list[Memory]:
    """The item as it is held in another one, and what was merged into it, each with its text."""
    theirs = {source for part in memory.merged for source in part.sources}
    own = changed(
        memory,
        text=core(memory.text),
        sources=tuple(s for s in memory.sources if s not in theirs) or (memory.id,),
        merged=(),
        features=(),
        scores=(),
        context=(),
        links=tuple(link for link in memory.links if link.kind in ("replaces", "apart")),
    )
    return [own, *spelt(memory)]


def _within(parts: Sequence[Memory]) -> tuple[Memory, ...]:
    """The parts within the budget: the oldest word-for-word repeats make room."""
    over = len(parts) - MOST
    seen: set[str] = {""}
    plain = []
    for part in reversed(parts):
        if part.text in seen:
            plain.append(part.id)
        seen.add(part.text)
    gone = frozenset(plain[::-1][: max(over, 0)])
    return tuple(part for part in parts if part.id not in gone)
