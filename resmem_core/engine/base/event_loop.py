"""Event loops: they never wait for a store, and what is written from one is never in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

O = TypeVar("O")  # noqa: E741 - who has the method
P = ParamSpec("P")
T = TypeVar("T")

STORED: Final = "cancelled too late: it was done, and stays"
NOT_STORED: Final = "cancelled, and it had failed: see the cause"


def on_event_loop() -> bool:
    """True inside a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def decided(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do a write in a thread; a cancellation waits until it is done or refused, and says which.

    A thread cannot be stopped half way, so that a cancellation that did not wait would leave open
    whether anything was stored. The wait is as long as the write's own, which is bounded by the
    store's timeout.

    Raises:
        asyncio.CancelledError: the caller's task was cancelled; its note (`__notes__`) is `STORED`,
            or `NOT_STORED` with the error as its cause. One without a note came before anything
            had begun, and nothing was stored.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError as cancelled:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        cancelled.__cause__ = task.exception()
        cancelled.add_note(NOT_STORED if cancelled.__cause__ else STORED)
        raise


def read_aside(
    method: Callable[Concatenate[O, P], T],
) -> Callable[Concatenate[O, P], Coroutine[Any, Any, T]]:
    """The async twin of a method that reads: of the same signature, done in a thread."""

    @wraps(method)
    async def twin(owner: O, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(_own(owner, method), *args, **kwargs)

    return _named(twin, method)


def write_aside(
    method: Callable[Concatenate[O, P], T],
) -> Callable[Concatenate[O, P], Coroutine[Any, Any, T]]:
    """The async twin of a method that writes: a cancellation says whether it stored (`decided`)."""

    @wraps(method)
    async def twin(owner: O, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await decided(_own(owner, method), *args, **kwargs)

    return _named(twin, method)


def _own(owner: object, method: Callable[..., T]) -> Callable[..., T]:
    """The method as its owner has it: a subclass may have made it another."""
    own: Callable[..., T] = getattr(owner, method.__name__)
    return own


def _named(twin: Callable[P, T], method: Callable[..., object]) -> Callable[P, T]:
    twin.__name__ = f"a{method.__name__.rstrip('_')}"
    twin.__qualname__ = f"{method.__qualname__.rpartition('.')[0]}.{twin.__name__}"
    twin.__doc__ = f"`{method.__name__}`, off the event loop."
    return twin
