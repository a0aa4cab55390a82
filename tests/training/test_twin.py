"""Claims about the twin: it is the kernel, and it hands its profile back."""

import numpy as np
import pytest
import torch

from benchmarks.chaos import episodes
from benchmarks.chaos.ours import Ours
from benchmarks.chaos.simulate import simulate
from resmem_core.config.profile import LAYERS, Profile
from resmem_core.config.twelve import hand_written
from training.episodes import play
from training.twin import MARGIN, Twin, to_profile

BARE = {
    "hand-written": hand_written().without(*LAYERS),
    "shipped": Profile.default().without(*LAYERS),
}


@pytest.mark.parametrize("start", BARE.values(), ids=BARE)
def test_the_twin_replays_what_the_kernel_played(start):
    """Without layers, 100 ticks of the twin give the kernel's knobs to float32 accuracy."""
    profile = to_profile(Twin(start), "clipped into the twin's ranges")
    e = episodes.make(range(1, 4), ticks=200)
    windows, _ = play(profile, e, 100)

    with torch.no_grad():
        knobs = Twin(profile).replay(windows.start, windows.seen).numpy()

    played = simulate(e, Ours(profile, at_rest=True)).knobs
    np.testing.assert_allclose(knobs[:, : e.n], played[:100], atol=1e-4)
    np.testing.assert_allclose(knobs[:, e.n :], played[100:], atol=1e-4)


@pytest.mark.parametrize("start", BARE.values(), ids=BARE)
def test_parameters_and_profile_are_the_same_thing(start):
    """A profile made by the twin, put into a twin again, comes back."""
    once = to_profile(Twin(start), "x")

    again = to_profile(Twin(once), "x")

    for name in ("half_life", "beta", "rest", "up", "down", "lateral", "base", "delta", "g", "w0"):
        np.testing.assert_allclose(
            getattr(again, name), getattr(once, name), rtol=2e-4, atol=2e-4, err_msg=name
        )


def test_no_parameters_leave_the_profiles_ranges():
    """Parameters of any size still make a profile that is accepted."""
    twin = Twin(hand_written())
    generator = torch.Generator().manual_seed(0)
    for parameter in twin.parameters():
        parameter.data = 20 * torch.randn(parameter.shape, generator=generator)
    twin.scale.data.clamp_(-10, 10)

    profile = to_profile(twin, "wild")

    keep = np.exp2(-1 / profile.half_life)
    assert np.linalg.norm(keep[:, None] * profile.lateral, 2) <= MARGIN + 1e-5


def test_what_is_not_trained_stays():
    """Signals that the plant does not emit keep their hand-written weights."""
    start = hand_written()

    made = to_profile(Twin(start), "x")

    assert np.array_equal(made.up[:, 10:], start.up[:, 10:])
    assert np.array_equal(made.text, start.text)
    assert made.resilience == start.resilience
    assert made.layers == start.layers
