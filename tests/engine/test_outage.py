"""A store that is away: every conversation begins all the same, and catches up."""

from __future__ import annotations

import logging
from contextlib import contextmanager

import pytest

from resmem_core import Message, Outcome, ResilientMemory
from resmem_core.errors import ClosedError, StoreFull, StoreUnavailable
from resmem_core.types import Signal

METHODS = ("apply", "rows", "sources", "changes", "namespaces", "doc", "version", "docs", "erase")


@contextmanager
def away(memory, error=StoreUnavailable):
    """Every method of the store fails."""

    def gone(*_, **__):
        raise error("gone")

    with pytest.MonkeyPatch.context() as patch:
        for name in METHODS:
            patch.setattr(memory.store, name, gone)
        yield


@pytest.mark.parametrize("error", [StoreUnavailable, StoreFull])
def test_new_users_and_threads_are_served(memory, caplog, error):
    """One warning; ticks, knobs and stories as ever; what needs the store says so."""
    with away(memory, error), caplog.at_level(logging.WARNING):
        for user in ("ada", "bob"):
            session = memory.session("t1", namespace=("acme", user))
            for _ in range(3):
                session.begin_call()
                session.signal(Signal("provider_error", 1.0))
            assert session.knobs.temperature > 0
            assert str(session.explain())
            with pytest.raises(StoreUnavailable if error is StoreUnavailable else StoreFull):
                session.observe(Message(role="user", text="I moved to Lisbon in May."))

    assert caplog.text.count("the store is away") == 1


def test_it_catches_up(memory):
    """What was stored before is found as soon as the store is back, by the same session."""
    memory.session("old", namespace=("acme", "ada")).observe(
        Message(role="user", text="I moved to Lisbon in May.", id="m1")
    )
    memory._namespaces.__init__(256)
    with away(memory):
        session = memory.session("new", namespace=("acme", "ada"))
        session.begin_call()

    assert [hit.id for hit in session.recall("Where do I live?")] == ["m1"]
    session.turn([Message(role="user", text="I sing in a choir.")], Outcome(success=True))
    assert {m.text for m in memory.scan(("acme", "ada"))} == {
        "I moved to Lisbon in May.", "I sing in a choir.",
    }  # fmt: skip


def test_the_kill_switch_holds_its_last_reading(tmp_path):
    """Safe mode that was on stays on while the store is away, and no tick raises."""
    from resmem_core.engine.base.clock import ManualClock

    clock = ManualClock(1.7e9)
    with ResilientMemory.open(str(tmp_path / "m.db"), clock=clock) as memory:
        session = memory.session("t", namespace=("acme", "ada"))
        memory.safe_mode(True)
        with away(memory):
            clock.wait(60.0)
            session.begin_call()
            assert session.tool_access == 0.0


def test_readings_before_the_store_came_back_overwrite_nothing(memory):
    """Baselines that could not be read are taken in before any are written."""
    space = ("acme", "ada")
    first = memory.session("a", namespace=space)
    for _ in range(20):
        first.reading("novelty", 0.5)
    first.outcome(Outcome(success=True))
    memory._namespaces.__init__(256)
    memory._sessions.__init__(256)
    with away(memory):
        second = memory.session("b", namespace=space)
        for _ in range(20):
            second.reading("novelty", 9.0)
    second.outcome(Outcome(success=True))
    second.outcome(Outcome(success=True))

    (doc,) = memory.store.docs("baselines")
    assert doc.body["novelty/"][1] < 1.0


def test_a_closed_memory_still_raises(memory):
    """That is no outage but a mistake."""
    memory.close()

    with pytest.raises(ClosedError):
        memory.session("t", namespace=("acme", "ada"))
