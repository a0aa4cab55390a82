"""What a report is made of, as values."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resmem_core.audit import records, verify
from resmem_core.config.sleep import SleepConfig
from resmem_core.control.controller import Step
from resmem_core.engine import ResilientMemory
from resmem_core.engine.base.pseudonyms import Pseudonyms
from resmem_core.engine.policy.trace import steps
from resmem_core.types import KNOBS, Memory, NamespaceLike, check_namespace

WINDOW: Final = 50
"""Judged messages over which the kept share is taken."""

TICKS: Final = 400
"""Recorded ticks that are shown, the latest ones."""

_NUMBER: Final = re.compile(r"\s*[-+]?\d+(?:\.\d+)?%?")


@dataclass(frozen=True, slots=True)
class TracePoint:
    """The control state after one tick; knobs as shares of their ranges, all in [0, 1]."""

    session: str
    mode: str
    levels: Mapping[str, float]
    knobs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Facts:
    """One memory at one moment.

    Attributes:
        location: where it is kept. at: epoch seconds.
        memories: all of the chosen namespaces.
        kept: share kept of the last `WINDOW` judged messages, after each one.
        reasons: how often each verdict was given for each reason: {(verdict, reason): count}.
        records: length of the audit log, whose chain was found intact.
        ticks: the latest recorded ones; none unless the memory was opened with `record=True`.
        thresholds: where the quadrants meet.
    """

    location: str
    at: float
    memories: Sequence[Memory]
    kept: Sequence[float]
    reasons: Mapping[tuple[str, str], int]
    records: int
    ticks: Sequence[TracePoint]
    thresholds: SleepConfig


def gather(memory: ResilientMemory, namespace: NamespaceLike | None = None) -> Facts:
    """Read everything that a report shows.

    Args:
        memory: an open memory.
        namespace: whose memories and verdicts; everybody's when None.

    Raises:
        AuditError: the log's chain is broken, or a recorded tick cannot be replayed.
    """
    names = memory.store.namespaces() if namespace is None else [check_namespace(namespace)]
    log = list(records(memory.store))
    verify(log)
    mine = Pseudonyms(memory.store, names[0]).of(log) if namespace else log
    judged = [record for record in mine if record["event"] == "gate"]
    return Facts(
        location=memory.location,
        at=memory.clock.now(),
        memories=[item for name in names for item in memory.scan(name)],
        kept=kept_share([record["verdict"] for record in judged]),
        reasons=Counter((record["verdict"], plain(record["reason"])) for record in judged),
        records=len(log),
        ticks=_ticks(memory),
        thresholds=memory.components.sleep,
    )


def kept_share(verdicts: Sequence[str]) -> list[float]:
    """Share of "keep" among the last `WINDOW` verdicts, from the first full window on.

    >>> kept_share(["keep"] * WINDOW + ["drop"])
    [1.0, 0.98]
    """
    kept = [verdict == "keep" for verdict in verdicts]
    return [sum(kept[at - WINDOW : at]) / WINDOW for at in range(WINDOW, len(kept) + 1)]


def plain(reason: str) -> str:
    """A reason without its numbers, so that equal ones count together.

    >>> plain("worth 0.62 > price 0.30: novelty +0.4, late")
    'worth > price: novelty, late'
    """
    return _NUMBER.sub("", reason).strip()


def _ticks(memory: ResilientMemory) -> list[TracePoint]:
    latest = deque(steps(memory.store), maxlen=TICKS)
    return [_tick(session, step) for session, step in latest]


def _tick(session: str, step: Step) -> TracePoint:
    knobs: list[float] = step.state.column[step.state.at.knob].tolist()
    return TracePoint(session, step.mode.value, step.levels, dict(zip(KNOBS, knobs, strict=True)))
