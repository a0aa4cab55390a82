"""Which current memories state which attribute, so that a change finds what it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from resmem_core.types import Memory

NEWEST: Final = 16
"""Memories of one attribute that are looked at, the newest."""


class Stating:
    """Attribute → ids of the memories that state it and are not closed, in order of arrival."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, None]] = defaultdict(dict)
        self._of: dict[str, tuple[str, ...]] = {}

    def put(self, memory: Memory) -> None:
        """Note what a memory states; a closed one states nothing."""
        stated = memory.attributes if memory.valid_to is None else ()
        if stated == self._of.get(memory.id, ()):
            return
        self.drop(memory.id)
        if stated:
            self._of[memory.id] = stated
        for attribute in stated:
            self._held[attribute][memory.id] = None

    def drop(self, ident: str) -> None:
        """Forget one; an unknown id is ignored."""
        for attribute in self._of.pop(ident, ()):
            held = self._held[attribute]
            del held[ident]
            if not held:
                del self._held[attribute]

    def names(self) -> list[str]:
        """Every attribute that some memory states, in the order in which they came up."""
        return list(self._held)

    def ids(self, attributes: Iterable[str]) -> list[str]:
        """The newest memories that state one of the attributes."""
        found = (list(self._held[a])[-NEWEST:] for a in attributes if a in self._held)
        return list(dict.fromkeys(ident for ids in found for ident in ids))
