"""The only source of time in the product, and one that is moved by hand."""

import time
from collections.abc import Callable
from typing import Final

from resmem_core.errors import ConfigError, InputError, InputTypeError
from resmem_core.protocols import Clock
from resmem_core.types import check_number

_FARTHEST: Final = 1e13
"""Seconds on both sides of 1970 beyond which no clock is believed."""


class CheckedClock:
    """A clock that a caller brings, whose answers are times.

    Attributes:
        wait: how the clock lets time pass, where it has a way of its own, such as `ManualClock`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.wait: Callable[[float], None] | None = getattr(clock, "wait", None)

    def now(self) -> float:
        """Epoch seconds (UTC).

        Raises:
            ConfigError: the clock gave no time.
        """
        return _time("now", self._clock.now())

    def elapsed(self) -> float:
        """Monotonic seconds.

        Raises:
            ConfigError: the clock gave no time.
        """
        return _time("elapsed", self._clock.elapsed())


def _time(name: str, value: float) -> float:
    try:
        return check_number(f"the clock's {name}()", value, -_FARTHEST, _FARTHEST)
    except (InputError, InputTypeError) as error:
        raise ConfigError(str(error)) from None


class SystemClock:
    """The machine's clocks.

    >>> clock = SystemClock()
    >>> clock.elapsed() <= clock.elapsed()
    True
    """

    def now(self) -> float:
        """Epoch seconds (UTC)."""
        return time.time()

    def elapsed(self) -> float:
        """Monotonic seconds; never goes backwards."""
        return time.monotonic()


class ManualClock:
    """Time that passes only when told to: for tests, benchmarks and replays of the past.

    Attributes:
        at: epoch seconds (UTC).
        passed: monotonic seconds.

    >>> clock = ManualClock(at=100.0)
    >>> clock.wait(5)
    >>> clock.now(), clock.elapsed()
    (105.0, 5.0)
    """

    def __init__(self, at: float = 0.0) -> None:
        self.at = at
        self.passed = 0.0

    def now(self) -> float:
        """Epoch seconds (UTC)."""
        return self.at

    def elapsed(self) -> float:
        """Monotonic seconds."""
        return self.passed

    def wait(self, seconds: float) -> None:
        """Let time pass, by both clocks."""
        self.at += seconds
        self.passed += seconds
