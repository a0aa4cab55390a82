"""What happens to a message before the gate sees it: clean, redact, score, embed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from resmem_core.control.signals import text_signals
from resmem_core.engine import hearing
from resmem_core.engine.components import Components, embed, scores
from resmem_core.engine.stages import Candidate
from resmem_core.memory.gate import compare, judge
from resmem_core.memory.privacy import screen
from resmem_core.memory.privacy.directives import orders
from resmem_core.memory.text.same import said
from resmem_core.protocols import Redactor
from resmem_core.types import Message, Trust, epoch

SUSPICIOUS = 0.65
"""Injection score from which text that no user wrote is quarantined."""


def preprocess(message: Message, session: str, components: Components) -> Candidate:
    """Clean and redact first, so that nothing after this function sees personal data.

    Raises:
        ClassifierError, EmbedderError: that part failed; nothing was stored.
    """
    text = components.redactor.redact(screen.clean(message.text).text).text
    felt = scores(components.classifier, text)
    injection = screen.injection_score(text)
    said(text)  # held by its cache: what is read here is not read again in the store's write turn
    doubtful = _suspicious(message, injection)
    if message.role == "user":
        signals = text_signals(felt, injection=injection)
    else:
        signals = hearing.heard(message.text)
    return Candidate(
        message=_redacted(
            message, components.redactor, "quarantined" if doubtful else message.trust
        ),
        id=message.id or _new_id(components.clock.now()),
        named=bool(message.id),
        text=text,
        scores=felt,
        vector=embed(components.embedder, text),
        at=components.clock.now() if message.at is None else epoch(message.at),
        session=session,
        probes=tuple((probe, embed(components.embedder, probe)) for probe in compare.probes(text)),
        signals=tuple(signals),
        refused=judge.screen(message, text),
    )


def suspicious(message: Message) -> bool:
    """Whether what no user wrote, and nobody vouches for, reads like orders to the model."""
    return _suspicious(message, screen.injection_score(message.text))


def _suspicious(message: Message, injection: float) -> bool:
    return (
        message.trust in (None, "untrusted")
        and message.role != "user"
        and (injection >= SUSPICIOUS or orders(message.text))
    )


def safe(message: Message, components: Components) -> Message:
    """The message as it may be kept aside: cleaned, redacted, with an id and a date of its own."""
    now = components.clock.now()
    text = components.redactor.redact(screen.clean(message.text).text).text
    bare = _redacted(message, components.redactor, message.trust)
    at = bare.at or datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=now)
    return replace(bare, text=text, id=message.id or _new_id(now), at=at)


def _new_id(now: float) -> str:
    """A random id that begins with the time, so that a store's index grows at its end."""
    return f"{max(0, int(now * 1000)):012x}{uuid4().hex[12:]}"


def _redacted(message: Message, redactor: Redactor, trust: Trust | None) -> Message:
    """The message without its text; author and metadata, keys too, cleaned and redacted like it."""
    author = _safe(message.author, redactor) if message.author else None
    metadata = _safe(dict(message.metadata), redactor)
    return Message(message.role, "", author, message.id, message.at, message.kind, trust, metadata)


_DEEPEST: Final = 32
"""Levels of metadata that are looked into; what is deeper no store takes."""


def _safe(value: Any, redactor: Redactor, depth: int = 0) -> Any:
    """A JSON value with each of its texts cleaned and redacted."""
    if isinstance(value, str):
        return redactor.redact(screen.clean(value).text).text
    if depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {
            _safe(key, redactor): _safe(inner, redactor, depth + 1) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_safe(inner, redactor, depth + 1) for inner in value]
    return value
