"""How a search orders items: by their vectors where there is an index, by their words where not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from langgraph.store.base import IndexConfig

from resmem_core.errors import ConfigError, InputError
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import rank
from resmem_core.protocols import Row, Vector
from resmem_core.types import MAX_TEXT, Memory
from resmem_langchain._store.entry import StoreEntry

Scored: TypeAlias = tuple[float | None, StoreEntry]

_KNOWN: Final = {"dims", "embed", "fields", "text_fields", "distance_type", "ann_index_config"}
"""What an index may say. Settings of approximate search change nothing: this one is exact."""


def _cosine(a: Vector, b: Vector) -> float:
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm else 0.0


def _l2(a: Vector, b: Vector) -> float:
    return -float(np.linalg.norm(a - b))


def _inner(a: Vector, b: Vector) -> float:
    return float(a @ b)


LIKENESS: Final[Mapping[str, Callable[[Vector, Vector], float]]] = {
    "cosine": _cosine, "l2": _l2, "inner_product": _inner, "dot": _inner,
}  # fmt: skip
"""`distance_type` -> how alike two vectors are; more is closer."""


def check_index(index: IndexConfig) -> None:
    """Refuse an index that cannot be honoured.

    Raises:
        ConfigError: a setting that is not known, or dims that is no positive whole number.
    """
    given: Mapping[str, Any] = dict(index)
    unknown = {key for key in given if not key.startswith("_")} - _KNOWN
    if unknown:
        raise ConfigError(
            f"index has no {min(unknown)!r:.40}; it takes {', '.join(sorted(_KNOWN))}"
        )
    if given.get("distance_type", "cosine") not in LIKENESS:
        raise ConfigError(
            f"distance_type is one of {', '.join(LIKENESS)}, got {given['distance_type']!r:.40}"
        )
    dims = given.get("dims")
    if isinstance(dims, bool) or not isinstance(dims, int) or dims < 1:
        raise ConfigError(f"index needs dims, the length of its vectors, got {dims!r:.40}")


def check_vector(values: Sequence[float], index: IndexConfig) -> Vector:
    """A vector as the index takes it.

    Raises:
        InputError: another length than `dims`, or not finite.
    """
    vector = np.asarray(values, dtype=np.float32)
    if vector.shape != (index["dims"],) or not np.isfinite(vector).all():
        raise InputError(
            f"the index says dims={index['dims']}, and its embedding gave shape {vector.shape}"
        )
    return vector


def by_vectors(query: Vector, entries: Sequence[StoreEntry], kind: str) -> list[Scored]:
    """The entries, closest first; what is not indexed has no score and comes last."""
    alike = LIKENESS[kind]
    scores: list[Scored] = [
        (max((alike(query, vector) for vector in entry.vectors), default=None), entry)
        for entry in entries
    ]
    return sorted(scores, key=lambda pair: -np.inf if pair[0] is None else pair[0], reverse=True)


def by_words(query: str, entries: Sequence[StoreEntry], text: Callable[[Any], str]) -> list[Scored]:
    """The entries as recall ranks texts, best first; none is left out.

    Without a score, as in every LangGraph store without an index.
    """
    if not entries or not query.strip():
        return [(None, entry) for entry in entries]
    index = NamespaceIndex(1, scan=False)
    nothing = np.zeros(1, np.float32)
    index.put(
        Row(_as_memory(place, entry, text), nothing)
        for place, entry in enumerate(entries[-rank.MAX_K :])
    )
    known = dict(enumerate(entries[-rank.MAX_K :]))
    now = max(entry.updated for entry in entries)
    hits = rank.rank(index, query[:MAX_TEXT], None, now=now, k=len(known))
    best = [known.pop(int(hit.id)) for hit in hits]
    return [(None, entry) for entry in (*best, *known.values(), *entries[: -rank.MAX_K])]


def _as_memory(place: int, entry: StoreEntry, text: Callable[[Any], str]) -> Memory:
    """Each item a conversation of its own, so that neighbours lend it nothing."""
    ident = str(place)
    return Memory(
        id=ident, namespace=("store",), text=text(entry.value)[:MAX_TEXT], sources=(ident,),
        session=ident, at=entry.updated, seq=place, tier="short",
    )  # fmt: skip
