"""Why a call failed, read off whatever exception came: its attributes, never its import.

The error and what it was raised from are asked in turn; the first that says something decides. An
error that says nothing is `UNKNOWN`: not tried again, and counted against the dependency.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from resmem_core.health import messages
from resmem_core.health.retry_after import hint
from resmem_core.health.traits import Traits, traits_of

DEEPEST: Final = 8
"""Errors of one chain that are looked at."""


class Kind(StrEnum):
    """The classes of errors."""

    RATE_LIMIT = "rate limit"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    SERVER = "server"
    AUTH = "auth"
    BAD_REQUEST = "bad request"
    CONTEXT_OVERFLOW = "context overflow"
    CONTENT_FILTER = "content filter"
    UNKNOWN = "unknown"


CURABLE: Final = frozenset({Kind.RATE_LIMIT, Kind.TIMEOUT, Kind.CONNECTION, Kind.SERVER})
"""What may go away by itself. The rest would only fail again."""

SICK: Final = CURABLE | {Kind.UNKNOWN}
"""What counts against the dependency. The rest is a fault of the call, and proves it reachable."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call, without a word of its text.

    Attributes:
        kind: its class.
        curable: whether trying again can help.
        retry_after: seconds that the provider asked to wait, 0 to 3600; None: it did not say.
        status: the HTTP status, where there was one.
    """

    kind: Kind
    curable: bool
    retry_after: float | None = None
    status: int | None = None


def classify(error: BaseException, now: float) -> Failure:
    """The failure that an exception stands for.

    Args:
        error: any exception; it is only read, and may do anything when it is.
        now: epoch seconds, for a Retry-After that is a date.

    >>> classify(ConnectionRefusedError(111, "Connection refused"), 0.0).kind
    <Kind.CONNECTION: 'connection'>
    >>> classify(RuntimeError("odd"), 0.0)
    Failure(kind=<Kind.UNKNOWN: 'unknown'>, curable=False, retry_after=None, status=None)
    """
    chain = [traits_of(one) for one in _chain(error)]
    for traits in chain:
        kind = _kind(traits)
        if kind is not None:
            return _failure(kind, chain, now)
    return _failure(Kind.UNKNOWN, chain, now)


def classify_text(text: str) -> Failure:
    """The failure that an error message without an exception tells, such as a tool's answer.

    >>> classify_text("Error: 503 Service Unavailable").kind
    <Kind.SERVER: 'server'>
    """
    kind = _MESSAGES.get(messages.kind_of(text) or "", Kind.UNKNOWN)
    return Failure(kind, kind in CURABLE)


def _failure(kind: Kind, chain: list[Traits], now: float) -> Failure:
    wait = next(
        (w for t in chain if (w := hint(t.headers, t.text, t.retry_after, now)) is not None), None
    )
    hopeless = any(messages.is_hopeless(f"{t.codes} {t.text}") or t.final for t in chain)
    status = next((t.status for t in chain if t.status is not None), None)
    return Failure(kind, kind in CURABLE and not hopeless, wait, status)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised from, wraps or groups."""
    seen: set[int] = set()
    waiting = [error]
    while waiting and len(seen) < DEEPEST:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        context = None if one.__suppress_context__ else one.__context__
        inner = [*_inside(one), one.__cause__, context]
        waiting += [e for e in inner if isinstance(e, BaseException)]


def _inside(error: BaseException) -> list[object]:
    """What a group holds, what urllib gives as its reason, what tenacity gives as its last try."""
    found: list[object] = []
    if isinstance(error, BaseExceptionGroup):
        found += error.exceptions
    found.append(getattr(error, "reason", None))
    attempt = getattr(error, "last_attempt", None)
    if attempt is not None and callable(getattr(attempt, "exception", None)):
        found.append(attempt.exception())
    return found


def _kind(traits: Traits) -> Kind | None:
    """The class that one error tells by itself; what is most telling is asked first."""
    said = f"{traits.codes} {traits.text}"
    if traits.status is not None and traits.status >= 400:
        return _of_status(traits.status, said)
    named = messages.code_of(traits.codes) or messages.name_of(traits.names)
    if named is not None:
        return _refined(_MESSAGES[named], said)
    spoken = messages.kind_of(traits.text)
    return None if spoken is None else _MESSAGES[spoken]


def _of_status(status: int, said: str) -> Kind:
    """The class of an HTTP status, which the words may make more precise."""
    spoken = _MESSAGES.get(messages.kind_of(said) or "")
    if status == 429 or (status == 403 and spoken is Kind.RATE_LIMIT):
        return Kind.RATE_LIMIT
    if spoken in (Kind.CONTEXT_OVERFLOW, Kind.CONTENT_FILTER):
        return spoken
    if status == 400 and spoken in (Kind.AUTH, Kind.RATE_LIMIT):  # Google's way to say so
        return spoken
    if status in _STATUS:
        return _STATUS[status]
    return Kind.SERVER if status >= 500 else Kind.BAD_REQUEST


def _refined(kind: Kind, said: str) -> Kind:
    """A bad request may be one of two special ones."""
    spoken = _MESSAGES.get(messages.kind_of(said) or "")
    special = spoken in (Kind.CONTEXT_OVERFLOW, Kind.CONTENT_FILTER)
    return spoken if special and spoken and kind is Kind.BAD_REQUEST else kind


_MESSAGES: Final = {kind.value: kind for kind in Kind}

_STATUS: Final = {
    401: Kind.AUTH, 402: Kind.AUTH, 403: Kind.AUTH, 407: Kind.AUTH,
    408: Kind.TIMEOUT, 504: Kind.TIMEOUT, 522: Kind.TIMEOUT, 524: Kind.TIMEOUT, 598: Kind.TIMEOUT,
    409: Kind.SERVER, 423: Kind.SERVER, 425: Kind.SERVER,
    413: Kind.CONTEXT_OVERFLOW,
    501: Kind.BAD_REQUEST, 505: Kind.BAD_REQUEST,
}  # fmt: skip
"""Statuses that say more than their hundreds do."""
