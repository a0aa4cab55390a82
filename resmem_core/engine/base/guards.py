"""Checks that stand between a caller and the store."""

from __future__ import annotations

from resmem_core.errors import EmbeddingMismatch
from resmem_core.protocols import Embedder, PutDoc, Store


def check_embedder(store: Store, embedder: Embedder) -> None:
    """Note the embedder in a new store; refuse another one than the store was made with."""
    ours = {"name": embedder.name, "dim": embedder.dim}
    doc = store.doc("meta", "embedder")
    if doc is None:
        store.apply([PutDoc("meta", "embedder", ours)])
    elif doc.body != ours:
        raise EmbeddingMismatch(
            f"{store.location} holds vectors of {doc.body['name']!r} "
            f"({doc.body['dim']} dimensions), got {ours['name']!r} ({ours['dim']}); "
            "open it with the first, or re-embed with  resmem move FROM TO --embedder NAME"
        )
