"""Faults have a state that the agent's calls change; schedules depend on their seed alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.chaos2 import families
from resmem_langchain.chaos import faults
from resmem_langchain.chaos.faults import Downtime, Limit, Schedule, State

TEST_DIGEST = "725805d45836c6dfa17b04670da7173a601606184e740c8b353f6c08f8487838"
times = st.floats(0, 1_000)


def never(what: object) -> float:
    return 0.999


def called(state: State, schedule: Schedule, at: float) -> tuple[State, faults.Fate]:
    return faults.model_call(state, schedule, at, lambda what: 0.0, 16_000, 100)


@given(st.integers(1, 20))
def test_retries_keep_an_outage_alive(retries: int):
    """Each call into the queue makes it longer than it would be without."""
    schedule = Schedule(outages=(Downtime(0.0, 60.0, amplify=3.0),))
    state = State()
    for n in range(retries):
        state, fate = called(state, schedule, float(n))
        assert fate.error is not None

    alone = faults.advanced(State(), schedule, retries - 1.0)
    assert state.backlog == pytest.approx(alone.backlog + 3.0 * retries)


@given(times, times)
def test_an_outage_ends_when_nobody_calls(first: float, more: float):
    """The queue drains in real time, however it is looked at on the way."""
    schedule = Schedule(outages=(Downtime(5.0, 40.0),))
    once = faults.advanced(State(), schedule, first + more)
    twice = faults.advanced(faults.advanced(State(), schedule, first), schedule, first + more)

    assert once.backlog == pytest.approx(twice.backlog, abs=1e-6)


def test_calls_before_retry_after_are_punished():
    """Who waits as told is served; who calls earlier waits longer."""
    schedule = Schedule(limit=Limit(0.0, 2, 30.0, 20.0, 5.0))
    state = State()
    for at in (1.0, 2.0, 3.0):
        state, fate = called(state, schedule, at)
    told = float(fate.error.response.headers["retry-after"])
    early, _ = called(state, schedule, 4.0)
    served = called(state, schedule, 40.0)[1]

    assert told == 20.0
    assert early.blocked == state.blocked + 5.0
    assert served.error is None


def test_an_empty_account_and_a_full_context_are_refused_for_good():
    """Neither is cured by a repetition: both are bad requests."""
    empty = called(State(spent=10), Schedule(tokens=5), 0.0)[1]
    full = faults.model_call(State(), Schedule(), 0.0, never, 50, 51)[1]

    assert empty.error.response.status_code == full.error.response.status_code == 400


@pytest.mark.parametrize("family", families.NAMES)
def test_a_schedule_depends_on_its_seed_alone(family):
    """The same seed gives the same schedule, another seed another one."""
    one, again = families.schedule(family, 7), families.schedule(family, 7)

    assert one == again
    assert len({repr(families.schedule(family, seed)) for seed in range(40)}) > 8


def test_seeds_are_disjoint_and_the_test_set_is_fixed():
    """Train, tune and test share no seed, and the test set is the one that was committed."""
    spans = [set(span) for span in (families.TRAIN, families.TUNE, families.TEST)]

    assert not spans[0] & spans[1] | spans[1] & spans[2] | spans[0] & spans[2]
    assert families.digest() == TEST_DIGEST


def test_calm_has_every_speed_and_length():
    """Among the test seeds F12 has all twelve."""
    drawn = {
        (s.speed, s.answer) for s in (families.schedule("F12", seed) for seed in families.TEST)
    }

    assert len(drawn) == 12
