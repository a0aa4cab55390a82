"""Breaker, baselines, retries and repeats: bounds, jumping clocks, documents of other versions."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.health import backoff, breaker, dependency, repeats
from resmem_core.health.acts import Act, back_line, down_line
from resmem_core.health.baseline import LEAST, Baseline, patience
from resmem_core.health.breaker import Breaker
from resmem_core.health.dependency import Health
from resmem_core.health.failures import CURABLE, SICK, Failure, Kind

unit = st.floats(0, 1, exclude_max=True)
times = st.floats(-1e12, 1e12)
kinds = st.sampled_from(list(Kind))
failures = st.builds(
    Failure, kinds, st.booleans(), st.none() | st.floats(0, 3600), st.none() | st.integers(400, 599)
)
DOWN = Failure(Kind.CONNECTION, True)
HOUR = 3600.0


def opened(at: float = 1000.0, u: float = 0.0) -> Health:
    health = Health()
    for n in range(breaker.ROW):
        health = dependency.failed(health, DOWN, at + n, u)
    return health


def test_three_failures_in_a_row_open_it():
    """Two do not; what is the call's own fault does not, and proves the provider alive."""
    twice = dependency.failed(dependency.failed(Health(), DOWN, 1, 0.5), DOWN, 2, 0.5)
    own = dependency.failed(twice, Failure(Kind.BAD_REQUEST, False), 3, 0.5)

    assert not twice.down
    assert dependency.failed(twice, DOWN, 3, 0.5).down
    assert not dependency.failed(own, DOWN, 4, 0.5).down


@pytest.mark.parametrize("tries", [1, 2, 3, 10, 30])
def test_the_tries_of_one_request_open_nothing(tries):
    """However often one request fails, the next is let through, and opens it if it fails too."""
    health = Health()
    for n in range(tries):
        health = dependency.failed(health, DOWN, 1.0 + n / 10, 0.5, again=n > 0)
    another = dependency.failed(health, DOWN, 9.0, 0.5)

    assert not health.down
    assert another.down == (tries > 1)


@pytest.mark.parametrize("later", [1.0, 60.0, 119.0, 121.0, 599.0, -5.0, -1e6])
@pytest.mark.parametrize("spared", [True, False])
@pytest.mark.parametrize("rests", [True, False])
def test_what_was_just_down_is_given_rest_at_its_first_failure(later, spared, rests):
    """For two minutes, where another stands in; a clock that is set back does not prolong it."""
    health = opened()
    back = dependency.succeeded(dependency.asked(health, 2000.0), 2000.0)
    again = dependency.failed(back, DOWN, 2000.0 + later, 0.0, spared=spared, rests=rests)

    assert again.down == (spared and rests and 0 < later < breaker.WEAK)


def test_half_of_the_last_calls_open_it():
    """A provider that fails every other call is left alone too; one that fails a fifth is not."""

    def after(every: int) -> bool:
        health = Health()
        for n in range(60):
            if n % every:
                health = dependency.succeeded(health, n)
            else:
                health = dependency.failed(health, DOWN, n, 0.5)
            if health.down:
                return True
        return False

    assert after(2)
    assert not after(5)


def test_one_probe_at_a_time():
    """While it is open nothing passes; then one call, and nobody else until it is back."""
    health = opened()
    later = 1002.0 + breaker.SPANS[0] + 1
    asked = dependency.asked(health, later)

    assert dependency.verdict(health, 1003.0) == "open"
    assert dependency.verdict(health, later) == "probe"
    assert dependency.verdict(asked, later + 1) == "open"
    assert dependency.verdict(asked, later + breaker.LEASE + 1) == "probe"
    assert dependency.verdict(dependency.released(asked), later + 1) == "probe"
    assert not dependency.succeeded(asked, later).down
    assert dependency.failed(asked, DOWN, later, 0.0).breaker.span == breaker.SPANS[1]


@pytest.mark.parametrize("u", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("lasts", [2, 5, 10, 15, 20, 30, 45, 60, 90, 120])
def test_where_another_stands_in_an_outage_is_soon_over(lasts, u):
    """Up to two minutes: the first good probe comes 30 s after it at most, and no minute of
    it has more than four tries."""
    health, tries, at = Health(), [], 0.0
    while not tries or tries[-1] < lasts:
        if dependency.verdict(health, 1000.0 + at) != "open":
            tries, health = [*tries, at], dependency.asked(health, 1000.0 + at)
            health = dependency.failed(health, DOWN, 1000.0 + at, u, spared=True)
        at += 0.5 if len(tries) == 1 else 1.0

    assert tries[-1] - lasts <= 30
    assert all(sum(begin <= one < begin + 60.0 for one in tries) <= 4 for begin in tries)


def test_requests_wait_for_the_first_probe_and_from_the_third_on():
    """At most 20 s, and not for the second: the first minute of an outage has four tries."""
    health = opened()
    waits = []
    for n in range(5):
        waits.append(breaker.patience(health.breaker))
        later = 1e4 * (n + 1)
        asked = dependency.asked(health, later)
        health = dependency.failed(asked, DOWN, later, 0.0, awaited=True)

    assert waits == [20.0, 0.0, 20.0, 20.0, 20.0]
    assert health.breaker.span == breaker.AWAITED[-1]


@given(st.lists(st.tuples(times, st.sampled_from(["ok", "ask", "release"]) | failures, unit)))
def test_no_clock_keeps_it_shut(events):
    """Whatever happened, with clocks that jump anywhere, the wait is bounded and ends by itself."""
    health = Health()
    for now, event, u in events:
        if event == "ok":
            health = dependency.succeeded(health, now, seconds=u)
        elif event == "ask":
            health = dependency.asked(health, now)
        elif event == "release":
            health = dependency.released(health)
        else:
            health = dependency.failed(health, event, now, u)
        left = dependency.wait(health, now)
        again = dependency.from_doc(json.loads(json.dumps(dependency.to_doc(health))))

        assert 0 <= left <= max(backoff.HOLD, breaker.LEASE)
        assert dependency.wait(health, now + 2 * backoff.HOLD) == 0
        assert dependency.wait(health, now - 1e9) == 0 or abs(now) > 1e9
        assert again.down == health.down


@given(st.floats(1.6e9, 1.9e9), unit)
def test_it_is_open_at_the_moment_it_opens(now, u):
    """Rounding of epoch seconds opens no door: no probe goes at once."""
    health = Health()
    for _ in range(breaker.ROW):
        health = dependency.failed(health, DOWN, now, u)

    assert dependency.verdict(health, now) == "open"


def test_failures_of_yesterday_do_not_count():
    """Two failures and, a day later, a third are no row."""
    health = dependency.failed(dependency.failed(Health(), DOWN, 1, 0.5), DOWN, 2, 0.5)

    assert not dependency.failed(health, DOWN, 86400, 0.5).down


def test_a_retry_after_holds_everybody_and_ends():
    """A year is held for five minutes, a date in the past not at all."""
    long = dependency.failed(Health(), Failure(Kind.RATE_LIMIT, True, 3600.0), 100.0, 0.0)
    past = dependency.failed(Health(), Failure(Kind.RATE_LIMIT, True, 0.0), 100.0, 0.0)

    assert dependency.wait(long, 100.0) == backoff.HOLD
    assert dependency.wait(past, 100.0) == 0


@given(st.integers(1, 10_000), failures, unit)
def test_waits_are_bounded(attempt, failure, u):
    """What no retry cures is not tried again; a wait is never longer than a call can bear."""
    wait = backoff.wait_before(attempt, failure, u)

    assert (wait is None) or (0 < wait <= backoff.WAIT * 1.1)
    assert (wait is None) or failure.curable
    if failure.curable and (failure.retry_after or 0) <= backoff.WAIT:
        assert wait is not None
        assert wait >= (failure.retry_after or 0)


def test_retries_are_a_fifth_of_the_calls():
    """A budget of ten, refilled by a fifth of a retry with each call."""
    health, made = Health(), 0
    for n in range(1000):
        health = dependency.asked(health, n)
        taken = dependency.retried(health)
        if taken is not None:
            health, made = taken, made + 1

    assert 200 <= made <= 211


@pytest.mark.parametrize("usual", [0.01, 0.3, 1.5, 10.0, 40.0, 600.0])
def test_a_healthy_provider_is_never_cut(usual):
    """At any speed, with ordinary scatter and answers up to the limit, no call is cut."""
    seconds, pace, limit = Baseline(), Baseline(), 16_000
    for n in range(200):
        scale = math.exp(0.5 * math.sin(n * 2.4))
        seconds, pace = seconds.after(usual * scale), pace.after(200 / usual / scale)
    cut = patience(seconds, pace, limit)
    longest = limit / (200 / usual)

    assert cut is None or (cut > longest and cut >= LEAST)


def test_without_a_baseline_nothing_is_cut():
    """Nineteen calls are too few."""
    few = Baseline()
    for _ in range(19):
        few = few.after(0.5)

    assert patience(few, Baseline(), None) is None
    assert patience(few.after(0.5), Baseline(), None) is not None


@given(st.lists(st.floats() | st.integers(-5, 5), max_size=200))
def test_a_baseline_takes_anything(values):
    """NaN, infinity, zero and negative readings are passed over; what is kept is finite."""
    held = Baseline()
    for value in values:
        held = held.after(value)

    assert math.isfinite(held.centre)
    assert math.isfinite(held.spread)
    assert held.spread > 0


plain = st.none() | st.booleans() | st.floats() | st.text(max_size=5)
names = st.sampled_from(
    [
        "breaker",
        "latency",
        "pace",
        "held",
        "errors",
        "at",
        "row",
        "window",
        "span",
        "until",
        "trips",
    ]
)
documents = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner)
)


@given(documents)
def test_any_document_is_read(doc):
    """What another version wrote is taken as far as it is known; nothing raises or sticks."""
    health = dependency.from_doc(doc)

    assert 0 <= dependency.wait(health, 1.7e9) <= backoff.HOLD
    assert dependency.from_doc(dependency.to_doc(health)) == health


def test_the_same_failing_call_is_stopped_after_three():
    """In any order of arguments; one success, other arguments or five minutes free it again."""
    key = repeats.digest("f", {"a": 1, "b": [2]})
    held = repeats.Repeats()
    for n in range(3):
        assert repeats.stopped(held, key, 10.0) is None
        held = repeats.failed(held, key, Kind.SERVER, 10.0, call=f"call-{n}")

    assert repeats.stopped(held, repeats.digest("f", {"b": [2], "a": 1}), 11.0)
    assert not repeats.stopped(held, repeats.digest("f", {"a": 2, "b": [2]}), 11.0)
    assert not repeats.stopped(held, key, 10.0 + repeats.REST + 1)
    assert not repeats.stopped(repeats.succeeded(held, key), key, 11.0)


def test_retries_of_one_call_are_no_repeats():
    """A retry of the same call counts once; another class of failure begins anew."""
    held = repeats.Repeats()
    for _ in range(5):
        held = repeats.failed(held, "k", Kind.SERVER, 1.0, call="one")
    other = repeats.failed(held, "k", Kind.TIMEOUT, 1.0, call="two")

    assert held.calls["k"].count == 1
    assert other.calls["k"].count == 1


def test_the_memory_of_repeats_is_bounded():
    """However many calls fail, a conversation remembers the last."""
    held = repeats.Repeats()
    for n in range(1000):
        held = repeats.failed(held, str(n), Kind.SERVER, float(n))

    assert len(held.calls) == repeats.HELD


def test_lines_for_people_and_models():
    """One line each, with the time of day, and no argument or text of anybody."""
    line = down_line("tool:calendar", 1.7e9)
    act = Act("retry", "model:openai/gpt-5", 1.7e9, Kind.RATE_LIMIT, 2.0)

    assert line.startswith("calendar is down since ")
    assert line.endswith("; do not call it; say so.")
    assert "back since" in back_line("tool:calendar", math.nan)
    assert str(act).endswith("openai/gpt-5 is tried again in 2.0 s after a rate limit error")
    assert act.to_doc()["why"] == "rate limit"


def test_the_sets_of_kinds():
    """All that is curable counts against the dependency, and nothing that is the call's fault."""
    assert CURABLE < SICK
    assert SICK.isdisjoint(
        {Kind.AUTH, Kind.BAD_REQUEST, Kind.CONTEXT_OVERFLOW, Kind.CONTENT_FILTER}
    )
    assert Breaker().closed
