"""The only source of time in the product."""

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
