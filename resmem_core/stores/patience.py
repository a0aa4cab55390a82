"""How long a piece of work may wait for a store that somebody else holds.

Without a limit a store waits as long as it was opened with; within `within(seconds)` it waits no
longer than what is left of that, also in threads that `asyncio.to_thread` starts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("resmem_patience", default=None)


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Limit what the block waits for stores, all of it together; None changes nothing."""
    if seconds is None:
        yield
        return
    ends, before = time.monotonic() + seconds, _deadline.get()
    token = _deadline.set(ends if before is None else min(ends, before))
    try:
        yield
    finally:
        _deadline.reset(token)


def left() -> float | None:
    """Seconds that may still be waited, at least 0; None without a limit."""
    ends = _deadline.get()
    return None if ends is None else max(0.0, ends - time.monotonic())


def shorter(timeout: float) -> float:
    """The store's own timeout, or what is left where that is less."""
    limit = left()
    return timeout if limit is None else min(timeout, limit)
