"""How much time has passed for an item, as far as more than one look at a clock says so.

A clock may be wrong: at 1970 after a flat battery, a century ahead, set back. One wrong reading
must not end a life. So what ends one is believed only as far as a cycle of sleep at least a day
earlier has seen it, or as the monotonic clock of this process has counted it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from resmem_core.config.sleep import DAY
from resmem_core.types import Memory

NIGHTS: Final = 8
"""Past cycles whose times a store remembers, a day apart: those of one day are one witness."""


def ages(
    memories: Sequence[Memory], now: float, nights: Sequence[float] = (), waited: float = math.inf
) -> Mapping[str, float]:
    """Id → seconds since the item was stored or last used, never below 0.

    Args:
        now: epoch seconds, by a clock that may be wrong.
        nights: epoch seconds of past cycles.
        waited: seconds that a monotonic clock counted since the memory was opened.

    >>> item = Memory("a", ("n",), "x", ("a",), stored_at=1000.0)
    >>> ages([item], 5000.0), ages([item], 1e12, nights=[4000.0, 1e12 - 60.0], waited=10.0)
    ({'a': 4000.0}, {'a': 3000.0})
    """
    witness = max((night for night in nights if night <= now - DAY), default=-math.inf)
    return {m.id: _age(m, now, witness, waited) for m in memories}


def _age(memory: Memory, now: float, witness: float, waited: float) -> float:
    begun = max((t for t in (memory.stored_at, memory.used_at) if t is not None), default=now)
    return max(0.0, min(now - begun, max(witness - begun, waited)))


def with_night(nights: Sequence[float], now: float) -> tuple[float, ...]:
    """The times of past cycles with this one, the oldest gone; the same where it is no day off."""
    if any(abs(now - night) < DAY for night in nights):
        return tuple(nights)
    return (*nights, now)[-NIGHTS:]
