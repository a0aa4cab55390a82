"""One call of a model or a tool, with what is done when it fails: one plan for both adapters.

`plan` is a generator without I/O: it yields what to do next and is sent how it went. `driving` does
it, in a thread or on an event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeAlias, TypeVar

from resmem_core.engine.calling.board import Board
from resmem_core.errors import CircuitOpen
from resmem_core.health import breaker
from resmem_core.health.acts import Act
from resmem_core.health.backoff import WAIT, wait_before
from resmem_core.health.failures import Failure, Kind, classify
from resmem_core.health.overflow import TOO_LONG

T = TypeVar("T")

MOST: Final = 10
"""Retries of one call that may be asked for."""

RETRIES: Final = 2
"""How often a call is tried again at most, as the providers' own clients do by default."""

SPARING: Final = 1
"""How often it is after what is no rate limit: a dead dependency has four tries in a minute."""

AGAIN: Final = 2
"""How often an answer of no use is asked for again at most."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Make the call, to the model of this place in the list; give up after `timeout` seconds."""

    route: int
    timeout: float | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Save:
    """Write what the board noted."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a step went: a value, or the error it raised; `cut` where it was given up as hung."""

    value: Any = None
    error: Exception | None = None
    seconds: float = 0.0
    cut: bool = False


Step: TypeAlias = Attempt | Pause | Save | Act
Plan: TypeAlias = Generator[Step, Done, Any]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """What is called, and what may be done about it.

    Attributes:
        routes: names of the dependency and of those that stand in for it, in order.
        retries: how often one route is tried again at most.
        wanted: the same as the session's state has it, asked when something failed.
        breaker: whether a route that is down is left out.
        cut: whether a call that hangs is given up; only on an event loop.
        limit: tokens of the longest answer, for that.
        tokens: counts those of an answer.
        judge: the failure that a value stands for, such as a tool's error message.
        failure: reads an exception.
        passing: whether an exception is no failure, such as an interrupt that asks a person.
        larger: whether the model of this place is known to hold more than the one before it.
        acts: what was done before the call.
        sparing: whether a second retry is made only after a rate limit.
        shorten: makes a request that is too long shorter; False where it cannot.
        again: whether the same request failed before, in a call that somebody else repeats.
        patient: whether it waits for the probe of a route that is down, where nobody stands in and
            retries are ours.
        layers: resilience layers of the session's profile: "coping" waits for the probe, "rest"
            spares a route that was just down.
        again_for: whether an answer of the model of this place is of no use and is worth asking for
            once more; told of each such answer once.
    """

    routes: Sequence[str]
    retries: int = 0
    breaker: bool = True
    cut: bool = False
    limit: float | None = None
    tokens: Callable[[T], float] = lambda _: 0.0
    judge: Callable[[T], Failure | None] = lambda _: None
    failure: Callable[[Exception, float], Failure] = classify
    passing: Callable[[Exception], bool] = lambda _: False
    wanted: Callable[[], int] = lambda: MOST
    larger: Callable[[int], bool] = lambda _: False
    acts: Sequence[Act] = field(default_factory=tuple)
    sparing: bool = False
    shorten: Callable[[], bool] = lambda: False
    again: bool = False
    patient: bool = False
    layers: Sequence[str] = ("coping", "rest")
    again_for: Callable[[int, Any], bool] = lambda place, value: False


def plan(board: Board, call: Call[Any]) -> Plan:
    """Each route in turn until one answers; when none does, the error of the first."""
    yield from (act for act in call.acts)  # a tuple could not be sent to
    errors: list[Exception] = []
    for place, name in enumerate(call.routes):
        done = yield from _route(board, call, place)
        if done.error is None or call.passing(done.error):
            yield Save()
            return _value(done)
        errors.append(done.error)
        if place + 1 < len(call.routes) and _helps(board, call, place, done.error):
            why = None if isinstance(done.error, CircuitOpen) else board[name].kind
            yield Act("fallback", name, board.clock.now(), why, to=call.routes[place + 1])
        else:
            break
    yield Save()
    if board[call.routes[0]].kind is Kind.CONTEXT_OVERFLOW:
        errors[0].add_note(TOO_LONG)
    for other in errors[1:]:
        errors[0].add_note(f"what stands in for it failed too: {type(other).__name__}")
    raise errors[0]


def _helps(board: Board, call: Call[Any], place: int, error: Exception) -> bool:
    """Whether another model can do better: not with what is too long, unless it holds more."""
    long = board[call.routes[place]].kind is Kind.CONTEXT_OVERFLOW
    return isinstance(error, CircuitOpen) or not long or call.larger(place + 1)


def _value(done: Done) -> Any:
    if done.error is not None:
        raise done.error
    return done.value


def _route(board: Board, call: Call[Any], place: int) -> Generator[Step, Done, Done]:
    """The tries at one route."""
    name = call.routes[place]
    refused = yield from _entry(board, call, place)
    if refused is not None:
        return Done(error=refused)
    tried = asked = 0
    held: Done | None = None  # an answer of little use, which is better than none
    back = False  # whether the permit that `ask` gave has been answered
    try:
        while True:
            tried += 1
            timeout = board.patience(name, call.limit) if call.cut else None
            done = yield Attempt(place, timeout)
            back = True
            failure = _failure(board, call, done)
            if failure is None or (done.error is not None and call.passing(done.error)):
                yield from _ended(board, call, name, done)
                if done.error is not None or not _useless(board, call, place, done, asked):
                    return done
                asked, held = asked + 1, done
                yield Act("again", name, board.clock.now(), count=asked)
                continue
            yield from _felt(board, call, place, done, failure, tried)
            if failure.kind is Kind.CONTEXT_OVERFLOW and call.shorten():
                yield Act("shorten", name, board.clock.now(), failure.kind)
                continue
            pause = _pause(board, call, name, tried, failure)
            if pause is None:
                return held or done
            yield Act("retry", name, board.clock.now(), failure.kind, pause, tried)
            yield Pause(pause)
    finally:
        if not back:  # cancelled
            board.release(name)


def _entry(board: Board, call: Call[Any], place: int) -> Generator[Step, Done, CircuitOpen | None]:
    """Pass the breaker; where nobody else can answer, wait for what will be over in a moment."""
    name = call.routes[place]
    if board.ask(name) or not call.breaker:
        return None
    seconds = board.wait(name)
    if place + 1 == len(call.routes) and seconds <= _patience(board, call, name):
        held, now = board[name], board.clock.now()
        yield Act("wait", name, now, held.kind, seconds, since=held.since)
        yield Pause(seconds * (1.0 + 0.1 * board.uniform()))
        if board.ask(name):
            return None
        seconds = board.wait(name)
    held, now = board[name], board.clock.now()
    yield Act("refusal", name, now, held.kind, seconds, held.breaker.row, held.since)
    return CircuitOpen(seconds, name, asked=not held.down)


def _patience(board: Board, call: Call[Any], name: str) -> float:
    """Seconds that the call waits at most for a route that cannot be called now."""
    if not call.retries:
        return 0.0
    if not board[name].down:
        return WAIT
    return breaker.patience(board[name].breaker) if _waits(call) else 0.0


def _waits(call: Call[Any]) -> bool:
    """Whether requests wait for the probe of a route that is down."""
    return call.patient and call.retries > 0 and "coping" in call.layers


def _failure(board: Board, call: Call[Any], done: Done) -> Failure | None:
    if done.cut:
        return Failure(Kind.TIMEOUT, True)
    if done.error is not None:
        return call.failure(done.error, board.clock.now())
    return call.judge(done.value)


def _ended(board: Board, call: Call[Any], name: str, done: Done) -> Generator[Step, Done, None]:
    """The call came back well, or with what is no failure of the dependency."""
    if done.error is not None:
        board.release(name)
        return
    act = board.succeeded(name, seconds=done.seconds, tokens=call.tokens(done.value))
    if act is not None:
        yield act


def _felt(
    board: Board, call: Call[Any], place: int, done: Done, failure: Failure, tried: int
) -> Generator[Step, Done, None]:
    """A failure, noted; its acts."""
    name = call.routes[place]
    if done.cut:
        yield Act("cut", name, board.clock.now(), failure.kind, done.seconds)
    act = board.failed(
        name, failure, spared=place + 1 < len(call.routes),
        awaited=_waits(call), again=tried > 1 or call.again, rests="rest" in call.layers,
    )  # fmt: skip
    if act is not None:
        yield act


def _useless(board: Board, call: Call[Any], place: int, done: Done, asked: int) -> bool:
    """Whether an answer of no use is asked for again, at the price of one retry."""
    if asked >= AGAIN or not call.again_for(place, done.value):
        return False
    return board.retry(call.routes[place])


def _pause(board: Board, call: Call[Any], name: str, tried: int, failure: Failure) -> float | None:
    """Seconds until the next try at this route; None when there is none."""
    few = call.sparing and failure.kind is not Kind.RATE_LIMIT
    most = min(call.retries, call.wanted(), SPARING if few else MOST)
    if tried > most or (call.breaker and board[name].down):
        return None
    pause = wait_before(tried, failure, board.uniform())
    return pause if pause is not None and board.retry(name) else None


# -- the two ways to do it
