"""Episodes run real agents on one clock, paired by seed; figures follow from what was played."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from benchmarks.chaos2 import command, families, kept, measures, run
from benchmarks.chaos2.entrants import ENTRANTS
from benchmarks.chaos2.episode import Episode, Played, play
from resmem_core.engine.base.clock import ManualClock
from resmem_core.errors import ConfigError
from resmem_langchain.chaos.clock import virtual


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Episodes of ten tasks, otherwise as drawn."""
    full = families.schedule
    monkeypatch.setattr(
        "benchmarks.chaos2.episode.families.schedule",
        lambda family, seed: _short(full(family, seed)),
    )


def _short(schedule):
    return replace(schedule, tasks=10)


def test_an_episode_is_the_same_twice():
    """Time and chance are arguments: two runs of one episode agree in every figure."""
    assert play(ENTRANTS["bare"], "F8", 3) == play(ENTRANTS["bare"], "F8", 3)


def test_nothing_really_sleeps(monkeypatch):
    """LangChain's retries wait on the episode's clock."""
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("slept"))
    episode = play(ENTRANTS["default_stack"], "F1", 1)

    assert max(p.at for p in episode.played) > 60


def test_the_clock_is_given_back():
    """After the block the modules have the machine's time again."""
    from langchain.agents.middleware import model_retry

    with virtual(ManualClock(5.0)):
        assert model_retry.time.time() == 5.0
    assert model_retry.time is time


def test_in_calm_this_product_changes_nothing():
    """F12: the same tasks are solved, no mode but normal, no tool hidden, no answer cut."""
    bare, ours = (play(ENTRANTS[name], "F12", 2).played for name in ("bare", "ours"))

    assert [p.success for p in ours] == [p.success for p in bare]
    assert {(p.mode, p.hidden, p.cut) for p in ours} == {("normal", 0, 0)}


def test_the_stack_outlives_an_outage_that_the_bare_agent_does_not():
    """The bench tells them apart: retries and a fallback answer where the bare agent raises."""
    games = run.play_all(run.Plan(("bare", "default_stack"), ("F1",), (1,)))
    bare, stack = (measures.summary(games[name]) for name in ("bare", "default_stack"))

    assert bare["errors"] > 0 == stack["errors"]
    assert stack["dead_calls"] > bare["dead_calls"]


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30))
def test_the_interval_holds_the_mean(values):
    """A bootstrap interval never excludes the mean of what it was drawn from."""
    found = measures.interval(np.asarray(values))

    assert found["low"] - 0.011 <= found["mean"] <= found["high"] + 0.011


@pytest.mark.parametrize(
    "wrong",
    [
        {"entrants": ("nobody",)}, {"families": ("F13",)}, {"families": ()}, {"seeds": ()},
        {"jobs": 0}, {"replicates": 0},
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_played_is_refused(wrong):
    """With the names that there are."""
    good = {"entrants": ("bare",), "families": ("F1",), "seeds": (1,)}

    with pytest.raises(ConfigError):
        run.Plan(**{**good, **wrong})


def test_the_command_prints_one_json_document():
    """`resmem bench agents --json`, here for two entrants and one family."""
    import json

    import typer

    app = typer.Typer()
    app.command()(command.agents)
    result = CliRunner().invoke(
        app,
        ["--json", "--entrants", "bare,ours", "--families", "F12", "--seeds", "1000", "--jobs=1"],
    )
    report = json.loads(result.stdout)

    assert set(report["entrants"]) == {"bare", "ours"}
    assert set(report["paired"]["bare"]) >= {"mean", "low", "high", "families"}


def test_what_lacks_a_part_plays_where_the_part_has_to_show():
    """On trial, ours without rest plays F2 alone; who is asked four times plays four replicates.

    What ours plays for the trial alone does not count among its figures.
    """
    plan = run.Plan(
        ("ours", "ours_without_rest", "ours_without_breaker"), ("F1", "F2"), (1, 2),
        often=("ours",), trial=(1, 2, 3),
    )  # fmt: skip

    assert {key[0] for key in plan.keys("ours_without_rest")} == {"F2"}
    assert {key[0] for key in plan.keys("ours_without_breaker")} == {"F1"}
    assert len(plan.keys("ours")) == 2 * 2 * run.OFTEN + 2
    assert len(set(plan.work())) == len(plan.work())
    games = {name: _keyed(plan.keys(name)) for name in plan.entrants}
    report = run.report(plan, games)
    assert set(report["entrants"]) == {"ours"}
    assert report["entrants"]["ours"]["tasks"] == 2 * 2 * run.OFTEN
    assert report["layers"]["rest"]["seeds"] == 3


def _keyed(keys):
    game = next(iter(_games(0).values()))
    return {key: Episode((replace(game.played[0], seed=key[1]),), ()) for key in keys}


def test_processes_and_breaks_change_nothing(tmp_path):
    """Two processes play what one does; a second call plays only what is not in the file yet."""
    two = run.Plan(("ours",), ("F1", "F9"), (1,), jobs=2, most=8, kept=tmp_path / "kept")
    one = replace(two, jobs=1, kept=None)
    games = run.play_all(two)
    lines = (tmp_path / "kept").read_text("utf-8").splitlines()
    (tmp_path / "kept").write_text("\n".join([*lines[:-1], lines[-1][:40]]), "utf-8")
    told = []

    assert games == run.play_all(one)
    assert run.play_all(two, lambda done, of: told.append((done, of))) == games
    assert told == [(2, 2)]


def test_episodes_of_other_code_are_not_taken(tmp_path):
    """A file of other rules or code is refused, and stays as it was."""
    path = tmp_path / "kept"
    path.write_text('{"rules": "langchain, 8", "code": "other"}\n', "utf-8")

    with pytest.raises(ConfigError, match="other code"):
        kept.Kept(path, "langchain, 8")
    assert "other" in path.read_text("utf-8")


def test_a_part_stays_for_what_it_prevents():
    """As many tasks done with ten more harmful calls in a hundred: the part stays."""
    few, many = (_games(dead) for dead in (0, 1))
    found = measures.trial({"ours": few, "ours_without_breaker": many, "ours_without_retry": few})

    assert found["breaker"]["stays"]
    assert found["breaker"]["mean"] == 0 < found["breaker"]["harm"]["low"]
    assert "retry" not in found  # it plays another family
    beside = {"ours": many, "ours_without_fallback": few, "ours_without_coping": few}
    assert not measures.trial(beside)["coping"]["stays"]
    one = {"ours": _only(few), "ours_without_breaker": _only(many)}
    assert measures.trial(one)["breaker"]["stays"] is None


def _only(games):
    return dict(list(games.items())[:1])


def _games(dead):
    played = Played(
        "F1", 1, 0, 1, "book", 0.0, 1.0, True, False, 3, dead, 9, 1.0, 0, 0, 0, 0, "normal"
    )
    return {("F1", seed, 0): Episode((played,) * 10, ()) for seed in (1, 2, 3)}
