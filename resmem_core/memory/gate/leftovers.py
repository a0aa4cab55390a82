"""What a dropped message leaves behind: its words, on the messages beside it that stay.

"Last week." means little without the question before it. When the gate drops the question, the
answer can still be found by the question's words.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Final

from resmem_core.memory.index.namespace_index import NamespaceIndex

MOST: Final = 32
"""Stems that one memory holds for its dropped neighbours; the first ones stay."""


def left(gone: Iterable[str], index: NamespaceIndex) -> dict[str, tuple[str, ...]]:
    """The context that memories have once their neighbours are gone.

    A dropped memory's topic stems, and the context that it held itself, go to the nearest memory
    before and the nearest after it in its episode that stay, unless those are trusted more: what
    is untrusted must not choose when a trusted memory is found.

    Args:
        gone: ids of memories of the index that are about to be dropped.
        index: the namespace, before they are.

    Returns:
        Id of a memory that stays → its whole new context, at most `MOST` stems, none of them its
        own; only memories whose context grows.

    Raises:
        KeyError: an id is not in the index.
    """
    index.order()
    gone = tuple(gone)
    held: dict[str, dict[str, None]] = {}
    for ident in gone:
        slot = index.slot(ident)
        if slot is None:
            raise KeyError(ident)
        words = (*index.stems(slot), *index.at(slot).context)
        for heir in _beside(slot, gone, index):
            own = index.stems(heir)
            context = held.setdefault(index.at(heir).id, dict.fromkeys(index.at(heir).context))
            context.update(dict.fromkeys(word for word in words if word not in own))
    whole = {ident: tuple(context)[:MOST] for ident, context in held.items()}
    return {i: context for i, context in whole.items() if context != _known(i, index)}


def _beside(slot: int, gone: Container[str], index: NamespaceIndex) -> Iterator[int]:
    """The nearest rows beside this one in its episode that are not gone, nor trusted more."""
    trust = index.columns["trust"]
    for direction in ("previous", "next"):
        step = index.columns[direction]
        near = int(step[slot])
        while near >= 0 and index.at(near).id in gone:
            near = int(step[near])
        if near >= 0 and trust[near] <= trust[slot]:
            yield near


def _known(ident: str, index: NamespaceIndex) -> tuple[str, ...]:
    memory = index.get(ident)
    return memory.context if memory else ()
