"""Reading of a namespace: the question's vector, the ranking, what the context holds already."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from resmem_core.engine.state.components import embed_question, semantic
from resmem_core.engine.state.namespace_state import NamespaceState
from resmem_core.errors import EmbedderError
from resmem_core.memory.privacy.aliases import alias
from resmem_core.memory.recall import companions, query, rank, relevance
from resmem_core.protocols import Vector
from resmem_core.types import Hit, Hits, Memory, Told, check_number

IN_CONTEXT = "what is stored of it is in the context already"


def search(
    state: NamespaceState,
    question: str,
    *,
    k: int,
    diversity: float,
    stress: float,
    exclude: Collection[str] = (),
    min_relevance: float | None = None,
) -> Hits:
    """The k memories that answer best and are not excluded, by their id or a message's.

    Behind them come up to `companions.MOST` of what people must not have or do, where the question
    touches it, and as many standing instructions, whatever is asked.

    Raises:
        InputError, TooLarge: the question is empty or too long, or k or `min_relevance` is out of
            range.
    """
    rank.check_question(question, k)
    least = relevance.DEFAULT if min_relevance is None else min_relevance
    check_number("min_relevance", least, 0, 1)
    hidden = frozenset(alias(ident, state.components.redactor) for ident in exclude)
    now = state.components.clock.now()
    words = query.words_of(question, now)
    vector = vector_of(state, words.text)
    with state.lock:
        state.refresh()
        hits = rank.rank(
            state.index,
            question,
            vector,
            now=now,
            k=min(k + len(hidden), rank.MAX_K),
            diversity=diversity,
            stress=stress,
            weights=state.components.recall,
            min_relevance=least,
            words=words,
        )
        told = companions.with_rivals(state.index, _without(hits, hidden)[:k], hidden, words.text)
        bound = companions.limits(state.index, words.text)
        always = companions.standing(state.index)
    held = {hit.id for hit in always}
    shown = [replace(hit, standing=True) if hit.id in held else hit for hit in told[:k]]
    shown = _also(shown, _without(bound, hidden))
    known = {hit.id for hit in shown}
    shown += _without((hit for hit in always if hit.id not in known), hidden)
    return Hits(shown, "" if shown else hits.reason or IN_CONTEXT)


def _also(hits: list[Hit], bound: Iterable[Hit]) -> list[Hit]:
    """The hits, then the limits that are not among them, each as near as the best hit."""
    best = max((hit.relevance for hit in hits), default=1.0)
    limits = {hit.id: replace(hit, relevance=best) for hit in bound}
    told = [replace(h, relevance=best) if limits.pop(h.id, None) else h for h in hits]
    return [*told, *limits.values()]


def unchanged(state: NamespaceState, memories: Iterable[Memory]) -> bool:
    """Whether memories are stored still, with the same words: none was forgotten or edited.

    Raises:
        StoreError: the store is away.
    """
    with state.lock:
        state.refresh()
        return all(_same(state, memory) for memory in memories)


def again(state: NamespaceState, told: Told) -> list[Hit]:
    """The memories of a block as hits, to lay it out once more: those that are stored still.

    A wish that no longer stands is not among them, nor is what is in quarantine.

    Raises:
        StoreError: the store is away.
    """
    with state.lock:
        state.refresh()
        wishes = {hit.id for hit in companions.standing(state.index)}
        found = [
            Hit(
                memory,
                0.0,
                asked=state.index.get(shown.asked),
                standing=shown.standing,
                part=shown.part,
            )
            for shown in told.hits
            if (memory := state.index.get(shown.id)) is not None
            and (shown.id in wishes or not shown.standing)
        ]
    return [hit for hit in found if hit.memory.trust != "quarantined"]


def _same(state: NamespaceState, memory: Memory) -> bool:
    stored = state.index.get(memory.id)
    return stored is not None and stored.text == memory.text


def _without(hits: Iterable[Hit], hidden: frozenset[str]) -> list[Hit]:
    return [hit for hit in hits if hidden.isdisjoint((hit.id, *hit.sources))]


def vector_of(state: NamespaceState, question: str) -> Vector | None:
    """The question's embedding, as `rank` takes it.

    Reads fail open: without an embedder, recall goes on with the lexical signals.
    """
    embedder = state.components.embedder
    if not semantic(embedder):
        return None
    with state.lock:
        text = query.for_embedding(question, state.index)
    try:
        return embed_question(embedder, text)
    except EmbedderError:
        return None
