"""A document that others may change, read again only when they did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from resmem_core.protocols import Store

T = TypeVar("T")


class Latest(Generic[T]):
    """What one document says, as of the last look at its version.

    Args:
        parse: the document's body -> what it says; of None where there is no document.

    Attributes:
        version: of the document that was read last, 0 for none: what a write may expect.
    """

    def __init__(
        self, store: Store, kind: str, key: str, parse: Callable[[Mapping[str, Any] | None], T]
    ) -> None:
        self._store, self._kind, self._key, self._parse = store, kind, key, parse
        self._value = parse(None)
        self.version = 0

    def get(self) -> T:
        """What it says now."""
        if self._store.version(self._kind, self._key) != self.version:
            doc = self._store.doc(self._kind, self._key)
            self._value = self._parse(doc.body if doc else None)
            self.version = doc.version if doc else 0
        return self._value
