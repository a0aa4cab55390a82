"""Claims about training: it learns, it repeats, it says where it comes from."""

import importlib
import json
import subprocess
import sys
from dataclasses import asdict, replace
from importlib.resources import files

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from benchmarks.chaos import episodes, metrics
from resmem_core.config.profile import Profile
from resmem_core.config.twelve import hand_written
from resmem_core.errors import MissingExtra
from training import recipe as recipes
from training.command import command
from training.episodes import AFTER, aims, nominal, pick, redrawn, slack
from training.profile import Recipe, measure, train

TINY = Recipe(rounds=6, batch=24, rate=0.03, average=0.8, every=6)
BRIEF = replace(TINY, rounds=1, every=1)
PLAN = recipes.Plan(learn=TINY, refine=BRIEF)


@pytest.fixture(scope="module")
def trained():
    """Six rounds from the hand-written profile."""
    return train(hand_written(), TINY)


def test_a_few_rounds_already_help(trained):
    """Success on two tuning seeds rises."""
    e = episodes.make((2000, 2001))

    assert measure(trained, e).fitted > measure(hand_written(), e).fitted + 0.01


def test_training_repeats_bit_for_bit(trained):
    """The same recipe gives the same profile."""
    assert train(hand_written(), TINY).to_json() == trained.to_json()


def test_another_seed_trains_another_profile(trained):
    """The seed matters."""
    other = train(hand_written(), replace(TINY, rounds=1, every=1, seed=1))

    assert other.to_json() != trained.to_json()


def test_training_plants_are_none_of_the_reported_ones():
    """Redrawn plants of training differ from episode to episode and from `--redraw`."""
    e = pick(nominal(), np.arange(8))

    mine = redrawn(e, 0.3, np.random.default_rng(0)).constants.deadline

    assert len(np.unique(mine)) == 8
    assert not set(mine) & set(episodes.make(range(1000, 1008), redraw=0.3).constants.deadline)


def test_tight_redraws_leave_less_time():
    """With a share of tight plants, more of them have little time for their answers."""
    e = pick(nominal(), np.arange(64))

    plain = redrawn(e, 0.35, np.random.default_rng(0))
    tight = redrawn(e, 0.35, np.random.default_rng(0), tight=0.5)

    assert (slack(tight.constants) <= slack(plain.constants)).all()
    assert np.mean(slack(tight.constants) < slack(plain.constants)) > 0.3


def test_what_recovery_aims_at_follows_onsets():
    """Aims are 90 % of the oracle in the twenty ticks after an onset, and nothing elsewhere."""
    e = pick(nominal(), np.arange(8))

    aim = aims(e)

    struck = metrics.onsets(e)
    after = np.array([struck[max(0, t - AFTER + 1) : t + 1].any(axis=0) for t in range(e.ticks)])
    assert ((aim > 0) == after).all()
    assert (aim <= metrics.RECOVERED).all()


def test_slow_recovery_has_its_price():
    """A price on slow recovery changes what is learnt."""
    priced = train(hand_written(), replace(BRIEF, recovery=5.0))

    assert priced.to_json() != train(hand_written(), BRIEF).to_json()


def test_nothing_is_trained_out_of_distribution():
    """The family `ood` is not among the training episodes."""
    assert "ood" not in set(nominal().family)


def test_the_command_writes_profile_and_provenance(tmp_path, monkeypatch):
    """`resmem train profile` leaves a profile that loads, and says how it was made."""
    monkeypatch.setattr("training.command.SHIPPED", PLAN)
    app = Typer()
    app.command()(command)

    result = CliRunner().invoke(app, ["--out", str(tmp_path), "--steps", "1", "--json"])

    assert result.exit_code == 0, result.output
    assert Profile.load(tmp_path / "default.json").n == 12
    assert '"rounds": 1' in (tmp_path / "default.provenance.json").read_text("utf-8")


def test_without_torch_the_error_names_the_extra(monkeypatch):
    """Importing the trainer without torch says what to install."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "training")

    with pytest.raises(MissingExtra, match=r"resilient-memory\[train\]"):
        importlib.import_module("training")


def test_the_run_time_path_never_imports_torch():
    """Neither the benchmark nor the engine needs what training needs."""
    code = "import sys, resmem_core, benchmarks.chaos.run; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_shipped_profile_is_the_one_that_its_provenance_names():
    """The checked-in profile, the plant and the recipe are those of the provenance file."""
    told = json.loads((files("resmem_core.data") / "default.provenance.json").read_text("utf-8"))

    assert told["profile"] == recipes.digest(Profile.default().to_json())
    assert told["plant"] == recipes.plant_digest()
    assert told["recipe"] == json.loads(json.dumps(asdict(recipes.SHIPPED)))
