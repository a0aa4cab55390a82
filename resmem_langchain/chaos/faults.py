"""How providers and tools fail: a frozen state, and pure functions that make the next one.

What an agent does changes the state: a call into an overload prolongs it, a call before
`retry-after` has passed is answered with a longer one, tokens drain the account.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from resmem_langchain.chaos.errors import (
    APIConnectionError,
    APITimeoutError,
    BadRequestError,
    InternalServerError,
    RateLimitError,
    ToolDown,
    ToolTimeout,
)

Chance = Callable[..., float]
"""A uniform number in [0, 1) for a decision that is named."""

Manner = Literal["server", "connection", "timeout"]

SECONDS: Final = {"server": 1.0, "connection": 0.2, "timeout": 30.0}
"""How long a failing call takes."""
LONGEST: Final = 600.0
"""Seconds of backlog at most."""


@dataclass(frozen=True, slots=True)
class Downtime:
    """An overload: a queue of `backlog` seconds that drains in real time.

    While it is not empty a call fails with chance `share`, and each failed call adds `amplify`.
    """

    start: float
    backlog: float
    amplify: float = 3.0
    share: float = 1.0
    manner: Manner = "server"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in any `seconds`; a call too early adds `penalty` to `retry_after`."""

    start: float
    calls: int
    seconds: float
    retry_after: float
    penalty: float


@dataclass(frozen=True, slots=True)
class ToolFault:
    """A service that is down, loses its reply after it acted, or returns wrong data."""

    service: str
    start: float
    end: float
    manner: Literal["down", "lost", "wrong"]


@dataclass(frozen=True, slots=True)
class Drift:
    """A tool's field that is named otherwise from some time on."""

    tool: str
    old: str
    new: str
    start: float


@dataclass(frozen=True, slots=True)
class Planted:
    """Texts of others that carry an instruction."""

    start: float
    end: float
    tools: tuple[str, ...]
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Wordy:
    """A time in which answers need `factor` times the tokens, and a share of them arrives empty."""

    start: float
    end: float
    factor: float
    empty: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens in one episode, whoever plays it. Times are seconds since its begin.

    Attributes:
        speed: seconds of a model call, before its tokens; `slow` from some time on multiplies it.
        max_tokens, temperature: what the user set. answer: tokens of answers; None: the task's.
        tokens: what is left in the primary's account. junk: characters behind each tool's result.
        lies: from when to when the user's thumbs say the opposite; None: nobody shows a thumb.
        deadline: seconds after which the user has gone.
        tasks, per_thread: how many, and how many in one conversation.
    """

    speed: float = 1.5
    slow: tuple[float, float] = (math.inf, 1.0)
    outages: tuple[Downtime, ...] = ()
    limit: Limit | None = None
    wordy: Wordy | None = None
    tools: tuple[ToolFault, ...] = ()
    drifts: tuple[Drift, ...] = ()
    planted: Planted | None = None
    tokens: float = math.inf
    junk: int = 0
    lies: tuple[float, float] | None = None
    max_tokens: int = 400
    temperature: float = 0.3
    answer: int | None = None
    deadline: float = 180.0
    tasks: int = 30
    per_thread: int = 6
    recall: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The primary provider as of `at`.

    Attributes:
        backlog: seconds of queue. outages: how many have begun.
        recent: times of calls, for the limit. blocked: until when the limit refuses.
        spent: tokens taken from the account. cleared: when the queue was last empty again.
    """

    at: float = 0.0
    backlog: float = 0.0
    outages: int = 0
    recent: tuple[float, ...] = ()
    blocked: float = 0.0
    spent: int = 0
    cleared: float = 0.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a call: an error after some seconds, or an answer."""

    error: Exception | None = None
    seconds: float = 0.0
    wordy: float = 1.0
    empty: bool = False


def advanced(state: State, schedule: Schedule, now: float) -> State:
    """The state at `now`: the queue drains, and outages begin.

    >>> state = advanced(State(), Schedule(outages=(Downtime(10.0, 60.0),)), 30.0)
    >>> state.backlog
    40.0
    """
    at, backlog, begun = state.at, state.backlog, state.outages
    for outage in schedule.outages[begun:]:
        if outage.start > now:
            break
        backlog = max(backlog - max(outage.start - at, 0.0), 0.0) + outage.backlog
        at, begun = max(at, outage.start), begun + 1
    left = max(backlog - max(now - at, 0.0), 0.0)
    cleared = at + backlog if backlog > 0 == left else state.cleared
    return replace(state, at=now, backlog=left, outages=begun, cleared=cleared)


def dead(state: State, schedule: Schedule, now: float) -> bool:
    """Whether a call to the primary is useless now."""
    seen = advanced(state, schedule, now)
    share = schedule.outages[seen.outages - 1].share if seen.backlog > 0 else 0.0
    return share >= 0.8 or seen.blocked > now or seen.spent >= schedule.tokens


def model_call(
    state: State, schedule: Schedule, now: float, chance: Chance, window: int, tokens: int
) -> tuple[State, Fate]:
    """One call to the primary with a prompt of so many tokens: the next state, and its fate."""
    state = advanced(state, schedule, now)
    if tokens > window:
        return state, Fate(BadRequestError("maximum context length exceeded"), 0.3)
    if state.spent >= schedule.tokens:
        return state, Fate(BadRequestError("insufficient_quota: the account is empty"), 0.3)
    if state.backlog > 0:
        outage = schedule.outages[state.outages - 1]
        if chance("outage") < outage.share:
            longer = min(state.backlog + outage.amplify, LONGEST)
            return replace(state, backlog=longer), _failed(outage.manner)
    if schedule.limit is not None and now >= schedule.limit.start:
        state, refused = _limited(state, schedule.limit, now)
        if refused:
            return state, refused
    return state, _answered(schedule, now, chance)


def _failed(manner: Manner) -> Fate:
    error: Exception
    if manner == "server":
        error = InternalServerError("the engine is overloaded")
    elif manner == "connection":
        error = APIConnectionError("connection error")
    else:
        error = APITimeoutError("request timed out")
    return Fate(error, SECONDS[manner])


def _limited(state: State, limit: Limit, now: float) -> tuple[State, Fate | None]:
    recent = (*(t for t in state.recent if t > now - limit.seconds), now)
    blocked = state.blocked
    if now < blocked:
        blocked += limit.penalty
    elif len(recent) > limit.calls:
        blocked = now + limit.retry_after
    else:
        return replace(state, recent=recent), None
    after = {"retry-after": f"{math.ceil(blocked - now)}"}
    return replace(state, blocked=blocked, recent=recent), Fate(
        RateLimitError("rate limit reached", after), 0.2
    )


def _answered(schedule: Schedule, now: float, chance: Chance) -> Fate:
    start, factor = schedule.slow
    seconds = schedule.speed * (factor if now >= start else 1.0)
    wordy = schedule.wordy
    if wordy is None or not wordy.start <= now < wordy.end:
        return Fate(seconds=seconds)
    return Fate(seconds=seconds, wordy=wordy.factor, empty=chance("empty") < wordy.empty)


# -- tools


def tool_fault(schedule: Schedule, service: str, now: float) -> ToolFault | None:
    """What is wrong with a tool's service now."""
    active = (f for f in schedule.tools if f.service == service and f.start <= now < f.end)
    return next(active, None)


def tool_error(fault: ToolFault) -> tuple[Exception, float]:
    """What a call raises, and after how many seconds."""
    if fault.manner == "lost":
        return ToolTimeout(f"{fault.service} did not answer in time"), 10.0
    return ToolDown(f"{fault.service}: connection refused"), 1.0


def drift_of(schedule: Schedule, tool: str, now: float) -> Drift | None:
    """How a tool's field is named now, where it is not what its description says."""
    return next((d for d in schedule.drifts if d.tool == tool and now >= d.start), None)


def falsified(result: str) -> str:
    """A result with its digits changed: plausible, and wrong.

    >>> falsified('{"id": "or017"}')
    '{"id": "or128"}'
    """
    return re.sub(r"\d", lambda m: str((int(m.group()) + 1) % 10), result)
