"""Opponents do what their names say; only the oracle knows the schedule."""

import pytest

from benchmarks.chaos2 import families, measures, run, tuned
from benchmarks.chaos2.entrants import ENTRANTS
from benchmarks.chaos2.episode import LOOPS, play
from benchmarks.chaos2.opponents import Signals


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Episodes of twelve tasks, otherwise as drawn."""
    from dataclasses import replace

    full = families.schedule
    monkeypatch.setattr(
        "benchmarks.chaos2.episode.families.schedule",
        lambda family, seed: replace(full(family, seed), tasks=12),
    )


def figures(name: str, family: str, seed: int = 1, loop: str = "langchain"):
    episode = play(ENTRANTS[name], family, seed, loop=LOOPS[loop])
    return measures.figures({(family, seed, 0): episode})


@pytest.mark.parametrize("name", ["breaker_stack", "mlp"])
def test_who_leaves_the_dead_alone_calls_it_less_than_who_retries(name):
    """In an outage each makes fewer dead calls than the default stack, and nobody sees an error."""
    found, stack = figures(name, "F1"), figures("default_stack", "F1")

    assert found["dead_calls"] < stack["dead_calls"]
    assert found["errors"] == 0


@pytest.mark.parametrize("family", ["F8", "F9"])
def test_the_oracle_is_hardly_ever_wrong(family):
    """Knowing the schedule it loses at most one task in twelve."""
    assert figures("oracle", family)["success"] > 91


def test_the_network_sees_averages_alone():
    """A failure moves its features, and time takes the move back."""
    calm, hit = Signals(), Signals()
    hit.heard(True, 10.0, retry_after=20.0)

    assert hit.features(11.0) != calm.features(11.0)
    assert hit.features(11.0)[7] == 1.0
    assert hit.features(400.0)[3] < 1e-6


def test_the_network_keeps_away_right_after_a_failure_and_not_in_calm():
    """What imitation taught it."""
    hit = Signals()
    for at in (1.0, 2.0, 3.0):
        hit.heard(True, at)

    assert tuned.network()(Signals().features(50.0)) < 0.5 < tuned.network()(hit.features(3.5))


def test_the_best_constant_is_no_worse_than_any_constant():
    """It is chosen in hindsight, family by family."""
    games = run.play_all(run.Plan(("bare", "default_stack"), ("F1", "F12"), (1,)))
    best = measures.figures(measures.best_constant(games))["success"]

    assert all(best >= measures.figures(own)["success"] for own in games.values())


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
@pytest.mark.filterwarnings("ignore:.*aiosqlite:ResourceWarning")
def test_llamaindex_plays_the_same_tasks():
    """In calm its agent solves what LangChain's does, with this product and without."""
    rates = {figures(name, "F12", loop="llamaindex")["success"] for name in ("bare", "ours")}

    assert rates == {figures("bare", "F12")["success"]}
