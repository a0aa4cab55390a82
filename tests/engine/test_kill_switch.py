"""The kill switch: one document that every worker of a store obeys within a second."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from resmem_core.config.profile import Profile
from resmem_core.engine.loop.control_loop import ControlLoop
from resmem_core.engine.policy.kill_switch import AGE, KillSwitch
from resmem_core.stores.sqlite import SqliteStore
from resmem_core.types import Mode

PROMISED = 1.0
"""Seconds."""


class HandClock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds

    def elapsed(self) -> float:
        return self.seconds


class CountingStore(SqliteStore):
    """Counts how often a document is read."""

    reads = 0

    def doc(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        self.reads += 1
        return super().doc(*args, **kwargs)


@pytest.fixture
def store() -> Iterator[CountingStore]:
    opened = CountingStore(":memory:")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.mark.parametrize("on", [True, False])
def test_another_worker_obeys_within_a_second(
    store: CountingStore, clock: HandClock, on: bool
) -> None:
    """Switched on or off by one worker, the other one knows it a second later."""
    here, there = KillSwitch(store, clock), KillSwitch(store, clock)
    here.set(not on)
    clock.seconds += PROMISED
    assert there.is_on() is not on

    here.set(on)
    clock.seconds += PROMISED

    assert there.is_on() is on


def test_whoever_sets_it_obeys_at_once(store: CountingStore, clock: HandClock) -> None:
    """No time passes between the switch and what its own worker reads."""
    switch = KillSwitch(store, clock)
    switch.set(True)

    assert switch.is_on()
    assert switch.for_tick()


def test_a_fresh_reading_is_believed(store: CountingStore, clock: HandClock) -> None:
    """A thousand ticks of one moment read the store once; a stale reading is read again."""
    switch = KillSwitch(store, clock)
    before = store.reads
    for _ in range(1000):
        switch.for_tick()
    assert store.reads == before

    clock.seconds += PROMISED
    switch.for_tick()

    assert store.reads == before + 1


def test_a_session_ticks_in_safe_mode_within_a_second(
    store: CountingStore, clock: HandClock
) -> None:
    """The first tick a second after another worker's switch is in safe mode, tools shut."""
    here, there = KillSwitch(store, clock), KillSwitch(store, clock)
    loop = ControlLoop(Profile.default(), None, there.for_tick, clock.elapsed)
    loop.step()
    here.set(True)
    clock.seconds += PROMISED

    step = loop.step()

    assert step.mode is Mode.SAFE
    assert step.knobs.tool_access == 0.0
    assert loop.tool_access == 0.0


def test_a_fresh_reading_is_believed_by_whoever_asks(
    store: CountingStore, clock: HandClock
) -> None:
    """Asking a thousand times at one moment reads the store no more than ticking does."""
    switch = KillSwitch(store, clock)
    before = store.reads

    assert [switch.is_on() for _ in range(1000)] == [False] * 1000
    assert store.reads == before


async def test_an_event_loop_never_waits_for_the_store(clock: HandClock) -> None:
    """There a stale reading is renewed by another thread, and the tick goes on at once.

    That thread keeps no process from its end.
    """
    readers: list[threading.Thread] = []

    class Telling(SqliteStore):
        def doc(self, *args, **kwargs):  # type: ignore[no-untyped-def]
            readers.append(threading.current_thread())
            return super().doc(*args, **kwargs)

    store = Telling(":memory:")
    switch = KillSwitch(store, clock)
    KillSwitch(store, clock).set(True)
    readers.clear()
    clock.seconds += PROMISED

    async with asyncio.timeout(60):  # so that a fault ends
        switch.for_tick()
        while not readers:
            await asyncio.sleep(0.001)

        assert threading.current_thread() not in readers
        assert all(reader.daemon for reader in readers)
        while not switch.for_tick():
            await asyncio.sleep(0.001)
    store.close()


def test_a_tick_may_set_it(store: CountingStore, clock: HandClock) -> None:
    """What is set holds for others too; nothing given leaves it as it is."""
    mine, other = KillSwitch(store, clock), KillSwitch(store, clock)

    assert mine.for_tick(True)
    assert mine.for_tick()
    clock.seconds += PROMISED + 0.01
    assert other.for_tick()
    assert not mine.for_tick(False)


async def test_a_fresh_reading_is_not_renewed_on_an_event_loop(
    store: CountingStore, clock: HandClock
) -> None:
    """No thread is started for it, up to the last moment at which it is fresh."""
    switch = KillSwitch(store, clock)
    reads, threads = store.reads, threading.active_count()
    clock.seconds += AGE
    for _ in range(5):
        switch.for_tick()

    assert (store.reads, threading.active_count()) == (reads, threads)
