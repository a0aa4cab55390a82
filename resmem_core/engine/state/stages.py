"""What a message is on its way into the store: `Message`, `Candidate`, `Memory`, `Write`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resmem_core.memory.affect.classify import affect
from resmem_core.memory.gate import compare, judge
from resmem_core.memory.gate.features import StreamContext
from resmem_core.protocols import Row, Vector
from resmem_core.types import (
    NEUROCHEMICALS,
    Decision,
    Memory,
    Message,
    Namespace,
    Signal,
    StateVector,
    Trust,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message after `preprocess`: cleaned, redacted, scored and embedded.

    Attributes:
        probes: texts, with their vectors, that an older version of what it says may have used.
        named: its id came with it, so that it may be stored already.
        signals: what its text tells the controller.
        refused: why it is never stored, if so.
    """

    message: Message
    id: str
    text: str
    scores: Mapping[str, float]
    vector: Vector
    at: float
    session: str
    probes: tuple[tuple[str, Vector], ...] = ()
    named: bool = True
    signals: tuple[Signal, ...] = ()
    refused: Decision | None = None


@dataclass(frozen=True, slots=True)
class StreamHead:
    """A namespace's running state: next position, the gate's model, the stream so far."""

    seq: int
    gate: judge.GateState
    stream: StreamContext


@dataclass(frozen=True, slots=True)
class Write:
    """What storing takes: rows to put, ids to delete, the next head, the verdicts."""

    decision: Decision
    head: StreamHead
    put: tuple[Row, ...] = ()
    gone: tuple[str, ...] = ()
    due: tuple[tuple[str, Decision], ...] = ()


def trust_of(message: Message) -> Trust:
    """The trust that a message starts with: tool output is untrusted unless said otherwise."""
    return message.trust or ("untrusted" if message.role == "tool" else "trusted")


def as_memory(item: Candidate, namespace: Namespace, seq: int, now: float, ttl: float) -> Memory:
    """The episodic memory that a message would become."""
    feelings = affect(item.scores)
    return Memory(
        id=item.id,
        namespace=namespace,
        text=item.text,
        sources=(item.id,),
        role=item.message.role,
        author=item.message.author or item.message.role,
        session=item.session,
        at=item.at,
        seq=seq,
        state=StateVector(stress=feelings.stress, value=0.5, recency=1.0),
        trust=trust_of(item.message),
        expires=now + ttl,
        stored_at=now,
        scores=tuple(item.scores[name] for name in NEUROCHEMICALS),
        attributes=compare.attributes(item.text),
        metadata=item.message.metadata,
    )
