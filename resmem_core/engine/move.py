"""Carries everything from one store to another, in chunks that may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from os.path import exists, samefile
from typing import Final, TypeVar

import numpy as np

from resmem_core.audit import again, records
from resmem_core.engine.memory import ResilientMemory
from resmem_core.engine.policy.policies import document_key
from resmem_core.engine.state.components import with_pieces
from resmem_core.errors import EmbedderError, InputError
from resmem_core.learning.approvals import decisions
from resmem_core.protocols import Embedder, Op, Put, PutDoc, Row, Store

T = TypeVar("T")

CHUNK: Final = 200
"""Rows or documents that one transaction carries."""

KINDS: Final = (
    "head", "gate", "session", "ledger", "baselines", "tombstones", "salt", "proposal", "switch",
    "guard", "archive", "reward", "experience", "trace", "trace_profile", "history", "langgraph",
    "demo",
)  # fmt: skip
"""Kinds of documents that are carried; what is about the store itself is not.

Policies come with the audit, each in one transaction with the decision that made it.
"""


def move(
    source: Store, target: ResilientMemory, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Copy memories, documents and the audit log; what is there already is passed over.

    Vectors are computed anew when the target's embedder is another one. The source stays as it
    is. Run it again after an interruption: it goes on where it stopped.

    Args:
        source: where to read.
        target: where to write.
        progress: called with the number of memories of each chunk.

    Returns:
        How many memories were copied by this call.

    Raises:
        InputError: source and target are one store.
    """
    if source is target.store or _one_place(source.location, target.store.location):
        raise InputError("source and target are one store; name another target")
    same = _embedder_of(source) == _embedder_of(target.store)
    copied = 0
    for namespace in source.namespaces():
        there = {row.memory.id for row in target.store.rows(namespace)}
        rows = (row for row in source.rows(namespace) if row.memory.id not in there)
        for chunk in _chunks(rows):
            kept = chunk if same else _embedded(chunk, target.components.embedder)
            target.store.apply([Put(with_pieces(target.components.embedder, kept))])
            copied += len(chunk)
            progress(len(chunk))
    for kind in KINDS:
        for ops in _chunks(iter(_documents(kind, source, target.store).values())):
            target.store.apply(ops)
    _audit(source, target.store)
    return copied


def _one_place(a: str, b: str) -> bool:
    if ":memory:" in (a, b):
        return False
    return a.rstrip("/") == b.rstrip("/") or (exists(a) and exists(b) and samefile(a, b))


def _embedder_of(store: Store) -> object:
    doc = store.doc("meta", "embedder")
    return doc.body if doc else None


def _embedded(rows: Sequence[Row], embedder: Embedder) -> list[Row]:
    vectors = np.asarray(embedder.embed([row.memory.text for row in rows]), dtype=np.float32)
    if vectors.shape != (len(rows), embedder.dim) or not np.isfinite(vectors).all():
        raise EmbedderError(f"embedder {embedder.name!r} returned NaN or a wrong shape")
    return [Row(row.memory, vector) for row, vector in zip(rows, vectors, strict=True)]


def _documents(kind: str, source: Store, target: Store) -> dict[str, Op]:
    """What writes the kind's documents that the target has not, by their keys."""
    there = {doc.key for doc in target.docs(kind)}
    return {
        doc.key: PutDoc(kind, doc.key, doc.body)
        for doc in source.docs(kind)
        if doc.key not in there
    }


def _audit(source: Store, target: Store) -> None:
    """Append the source's records, each with the hash of its first writing; none of them twice.

    A policy is written together with its decision: half a move leaves none without the other.
    """
    policies = _documents("policy", source, target)
    there = {record.get("was") for record in records(target)}
    new = (op for op in map(again, records(source)) if op.record["was"] not in there)
    for ops in _chunks(new):
        made = (document_key(version) for version in decisions(op.record for op in ops))
        decided = [policies.pop(key) for key in made if key in policies]
        target.apply([*ops, *decided])
    newest = _documents("policy_newest", source, target)
    target.apply([*policies.values(), *newest.values()])


def _chunks(items: Iterator[T]) -> Iterator[list[T]]:
    while chunk := list(islice(items, CHUNK)):
        yield chunk
