"""Reading of a namespace: the question's vector, the ranking, what the context holds already."""

from __future__ import annotations

from collections.abc import Collection

from resmem_core.engine.components import embed, semantic
from resmem_core.engine.namespace_state import NamespaceState
from resmem_core.errors import EmbedderError
from resmem_core.memory.recall import query, rank
from resmem_core.protocols import Vector
from resmem_core.types import Hit


def search(
    state: NamespaceState,
    question: str,
    *,
    k: int,
    diversity: float,
    stress: float,
    exclude: Collection[str] = (),
) -> list[Hit]:
    """The k memories that answer best and are not excluded, by their id or a message's.

    Raises:
        InputError, TooLarge: the question is empty or too long, or k is out of range.
    """
    rank.check_question(question, k)
    hidden = frozenset(exclude)
    vector = vector_of(state, question)
    with state.lock:
        state.refresh()
        hits = rank.rank(
            state.index,
            question,
            vector,
            now=state.components.clock.now(),
            k=min(k + len(hidden), rank.MAX_K),
            diversity=diversity,
            stress=stress,
            weights=state.components.recall,
        )
    return [hit for hit in hits if hidden.isdisjoint((hit.id, *hit.sources))][:k]


def vector_of(state: NamespaceState, question: str) -> Vector | None:
    """Reads fail open: without an embedder, recall goes on with the lexical signals."""
    embedder = state.components.embedder
    if not semantic(embedder):
        return None
    with state.lock:
        text = query.for_embedding(question, state.index)
    try:
        return embed(embedder, text)
    except EmbedderError:
        return None
