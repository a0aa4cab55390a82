"""Recall at k: the share of a question's evidence among the first k memories recalled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory.conversations import Conversation, Ids, Question, seconds
from benchmarks.memory.foreign import foreign
from resmem_core.config.recall import RecallWeights
from resmem_core.engine.state.components import embed_question
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import order, query
from resmem_core.memory.text.tokens import read
from resmem_core.protocols import Embedder, Row, TokenEmbedder, Vector
from resmem_core.types import Memory

DEPTHS: Final = (5, 10, 25)
"""The k of every table."""

SHOWN: Final = 0.8
"""Share of a message's words that a summary must hold to count as that message."""

Ranker: TypeAlias = Callable[[Question, int], Sequence[Iterable[str]]]
"""A question and k to the message ids of each recalled memory, best first, k of them."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A conversation with the vectors of its messages, and of its questions by their text.

    `questions` holds them as recall embeds them, those without an answer too, `plain` as they were
    asked, for the controls.
    """

    conversation: Conversation
    messages: Vector
    questions: Mapping[str, Vector]
    plain: Mapping[str, Vector]
    scan: bool
    pieces: Mapping[str, bytes] = field(default_factory=dict)
    """Text → its pieces, where the embedder tells them."""

    def rows(self) -> list[Row]:
        """The messages as memories that were all kept, in order."""
        return [
            Row(_memory(self.conversation, i), vector) for i, vector in enumerate(self.messages)
        ]

    def index(self, rows: Iterable[Row] | None = None) -> NamespaceIndex:
        """An index of these rows; of all messages when None."""
        index = NamespaceIndex(self.messages.shape[1], scan=self.scan)
        index.put(self._read(row) for row in (self.rows() if rows is None else rows))
        return index

    def _read(self, row: Row) -> Row:
        """The row with its pieces, as the engine stores it."""
        return replace(row, pieces=row.pieces or self.pieces.get(row.memory.text, b""))


def _memory(conversation: Conversation, place: int) -> Memory:
    item = conversation.messages[place]
    message = item.message
    ident = str(message.id)
    return Memory(
        id=ident,
        namespace=("bench", conversation.name),
        text=message.text,
        sources=(ident,),
        role=message.role,
        author=message.author or message.role,
        session=item.session,
        at=seconds(item),
        seq=place,
        tier="short",
    )


def prepare(conversation: Conversation, embedder: Embedder) -> Prepared:
    """Embed a conversation as the engine would: each message's text, each question rewritten."""
    scan = bool(getattr(embedder, "semantic", True))
    said = [m.message.text for m in conversation.messages]
    messages = np.asarray(embedder.embed(said))
    pieces = embedder.pieces(said) if isinstance(embedder, TokenEmbedder) else [b""] * len(said)
    blank = Prepared(conversation, np.zeros_like(messages), {}, {}, scan)
    index = blank.index()
    texts = {text: query.for_embedding(text, index) for text in _texts(conversation, scan)}
    asked = {text: embed_question(embedder, given) for text, given in texts.items()}
    plain = dict(zip(texts, embedder.embed([*texts]), strict=True))
    read = dict(zip(said, pieces, strict=True))
    return Prepared(conversation, messages, asked, plain, scan, read)


def _texts(conversation: Conversation, scan: bool) -> list[str]:
    """What is asked; without an embedder that knows meaning, only what the controls embed."""
    asked = [question.text for question in conversation.questions]
    return [*asked, *conversation.unanswerable, *(text for _, text in foreign())] if scan else asked


def ours(
    prepared: Prepared, index: NamespaceIndex, weights: RecallWeights, wait: float = 0.0
) -> Ranker:
    """The product's recall over an index, asked `wait` seconds after the conversation's end."""
    now = prepared.conversation.end + wait
    words = {str(m.message.id): m.message.text for m in prepared.conversation.messages}
    read = cache(lambda text: query.words_of(text, now))

    def ranked(question: Question, k: int) -> list[Iterable[str]]:
        if not len(index):
            return []
        vector = prepared.questions[question.text] if prepared.scan else None
        found = order.order(index, read(question.text), vector, now=now, k=k, weights=weights)
        return [sources(index.at(row), words) for row in found.rows.tolist()]

    return ranked


def sources(memory: Memory, words: Mapping[str, str]) -> Ids:
    """The messages that a memory shows: of a summary only those whose words are in it.

    A summary names all that it was made from, and holds a sentence of some.
    """
    if not memory.semantic:
        return frozenset(memory.sources)
    held = set(read(memory.text)[1])
    return frozenset(s for s in memory.sources if _held(words.get(s, ""), held) >= SHOWN)


def _held(text: str, words: set[str]) -> float:
    said = set(read(text)[1])
    return len(said & words) / len(said) if said else 0.0


def shares(
    questions: Iterable[Question], rank: Ranker, depths: Sequence[int] = DEPTHS
) -> NDArray[np.float64]:
    """Per question and depth, the share of its evidence found: shape (questions, len(depths)).

    Each depth is asked for by itself, as users do: what is not trusted stands at a recall's end.
    """
    found = [[_share(q.evidence, rank(q, depth)[:depth]) for depth in depths] for q in questions]
    return np.array(found).reshape(-1, len(depths))


def _share(evidence: Ids, found: Sequence[Iterable[str]]) -> float:
    return len(evidence & frozenset().union(*found)) / len(evidence)


def means(found: NDArray[np.float64]) -> dict[str, float]:
    """Mean share per depth, keyed as in the JSON.

    >>> means(np.array([[0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]))
    {'5': 0.5, '10': 1.0, '25': 1.0}
    """
    return {str(k): round(float(m), 4) for k, m in zip(DEPTHS, found.mean(axis=0), strict=True)}


def interval(found: NDArray[np.float64], rng: np.random.Generator, draws: int = 2000) -> float:
    """Half width of the 95 % bootstrap interval over questions of recall@10.

    Of a difference of two rankers' shares it is that of the paired difference.
    """
    column = found[:, DEPTHS.index(10)]
    picks = rng.integers(0, len(column), (draws, len(column)))
    low, high = np.quantile(column[picks].mean(axis=1), (0.025, 0.975))
    return round(float(high - low) / 2, 4)
