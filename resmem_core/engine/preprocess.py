"""What happens to a message before the gate sees it: clean, redact, score, embed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from uuid import uuid4

from resmem_core.control.signals import text_signals
from resmem_core.engine.components import Parts, embed, scores
from resmem_core.engine.ingest import Prepared
from resmem_core.memory.gate import compare, judge
from resmem_core.memory.privacy import screen
from resmem_core.protocols import Redactor
from resmem_core.types import Decision, Message, Signal, Trust

SUSPICIOUS = 0.5
"""Injection score from which text that no user wrote is quarantined."""


@dataclass(frozen=True, slots=True)
class Intake:
    """A prepared message, the signals that its text gives, and why it is never stored, if so."""

    item: Prepared
    signals: tuple[Signal, ...]
    refused: Decision | None = None


def prepare(message: Message, session: str, parts: Parts) -> Intake:
    """Clean and redact first, so that nothing after this function sees personal data.

    Raises:
        ClassifierError, EmbedderError: that part failed; nothing was stored.
    """
    text = parts.redactor.redact(screen.clean(message.text).text).text
    felt = scores(parts.classifier, text)
    injection = screen.injection_score(text)
    doubtful = injection >= SUSPICIOUS and message.trust is None and message.role != "user"
    item = Prepared(
        message=_redacted(message, parts.redactor, "quarantined" if doubtful else message.trust),
        id=message.id or _new_id(parts.clock.now()),
        named=bool(message.id),
        text=text,
        scores=felt,
        vector=embed(parts.embedder, text),
        at=_epoch(message, parts),
        session=session,
        probes=tuple((probe, embed(parts.embedder, probe)) for probe in compare.probes(text)),
    )
    signals = text_signals(felt, injection=injection) if message.role == "user" else ()
    return Intake(item, tuple(signals), judge.screen(message, text, felt))


def _new_id(now: float) -> str:
    """A random id that begins with the time, so that a store's index grows at its end."""
    return f"{max(0, int(now * 1000)):012x}{uuid4().hex[12:]}"


def _epoch(message: Message, parts: Parts) -> float:
    if message.at is None:
        return parts.clock.now()
    aware = message.at if message.at.tzinfo else message.at.replace(tzinfo=UTC)
    return aware.timestamp()


def _redacted(message: Message, redactor: Redactor, trust: Trust | None) -> Message:
    """The message without its text, and with author and metadata redacted too."""
    author = redactor.redact(message.author).text if message.author else None
    metadata = {
        key: redactor.redact(value).text if isinstance(value, str) else value
        for key, value in message.metadata.items()
    }
    return Message(message.role, "", author, message.id, message.at, message.kind, trust, metadata)
