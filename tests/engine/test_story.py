"""What `session.explain()` says to a person while something fails, and when it is over."""

from __future__ import annotations

import re

import pytest

from resmem_core import Outcome, ResilientMemory, Session, Signal
from resmem_core.engine.base.clock import ManualClock
from resmem_core.engine.calling.calls import Call
from resmem_core.engine.calling.driving import drive
from resmem_core.engine.loop.story import CALM, Sent
from resmem_core.errors import CircuitOpen

MODEL = "model:openai/gpt-5"


class Status(Exception):
    """A provider's status error."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(f"status {status}")
        self.status_code, self.headers = status, headers


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(at=1.8e9)


@pytest.fixture
def session(clock: ManualClock):
    with ResilientMemory.open(":memory:", clock=clock, auto_sleep=False) as memory:
        yield memory.session("t", namespace=("acme", "ada"))


def call(session: Session, error: Exception | None) -> None:
    """One call as an adapter makes it, which goes well or raises."""

    def run(_: int) -> str:
        if error is not None:
            raise error
        return "fine"

    session.begin_call()
    try:
        drive(session.health, Call([MODEL]), run, session.acts.append)
        session.outcome(Outcome(success=True))
    except (CircuitOpen, Status):
        session.signal(Signal("provider_error"))
        session.outcome(Outcome(success=False))


@pytest.mark.parametrize(
    ("status", "kind"), [(401, "auth"), (400, "bad request"), (402, "auth"), (413, "overflow")]
)
def test_what_is_neither_retried_nor_counted_is_told(session, status, kind):
    """Five wrong keys or bad requests in a row: the model stays up, and a person reads why."""
    for _ in range(5):
        call(session, Status(status))

    assert session.health.down() == {}
    assert f"openai/gpt-5 failed 5 times in a row ({kind}" in str(session.explain()).replace(
        "context overflow", "overflow"
    )
    assert CALM not in session.explain().lines


def test_a_provider_that_asks_for_rest_is_not_called_down(session):
    """One 429 with Retry-After: the error and the line say that it asked, nothing that it failed
    again and again."""
    call(session, Status(429, **{"retry-after": "60"}))
    with pytest.raises(CircuitOpen, match="asked to be left alone"):
        drive(session.health, Call([MODEL]), lambda _: "", session.acts.append)
    told = str(session.explain())

    assert "openai/gpt-5 asked to be left alone (rate limit); next call in 60 s" in told
    assert "is down" not in told


def test_a_probe_that_is_due_has_not_worked_yet(session, clock):
    """Down until a call went well, and the line says that the next one tries."""
    for _ in range(3):
        call(session, Status(503))
    clock.wait(30.0)

    assert set(session.health.down()) == {MODEL}
    assert "(server); the next call tries it" in str(session.explain())


def test_what_is_over_is_counted_and_calm_is_said(session, clock):
    """Nine good turns after an outage: calm, one line on what was done, all acts still there."""
    for _ in range(3):
        call(session, Status(503))
    amid = session.explain()
    clock.wait(30.0)
    for _ in range(9):
        call(session, None)
    after = session.explain()

    assert [str(act) for act in amid.acts] == [line for line in amid.lines if "open:" in line]
    assert CALM in after.lines
    assert after.lines[-1] == "earlier, and over: open 1, close 1 (in .acts)"
    assert [act.what for act in after.acts] == ["open", "close"]


def test_the_value_is_told_while_something_is_wrong(session):
    """Less success is expected after failures than before; the first line says how much."""
    before = session.explain().value
    for _ in range(6):
        call(session, Status(503))
    after = session.explain()

    assert before is not None
    assert after.value is not None
    assert after.value < before
    assert after.lines[0].endswith(f", {100 * after.value:.0f} % success expected")


def test_safe_mode_is_no_matter_of_calls(session):
    """It ends when somebody turns it off, and the line says so."""
    session.loop._safe_mode(True)
    told = str(session.explain())

    assert "tools of a risk above 0.00 are closed: safe mode; open again when somebody" in told
    assert "next call" not in told


def test_a_budget_is_named(session):
    """An answer that is shorter because of the budget says the word, and not when it is over."""
    session.sent = (Sent("max_tokens", None, 64), Sent("max_tokens", 900, 200))

    assert session.explain().lines[1:] == (
        "max_tokens 64 (yours none): what is left of your budget",
        "max_tokens 200 (yours 900): what is left of your budget",
    )


def test_an_injection_names_what_closed_the_tools(session):
    """Vigilance, not the trust that would have kept them open."""
    session.begin_call()
    session.signal(Signal("injection", 0.9))
    session.outcome(Outcome(success=True))

    assert re.search(
        r"closed: norepinephrine \d\.\d\d after an injection score of 0\.90", str(session.explain())
    )
