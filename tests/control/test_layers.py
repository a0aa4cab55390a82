"""The resilience layers, one by one: what each does, and that it can be left out."""

from dataclasses import replace

import numpy as np
import pytest

from resmem_core import kernel
from resmem_core.config import twelve
from resmem_core.config.layout import layout
from resmem_core.config.profile import LAYERS, Array, Profile
from resmem_core.config.signals import INDEX
from resmem_core.control import controller, fallback
from resmem_core.errors import InputError
from resmem_core.types import Mode, Signal

P = twelve.hand_written()
AT = layout(P.n, 17, 7)
ERROR = [Signal("provider_error"), Signal("success", 0.0)]
FINE = [Signal("provider_error", 0.0), Signal("success", 1.0)]


def raw(**values: float) -> Array:
    """One session's signals; the others are missing."""
    column = np.full((17, 1), np.nan)
    for name, value in values.items():
        column[INDEX[name]] = value
    return column


def stressed(profile: Profile, level: float = 0.9) -> Array:
    """A state whose stress hormones are up."""
    state = kernel.start(profile, 1)
    state[AT.level][profile.stress > 0] = level
    return state


def row(state: Array, name: str) -> float:
    """One scalar of the state."""
    return float(state[AT.tail(name)][0])


# -- the breaker


def test_breaker_opens_on_five_of_twenty() -> None:
    """Four failures leave it closed, the fifth opens it, and an open breaker stops retries."""
    state = controller.start(P)
    seen = []
    for _ in range(5):
        for signals in (ERROR, FINE, FINE, FINE):
            step = controller.step(state, signals, profile=P)
            state = step.state
            seen.append(step.breaker)

    assert seen[:16] == ["closed"] * 16
    assert seen[16] == "open"
    assert step.knobs.retries == 0


def test_old_failures_leave_the_window() -> None:
    """Five failures spread over more than twenty calls do not open it."""
    state = controller.start(P)
    for _ in range(8):
        for signals in (ERROR, FINE, FINE, FINE, FINE, FINE):
            step = controller.step(state, signals, profile=P)
            state = step.state

    assert step.breaker == "closed"


def test_a_rescued_call_is_no_failure() -> None:
    """An error on the way to a success, as retries make it, does not count."""
    state = controller.start(P)
    for _ in range(30):
        step = controller.step(state, [Signal("provider_error"), FINE[1]], profile=P)
        state = step.state

    assert step.breaker == "closed"


def open_breaker(profile: Profile = P) -> controller.Step:
    """The step that opened it."""
    state = controller.start(profile)
    for _ in range(5):
        step = controller.step(state, ERROR, profile=profile)
        state = step.state
    return step


def test_probe_heals_or_doubles_the_wait() -> None:
    """After 5 s one probe: success closes it, failure opens it for twice as long, 60 s at most."""
    profile = replace(P, resilience=replace(P.resilience, jitter=0.0))
    step = open_breaker(profile)
    waits = [step.retry_after]
    healed = controller.step(step.state, [], profile=profile, seconds=5.0)
    for _ in range(6):
        probe = controller.step(step.state, [], profile=profile, seconds=100.0)
        assert probe.breaker == "half-open"
        step = controller.step(probe.state, ERROR, profile=profile)
        waits.append(step.retry_after)

    assert waits == [5, 10, 20, 40, 60, 60, 60]
    assert controller.step(healed.state, FINE, profile=profile).breaker == "closed"
    assert controller.step(healed.state, [], profile=profile).breaker == "half-open"


def test_jitter_spreads_the_sessions() -> None:
    """Sessions of different phase wait for different times, within the stated spread."""
    waits = []
    for phase in np.linspace(0, 0.99, 12):
        state = controller.start(P, float(phase))
        for _ in range(5):
            step = controller.step(state, ERROR, profile=P)
            state = step.state
        waits.append(step.retry_after)

    assert len(set(waits)) == 12
    assert 4.5 <= min(waits) < max(waits) <= 5.5


# -- the others


@pytest.mark.parametrize("layer", ["coping", "medication", "perspective"])
def test_reliefs_lower_stress(layer: str) -> None:
    """Coping, medication and perspective each take stress away that stays without them."""
    settings = replace(P.resilience, relief=(0, 0.1, 0.1, 0.1, 0.1), constant=0.1, perspective=0.5)
    profile = replace(P, resilience=settings, layers=(layer,))
    state = stressed(profile, 0.5)
    state[AT.tail("survived")] = 0.99

    with_layer = kernel.tick(profile, state, raw())
    without = kernel.tick(profile.without(layer), state, raw())

    assert row(with_layer, "stress") < row(without, "stress") - 0.01


def test_medication_is_stronger_in_crisis() -> None:
    """Crisis relief comes on top of the constant one."""
    profile = replace(P, layers=("medication",))
    calm, crisis = stressed(profile), stressed(profile)
    crisis[AT.tail("mode")] = 2.0

    assert row(kernel.tick(profile, crisis, raw()), "stress") < row(
        kernel.tick(profile, calm, raw()), "stress"
    )


def test_baseline_follows_chronic_levels_and_returns() -> None:
    """A level that stays up raises its baseline, at most by the span; calm takes it back."""
    settings = replace(P.resilience, adapt=0.05, quantile=0.5)
    profile = replace(P, resilience=settings, layers=("adaptation",))
    state = kernel.start(profile, 1)
    for _ in range(100):
        state = kernel.tick(profile, state, raw(provider_error=1, injection=1, success=0))
    high = (state[AT.baseline] - P.rest[:, None]).max()
    for _ in range(400):
        state = kernel.tick(profile, state, raw())

    assert high == pytest.approx(settings.span)
    assert np.allclose(state[AT.baseline], P.rest[:, None], atol=0.05)


def test_modes_go_through_crisis_timeout_and_recovery() -> None:
    """Stress leads to crisis, a broken provider to timeout, calm through recovery to normal."""
    state, modes = controller.start(P), []
    for tick in range(400):
        alarm = [*ERROR, Signal("injection", 1.0), Signal("latency", 60.0)]
        step = controller.step(state, alarm if tick < 60 else [], profile=P, seconds=1.0)
        state = step.state
        if not modes or modes[-1] != step.mode:
            modes.append(step.mode)

    assert Mode.CRISIS in modes
    assert modes.index(Mode.TIMEOUT) < modes.index(Mode.RECOVERY)
    assert modes[-1] == Mode.NORMAL


def test_timeout_only_tightens() -> None:
    """In a timeout no knob moves away from its safe side."""
    profile = replace(P, layers=("rest",))
    state = kernel.start(profile, 1)
    state[AT.level][3] = 0.9  # dopamine opens temperature up
    state[AT.level][profile.stress > 0] = 0.9
    state[AT.tail("mode")] = 3.0
    before = state[AT.knob].copy()

    after = kernel.tick(profile, state, raw())[AT.knob]

    assert np.all(after <= before)


def test_recovery_ramps_in_three_steps() -> None:
    """In recovery the way back goes at a third, two thirds and all of the free rate."""
    ramp = P.resilience.ramp
    profile = replace(P, rate_free=np.full(7, 0.03), layers=("rest",))
    state = kernel.start(profile, 1)
    state[AT.knob] = 0.0
    state[AT.tail("mode")] = 4.0
    state[AT.tail("age")] = 0.0
    steps = []
    for _ in range(3 * ramp - 1):
        after = kernel.tick(profile, state, raw())
        steps.append(round(float(after[AT.knob][4, 0] - state[AT.knob][4, 0]), 6))
        state = after

    assert sorted(set(steps)) == [0.01, 0.02, 0.03]
    assert steps == sorted(steps)


def test_one_tick_of_stress_does_not_change_the_mode() -> None:
    """Without a second signal the mode waits for the second tick."""
    profile = replace(P, layers=("rest",))

    once = kernel.tick(profile, stressed(profile, 0.6), raw())
    twice = kernel.tick(profile, once, raw())
    seen = kernel.tick(profile, stressed(profile, 0.6), raw(provider_error=1, injection=1))

    assert [row(state, "mode") for state in (once, twice, seen)] == [0, 1, 1]


def test_worse_was_survived() -> None:
    """A crisis that was lived through is remembered when calm is back, and fades."""
    profile = replace(P, layers=("perspective",))
    state = stressed(profile)
    state[AT.tail("mode")] = 2.0
    crisis = kernel.tick(profile, state, raw())
    crisis[AT.tail("mode")] = 0.0
    calm = kernel.tick(profile, crisis, raw())

    assert row(crisis, "survived") == 0.0
    assert row(calm, "survived") == pytest.approx(row(crisis, "peak"), rel=0.01)
    assert row(kernel.tick(profile, calm, raw()), "survived") < row(calm, "survived")


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_can_be_left_out(layer: str) -> None:
    """Without any one layer the tick still runs and holds its certificate."""
    profile = P.without(layer)
    state = controller.start(profile)
    for tick in range(60):
        step = controller.step(state, ERROR if tick % 3 else FINE, profile=profile)
        state = step.state
        assert step.certificate.holds

    assert layer not in step.explanation.layers


def test_order_matters() -> None:
    """The cap is last: no relief before it, and no intake, can leave a level above it."""
    profile = replace(P, cap=np.full(12, 0.5))

    state = kernel.tick(profile, stressed(profile), raw(provider_error=1, injection=1))

    assert np.all(state[AT.level] <= 0.5)


# -- fallback


def test_fallback_needs_evidence() -> None:
    """Authority is lost only when base is shown to be better, not by chance."""
    nothing = fallback.Comparison()
    worse = even = nothing
    rng = np.random.default_rng(0)
    for tick in range(4000):
        was_held = fallback.held(tick, 0.1, 0.25)
        luck = rng.random()
        worse = fallback.observe(worse, luck < (0.8 if was_held else 0.4), was_held=was_held)
        even = fallback.observe(even, luck < 0.6, was_held=was_held)

    assert fallback.authority(nothing) == fallback.authority(even) == 1.0
    assert fallback.authority(worse) == 0.0
    assert fallback.authority(fallback.merge(nothing, worse)) == 0.0


def test_fallback_refuses() -> None:
    """Rewards and shares outside [0, 1] are refused."""
    with pytest.raises(InputError):
        fallback.observe(fallback.Comparison(), 1.5, was_held=False)
    with pytest.raises(InputError):
        fallback.held(0, 0.0, 2.0)
