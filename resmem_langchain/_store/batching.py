"""Calls of concurrent tasks as one batch: one transaction, one hop to a thread for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias
from weakref import WeakKeyDictionary

from langgraph.store.base import Op, Result

Waiting: TypeAlias = list[tuple[Sequence[Op], "asyncio.Future[list[Result]]"]]


class Coalescer:
    """Gathers what tasks of an event loop ask for while a batch is under way, into the next.

    As in any batch, reads see what was there before it. Each caller's operations stay together
    and in order.

    Args:
        run: runs one batch.
    """

    def __init__(self, run: Callable[[Sequence[Op]], Awaitable[list[Result]]]) -> None:
        self._run = run
        self._waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, Waiting] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, ops: Sequence[Op]) -> list[Result]:
        """The operations' results, and their own errors alone."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Result]] = loop.create_future()
        waiting = self._waiting.get(loop)
        if waiting is None:
            waiting = self._waiting[loop] = []
            task = loop.create_task(self._work(loop, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        waiting.append((ops, answer))
        return await answer

    async def _work(self, loop: asyncio.AbstractEventLoop, waiting: Waiting) -> None:
        try:
            while waiting:
                batch = [one for one in waiting if not one[1].cancelled()]
                waiting.clear()
                await self._together(batch)
        finally:
            self._waiting.pop(loop, None)
            for _, answer in waiting:
                answer.cancel()

    async def _together(self, batch: Waiting) -> None:
        try:
            results = await self._run([op for ops, _ in batch for op in ops])
        except Exception as error:
            if len(batch) == 1:
                _fail(batch[0][1], error)
                return
            for one in batch:  # so that nobody fails for another's operation
                await self._together([one])
            return
        at = 0
        for ops, answer in batch:
            if not answer.done():
                answer.set_result(results[at : at + len(ops)])
            at += len(ops)


def _fail(answer: asyncio.Future[list[Result]], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
