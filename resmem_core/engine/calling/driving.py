"""What a call's plan asks for, done: in a thread or on an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from resmem_core.engine.calling.board import Board
from resmem_core.engine.calling.calls import Attempt, Call, Done, Pause, Save, plan
from resmem_core.errors import GivenUp
from resmem_core.health.acts import Act
from resmem_core.types import Namespace

T = TypeVar("T")


def drive(
    board: Board, call: Call[Any], run: Callable[[int], T], tell: Callable[[Act], None],
    namespace: Namespace = (),
) -> T:  # fmt: skip
    """Make the call in this thread.

    Args:
        run: makes one attempt at the route of this place.
        tell: hears of every act, for tracing.
    """
    steps, done = plan(board, call), Done()
    try:
        step = next(steps)
        while True:
            if isinstance(step, Attempt):
                done = _attempted(board, run, step)
            elif isinstance(step, Pause):
                _sleep(board, step.seconds)
            elif isinstance(step, Save):
                board.save()
            else:
                board.note(step, namespace)
                tell(step)
            step = steps.send(done)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        steps.close()


async def adrive(
    board: Board, call: Call[Any], run: Callable[[int], Awaitable[T]],
    tell: Callable[[Act], Awaitable[None]], namespace: Namespace = (),
) -> T:  # fmt: skip
    """`drive` on an event loop, which never waits for a disk."""
    steps, done = plan(board, call), Done()
    try:
        step = next(steps)
        while True:
            if isinstance(step, Attempt):
                done = await _aattempted(board, run, step)
            elif isinstance(step, Pause):
                await _asleep(board, step.seconds)
            elif isinstance(step, Save):
                await board.asave()
            else:
                board.note(step, namespace)
                await tell(step)
            step = steps.send(done)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        steps.close()


def _attempted(board: Board, run: Callable[[int], Any], step: Attempt) -> Done:
    start = board.clock.elapsed()
    try:
        value = run(step.route)
    except Exception as error:
        return Done(error=error, seconds=board.clock.elapsed() - start)
    return Done(value, seconds=board.clock.elapsed() - start)


async def _aattempted(board: Board, run: Callable[[int], Awaitable[Any]], step: Attempt) -> Done:
    start, scope = board.clock.elapsed(), asyncio.timeout(step.timeout)
    try:
        async with scope:
            value = await run(step.route)
    except Exception as error:
        seconds, cut = board.clock.elapsed() - start, scope.expired()
        return Done(error=_given_up(error, step) if cut else error, seconds=seconds, cut=cut)
    return Done(value, seconds=board.clock.elapsed() - start)


def _given_up(error: Exception, step: Attempt) -> GivenUp:
    made = GivenUp(f"no answer within {step.timeout:.0f} s, far more than usual: given up")
    made.__cause__ = error
    return made


def _sleep(board: Board, seconds: float) -> None:
    """Wait by the clock, which a test may move by hand."""
    wait = getattr(board.clock, "wait", None)
    (wait or time.sleep)(seconds)


async def _asleep(board: Board, seconds: float) -> None:
    wait = getattr(board.clock, "wait", None)
    if wait is None:
        await asyncio.sleep(seconds)
    else:
        wait(seconds)
