"""What the next tick of a session hears: the strongest signal of each name, and the work so far."""

from __future__ import annotations

from collections.abc import Sequence

from resmem_core.control.signals import SLOWNESS, TOKENS
from resmem_core.engine.calling.latencies import Latencies
from resmem_core.types import Signal


class Intake:
    """Used under the loop's lock.

    Args:
        latencies: what calls usually take.

    Attributes:
        work: ticks of the session since it last rested, and its turns' tokens in units of `TOKENS`.
    """

    def __init__(self, latencies: Latencies) -> None:
        self.work = 0.0
        self._latencies = latencies
        self._pending: dict[str, Signal] = {}

    def __len__(self) -> int:
        """How many signals wait for the tick."""
        return len(self._pending)

    def take(self, signals: Sequence[Signal]) -> None:
        """Of several signals of one name, the largest in magnitude counts."""
        for signal in signals:
            held = self._pending.get(signal.name)
            if held is None or abs(signal.value) >= abs(held.value):
                self._pending[signal.name] = signal

    def felt(self) -> list[Signal]:
        """The signals as hormones take them: latency beside what is usual, and the work."""
        self.work += 1.0
        felt = [s for s in self._pending.values() if s.name != "latency"]
        latency = self._pending.get("latency")
        far = None if latency is None else self._latencies.judge(latency.value)
        judged = [] if far is None else [Signal(SLOWNESS, far)]
        return [*felt, *judged, Signal("session_length", self.work)]

    def worked(self, tokens: float) -> None:
        """Note the tokens of a turn as work."""
        self.work += tokens / TOKENS

    def clear(self) -> None:
        """The tick is taken."""
        self._pending.clear()
