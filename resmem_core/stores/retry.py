"""Trying again, within bounds: few tries, jitter, and a budget shared by all calls."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from resmem_core.errors import StoreUnavailable

T = TypeVar("T")


class Down(Exception):
    """A call failed in a way that may pass; `after` seconds were asked for."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


@dataclass(slots=True)
class Retry:
    """At most `tries` tries per call; repeats are at most `share` of all calls in the long run.

    After a call failed for good, calls fail at once for `pause` seconds, which doubles up to
    `longest`, so that nobody waits for a server that is down.

    Args:
        wait: sleeps for some seconds.
        now: monotonic seconds.
        jitter: a number in [0, 1).
    """

    tries: int = 3
    share: float = 0.2
    pause: float = 0.5
    longest: float = 30.0
    wait: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    _tokens: float = 5.0
    _open_until: float = 0.0
    _failures: int = 0
    _lock: Lock = field(default_factory=Lock)

    def call(self, what: str, action: Callable[[], T]) -> T:
        """The action's result.

        Raises:
            StoreUnavailable: it failed for good, or the server is known to be down.
        """
        if self.now() < self._open_until:
            raise StoreUnavailable(f"{what}: the server did not answer a moment ago; try later")
        with self._lock:
            self._tokens = min(self._tokens + self.share, 10.0)
        left = self.tries
        while True:
            left -= 1
            try:
                result = action()
            except Down as error:
                if left <= 0 or not self._take():
                    raise self._failed(what, error) from None
                delay = 0.05 * 2 ** (self.tries - left) * (0.5 + self.jitter())
                self.wait(min(max(delay, error.after), 2.0))
                continue
            self._failures = 0
            return result

    def resume(self) -> None:
        """End the pause after a failure: the next call asks the server."""
        self._open_until = 0.0

    def _take(self) -> bool:
        with self._lock:
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True

    def _failed(self, what: str, error: Down) -> StoreUnavailable:
        with self._lock:
            self._failures += 1
            pause = min(self.pause * 2.0 ** (self._failures - 1), self.longest)
            self._open_until = self.now() + pause
        return StoreUnavailable(f"{what}: {error}; nothing is lost, try later")
