"""How long a piece of work may wait for a store that somebody else holds.

Without a limit a store waits as long as it was opened with; within `within(seconds)` it waits no
longer than what is left of that, also in threads that `asyncio.to_thread` starts. Only `waiting`
spends it: work is no waiting, however slow the machine is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class _Purse:
    """Seconds that may still be waited; below 0 once they are overspent."""

    seconds: float


_purse: ContextVar[_Purse | None] = ContextVar("resmem_patience", default=None)


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Limit what the block waits for stores, all of it together; None changes nothing."""
    if seconds is None:
        yield
        return
    outer = _purse.get()
    given = seconds if outer is None else min(seconds, outer.seconds)
    purse = _Purse(given)
    token = _purse.set(purse)
    try:
        yield
    finally:
        _purse.reset(token)
        if outer is not None:
            outer.seconds -= given - purse.seconds


@contextmanager
def waiting() -> Iterator[None]:
    """The block waits for somebody else: its time is taken off what is left."""
    start = time.monotonic()
    try:
        yield
    finally:
        purse = _purse.get()
        if purse is not None:
            purse.seconds -= time.monotonic() - start


def left() -> float | None:
    """Seconds that may still be waited, at least 0; None without a limit."""
    purse = _purse.get()
    return None if purse is None else max(0.0, purse.seconds)


def shorter(timeout: float) -> float:
    """The store's own timeout, or what is left where that is less."""
    limit = left()
    return timeout if limit is None else min(timeout, limit)


def spell() -> Callable[[], bool]:
    """Tells whether work that begins here went on for as long as may be waited now."""
    limit, start = left(), time.monotonic()
    return lambda: limit is not None and time.monotonic() - start >= limit
