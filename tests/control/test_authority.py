"""S7, transparency: no change in calm, back at base after it, always in the user's ranges."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.config.profile import Profile
from resmem_core.config.signals import SPECS
from resmem_core.control.authority import (
    DEAD,
    FAILED,
    FAILURES,
    HOLD,
    REST,
    STRETCH,
    Change,
    RecentEvidence,
    calm,
    change,
    evidence_from_doc,
    heard,
    rested,
)
from resmem_core.control.signals import answer_signals
from resmem_core.control.terms import BOUNDS, Budget, Spent, Terms, adjusted, terms
from resmem_core.engine.loop.control_loop import ControlLoop
from resmem_core.errors import ConfigError
from resmem_core.types import Knobs, Signal

CALM = calm(Profile.default())

units = st.floats(0, 1)
knobs = st.builds(
    Knobs, st.floats(0, 1.6), st.floats(0.1, 1), st.integers(128, 8192), st.integers(0, 20), units,
    units, st.integers(0, 4),
)  # fmt: skip
ticks = st.integers(0, HOLD)
evidences = st.builds(RecentEvidence, ticks, ticks, ticks, units, st.integers(0, 50))
changes = st.builds(Change, st.floats(-2, 0), st.floats(-1, 0), st.integers(1, STRETCH), units)


def ranges_of(name):
    lo, hi = BOUNDS[name]
    ends = st.floats(lo, min(hi, 1e6)) if name != "max_tokens" else st.integers(1, 100_000)
    return st.tuples(ends, ends).map(lambda pair: tuple(sorted(pair)))


allowed = st.fixed_dictionaries({}, optional={name: ranges_of(name) for name in BOUNDS})
bases = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 200_000),
    },
)
good = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.floats(0, FAILED, exclude_max=True) for name in (*FAILURES, "injection")},
        "truncation": st.floats(0, FAILED, exclude_max=True),
        "success": st.floats(FAILED, 2),
        "latency": st.floats(0, 1e9),
        "budget": st.floats(0, 100),
        "novelty": st.floats(0, 2),
        "similarity": st.floats(-100, 100),
    },
)
anything = st.dictionaries(
    st.sampled_from(list(SPECS)), st.floats(0, 1), max_size=6
)  # every value lies in every signal's range


def signals(values):
    return [Signal(name, value) for name, value in values.items()]


def looped(clock=lambda: 0.0):
    return ControlLoop(Profile.default(), None, lambda on: False, clock)


@given(knobs, bases, allowed)
def test_in_calm_nothing_changes(now, base, allowed):
    """Without evidence the request has no change, wherever the knobs have wandered."""
    asked = change(now, CALM, RecentEvidence())

    assert asked == Change()
    assert adjusted(base, asked, terms(ranges=allowed)) == {}


@given(st.lists(good, max_size=30))
def test_what_goes_well_is_no_evidence(turns):
    """Latency, length, novelty and spending change no request, in whatever order they come."""
    loop = looped()
    for turn in turns:
        loop.signal(*signals(turn))
        loop.step()

        assert loop.change == Change()


@given(st.lists(anything, max_size=20), st.lists(good, min_size=HOLD, max_size=HOLD))
def test_back_at_base_after_calm_turns(chaos, after):
    """Whatever went wrong, after `HOLD` turns without evidence the change is none, exactly."""
    loop = looped()
    for turn in chaos:
        loop.signal(*signals(turn))
        loop.step()
    for turn in after:
        loop.signal(*signals(turn), Signal("provider_error", 0.0))
        loop.step()
    # An open breaker is evidence of its own; it closes by the clock and by a probe that answers.
    broken = loop.step().breaker != "closed"

    assert broken or loop.change == Change()


@given(bases, changes, allowed, st.sampled_from([None, 500.0, 64_000.0, math.inf]))
def test_changes_stay_within_what_the_user_allows(base, asked, allowed, limit):
    """A value that differs from the user's lies in the user's range, on the safe side of base."""
    for name, value in adjusted(base, asked, terms(ranges=allowed), limit=limit).items():
        lo, hi = allowed.get(name, BOUNDS[name])
        assert lo <= value <= hi or (name == "max_tokens" and value <= hi)
        assert name in base
        assert value > base[name] if name == "max_tokens" else value < base[name]


@given(bases, changes, st.floats(1, 1e6), st.integers(0, 10**7))
def test_a_budget_only_caps(base, asked, tokens, spent):
    """With a budget, `max_tokens` is the user's raised limit or, if that is less, what is left."""
    allowed, cost = Terms(budget=Budget(tokens=tokens)), Spent(spent)
    without = adjusted(base, asked, Terms()).get("max_tokens", base.get("max_tokens", math.inf))

    found = adjusted(base, asked, allowed, spent=cost).get("max_tokens", without)

    assert found <= without
    assert found == without or found <= max(allowed.budget.left(cost), 64)


@given(knobs, evidences, st.booleans(), st.booleans())
def test_a_change_has_one_direction(now, evidence, broken, safe):
    """Sampling only goes down, limits only up, tools only close, whatever the knobs say."""
    asked = change(now, CALM, evidence, broken=broken, safe=safe)

    assert asked.temperature <= 0
    assert asked.top_p <= 0
    assert 1 <= asked.stretch <= STRETCH
    assert 0 <= asked.tool_access <= 1


@given(knobs, ticks)
def test_tools_close_only_for_injection_and_outage(now, failing):
    """Failures, cuts and slow answers hide no tool."""
    assert change(now, CALM, RecentEvidence(failure=failing, cut=failing)).tool_access == 1.0


def test_an_injection_closes_what_is_risky():
    """A score of .9 leaves tools of risk up to .1, at once and whatever the hormones do."""
    loop = looped()
    loop.signal(Signal("injection", 0.9))
    loop.step()

    assert loop.change.tool_access == pytest.approx(0.1)


def test_safe_mode_leaves_harmless_tools():
    """The kill switch acts without a tick."""
    on = []
    loop = ControlLoop(Profile.default(), None, lambda _: bool(on), lambda: 0.0)
    before = loop.change.tool_access
    on.append(1)

    assert (before, loop.change.tool_access) == (1.0, 0.0)


@pytest.mark.parametrize("tokens", [50, 600])
@pytest.mark.parametrize("seconds", [0.3, 1.5, 10, 40])
def test_the_dead_zone_holds_a_calm_session(seconds, tokens):
    """Over 240 good turns the knobs stay less below calm than the dead zone."""
    rng, now = random.Random(f"{seconds} {tokens}"), [0.0]
    loop = looped(lambda: now[0])
    for _ in range(240):
        took = seconds * rng.lognormvariate(0, 0.3)
        now[0] += took + 5
        loop.signal(
            *answer_signals(cut_off=False, invalid=False),
            Signal("success", 1.0),
            Signal("latency", took),
            Signal("budget", tokens / 4000),
            Signal("novelty", min(max(rng.gauss(0.25, 0.125), 0), 2)),
            Signal("similarity", rng.gauss(0.65, 0.1)),
        )
        knobs = loop.step().knobs
        for name, zone in DEAD.items():
            assert getattr(knobs, name) >= getattr(CALM, name) - zone


def test_silence_is_rest():
    """After an hour in which nothing was asked, what went wrong before is no evidence."""
    now = [0.0]
    loop = looped(lambda: now[0])
    loop.signal(Signal("truncation"))
    loop.step()
    cut = loop.change.stretch
    now[0] += REST + 1

    assert (cut, loop.change.stretch) == (2, 1)


def test_cut_answers_raise_the_limit_step_by_step():
    """Two, then four times the user's limit, up to what the model can answer with."""
    evidence, found = RecentEvidence(), []
    for _ in range(3):
        evidence = heard(evidence, [Signal("truncation", 1.0)], seconds=1)
        asked = change(CALM, CALM, evidence)
        found.append(adjusted({"max_tokens": 400}, asked, Terms(), limit=1500)["max_tokens"])

    assert found == [800, 1500, 1500]


def test_a_limit_is_not_raised_beyond_what_is_known():
    """Without a known limit of the model or a range of the user's, nothing is risked."""
    longer = Change(stretch=4)

    assert adjusted({"max_tokens": 400}, longer, Terms()) == {}
    assert adjusted({}, longer, Terms(), limit=math.inf) == {}
    wide = terms(ranges={"max_tokens": (1, 1000)})
    assert adjusted({"max_tokens": 400}, longer, wide) == {"max_tokens": 1000}


@pytest.mark.parametrize(
    ("budget", "spent", "left"),
    [
        (Budget(tokens=1000), Spent(400), 600),
        (Budget(tokens=1000), Spent(4000), 0),
        (Budget(cost=2.0, price=10.0), Spent(150_000), 50_000),
        (Budget(seconds=60), Spent(0, 0.0), math.inf),
        (Budget(seconds=60), Spent(1000, 20.0), 2000),
        (Budget(tokens=1500, seconds=60), Spent(1000, 20.0), 500),
    ],
)
def test_what_is_left_of_a_budget(budget, spent, left):
    """Tokens, money and seconds at the pace so far; the scarcest counts."""
    assert budget.left(spent) == pytest.approx(left)


@pytest.mark.parametrize(
    "given",
    [
        {}, {"price": 1.0}, {"cost": 1.0}, {"tokens": 0}, {"tokens": -5}, {"tokens": math.nan},
        {"tokens": math.inf}, {"seconds": "60"}, {"tokens": True}, {"tokens": 9, "price": 1.0},
    ],
)  # fmt: skip
def test_a_bad_budget_is_refused(given):
    """No limit, none above 0, or a cost without its price: one typed error."""
    with pytest.raises(ConfigError, match=r"budget|price"):
        Budget(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"tune": ("temprature",)}, {"tune": "top_p"}, {"tune": ("tool_access",)},
        {"ranges": {"temprature": (0, 1)}}, {"ranges": {"temperature": (1, 0)}},
        {"ranges": {"temperature": (0, 3)}}, {"ranges": {"temperature": 0.3}},
        {"ranges": {"temperature": (0, math.nan)}}, {"ranges": {"temperature": ("0", "1")}},
        {"ranges": {"temperature": (0, 0.5, 1)}}, {"ranges": {"max_tokens": (0, 10)}},
        {"budget": 5000},
    ],
)  # fmt: skip
def test_bad_terms_are_refused(given):
    """A setting that does not exist or a range that is none: one typed error."""
    with pytest.raises(ConfigError):
        terms(**given)


@given(evidences)
def test_evidence_survives_json(evidence):
    """A restored session knows what went wrong; an older document holds no evidence."""
    assert evidence_from_doc(evidence.to_doc()) == evidence
    assert evidence_from_doc(None) == rested(evidence, REST + 1) == RecentEvidence()


@pytest.mark.parametrize("doc", [{}, [], "x", {**RecentEvidence().to_doc(), "failure": 99}])
def test_damaged_evidence_is_refused(doc):
    """Neither a missing nor an impossible number is taken."""
    with pytest.raises(ConfigError):
        evidence_from_doc(doc)


def test_a_session_goes_on_from_its_evidence():
    """`snapshot` and `restore` carry it to the next worker."""
    loop, other = looped(), looped()
    loop.signal(Signal("truncation"))
    loop.step()

    other.restore(loop.snapshot())

    assert other.change == loop.change != Change()
