"""One step of the controller: what it does, what it refuses, and that it is pure."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import draws
from resmem_core.config import twelve
from resmem_core.config.profile import MODES, Profile
from resmem_core.config.signals import SPECS
from resmem_core.control import controller
from resmem_core.control.controller import ControlState, Step
from resmem_core.control.signals import outcome_signals, text_signals
from resmem_core.errors import ConfigError, InputError, InputTypeError, KernelError, TooLarge
from resmem_core.types import KNOBS, Mode, Outcome, Signal

P = Profile.minimal()
START = controller.start(P)
ALARM = [Signal("provider_error"), Signal("injection", 1.0), Signal("success", 0.0)]


def ticks(signals: list[Signal], n: int, state: ControlState = START, **more: Any) -> Step:
    """The last of n steps with the same signals."""
    given_ = {"profile": P} | more
    for _ in range(n):
        step = controller.step(state, signals, **given_)
        state = step.state
    return step


def test_calm_does_no_harm() -> None:
    """With no signals, or with ordinary ones, the knobs stay exactly at base."""
    ordinary = [Signal(name, spec.reference) for name, spec in SPECS.items() if spec.lo == 0]

    assert ticks([], 50).knobs == ticks(ordinary, 50).knobs == controller.knobs_of(START, P)


def test_one_alarm_moves_nothing_two_do() -> None:
    """A reflex must earn its release: one false alarm of one tick leaves the knobs at base."""
    alarm = [Signal("provider_error")]

    assert ticks(alarm, 1).knobs == controller.knobs_of(START, P)
    assert ticks(ALARM, 4).knobs.tool_access < controller.knobs_of(START, P).tool_access


def test_stress_closes_tools_and_cools() -> None:
    """A lasting alarm raises stress, closes tools and lowers temperature, within the bounds."""
    step = ticks(ALARM, 12)

    assert step.stress > 0.5
    assert step.knobs.tool_access < 0.5
    assert step.mode in (Mode.STRESSED, Mode.CRISIS, Mode.TIMEOUT)
    assert step.levels["stress"] == pytest.approx(step.state.column[0])
    assert controller.stress_of(step.state, P) == step.stress


def test_curiosity_opens_up() -> None:
    """Novelty raises curiosity, temperature and diversity."""
    step = ticks([Signal("novelty", 1.0)], 12)

    assert step.curiosity == controller.curiosity_of(step.state, P) > 0.3
    assert step.knobs.diversity > controller.knobs_of(START, P).diversity


def test_it_recovers() -> None:
    """After the alarm the knobs come back to base, by three steps of the ramp."""
    calm = ticks([], 300, ticks(ALARM, 30).state)

    assert calm.knobs == controller.knobs_of(START, P)
    assert calm.mode == Mode.NORMAL


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_pure_and_exact(seed: int) -> None:
    """The same input gives the same bits, and the state before is not changed."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    state = controller.start(profile, rng.random())
    signals = [Signal("latency", 100 * rng.random()), Signal("success", rng.random())]
    before = state.column.copy()

    one = controller.step(state, signals, profile=profile)
    two = controller.step(state, signals, profile=profile)

    assert one.state == two.state
    assert hash(one.state) == hash(two.state)
    assert np.array_equal(state.column, before)
    assert one.violations == ()


def test_safe_mode_at_once_and_back_by_the_ramp() -> None:
    """The kill switch: argmax, no tools, few tokens in the same tick; then recovery."""
    safe = controller.step(START, [], profile=P, safe_mode=True)
    after = controller.step(safe.state, [], profile=P)

    assert safe.safe
    assert safe.mode == Mode.SAFE
    assert safe.knobs.temperature == 0.0
    assert safe.knobs.tool_access == 0.0
    assert safe.knobs.max_tokens <= 400
    assert safe.learning_rate == 0.0
    assert after.mode == Mode.RECOVERY
    assert 0 < after.knobs.tool_access < controller.knobs_of(START, P).tool_access
    assert ticks([], 60, after.state).knobs == controller.knobs_of(START, P)


def test_fatigue_asks_for_sleep() -> None:
    """A burnt budget asks for sleep, and rest ends it."""
    profile = twelve.hand_written()
    tired = [Signal("budget", 100.0), Signal("session_length", 1e6)]
    profile = replace(profile, up=10 * profile.up)
    step = ticks(tired, 200, controller.start(profile), profile=profile)

    assert step.wants_sleep
    assert step.fatigue > profile.resilience.sleep
    rested = controller.rested(step.state, profile)
    assert not ticks([], 20, rested, profile=profile).wants_sleep


def test_held_at_base() -> None:
    """Without authority the hormones move and the knobs do not."""
    step = ticks(ALARM, 4, authority=0.0)

    assert step.stress > 0.2
    assert step.knobs.tool_access == controller.knobs_of(START, P).tool_access


@pytest.mark.parametrize("dt", [0.0, -1.0, float("nan"), float("inf"), 2e6])
@pytest.mark.parametrize("name", ["dt", "seconds"])
def test_refuses_times(name: str, dt: float) -> None:
    """A length of time that is zero, negative, huge or no number."""
    with pytest.raises(InputError, match=name):
        controller.step(START, [], profile=P, **{name: dt})


@pytest.mark.parametrize(
    ("signal", "error"),
    [
        (Signal("nonsense", 1.0), InputError),
        (Signal("provider_error", 3.0), InputError),
        (Signal("provider_error", -1.0), InputError),
        (Signal("text.cortisol", 1.5), InputError),
        (Signal("text.love", 0.5), InputError),
        ("provider_error", InputTypeError),
    ],
)
def test_refuses_signals(signal: Any, error: type[Exception]) -> None:
    """Unknown names, values out of range and things that are no signals; nothing changes."""
    before = START.column.copy()

    with pytest.raises(error):
        controller.step(START, [Signal("latency", 2.0), signal], profile=P)
    assert np.array_equal(START.column, before)


def test_refuses_a_burst() -> None:
    """A burst of 10^6 signals in one tick is refused as too large."""
    with pytest.raises(TooLarge):
        controller.step(START, [ALARM[0]] * 1_000_000, profile=P)


def test_a_burst_counts_once() -> None:
    """10,000 signals of one name push no more than the largest of them."""
    many = [Signal("novelty", 0.2)] * 9_998 + [Signal("novelty", 0.9), Signal("novelty", 0.3)]

    assert ticks(many, 3).state == ticks([Signal("novelty", 0.9)], 3).state


def test_text_pushes_hormones() -> None:
    """The twelve scores of a text reach the hormones by the profile's matrix; the larger counts."""
    calm, loud = text_signals({"cortisol": 0.2}), text_signals({"cortisol": 1.0, "dopamine": 0.0})
    profile = replace(P, bias=np.zeros(2))

    step = ticks([*loud, *calm], 5, profile=profile)

    assert step.levels["stress"] > ticks(calm, 5, profile=profile).levels["stress"] > 0


def test_refuses_scores() -> None:
    """A score of an unknown name or out of [0, 1]."""
    with pytest.raises(InputError):
        text_signals({"love": 0.5})
    with pytest.raises(InputError):
        text_signals({"cortisol": 1.5})


def test_outcomes_become_signals() -> None:
    """Every field of an outcome that is known becomes a signal, and no other."""
    full = Outcome(success=0.5, latency=2, quality=0.9, safety=0.0, tokens=4000, feedback=-1)
    signals = {signal.name: signal.value for signal in outcome_signals(full)}

    assert signals == {
        "success": 0.5, "latency": 2, "feedback": -1, "injection": 1.0
    }  # fmt: skip
    assert outcome_signals(Outcome()) == []
    assert outcome_signals(Outcome(quality=0.4)) == [Signal("success", 0.4)]


# -- the state as JSON


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_state_survives_json(seed: int) -> None:
    """to_doc and from_doc are exact, through JSON."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    state = controller.start(profile, rng.random())
    for _ in range(10):
        state = controller.step(state, ALARM, profile=profile).state

    doc = json.loads(json.dumps(controller.to_doc(state)))

    assert controller.from_doc(doc, profile) == state
    assert state != doc


def test_state_migrates_to_another_profile() -> None:
    """Hormones that both have keep their level, new ones start at rest, bounds are the new."""
    default = twelve.hand_written()
    tired = ticks(ALARM, 10, controller.start(default), profile=default).state
    narrow = replace(default, cap=np.full(12, 0.2), rest=np.zeros(12))

    moved = controller.from_doc(controller.to_doc(tired), narrow)
    other = controller.from_doc(controller.to_doc(tired), P)

    assert max(controller.levels_of(moved, narrow).values()) <= 0.2
    assert controller.levels_of(other, P) == {"stress": 0.0, "curiosity": 0.0}
    with pytest.raises(KernelError):
        controller.step(tired, [], profile=P)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("format", 2), ("level", None), ("level", {"stress": "high"}), ("level", {"stress": True}),
        ("level", {"stress": float("nan")}), ("knob", {"top_p": 1.5}), ("tail", {"mode": 9}),
        ("tail", {"mode": 0.5}), ("tail", {"breaker": -1}), ("baseline", [1, 2]),
    ],
)  # fmt: skip
def test_refuses_broken_states(change: str, value: Any) -> None:
    """A state document with nonsense in it is a ConfigError."""
    doc = controller.to_doc(START) | {change: value}

    with pytest.raises(ConfigError):
        controller.from_doc(doc, P)


def test_refuses_what_is_no_state() -> None:
    """A list is no state."""
    with pytest.raises(ConfigError):
        controller.from_doc([], P)  # type: ignore[arg-type]


# -- explanations


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.4, 1.0]))
def test_explanations_are_exact(seed: int, authority: float) -> None:
    """base + hormones + clip + limits = the knob, to 1e-9, in any state of any profile."""
    rng = np.random.default_rng(seed)
    profile = draws.profile(rng)
    state = controller.start(profile, rng.random())
    for tick in range(12):
        safe = tick == 7
        step = controller.step(state, ALARM, profile=profile, safe_mode=safe, authority=authority)
        for story in step.explanation.knobs.values():
            whole = story.base + sum(story.hormones.values()) + story.clip + story.limits
            assert abs(whole - story.value) <= 1e-9
            assert abs(story.target + story.limits - story.value) <= 1e-9
        state = step.state


def test_explanation_names_the_cause() -> None:
    """Norepinephrine closes the tools under injection; layers that acted are named."""
    profile = twelve.hand_written()
    step = ticks(ALARM, 40, controller.start(profile), profile=profile)
    safe = controller.step(step.state, ALARM, profile=profile, safe_mode=True)

    assert step.explanation.top("tool_access")[0][1] < 0
    assert "coping" in step.explanation.layers
    assert "safe mode" in safe.explanation.layers
    assert "safe mode" in safe.explanation.knobs["temperature"].by
    assert set(step.explanation.knobs) == set(KNOBS)
    assert step.explanation.change.keys() == step.levels.keys()


def acting(**tail: float) -> tuple[str, ...]:
    """The layers that acted in an uneventful tick from rest, but for these numbers."""
    profile = twelve.hand_written()
    profile = replace(profile, resilience=replace(profile.resilience, constant=0.0))
    start = controller.start(profile)
    column = start.column.copy()
    for name, value in tail.items():
        if name == "level":
            column[start.at.level] = np.maximum(
                column[start.at.level], value * (profile.stress > 0)
            )
        else:
            column[start.at.tail(name)] = value
    state = controller.ControlState(column, start.hormones)
    return controller.step(state, [], profile=profile).explanation.layers


@pytest.mark.parametrize(
    ("layer", "numbers"),
    [
        ("coping", {"level": 0.9}),
        ("medication", {"mode": 2.0}),
        ("medication", {"mode": 3.0}),
        ("adaptation", {"level": 0.9}),
        ("rest", {"mode": 4.0, "age": 0.0}),
        ("rest", {"mode": 3.0, "age": 0.0, "breaker": 1.0, "wait": 100.0}),
        ("perspective", {"survived": 0.9, "level": 0.2}),
        ("breaker", {"breaker": 1.0, "wait": 100.0}),
    ],
)
def test_a_layer_is_named_where_it_acts_and_nowhere_else(
    layer: str, numbers: dict[str, float]
) -> None:
    """In calm nothing acts; each layer is named by the tick that gives it something to do."""
    assert acting() == ()
    assert layer in acting(**numbers)


@pytest.mark.parametrize("numbers", [{"survived": 0.9}, {"survived": 0.1, "level": 0.9}])
def test_perspective_needs_less_stress_than_was_survived(numbers: dict[str, float]) -> None:
    """Without stress, or under a worse one than ever, there is nothing to put in perspective."""
    assert "perspective" not in acting(**numbers)


def test_learning_follows_the_mode() -> None:
    """Each mode has its learning rate; without the layer it is always one."""
    step = ticks(ALARM, 30)
    flat = ticks(ALARM, 30, profile=P.without("learning"))

    assert step.learning_rate == P.resilience.learning[MODES.index(step.mode)] < 1.0
    assert flat.learning_rate == 1.0


@pytest.mark.parametrize("profile", [Profile.default(), Profile.minimal()], ids=lambda p: p.name)
def test_a_settled_session_stays_where_calm_holds_it(profile: Profile) -> None:
    """A new conversation begins where an uneventful one ends: nothing drifts in its first turns."""
    begun = controller.settled(profile, 0.25)
    later = ticks([], 50, begun, profile=profile)

    now, then = controller.knobs_of(begun, profile), later.knobs
    assert later.mode is Mode.NORMAL
    assert then.temperature == pytest.approx(now.temperature, abs=0.02)
    assert then.tool_access == pytest.approx(now.tool_access, abs=0.02)
    assert begun.column[begun.at.tail("phase")] == 0.25
    assert begun.column[begun.at.tail("ticks")] == 0


def test_a_profile_that_is_never_calm_starts_at_rest() -> None:
    """Where nothing at all leads out of the normal mode, a session begins at rest."""
    restless = replace(P, bias=np.full(P.n, 5.0))

    assert ticks([], 256, controller.start(restless), profile=restless).mode is not Mode.NORMAL
    assert controller.settled(restless, 0.5) == controller.start(restless, 0.5)
