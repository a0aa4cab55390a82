"""One dependency's circuit breaker, in wall-clock seconds, so that every worker can read it.

Closed, it lets everything through. Three failures in a row, or half of the last twenty calls, open
it for 15 seconds, then 40 twice, then 60, and up to a fifth longer, so that workers do not probe in
step. After that one call, the probe, is let through: it closes or opens it again. The tries of one
request do not open it alone: what it saw may be over when the next one comes.

Where another model stands in, nobody waits for the answer while it is asked again. So two failures
open it, of one request too, and the probes go after 15 seconds, since a burst is over by then, then
after 20, 25 and every 20 seconds, and less often after two minutes.

Where none does, a refusal costs an answer that the next moment might have had. So requests wait for
the probes, which go after 25, 33 and then every 25 seconds; not for the second one, since the first
minute of an outage has four tries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

ROW: Final = 3
"""Failures in a row that open it."""
SPARED: Final = 2
"""The same, where another stands in."""
WINDOW: Final = 20
"""Calls of which half must fail to open it."""
SPANS: Final = (15.0, 40.0, 40.0, 60.0)
"""Seconds that it is open for the first time and so on, the last for every further one."""
SOON: Final = (15.0, 20.0, 25.0, 20.0, 20.0, 30.0, 40.0, 60.0)
"""The same, where another stands in: no minute has more than four tries."""
AWAITED: Final = (25.0, 33.0, 25.0)
"""The same, where requests wait for the probe."""
PATIENCE: Final = (20.0, 0.0, 20.0)
"""Seconds that a request waits at most for each of those probes."""
LONGEST: Final = 60.0
"""The longest of them."""
JITTER: Final = 0.2
"""Share that a wait may be longer."""
LEASE: Final = 120.0
"""Seconds after which a probe that has not come back is given up."""
SLACK: Final = 1.0
"""Seconds that clocks and rounding may be apart."""
WEAK: Final = 120.0
"""Seconds after an outage for which one failure opens it again, where another stands in."""
STALE: Final = 600.0
"""Seconds after which failures count no more."""

Verdict = Literal["closed", "probe", "open"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """Only `asked`, `succeeded` and `failed` make the next one.

    Attributes:
        row: failures in a row.
        window: the last calls, one bit each, 1 for a failure.
        trips: openings in a row; 0 while it is closed.
        span: seconds that it was opened for last.
        until: epoch seconds when a probe may go.
        probe: epoch seconds when the probe under way is given up; 0 for none.
        since: epoch seconds of the first failure in the row.
        last: epoch seconds of the last failure.
        weak: epoch seconds until which it is taken with care, having just been down.
    """

    row: int = 0
    window: int = 0
    trips: int = 0
    span: float = 0.0
    until: float = 0.0
    probe: float = 0.0
    since: float = 0.0
    last: float = 0.0
    weak: float = 0.0

    @property
    def closed(self) -> bool:
        """Whether every call goes through."""
        return self.trips == 0


def verdict(breaker: Breaker, now: float) -> Verdict:
    """What would happen to a call now.

    >>> opened = failed(failed(failed(Breaker(), 0, 0.5), 1, 0.5), 2, 0.5)
    >>> verdict(opened, 10.0), verdict(opened, 25.0)
    ('open', 'probe')
    """
    if breaker.closed:
        return "closed"
    return "open" if wait(breaker, now) > 0 else "probe"


def wait(breaker: Breaker, now: float) -> float:
    """Seconds until a probe may go; 0 when it may go now.

    A clock that was set back would make this long: more than was meant counts as none.
    """
    if breaker.closed:
        return 0.0
    left = left_until(breaker.until, now, breaker.span)
    return max(left, left_until(breaker.probe, now, LEASE))


def patience(breaker: Breaker) -> float:
    """Seconds that a request waits at most for the next probe, where nobody else can answer.

    >>> patience(Breaker()), patience(Breaker(trips=1)), patience(Breaker(trips=9))
    (0.0, 20.0, 20.0)
    """
    return 0.0 if breaker.closed else PATIENCE[min(breaker.trips, len(PATIENCE)) - 1]


def left_until(until: float, now: float, most: float) -> float:
    """Seconds until then, at most `most`; 0 when it is past, or further off than was ever meant."""
    left = until - now
    return min(left, most) if 0 < left <= most + SLACK else 0.0


def probing(breaker: Breaker, now: float) -> Breaker:
    """A probe has been let through."""
    return replace(breaker, probe=now + LEASE)


def released(breaker: Breaker) -> Breaker:
    """The probe came back without a verdict, such as a call that was cancelled."""
    return replace(breaker, probe=0.0)


def succeeded(breaker: Breaker, now: float) -> Breaker:
    """The call came back well: closed, and what failed in a row is over.

    What came before an opening is forgotten but for its end (epoch seconds).
    """
    if not breaker.closed:
        return Breaker(weak=now + WEAK)
    return replace(breaker, row=0, window=(breaker.window << 1) & _MASK, since=0.0)


def failed(
    breaker: Breaker, now: float, u: float,
    *, spared: bool = False, awaited: bool = False, again: bool = False, rests: bool = False,
) -> Breaker:  # fmt: skip
    """The call failed.

    Args:
        now: epoch seconds.
        u: in [0, 1), for the jitter.
        spared: another stands in, so that nobody is the worse for leaving this one alone.
        awaited: requests wait for the probe.
        again: the same request failed before.
        rests: where another stands in, one that was just down is given rest at its first failure.
    """
    old = abs(now - breaker.last) > STALE and breaker.closed
    held = Breaker(weak=breaker.weak) if old else breaker
    alone = again and not spared
    row = max(held.row, min(held.row + 1, ROW - 1)) if alone else held.row + 1
    window = held.window if alone else ((held.window << 1) | 1) & _MASK
    since = held.since or now
    hit = replace(held, row=row, window=window, since=since, last=now, probe=0.0)
    weak = rests and left_until(held.weak, now, WEAK) > 0
    few = ROW if not spared else 1 if weak else SPARED
    enough = row >= few or window.bit_count() >= WINDOW // 2
    if held.closed and (alone or not enough):
        return hit
    if not held.closed and wait(held, now) > 0 and not held.probe:
        return hit  # a call that was under way when it opened
    spans = SOON if spared else AWAITED if awaited else SPANS
    span = spans[min(held.trips, len(spans) - 1)] * (1.0 + JITTER * u)
    return replace(hit, trips=min(held.trips + 1, 30), span=span, until=now + span)


_MASK: Final = (1 << WINDOW) - 1
