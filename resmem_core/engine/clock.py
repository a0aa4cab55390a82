"""The only source of time in the product, and one that is moved by hand."""

import time


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
