"""Claims about training: it learns, it repeats, it says where it comes from."""

from dataclasses import replace

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from resmem_core.bench.chaos import episodes
from resmem_core.config.profile import Profile
from resmem_core.config.twelve import hand_written
from resmem_core.training import recipe as recipes
from resmem_core.training.command import command
from resmem_core.training.episodes import nominal, pick, redrawn
from resmem_core.training.profile import Recipe, measure, train

TINY = Recipe(rounds=6, batch=24, rate=0.03, average=0.8, every=6)


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


def test_nothing_is_trained_out_of_distribution():
    """The family `ood` is not among the training episodes."""
    assert "ood" not in set(nominal().family)


def test_the_command_writes_profile_and_provenance(tmp_path, monkeypatch):
    """`resmem train profile` leaves a profile that loads, and says how it was made."""
    monkeypatch.setattr(recipes, "SHIPPED", TINY)
    monkeypatch.setattr("resmem_core.training.command.SHIPPED", TINY)
    app = Typer()
    app.command()(command)

    result = CliRunner().invoke(app, ["--out", str(tmp_path), "--steps", "1", "--json"])

    assert result.exit_code == 0, result.output
    assert Profile.load(tmp_path / "default.json").n == 12
    assert '"rounds": 1' in (tmp_path / "provenance.json").read_text("utf-8")
