"""Work that waits until nobody has asked for it for a while."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Timer
from time import monotonic
from typing import Final

from resmem_core.errors import ConfigError, InputError, InputTypeError
from resmem_core.types import check_number

BUSY: Final = 10
"""Times the quiet that work waits at most, where it is never quiet."""


class Debounced:
    """Does its work once, some seconds after the last call; in a thread that stops no process.

    Args:
        work: raises nothing that matters: what it left undone the next call does.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._lock = Lock()
        self._working = Lock()
        self._timer: Timer | None = None
        self._latest = 0.0

    def call(self, seconds: float) -> None:
        """Do the work in so many seconds, unless somebody calls again before."""
        with self._lock:
            now = monotonic()
            if self._timer is None:
                self._latest = now + BUSY * seconds
            else:
                self._timer.cancel()
            self._timer = Timer(min(seconds, max(self._latest - now, 0.0)), self._run)
            self._timer.daemon = True
            self._timer.start()

    @property
    def due(self) -> bool:
        """Whether the work waits for its time."""
        return self._timer is not None

    def _run(self) -> None:
        with self._lock:
            self._timer = None
        with self._working:
            self._work()

    def stop(self) -> None:
        """Forget the work that waits, and let the one that runs end."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        with self._working:
            pass


def check_background(seconds: float | None) -> float | None:
    """Seconds of quiet before a write, or None to write at once.

    Raises:
        ConfigError: no number of at least 0.
    """
    if seconds is None:
        return None
    try:
        return check_number("background", seconds, 0.0, 3_600.0)
    except (InputError, InputTypeError) as error:
        raise ConfigError(str(error)) from None
