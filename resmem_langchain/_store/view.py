"""One memory, two views: what conversations left stands among a store's items, and the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from resmem_core import ResilientMemory
from resmem_core.engine.writing import views
from resmem_core.errors import NamespaceError
from resmem_core.protocols import PutDoc
from resmem_core.types import MAX_TEXT, Memory, check_namespace
from resmem_langchain._store.entry import KIND, StoreEntry, doc_key
from resmem_langchain._store.match import Labels


class View:
    """Memories of `memory` as entries of a LangGraph store.

    A memory is an item of its namespace under its id, with `text`, `role`, `author`, `session` and
    `at` as its value. What is quarantined, retired by a newer memory, written by sleep, or itself
    the view of an item, is none.
    """

    def __init__(self, memory: ResilientMemory) -> None:
        self._memory = memory

    def under(self, namespaces: Iterable[Labels]) -> Iterator[StoreEntry]:
        """The entries of namespaces."""
        for namespace in namespaces:
            found = self._memory.scan(namespace)
            yield from (_entry(memory) for memory in found if _shown(memory))

    def namespaces(self) -> frozenset[Labels]:
        """The namespaces that hold a memory."""
        return frozenset(self._memory.store.namespaces())

    def entry(self, namespace: Labels, key: str) -> StoreEntry | None:
        """The memory of that id as an entry."""
        found = self._memory.scan(namespace, ids=[key]) if key else []
        return next((_entry(m) for m in found if m.id == key and _shown(m)), None)

    def forget(self, namespace: Labels, key: str) -> None:
        """Erase a memory, since its item was deleted."""
        self._memory.forget(namespace, [key], tombstones=False)

    def due(self, namespace: Labels, key: str, text: str) -> list[PutDoc]:
        """The write that lets recall see an item; without a text, that it is gone.

        None where the labels are no namespace of ours.
        """
        if not _ours(namespace):
            return []
        item = (KIND, doc_key(namespace, key))
        return [views.due(namespace, item, text[:MAX_TEXT], store_key=key)]


def _ours(namespace: Labels) -> bool:
    try:
        check_namespace(namespace)
    except NamespaceError:
        return False
    return True


def _shown(memory: Memory) -> bool:
    current = memory.valid_to is None and memory.trust != "quarantined" and not memory.semantic
    return current and "store_key" not in memory.metadata


def _entry(memory: Memory) -> StoreEntry:
    at = max(min(memory.at, _LATEST), 0.0)
    value: dict[str, Any] = {
        "text": memory.text,
        "role": memory.role,
        "author": memory.author,
        "session": memory.session,
        "at": datetime.fromtimestamp(at, UTC).isoformat(),
    }
    return StoreEntry(memory.namespace, memory.id, value, at, at, memory=True)


_LATEST = 253402300799.0
"""The last second of the year 9999."""
