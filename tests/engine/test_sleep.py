"""Sleep through the engine: judged, merged, linked; resumable; one at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.audit import records
from resmem_core.errors import StoreUnavailable
from resmem_core.protocols import Op, PutDoc, Store

ADA = ("acme", "ada")


def fill(memory: ResilientMemory, n: int = 120) -> set[str]:
    session = memory.session("t", namespace=ADA)
    for i in range(n):
        place = ("Lisbon", "Porto", "Braga", "Faro")[i % 4]
        session.observe(
            Message(role="user", text=f"On trip {i} to {place} I bought {i * 3} tiles.", id=f"m{i}")
        )
    return {f"m{i}" for i in range(n)}


def sources(memory: ResilientMemory) -> set[str]:
    return {source for m in memory.scan(ADA) for source in m.sources}


def test_a_verdict_is_written_to_the_log_once() -> None:
    """One record per judged message, however many were judged in one cycle."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        ids = fill(memory)
        memory.sleep(ADA)
        judged = [r["id"] for r in records(memory.store) if r["event"] == "gate"]

        assert len(judged) == len(set(judged)) == len(ids)


def test_sleep_judges_the_buffer_and_reports() -> None:
    """After a cycle nothing waits in the buffer, and the report counts what is stored."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        ids = fill(memory)
        (report,) = memory.sleep(ADA)
        tiers = {m.tier for m in memory.scan(ADA)}

        assert "buffer" not in tiers
        assert sources(memory) == ids
        assert sum(report.after.get(t, 0) for t in ("short", "mid", "long")) == len(
            memory.scan(ADA)
        )


def test_a_second_cycle_changes_nothing() -> None:
    """Idempotent: what was consolidated is consolidated."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        fill(memory)
        memory.sleep(ADA)
        before = memory.scan(ADA)
        memory.sleep(ADA)

        assert memory.scan(ADA) == before


class Failing:
    """A store that fails at the n-th apply, before or after it was applied."""

    def __init__(self, store: Store, at: int, after: bool) -> None:
        self._store, self._left, self._after = store, at, after

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def apply(self, ops: list[Op]) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise StoreUnavailable("the disk went away")
        self._store.apply(ops)
        if self._left == 0:
            raise StoreUnavailable("the reply was lost")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(1, 8))
def test_a_crash_at_any_step_of_sleep_loses_nothing(
    tmp_path: Path, step: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail at each effect, applied or not; the next cycle ends where an undisturbed one does."""
    from resmem_core.engine.sleeping import consolidate

    monkeypatch.setattr(consolidate, "CHUNK", 40)
    path = str(tmp_path / "a.db")
    with ResilientMemory.open(path, keep=1.0) as memory:
        ids = fill(memory)
    with ResilientMemory.open(path, keep=1.0) as memory:
        whole = memory._runtime
        broken = cast(Store, Failing(memory.store, step, after))
        memory._runtime = replace(whole, store=broken)
        with pytest.raises(StoreUnavailable):
            memory.sleep(ADA)
        memory._runtime = whole

    with ResilientMemory.open(path, keep=1.0) as memory:
        memory.store.apply([PutDoc("sleep", "acme\x1fada", {"token": "gone", "until": 0.0})])
        (report,) = memory.sleep(ADA)

        assert report.resumed
        assert sources(memory) == ids
        assert not any(m.tier == "buffer" for m in memory.scan(ADA))


def test_one_cycle_at_a_time(tmp_path: Path) -> None:
    """While somebody holds the lease, another worker's cycle is passed over."""
    path = str(tmp_path / "a.db")
    with ResilientMemory.open(path) as memory:
        fill(memory, 10)
        until = memory.clock.now() + 600
        memory.store.apply([PutDoc("sleep", "acme\x1fada", {"token": "other", "until": until})])

        assert memory.sleep(ADA) == []
