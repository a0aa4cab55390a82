"""One clock for everything: faults, breakers, retries and sleeps of the frameworks under test."""

from __future__ import annotations

import asyncio
import random
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, Final

from resmem_core.engine.base.clock import ManualClock

START: Final = 1_900_000_000.0
"""Epoch seconds at which every episode begins."""

USERS: Final = (
    "langchain.agents.middleware",
    "purgatory",
    "resmem_",
    "tenacity",
)
"""Packages whose modules live on the episode's clock."""


class _Time:
    """The `time` module as the episode sees it."""

    def __init__(self, clock: ManualClock) -> None:
        self.sleep = clock.wait
        self.time = clock.now
        self.monotonic = self.perf_counter = clock.elapsed

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class _Asyncio:
    """The `asyncio` module with a sleep that takes no time of ours."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    async def sleep(self, delay: float, result: Any = None) -> Any:
        """Let the episode's time pass, and others run."""
        self._clock.wait(delay)
        await asyncio.sleep(0)
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


@contextmanager
def virtual(
    clock: ManualClock, users: Sequence[str] = USERS, draw: random.Random | None = None
) -> Iterator[ManualClock]:
    """Within the block the modules of `users` see the clock's time, and nothing of the machine's.

    Only these modules' own names for `time`, `asyncio` and their functions are exchanged, so that
    the interpreter, its event loops and its threads keep real time.

    Args:
        draw: what their retries draw jitter and their records draw ids from, in the place of
            `random` and `uuid4`; None: they draw as ever.
    """
    fake, loop = _Time(clock), _Asyncio(clock)
    swaps: dict[int, Any] = {id(time): fake, id(asyncio): loop, id(asyncio.sleep): loop.sleep}
    if draw is not None:
        swaps |= {id(random): draw, id(uuid.uuid4): partial(_id, draw)}
    for name in ("sleep", "time", "monotonic", "perf_counter"):
        swaps[id(getattr(time, name))] = getattr(fake, name)
    changed: list[tuple[ModuleType, str, Any]] = []
    try:
        for module in _modules(tuple(users)):
            for name, value in list(vars(module).items()):
                if id(value) in swaps:
                    changed.append((module, name, value))
                    setattr(module, name, swaps[id(value)])
        yield clock
    finally:
        for module, name, value in changed:
            setattr(module, name, value)


def _id(draw: random.Random) -> uuid.UUID:
    return uuid.UUID(int=draw.getrandbits(128), version=4)


def _modules(prefixes: tuple[str, ...]) -> list[ModuleType]:
    own = (__name__, "resmem_core.engine.base.clock")
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(prefixes) and name not in own and isinstance(module, ModuleType)
    ]
