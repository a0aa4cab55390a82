"""Deletes expired items again and again, until it is stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any

from resmem_core.errors import ClosedError, ConfigError, ResmemError

logger = logging.getLogger(__name__)


class Sweep(Future[None]):
    """A sweeper that runs. It may be awaited, as LangGraph's async stores have it: that is it."""

    def __await__(self) -> Generator[Any, None, Sweep]:
        yield from ()
        return self


class Sweeper:
    """At most one thread that sweeps.

    Args:
        sweep: deletes what has expired.
    """

    def __init__(self, sweep: Callable[[], int]) -> None:
        self._sweep = sweep
        self._stop = threading.Event()
        self._running: Sweep | None = None
        self._lock = threading.Lock()

    def start(self, minutes: float | None) -> Sweep:
        """Sweep every so many minutes; the same run where one is under way.

        Raises:
            ConfigError: no interval, or one that is not above zero.
        """
        if minutes is None or not minutes > 0:
            raise ConfigError(f"sweep_interval_minutes must be above 0, got {minutes!r:.20}")
        with self._lock:
            if self._running is None or self._running.done():
                self._stop = threading.Event()
                self._running = Sweep()
                thread = threading.Thread(
                    target=self._work, args=(60.0 * minutes, self._stop, self._running),
                    name="resmem-store-sweeper", daemon=True,
                )  # fmt: skip
                thread.start()
            return self._running

    def stop(self, timeout: float | None) -> bool:
        """Stop it; whether it has come to its end in the given seconds."""
        with self._lock:
            running = self._running
            self._stop.set()
        if running is None:
            return True
        try:
            running.result(timeout)
        except TimeoutError:
            return False
        return True

    def _work(self, seconds: float, stop: threading.Event, running: Sweep) -> None:
        while not stop.wait(seconds):
            try:
                self._sweep()
            except ClosedError:
                break
            except ResmemError as error:
                logger.warning("expired items were not deleted: %s", type(error).__name__)
        running.set_result(None)
