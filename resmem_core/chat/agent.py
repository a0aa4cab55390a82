"""One turn: recall, ask the model with what the session changes of your settings, remember."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resmem_core.chat import client
from resmem_core.chat.client import Answer, Endpoint
from resmem_core.control.authority import Change
from resmem_core.engine import Session
from resmem_core.engine.loop.story import Sent
from resmem_core.health.failures import classify
from resmem_core.memory.privacy.screen import clean
from resmem_core.prompt import compose, worth_telling
from resmem_core.types import MAX_TEXT, Message, Outcome, Signal

HISTORY = 20
"""Messages of this conversation that the model is sent."""

Said = tuple[str, str]
"""Role and text."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a turn: the model's words, or why there are none."""

    text: str
    failed: bool = False


def turn(
    session: Session, endpoint: Endpoint, past: Sequence[Said], text: str, yours: float | None
) -> Reply:
    """Ask the model, and let the session learn how it went.

    Args:
        past: what was said in this conversation before, the oldest first.
        yours: the temperature that you set; None leaves it to the server, always.
    """
    now = session.clock.now()
    if not session.health.ask(endpoint.name):
        wait = session.health.wait(endpoint.name)
        return Reply(f"{endpoint.model} fails again and again; left alone for {wait:.0f} s", True)
    session.begin_call()
    settings = _settings(session, yours)
    hits = worth_telling(session.recall(text))
    recent = [*past[-HISTORY:], ("user", text)]
    block = compose(hits, question=text, today=now, held=[words for _, words in recent])
    messages = [{"role": role, "content": words} for role, words in recent]
    if block:
        messages.insert(0, {"role": "system", "content": block})
    began = session.clock.elapsed()
    try:
        answer = client.complete(endpoint, messages, settings)
    except (OSError, ValueError) as error:
        return _failed(session, endpoint, text, error, session.clock.elapsed() - began)
    return _answered(session, endpoint, text, answer, session.clock.elapsed() - began)


def _settings(session: Session, yours: float | None) -> dict[str, float]:
    """What is sent of your settings: in calm exactly they."""
    if yours is None:
        return {}
    sent = changed(yours, session.change)
    session.sent = (Sent("temperature", yours, sent),)
    return {"temperature": sent}


def changed(yours: float, change: Change) -> float:
    """Your temperature with the session's change, never above yours and never below 0.

    >>> changed(0.7, Change()), changed(0.2, Change(temperature=-0.3))
    (0.7, 0.0)
    """
    return max(yours + change.temperature, 0.0) if change.temperature else yours


def _answered(
    session: Session, endpoint: Endpoint, text: str, answer: Answer, seconds: float
) -> Reply:
    session.health.succeeded(endpoint.name, seconds=seconds, tokens=float(answer.tokens))
    session.signal(Signal("latency", seconds))
    said = clean(answer.text).text
    messages = [Message("user", text), Message("assistant", said[:MAX_TEXT])]
    outcome = Outcome(success=True, latency=seconds, tokens=answer.tokens or None, answer=said)
    session.turn(messages, outcome)
    return Reply(said)


def _failed(
    session: Session, endpoint: Endpoint, text: str, error: Exception, seconds: float
) -> Reply:
    act = session.health.failed(endpoint.name, classify(error, session.clock.now()))
    if act is not None:
        session.acts.append(act)
    session.signal(Signal("provider_error"), Signal("latency", seconds))
    session.turn([Message("user", text)], Outcome(success=False, latency=seconds))
    return Reply(f"no answer: {client.why(error)}", True)
