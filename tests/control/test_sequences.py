"""Hormones mean what they say: twenty-five sequences through real sessions (sequences.py)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resmem_core import Message, Outcome, ResilientMemory, Session, Signal
from resmem_core.config.profile import Profile
from resmem_core.control import authority
from resmem_core.control.authority import Change
from resmem_core.engine.base.clock import ManualClock
from resmem_core.health.failures import Failure, Kind
from tests.control.sequences import ALARMS, ROWS, TOOL_OK, Row, Turn

MOVED, STILL = 0.15, 0.1


def play(session: Session, clock: ManualClock, turn: Turn, name: str) -> None:
    """One turn as an adapter reports it."""
    clock.wait(turn.seconds)
    session.begin_call()
    for role, text in (("user", turn.user), ("tool", turn.tool)):
        if text:
            session.observe(Message(role=role, text=text, id=f"{name}-{role}"))
    session.signal(*(Signal(name, float(value)) for name, value in turn.signals.items()))
    session.outcome(
        Outcome(turn.success, turn.latency, tokens=turn.tokens or None, feedback=turn.feedback)
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_sequence_moves_what_it_should_and_nothing_else(row: Row) -> None:
    """The levels, the modes and the change of a request are those that the table asks for."""
    clock = ManualClock(at=1.8e9)
    with ResilientMemory.open(":memory:", clock=clock, auto_sleep=False) as memory:
        session = memory.session("t", namespace=("acme", "ada"))
        for i in range(8):
            play(session, clock, replace(TOOL_OK, latency=row.usual), f"w{i}")
        before, seen = session.levels, []
        if row.others:
            before = memory.session("calm", namespace=("acme", "ada")).levels
            for _ in range(4):
                memory.health.failed(row.others, Failure(Kind.CONNECTION, True))
            session = memory.session("new", namespace=("acme", "ada"))
        seen.append((session.mode.value, session.levels, session.change, session.knobs))
        for i, turn in enumerate(row.turns):
            play(session, clock, turn, f"t{i}")
            seen.append((session.mode.value, session.levels, session.change, session.knobs))

    modes = [mode for mode, *_ in seen]
    _, levels, change, knobs = seen[-1]
    base = authority.calm(Profile.default()).temperature
    assert {n: levels[n] for n in row.up if not levels[n] >= before[n] + MOVED} == {}
    assert {n: levels[n] for n in row.down if not levels[n] <= before[n] - MOVED} == {}
    assert not [n for n in row.still if any(abs(x[n] - before[n]) >= STILL for _, x, *_ in seen)]
    assert {turn: modes[turn] for turn, of in row.modes.items() if modes[turn] not in of} == {}
    assert set(modes) <= set(row.always)
    assert row.cooler is None or (knobs.temperature < base - 0.05) == row.cooler
    assert row.cooler is not False or all(k.temperature <= base for *_, k in seen)
    assert row.cooler is not True or change.temperature < 0
    assert row.untouched is None or all(c == Change() for _, _, c, _ in seen)
    assert row.longer is None or change.stretch == row.longer
    assert row.access[0] <= change.tool_access <= row.access[1]
    assert not row.rested or max(levels[n] for n in ALARMS) < STILL
