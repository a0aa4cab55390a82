"""Claims about the search that finishes a profile, and the slow hormone that it starts from."""

import numpy as np
import pytest

from resmem_core import kernel
from resmem_core.config.layout import layout
from resmem_core.config.profile import Profile
from resmem_core.config.signals import INDEX, SIGNALS
from resmem_core.config.twelve import hand_written
from resmem_core.errors import ConfigError
from resmem_core.types import KNOBS
from training import search
from training.episodes import slack, tight_plants
from training.search import Exam, Search, improve, moved, moves
from training.slow import slow_start

SMALL = Search(sweeps=1, seeds=(1000, 1000), plants=1, drawn=2)


@pytest.fixture(scope="module")
def exam():
    """One seed and one tight plant."""
    return Exam.of(SMALL)


def some(profile):
    """A few of the moves."""
    return list(moves(profile))[::40]


def test_a_search_never_lowers_its_goal(exam, monkeypatch):
    """What is kept is worth more than what it started from, and the same each time."""
    monkeypatch.setattr(search, "moves", some)
    start = hand_written()

    better = improve(start, SMALL)

    goals = [exam.worth(exam.figures(p)) + exam.shortfall(p) for p in (start, better)]
    assert goals[1] > goals[0]
    assert improve(start, SMALL).to_json() == better.to_json()


@pytest.mark.parametrize("start", [hand_written(), Profile.default()], ids=["by hand", "shipped"])
def test_moves_make_profiles(start):
    """Every move of a profile is a profile again, or is refused as the profile's own error."""
    made = refused = 0
    for move in moves(start):
        try:
            made += moved(start, move).n == start.n
        except ConfigError:
            refused += 1

    assert made > 250
    assert refused < 12


def test_a_refused_move_is_passed_over(exam):
    """A half-life that would break the lateral matrix's contraction is not taken."""
    start = hand_written()
    norm = np.linalg.norm(np.exp2(-1 / start.half_life)[:, None] * start.lateral, 2)
    everything = np.ones((12, 12), dtype=bool)
    coupled = moved(start, (search.Change("lateral", everything, times=0.999 / norm),))
    longer = (search.Change("half_life", everything[0], times=1e4),)

    with pytest.raises(ConfigError):
        moved(coupled, longer)
    assert search._better(exam, coupled, longer, -np.inf) is None


def test_the_tightest_plants_are_kept():
    """Of many redrawn plants those with the least time for their answers are played."""
    few, many = (tight_plants(2, of, 0.35, range(1000, 1001), 0) for of in (2, 40))

    assert slack(many.constants).mean() < slack(few.constants).mean()
    assert set(many.draw) == {0, 1}


def played(profile, ticks, **seen):
    """Token limits [ticks] of a session that sees these signals all the time."""
    at = layout(profile.n, len(SIGNALS), len(KNOBS))
    raw = np.full((len(SIGNALS), 1), np.nan)
    for name, value in seen.items():
        raw[INDEX[name]] = value
    state, limits = kernel.start(profile, 1), []
    for _ in range(ticks):
        state = kernel.tick(profile, state, raw)
        limits.append(state[at.knob, 0][KNOBS.index("max_tokens")])
    return np.array(limits)


def test_answers_that_fail_uncut_get_shorter():
    """The slow hormone leaves the limit alone while answers succeed, and takes it down slowly
    while they fail without being cut."""
    start = hand_written().without("coping", "rest")
    slow = slow_start(start)

    well = {"success": 0.9, "truncation": 0.1, "latency": 6.0}
    failing = {"success": 0.3, "truncation": 0.0, "latency": 10.0}

    assert np.array_equal(played(slow, 200, **well), played(start, 200, **well))
    drop = played(start, 200, **failing) - played(slow, 200, **failing)
    assert drop[5] < 0.02
    assert drop[-1] > 0.1
