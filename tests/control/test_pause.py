"""A silence is rest, by the clock and across a restart."""

from __future__ import annotations

import math

import pytest

from resmem_core import Outcome, ResilientMemory, Signal
from resmem_core.engine.base.clock import ManualClock
from resmem_core.types import Mode

ADA = ("acme", "ada")


def outage(session, clock, turns=14):
    """Failing calls, one every five seconds."""
    for _ in range(turns):
        clock.wait(5)
        session.signal(Signal("provider_error"))
        session.outcome(Outcome(success=False))


@pytest.mark.parametrize("hours", [8, 24, 24 * 400])
def test_a_night_is_rest_also_while_nobody_ticks(hours):
    """What is read after a night is calm, before any call is made."""
    clock = ManualClock(at=1.8e9)
    with ResilientMemory.open(":memory:", clock=clock, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        outage(session, clock)
        hot = session.mode, session.stress
        clock.wait(3600 * hours)

        assert hot[0] in (Mode.CRISIS, Mode.TIMEOUT)
        assert session.mode is Mode.NORMAL
        assert session.stress < 0.05


def test_half_an_hour_is_some_rest():
    """Stress falls with the length of the pause and never rises."""
    clock, found = ManualClock(at=1.8e9), []
    with ResilientMemory.open(":memory:", clock=clock, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        outage(session, clock)
        for _ in range(6):
            found.append(session.stress)
            clock.wait(600)

    assert found == sorted(found, reverse=True)
    assert found[-1] < found[0] / 2


def test_a_restart_does_not_forget_the_pause(tmp_path):
    """A session that is loaded a day later is rested; one that is loaded at once is not."""
    clock, path = ManualClock(at=1.8e9), str(tmp_path / "a.db")
    with ResilientMemory.open(path, clock=clock, auto_sleep=False) as memory:
        outage(memory.session("t", namespace=ADA), clock)
    with ResilientMemory.open(path, clock=clock, auto_sleep=False) as memory:
        hot = memory.session("t", namespace=ADA).stress
    clock.at += 86_400
    with ResilientMemory.open(path, clock=ManualClock(at=clock.at), auto_sleep=False) as memory:
        cool = memory.session("t", namespace=ADA)

        assert hot > 0.5
        assert cool.stress < 0.05
        assert cool.mode is Mode.NORMAL


@pytest.mark.parametrize("jump", [-1e9, -1.0, 0.0, math.inf])
def test_a_clock_that_jumps_breaks_nothing(jump):
    """A wall clock set back is no pause, one set far ahead is a long one."""
    clock = ManualClock(at=1.8e9)
    with ResilientMemory.open(":memory:", clock=clock, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        outage(session, clock)
        doc = session.snapshot()
        clock.at += jump if math.isfinite(jump) else 1e12
        session.restore(doc)

        assert 0.0 <= session.stress <= 1.0
        assert (session.stress > 0.5) == (jump <= 0)
