"""What sleep forgot, kept aside so that a person can take it back.

One document per memory. What a time to live of the user's ended is not kept, for that is a promise
that it is gone; nor is what `forget` erases. The newest `SleepConfig.restorable` stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from resmem_core.protocols import DeleteDoc, Doc, Json, Op, PutDoc, Store
from resmem_core.stores.codec import SEPARATOR, decode_row, encode_memory, key_of
from resmem_core.types import Memory, Namespace

KIND: Final = "archive"


def prefix(namespace: Namespace) -> str:
    """What the keys of a namespace's documents begin with."""
    return f"{key_of(namespace)}{SEPARATOR}{SEPARATOR}"


def key(namespace: Namespace, ident: str) -> str:
    """The document's key of one memory."""
    return prefix(namespace) + ident


def put(memories: Iterable[Memory], at: float) -> list[Op]:
    """The operations that keep forgotten memories; what sleep wrote itself it can write again.

    Args:
        at: epoch seconds when they were forgotten.
    """
    return [
        PutDoc(KIND, key(memory.namespace, memory.id), as_doc(memory, at))
        for memory in memories
        if not memory.semantic
    ]


def as_doc(memory: Memory, at: float) -> dict[str, Any]:
    """A memory as a document."""
    body = encode_memory(memory).decode()
    return {"id": memory.id, "seq": memory.seq, "tier": memory.tier, "body": body, "at": at}


def from_doc(namespace: Namespace, body: Json) -> Memory:
    """The memory of a document.

    Raises:
        StoreCorrupt: it is damaged.
    """
    data = str(body["body"]).encode()
    return decode_row(namespace, body["id"], body["seq"], body["tier"], data, b"").memory


def get(store: Store, namespace: Namespace, ident: str) -> Memory | None:
    """One forgotten memory, or None."""
    doc = store.doc(KIND, key(namespace, ident))
    return from_doc(namespace, doc.body) if doc else None


def forgotten(store: Store, namespace: Namespace) -> list[tuple[Memory, float]]:
    """Every forgotten memory with the time when it was forgotten, in the order of the stream."""
    found = [(from_doc(namespace, d.body), float(d.body["at"])) for d in _docs(store, namespace)]
    return sorted(found, key=lambda pair: (pair[0].seq, pair[0].id))


def drop(namespace: Namespace, ids: Iterable[str]) -> list[Op]:
    """The operations that erase what was kept of these."""
    return [DeleteDoc(KIND, key(namespace, ident)) for ident in ids]


def drop_all(store: Store, namespace: Namespace) -> list[Op]:
    """The operations that erase all that was kept of the namespace."""
    return [DeleteDoc(KIND, doc.key) for doc in _docs(store, namespace)]


def trim(store: Store, namespace: Namespace, keep: int) -> None:
    """Let go of the oldest, where more than `keep` are there."""
    docs = sorted(_docs(store, namespace), key=lambda doc: float(doc.body["at"]))
    store.apply([DeleteDoc(KIND, doc.key) for doc in docs[: max(0, len(docs) - keep)]])


def _docs(store: Store, namespace: Namespace) -> list[Doc]:
    return store.docs(KIND, prefix(namespace))
