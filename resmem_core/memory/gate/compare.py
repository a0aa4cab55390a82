"""Is a message news, a repeat, or a changed fact? When unsure: news.

A repeat is merged only on proof (`text.same`), and only with the same speaker's words.
What a message states decides about a changed fact (`changes`): the newer version is kept and linked
to the older one, and what may contradict it is a suspicion for a person to settle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from resmem_core.memory.gate import changes, extracts, rescheduling, statements
from resmem_core.memory.gate.changes import ChangeKind
from resmem_core.memory.gate.merging import has_room
from resmem_core.memory.gate.statement_forms import Statement
from resmem_core.memory.text.same import repeats
from resmem_core.types import Memory


@dataclass(frozen=True, slots=True)
class Same:
    """The message repeats the memory `into`."""

    into: str


@dataclass(frozen=True, slots=True)
class Replaces:
    """The message is a newer version of the memory `id`, and may contradict the `suspected`."""

    id: str
    suspected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class New:
    """The message is neither; it may contradict the `suspected`."""

    suspected: tuple[str, ...] = ()


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
        if extracts.is_of(old, memory.text):
            return Same(old.id)
        if max(cosine, overlap) >= ALIKE and repeats(memory, old) and has_room(old, [memory.text]):
            return Same(old.id)
    if len(memory.text) > LONG or not changes.may_change(memory.text):
        return New()
    told = {old.id: _in_order(old, memory) for old, _, _ in current if len(old.text) <= LONG}
    found = {
        ident: changes.change(later, earlier)
        for ident, (later, earlier) in told.items()
        if changes.may_touch(later.text, earlier.text)
    }
    retired = next((i for i, what in found.items() if what is ChangeKind.RETIRES), None)
    if retired is None and (meant := rescheduling.meant(memory, recent)):
        retired = meant.id
    suspected = tuple(
        i for i, what in found.items() if what is ChangeKind.SUSPECTED and i != retired
    )
    return Replaces(retired, suspected) if retired else New(suspected)


def _in_order(old: Memory, new: Memory) -> tuple[Memory, Memory]:
    """The one that was said later first, whichever came in later."""
    return (new, old) if new.at >= old.at else (old, new)


def attributes(text: str) -> tuple[str, ...]:
    """What of whom the text states that has one value at a time; under it changes are found.

    >>> attributes("Elena moved to Porto.")
    ('elena home',)
    """
    stated = statements.read(text) if len(text) <= LONG else ()
    return tuple(dict.fromkeys(key for one in stated if (key := changes.key(one))))


def probes(text: str) -> tuple[str, ...]:
    """Texts to look up besides the message's own: what an older version may have said.

    >>> probes("I moved to Porto last week.")
    ('I live in, moved to, am based in',)
    """
    stated = statements.read(text) if len(text) <= LONG else ()
    found = (_probe(one) for one in stated if one.single)
    return tuple(dict.fromkeys(found))


_KNOWN: Final = {
    "home": "live in, moved to, am based in",
    "work": "work at, work for, my job, started at",
}


def _probe(one: Statement) -> str:
    who = "I" if one.who == "me" else one.who
    if one.attribute in _KNOWN:
        return f"{who} {_KNOWN[one.attribute]}"
    key = one.attribute.removeprefix("attribute ").removeprefix("count ")
    return f"my {key} is" if who == "I" else f"{who}'s {key} is"


def _comparable(old: Memory, new: Memory) -> bool:
    """Still current, and from the same speaker with the same standing."""
    same = (old.author, old.role, old.trust) == (new.author, new.role, new.trust)
    return same and old.valid_to is None and old.id != new.id
