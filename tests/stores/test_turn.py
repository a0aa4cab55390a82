"""How long a writer waits for its turn on a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from resmem_core.stores import turn

WAIT, MOST = 5.0, 60.0


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> Callable[..., float]:
    """Seconds until the turn comes or is given up (then negative), in a time that only passes."""

    def wait(free_at: float, commits: Callable[[float], int]) -> float:
        clock = SimpleNamespace(now=0.0)

        def begun(_: Any, *, last: bool) -> bool:
            if last:
                raise sqlite3.OperationalError("database is locked")
            return clock.now >= free_at

        def sleep(seconds: float) -> None:
            clock.now += 100 * seconds

        monkeypatch.setattr(turn, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep))
        monkeypatch.setattr(turn, "_begun", begun)
        monkeypatch.setattr(turn, "_commits", lambda _: commits(clock.now))
        try:
            turn._wait_for(None, WAIT, MOST)  # type: ignore[arg-type]
        except sqlite3.OperationalError:
            return -clock.now
        return clock.now

    return wait


def test_a_writer_waits_its_turn_while_others_commit(waited: Callable[..., float]) -> None:
    """Eight timeouts and more, where somebody commits within each."""
    assert waited(free_at=41.0, commits=lambda now: int(now // 3)) == pytest.approx(41, abs=1)


def test_a_lock_that_stands_is_given_up_after_the_timeout(waited: Callable[..., float]) -> None:
    """Nobody commits: the holder hangs."""
    assert waited(free_at=41.0, commits=lambda now: 7) == pytest.approx(-5, abs=1)


def test_a_queue_that_stops_is_given_up_within_two_timeouts(waited: Callable[..., float]) -> None:
    """The last commit was after 12 seconds."""
    assert -23 < waited(free_at=41.0, commits=lambda now: min(int(now // 3), 4)) < -12


def test_there_is_an_end(waited: Callable[..., float]) -> None:
    """However many others commit."""
    assert waited(free_at=1e9, commits=int) == pytest.approx(-60, abs=1)
