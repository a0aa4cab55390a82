"""One tick per model call, and readings that are compared with what is usual here."""

from __future__ import annotations

from pathlib import Path

import pytest

from resmem_core import Message, Outcome, ResilientMemory, Signal, Verdict
from resmem_core.control.baseline import WARM
from resmem_core.engine.state.baselines import EVERY
from resmem_core.engine.writing import ingest
from resmem_core.errors import InputError
from resmem_core.memory.index.nearest import nearest

ADA = ("acme", "ada")


@pytest.fixture
def session(memory: ResilientMemory):
    return memory.session("t", namespace=ADA)


def test_a_call_that_an_outcome_closed_is_not_ticked_again(session):
    """Call, outcome, call, outcome: two ticks, and the call has the knobs of the outcome."""
    session.begin_call()
    session.outcome(Outcome(success=True))
    closed = session.knobs
    again = session.begin_call()
    session.outcome(Outcome(success=True))

    assert again == closed
    assert len(session.trace) == 2


def test_a_call_without_an_outcome_is_closed_by_the_next(session):
    """Three calls in one turn: the second and the third close the one before."""
    session.begin_call()
    session.signal(Signal("tool_error"))
    session.begin_call()
    session.begin_call()
    session.outcome(Outcome(success=True))

    assert len(session.trace) == 3


def test_the_first_call_has_the_settled_knobs(session):
    """Nothing has happened yet: no tick, and the knobs of calm."""
    assert session.begin_call() == session.knobs
    assert len(session.trace) == 0


def test_safe_mode_acts_on_the_very_next_call(memory, session):
    """The kill switch does not wait for the call before to be closed, nor tools for any call."""
    memory.safe_mode(True)

    assert session.tool_access == 0
    assert session.begin_call().tool_access == 0


def test_novelty_and_similarity_are_taken_against_what_is_usual(memory, session):
    """After a few messages, ordinary ones do not hold the hormones away from calm."""
    seen = []
    session.signal = lambda *signals: seen.extend(signals)
    for number in range(3 * WARM):
        session.observe(Message(role="user", text=f"Parcel {number} for street {number * 7}."))
        session.recall(f"Which street has parcel {number}?")

    similarity = [s.value for s in seen if s.name == "similarity"]
    assert len(similarity) == 2 * WARM
    assert all(abs(value - 0.65) < 0.4 for value in similarity)


def test_sessions_of_a_namespace_share_what_is_usual(memory):
    """A second conversation need not learn it again; another namespace does."""
    for number in range(WARM):
        memory.session("a", namespace=ADA).reading("similarity", 1.0 + number % 2)
    heard = {}
    for name, namespace in (("b", ADA), ("c", ("acme", "bob"))):
        other = memory.session(name, namespace=namespace)
        heard[name] = []
        other.signal = lambda *signals, name=name: heard[name].extend(signals)
        other.reading("similarity", 1.5)

    assert [len(heard["b"]), len(heard["c"])] == [1, 0]


def test_what_is_usual_survives_a_restart(tmp_path: Path):
    """Written with the outcomes, read when the namespace is opened again."""
    for expected in (0, 1):
        with ResilientMemory.open(tmp_path / "m.db") as memory:
            session = memory.session("a", namespace=ADA)
            session.reading("similarity", 1.0, source="shelf")
            assert len(session.loop._intake) == expected
            for _ in range(EVERY):
                session.reading("similarity", 1.0, source="shelf")
            session.outcome(Outcome(success=True))


def test_a_reading_is_checked(session):
    """No finite number, or no such signal: one typed error."""
    with pytest.raises(InputError, match="similarity"):
        session.reading("similarity", float("inf"))
    with pytest.raises(InputError, match="mood"):
        session.reading("mood", 1.0)


@pytest.fixture
def compared(monkeypatch):
    """Texts that were looked up among the stored ones."""
    texts: list[str] = []

    def counted(index, vector, text, k):
        texts.append(text)
        return nearest(index, vector, text, k)

    monkeypatch.setattr(ingest, "nearest", counted)
    return texts


def test_a_turn_compares_its_message_once(session, compared):
    """The tick before the write and the write itself read one comparison."""
    session.observe(Message("user", "The kiln fires at 1240 degrees."))
    compared.clear()

    session.turn([Message("user", "A grey cat sat down here.")], Outcome(success=True))

    assert compared == ["A grey cat sat down here."]


def test_what_was_written_in_between_is_compared_with(session, compared):
    """The second message of a turn is held against the first one, which it repeats."""
    told = Message("user", "The violin lesson is at seven.")

    first, second = session.turn([told, told], Outcome(success=True))

    assert (first.verdict, second.verdict) == (Verdict.KEEP, Verdict.MERGE)
    assert len(compared) == 3


def test_a_message_that_is_judged_again_after_a_write_is_compared_again(session, compared):
    """`judge` reads the memory as it is now, not as it was when the same words were judged."""
    told = Message("user", "The violin lesson is at seven.", id="m1")

    before = session.judge(told)
    session.observe(Message("user", "The violin lesson is at seven.", id="m0"))

    assert (before.verdict, session.judge(told).verdict) == (Verdict.KEEP, Verdict.MERGE)
