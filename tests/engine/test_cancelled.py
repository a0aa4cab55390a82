"""A cancelled write was done or was not, and its CancelledError says which."""

from __future__ import annotations

import asyncio
import random
import threading

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.engine.base.event_loop import NOT_STORED, STORED, decided
from resmem_core.errors import StoreUnavailable

NS = ("acme", "ada")


async def told(task: asyncio.Task[object]) -> list[str]:
    """The notes of a task that was cancelled."""
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    return getattr(caught.value, "__notes__", [])


async def test_what_was_cancelled_is_stored_exactly_if_it_says_so() -> None:
    """At whatever moment it is cancelled; without a note, nothing had begun."""
    chance = random.Random(7)
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        session = memory.session("s", namespace=NS)
        said = {}
        for n in range(40):
            message = Message("user", f"Crate {n} holds {n * 7} green bottles.", id=f"m{n}")
            task = asyncio.create_task(session.aobserve(message))
            if n % 5:  # else before it has begun
                await asyncio.sleep(chance.choice((0, 0, 0.001, 0.004)))
            task.cancel()
            said[f"m{n}"] = ["finished"] if task.done() else await told(task)
        held = {source for memory_ in memory.scan(NS) for source in memory_.sources}

    assert all(notes in ([STORED], ["finished"], []) for notes in said.values())
    assert held == {ident for ident, notes in said.items() if notes}
    assert any(notes == [STORED] for notes in said.values())
    assert any(not notes for notes in said.values())


@pytest.mark.parametrize("cancels", [1, 3])
async def test_a_refused_write_says_that_too(cancels: int) -> None:
    """However often it is cancelled, the cancellation waits until the write is decided."""
    begun, go = threading.Event(), threading.Event()

    def refused() -> None:
        begun.set()
        go.wait(10)
        raise StoreUnavailable("locked")

    task = asyncio.create_task(decided(refused))
    await asyncio.to_thread(begun.wait, 10)
    for _ in range(cancels):
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task

    assert caught.value.__notes__ == [NOT_STORED]
    assert isinstance(caught.value.__cause__, StoreUnavailable)


async def test_a_timeout_waits_for_the_commit_and_no_longer() -> None:
    """`asyncio.timeout` ends in its own error, and what was written is there."""
    go = threading.Event()
    done: list[str] = []

    def work() -> None:
        go.wait(10)
        done.append("stored")

    asyncio.get_running_loop().call_later(0.1, go.set)
    with pytest.raises(TimeoutError) as caught:
        await asyncio.wait_for(decided(work), 0.02)

    assert done == ["stored"]
    assert caught.value.__cause__.__notes__ == [STORED]  # type: ignore[union-attr]
