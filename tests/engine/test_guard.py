"""`open(…, guard=…)`: authority is taken from a controller that does harm, and given back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from resmem_core import Outcome, ResilientMemory, Signal
from resmem_core.audit import records
from resmem_core.config.profile import Profile
from resmem_core.engine.policy.guard import EVERY, Guard
from resmem_core.errors import ConfigError

ADA = ("acme", "ada")


@pytest.mark.parametrize("share", [0, 0.0, -0.05, 0.51, 1, math.nan, math.inf, "much", True])
def test_a_share_that_is_none_is_refused(share):
    """Nought, NaN, and what is out of range: one typed error, and nothing is opened."""
    with pytest.raises(ConfigError, match="guard must be"):
        ResilientMemory.open(":memory:", guard=share)


def at_base(session):
    """Whether the knobs stand at base now."""
    state = session.loop.trace[-1].state
    return np.allclose(state.column[state.at.knob], Profile.default().base, atol=0.02)


def live(memory, turns, harmful):
    """Turns of trouble; what succeeds depends on whether the knobs are at base."""
    session = memory.session("t", namespace=ADA)
    for i in range(turns):
        session.signal(Signal("injection", 0.6))
        held = len(session.loop.trace) > 0 and at_base(session)
        session.outcome(Outcome(success=held if harmful else i % 2 == 0))
    return session


def events(memory):
    """The guard's audit records."""
    return [r for r in records(memory.store) if r.get("event") == "guard"]


@pytest.mark.long
def test_harm_takes_authority_and_it_is_kept_and_given_back(tmp_path):
    """The evidence outlives the process; when base is no better any more, authority returns."""
    path = tmp_path / "a.db"
    with ResilientMemory.open(path, guard=0.2, auto_sleep=False) as memory:
        session = live(memory, 900, harmful=True)
        taken = events(memory)
        held = [
            np.abs(s.state.column[s.state.at.knob] - s.profile.base).max() < 0.02
            for s in list(session.loop.trace)[-50:]
        ]
    with ResilientMemory.open(path, guard=0.2, auto_sleep=False) as memory:
        reopened = memory._runtime.guard.authority
        for _ in range(6000):
            memory._runtime.guard.observe(1.0, was_held=False)
            memory._runtime.guard.observe(1.0, was_held=True)
            if memory._runtime.guard.authority:
                break
        given = events(memory)

    assert [event["authority"] for event in taken] == [0.0]
    assert taken[0]["held"] > taken[0]["led"]
    assert sum(held) >= 30
    assert reopened == 0.0
    assert [event["authority"] for event in given] == [0.0, 1.0]


def test_a_controller_that_does_no_harm_keeps_its_authority():
    """Outcomes that do not depend on the knobs take nothing away."""
    with ResilientMemory.open(":memory:", guard=0.2, auto_sleep=False) as memory:
        live(memory, 300, harmful=False)

        assert events(memory) == []
        assert memory._runtime.guard.authority == 1.0


def test_in_calm_nothing_is_held():
    """Where no knob would move there is nothing to compare: calm ticks are no evidence."""
    with ResilientMemory.open(":memory:", guard=0.5, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        for _ in range(2 * EVERY):
            session.outcome(Outcome(success=True))

        assert memory.store.doc("guard", "evidence") is None


def test_two_workers_share_the_evidence(tmp_path):
    """What both saw is in the store, and nothing of it is lost."""
    path = tmp_path / "a.db"
    with ResilientMemory.open(path) as memory:
        one, two = (Guard(memory.store, memory.clock, 0.05) for _ in range(2))
        for _ in range(EVERY):
            one.observe(1.0, was_held=False)
            two.observe(0.0, was_held=True)
        doc = memory.store.doc("guard", "evidence").body

    assert doc["led"] == pytest.approx(EVERY, rel=0.05)
    assert doc["held"] == pytest.approx(EVERY, rel=0.05)
