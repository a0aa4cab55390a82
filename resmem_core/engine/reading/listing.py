"""Lists and searches of a namespace from outside any session, as it is or as it was."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from resmem_core.engine.reading.search import vector_of
from resmem_core.engine.reading.selection import Selection, moment
from resmem_core.engine.state import archive
from resmem_core.engine.state.components import embed, semantic
from resmem_core.engine.state.namespace_state import NamespaceState
from resmem_core.errors import InputError, InputTypeError
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import query, rank
from resmem_core.protocols import Row
from resmem_core.types import Hit, Memory, Page, Version, check_number

MAX_PAGE = 10_000
"""Memories of one page, at most."""


def page(
    state: NamespaceState,
    selection: Selection,
    *,
    as_of: datetime | None,
    forgotten: bool,
    limit: int,
    cursor: str | None,
) -> Page:
    """Memories that are meant, in the order in which they were stored, one page of them."""
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise InputTypeError(f"limit must be int, got {type(limit).__name__}")
    if not 1 <= limit <= MAX_PAGE:
        raise InputError(f"limit must be from 1 to {MAX_PAGE:,}, got {limit}")
    after = _place(cursor)
    found = [m for m in _listed(state, as_of, forgotten) if selection.holds(m)]
    left = [m for m in found if after is None or (m.seq, m.id) > after]
    more = _cursor(left[limit - 1]) if len(left) > limit else None
    return Page(tuple(left[:limit]), more)


def search(
    state: NamespaceState,
    question: str,
    selection: Selection,
    *,
    k: int,
    diversity: float,
    as_of: datetime | None,
    min_relevance: float = 0.0,
) -> list[Hit]:
    """The k memories that answer best, of those that are meant.

    Raises:
        InputError, TooLarge: the question is empty or too long, or k or `min_relevance` is out of
            range.
    """
    rank.check_question(question, k)
    check_number("min_relevance", min_relevance, 0, 1)
    then = moment(as_of, "as_of")
    if then is not None:
        rows = [row for row in _rows(state, then) if selection.holds(row.memory)]
        return _searched(
            state,
            question,
            rows,
            k=k,
            diversity=diversity,
            now=then,
            min_relevance=min_relevance,
        )
    now = state.components.clock.now()
    words = query.words_of(question, now)
    vector = vector_of(state, words.text)
    with state.lock:
        state.refresh()
        index = state.index
        others = [m.id for m in index.memories() if not selection.holds(m)]
        hidden = np.array([index.slot(ident) for ident in others], np.intp)
        return rank.rank(
            index, question, vector, now=now, k=k, diversity=diversity,
            weights=state.components.recall, hidden=None if selection.everything else hidden,
            min_relevance=min_relevance, words=words,
        )  # fmt: skip


def as_of(state: NamespaceState, time: datetime) -> list[Memory]:
    """The namespace as it was at a time."""
    if time is None:
        raise InputTypeError("as_of needs a datetime, got None")
    return _listed(state, time, forgotten=False)


def as_it_was(memories: Iterable[Memory], then: float) -> list[Memory]:
    """Those that had been said and held at a time, each in its wording of then.

    A memory is there from when it was said until a newer one took its place.
    """
    return [
        _then(memory, then)
        for memory in memories
        if memory.at <= then and (memory.valid_to is None or then < memory.valid_to)
    ]


def _then(memory: Memory, then: float) -> Memory:
    past = [version for version in wordings(memory) if version.at <= then]
    kept = memory.versions[: len(past)]
    text = past[-1].text if past else memory.text
    return replace(memory, text=text, versions=kept if len(kept) > 1 else (), valid_to=None)


def _listed(state: NamespaceState, as_of: datetime | None, forgotten: bool) -> list[Memory]:
    then = moment(as_of, "as_of")
    with state.lock:
        state.refresh()
        if then is not None:
            return [row.memory for row in _rows(state, then)]
        if not forgotten:
            return state.index.memories()
        aside = archive.forgotten(state.store, state.namespace)
        return [memory for memory, _ in aside if memory.id not in state.index]


def _rows(state: NamespaceState, then: float) -> list[Row]:
    """The namespace as it was, what sleep forgot since included."""
    with state.lock:
        state.refresh()
        index = state.index
        aside = [
            memory
            for memory, gone in archive.forgotten(state.store, state.namespace)
            if gone > then and memory.id not in index
        ]
        stored = {m.id: m for m in (*index.memories(), *aside)}
        return [_row(state, m, stored[m.id]) for m in as_it_was(stored.values(), then)]


def _row(state: NamespaceState, memory: Memory, stored: Memory) -> Row:
    if memory.text == stored.text and memory.id in state.index:
        return Row(memory, state.index.row(memory.id).vector)
    return Row(memory, embed(state.components.embedder, memory.text))


def _searched(
    state: NamespaceState, question: str, rows: Sequence[Row], *, k: int, diversity: float,
    now: float, min_relevance: float,
) -> list[Hit]:  # fmt: skip
    """Recall over some rows alone."""
    embedder = state.components.embedder
    index = NamespaceIndex(embedder.dim, scan=semantic(embedder))
    index.put(rows)
    return rank.rank(
        index, question, vector_of(state, question), now=now, k=k, diversity=diversity,
        weights=state.components.recall, min_relevance=min_relevance,
    )  # fmt: skip


def _cursor(memory: Memory) -> str:
    """Where a page ends, for the next one: safe in a URL, and no secret."""
    return base64.urlsafe_b64encode(json.dumps([memory.seq, memory.id]).encode()).decode()


def _place(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    try:
        seq, ident = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise InputError("this is no cursor of a page; take it from the page before") from None
    if not isinstance(seq, int) or not isinstance(ident, str):
        raise InputError("this is no cursor of a page; take it from the page before")
    return seq, ident


def wordings(memory: Memory) -> list[Version]:
    """The memory's wordings, the oldest first, each with its id, number and end."""
    kept = memory.versions or (Version(memory.text, memory.at),)
    ends = (*(version.at for version in kept[1:]), memory.valid_to)
    return [
        replace(version, id=memory.id, number=number, until=end)
        for number, (version, end) in enumerate(zip(kept, ends, strict=True), start=1)
    ]
