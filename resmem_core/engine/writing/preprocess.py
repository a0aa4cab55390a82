"""What happens to a message before the gate sees it: clean, redact, score, embed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from resmem_core.control.signals import text_signals
from resmem_core.engine.state.components import Components, embed, scores
from resmem_core.engine.state.stages import Candidate
from resmem_core.engine.writing import hearing, labels
from resmem_core.errors import InputTypeError
from resmem_core.memory.gate import compare, judge
from resmem_core.memory.privacy import screen
from resmem_core.types import Message, epoch


def preprocess(message: Message, session: str, components: Components) -> Candidate:
    """Clean and redact first, so that nothing after this function sees personal data.

    Raises:
        InputTypeError: it is no Message.
        ClassifierError, EmbedderError: that part failed; nothing was stored.
    """
    if not isinstance(message, Message):
        raise InputTypeError(f"a Message is needed, got {type(message).__name__}")
    text = components.redactor.redact(screen.clean(message.text).text).text
    felt = scores(components.classifier, text)
    trust = "quarantined" if suspicious(message, session) else message.trust
    if trust is None and labels.of_another(message):
        trust = "untrusted"
    kept = labels.redacted(message, components.redactor, trust)
    if message.role == "user":
        signals = text_signals(felt, injection=screen.injection_score(text))
    else:
        signals = hearing.heard(message.text)
    return Candidate(
        message=kept,
        id=kept.id or _new_id(components.clock.now()),
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


def suspicious(message: Message, session: str = "") -> bool:
    """Whether what nobody vouches for reads like orders to the model.

    A user may give orders in a text, and nobody in what stands beside it.
    """
    if message.trust not in (None, "untrusted"):
        return False
    told = message.role != "user" and labels.suspicious(message.text)
    return told or labels.ordering(message, session)


def safe(message: Message, components: Components) -> Message:
    """The message as it may be kept aside: cleaned, redacted, with an id and a date of its own."""
    now = components.clock.now()
    text = components.redactor.redact(screen.clean(message.text).text).text
    bare = labels.redacted(message, components.redactor, message.trust)
    at = bare.at or datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=now)
    return replace(bare, text=text, id=bare.id or _new_id(now), at=at)


def _new_id(now: float) -> str:
    """A random id that begins with the time, so that a store's index grows at its end."""
    return f"{max(0, int(now * 1000)):012x}{uuid4().hex[12:]}"
