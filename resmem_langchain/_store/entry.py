"""One item of a LangGraph store as one document of ours."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from langgraph.store.base import Item, SearchItem

from resmem_core.protocols import Doc, PutDoc, Vector
from resmem_langchain._store.match import Labels

KIND: Final = "langgraph"
_END: Final = "\x1f"
_KEY: Final = "\x1e"
_ESCAPES: Final = str.maketrans({"\x1b": "\x1b0", _END: "\x1b1", _KEY: "\x1b2"})


@dataclass(frozen=True, slots=True)
class StoreEntry:
    """One stored item; times are epoch seconds, `ttl` is in minutes.

    `memory` says that it is a memory of a conversation, which no document holds.
    """

    namespace: Labels
    key: str
    value: dict[str, Any]
    created: float
    updated: float
    ttl: float | None = None
    expires: float | None = None
    vectors: tuple[Vector, ...] = ()
    memory: bool = False

    @classmethod
    def of(cls, doc: Doc) -> StoreEntry:
        """The entry that a document holds."""
        body = doc.body
        return cls(
            tuple(body["ns"]), body["key"], body["value"], body["created"], body["updated"],
            body["ttl"], body["expires"], tuple(map(_vector, body["vectors"])),
        )  # fmt: skip

    def op(self) -> PutDoc:
        """The operation that writes it."""
        body = {
            "ns": list(self.namespace),
            "key": self.key,
            "value": self.value,
            "created": self.created,
            "updated": self.updated,
            "ttl": self.ttl,
            "expires": self.expires,
            "vectors": [base64.b64encode(v.tobytes()).decode() for v in self.vectors],
        }
        return PutDoc(KIND, doc_key(self.namespace, self.key), body)

    def item(self) -> Item:
        """As LangGraph's Item."""
        return Item(**self._shown())

    def found(self, score: float | None) -> SearchItem:
        """As LangGraph's SearchItem."""
        return SearchItem(**self._shown(), score=score)

    def _shown(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "key": self.key,
            "namespace": self.namespace,
            "created_at": datetime.fromtimestamp(self.created, UTC),
            "updated_at": datetime.fromtimestamp(self.updated, UTC),
        }

    def touched(self, now: float) -> StoreEntry:
        """The same with its time to live begun anew."""
        return self if self.ttl is None else replace(self, expires=now + 60 * self.ttl)


def prefix_key(prefix: Labels) -> str:
    """The start of every document key below a prefix; compares whole labels, never parts.

    >>> prefix_key(("foo",)) == prefix_key(("foobar",))[:4]
    False
    """
    return "".join(label.translate(_ESCAPES) + _END for label in prefix)


def doc_key(namespace: Labels, key: str) -> str:
    """The document key of one item."""
    return prefix_key(namespace) + _KEY + key.translate(_ESCAPES)


def _vector(text: str) -> Vector:
    return np.frombuffer(base64.b64decode(text), dtype=np.float32)
