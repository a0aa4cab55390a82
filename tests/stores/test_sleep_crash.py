"""A crash at every write of a sleep cycle, through the engine and a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from benchmarks.sleep.stream import DAY, NAMESPACE, START, stream
from resmem_core.config.sleep import SleepConfig
from resmem_core.engine import ResilientMemory
from resmem_core.engine.base.clock import ManualClock
from resmem_core.engine.sleeping import consolidate
from resmem_core.protocols import Op
from resmem_core.stores.sqlite import SqliteStore
from resmem_core.types import Memory, Message

MESSAGES = 90
CONFIG = SleepConfig(capacity=70, cluster_worth=0.1, cluster_size=3)


class PowerCut(BaseException):
    """Nobody catches it."""


class Plug:
    """Cuts the power at the n-th write, before or after it reached the disk."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.late = False
        self.writes = 0
        apply = SqliteStore.apply

        def watched(store: SqliteStore, ops: Sequence[Op]) -> None:
            self.writes += 1
            if self.left is None:
                return apply(store, ops)
            self.left -= 1
            if self.left == 0 and self.late:
                apply(store, ops)
            if self.left <= 0:
                raise PowerCut
            return apply(store, ops)

        patch.setattr(SqliteStore, "apply", watched)


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Plug:
    monkeypatch.setattr(consolidate, "CHUNK", 12)
    return Plug(monkeypatch)


def opened(path: Path, clock: ManualClock) -> ResilientMemory:
    return ResilientMemory.open(str(path), keep=0.9, clock=clock, sleep=CONFIG, auto_sleep=False)


def written(path: Path, clock: ManualClock) -> None:
    """Ninety messages of three weeks."""
    memory = opened(path, clock)
    session = memory.session("s", namespace=NAMESPACE)
    for number, said in enumerate(islice(stream(7), MESSAGES)):
        clock.wait(DAY / 4)
        at = datetime.fromtimestamp(clock.at, UTC)
        session.observe(Message(role="user", text=said.text, id=f"m{number}", at=at))
    memory.close()


def slept(path: Path, clock: ManualClock) -> dict[str, Memory]:
    """What is stored after one cycle."""
    memory = opened(path, clock)
    memory.sleep(NAMESPACE)
    found = {m.id: m for m in memory.scan(NAMESPACE)}
    memory.close()
    return found


def cut(path: Path, clock: ManualClock, plug: Plug, at: int, late: bool) -> None:
    """A cycle whose power goes at its n-th write."""
    memory = opened(path, clock)
    plug.left, plug.late = at, late
    with pytest.raises(PowerCut):
        memory.sleep(NAMESPACE)
    plug.left = None
    memory.store.close()


def test_a_crash_at_any_write_goes_on_to_the_same_end(tmp_path: Path, plug: Plug) -> None:
    """The next cycle ends where an undisturbed one ends: nothing is lost, nothing is half."""
    clock = ManualClock(START)
    written(tmp_path / "whole.db", clock)
    original = (tmp_path / "whole.db").read_bytes()
    now, later = clock.at, clock.at + consolidate.LEASE + 1
    plug.writes = 0
    slept(tmp_path / "whole.db", clock)
    cycle = plug.writes
    clock.at = later
    end = slept(tmp_path / "whole.db", clock)

    assert cycle > 5
    assert any(m.semantic for m in end.values())
    for at in range(1, cycle):
        path = tmp_path / f"cut{at}.db"
        path.write_bytes(original)
        clock.at = now
        cut(path, clock, plug, at, late=at % 2 == 0)
        clock.at = later
        assert plain(slept(path, clock)) == plain(end)


def plain(found: dict[str, Memory]) -> dict[str, Any]:
    """What must be equal."""
    return {
        ident: (m.text, m.sources, m.tier, m.quadrant, m.links, m.state, m.expires, m.semantic)
        for ident, m in found.items()
    }
