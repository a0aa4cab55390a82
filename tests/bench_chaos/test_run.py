"""Claims about a run: its JSON, its entrants, its errors, its pictures."""

import json

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from benchmarks.chaos import registry, run
from benchmarks.chaos.command import chaos
from benchmarks.chaos.controllers.base import Constant
from resmem_core.errors import ConfigError

SMALL = {"seeds": (3, 4), "ticks": 80}
REQUIRED = {
    "ours", "oracle", "best_constant", "best_constant_per_family", "default", "pid",
    "rules_tuned", "breaker", "linucb_cold", "linucb_warm", "exp3s",
}  # fmt: skip
FIGURES = {
    "success", "success_ci", "oracle_share", "calm", "ood", "recovery", "cvar5", "unsafe", "tv",
    "violations",
}  # fmt: skip


def mine():
    """A factory that somebody else might bring."""
    return Constant(np.full(6, 0.5))


@pytest.fixture(scope="module")
def everything():
    """All built-in controllers over two short seeds."""
    return run.run(**SMALL)


def test_the_json_has_every_promised_name_and_figure(everything):
    """Controllers, figures and paired differences are those of the design."""
    assert everything["seeds"] == "3-4"
    assert set(everything["controllers"]) >= REQUIRED
    assert all(set(row) >= FIGURES for row in everything["controllers"].values())
    assert set(everything["paired"]) == set(everything["controllers"]) - {"ours"}
    assert json.loads(json.dumps(everything)) == everything


def test_nobody_beats_the_oracle_or_leaves_the_bounds(everything):
    """The oracle is on top and no entrant sets a knob out of range."""
    rows = everything["controllers"]

    assert max(row["success"] for row in rows.values()) == rows["oracle"]["success"]
    assert all(row["violations"] == 0 for row in rows.values())


def test_ablations_of_ours_take_part(everything):
    """Without each layer, without lateral weights, with equal mixing, untrained."""
    rows = everything["controllers"]

    for part in ("coping", "medication", "adaptation", "rest", "perspective", "learning"):
        assert f"ours_without_{part}" in rows
    assert {"ours_without_lateral", "ours_with_equal_mixing", "ours_untrained"} <= set(rows)


def test_redrawn_plants_are_compared_one_by_one():
    """With --redraw the result shows ours against the re-fitted constant in each plant."""
    result = run.run((8, 9), 80, ["mixed", "calm"], 0.35, controllers=["ours", "best_constant"])

    assert [row["draw"] for row in result["draws"]] == [0, 1]
    assert all(row["gain"] == pytest.approx(row["ours"] - row["best_constant"], abs=0.011)
               for row in result["draws"])  # fmt: skip


def test_an_entrant_from_outside_takes_part():
    """`package.module:factory` is loaded and run beside the others; `extra` as well."""
    path = f"{__name__}:mine"

    result = run.run(**SMALL, controllers=["default"], extra={"again": mine()})
    loaded = registry.load("benchmarks.chaos.controllers.rules:Rules")

    assert set(result["controllers"]) == {"oracle", "default", "again"}
    assert hasattr(loaded, "act")
    assert path.endswith(":mine")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": (5, 4)}, "seeds must be"),
        ({"seeds": (-1, 4)}, "seeds must be"),
        ({"ticks": 10}, "ticks must be at least 60"),
        ({"redraw": 2.0}, "redraw must be in"),
        ({"redraw": float("nan")}, "redraw must be in"),
        ({"families": ["storm"]}, "families must be among"),
        ({"controllers": ["nobody"]}, "controller must be one of"),
        ({"controllers": ["no.such:thing"]}, "package.module:factory"),
        ({"controllers": ["json:JSONDecoder"]}, "reset"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    """Each bad argument is one ConfigError that says what is allowed."""
    with pytest.raises(ConfigError, match=message):
        run.run(**(SMALL | arguments))


@pytest.fixture
def cli():
    """The command, called as from a shell."""
    app = Typer()
    app.command()(chaos)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_command_prints_json_only(cli):
    """`--json` writes one JSON document to standard output."""
    result = cli("--seeds", "3-3", "--ticks", "80", "--only", "default,ours", "--json")

    assert set(json.loads(result.stdout)["controllers"]) == {"oracle", "default", "ours"}


def test_command_prints_tables(cli):
    """Without `--json` a table names every controller, best first."""
    result = cli("--seeds", "3", "--ticks", "80", "--only", "default", "--families", "calm,mixed")

    assert result.exit_code == 0
    assert result.stdout.index("oracle") < result.stdout.index("default")


def test_command_shows_the_stream_with_the_constant(cli):
    """`--suite stream18` shows 18/18 for the knob that never moves."""
    result = cli("--suite", "stream18")

    assert "18/18" in result.stdout
    assert "11/18" in result.stdout


def test_command_refuses_nonsense_in_one_line(cli):
    """A bad option ends with status 2 and no traceback."""
    result = cli("--seeds", "many")

    assert result.exit_code == 2
    assert "seeds must be A-B" in result.output


def test_pictures_are_written(tmp_path, cli):
    """`--plot` draws the trace, the families, the controllers and the ablation."""
    pytest.importorskip("matplotlib")

    result = cli(
        "--seeds", "3-4", "--ticks", "80", "--plot", "--out", str(tmp_path),
        "--only", "ours,ours_without_lateral,best_constant,rules_tuned",
    )  # fmt: skip

    assert result.exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} >= {
        "chaos.json", "chaos_trace.png", "chaos_families.png", "chaos_controllers.png",
        "chaos_ablation.png",
    }  # fmt: skip


@pytest.mark.nightly
def test_the_ranking_of_the_specification_holds():
    """Over 32 seeds: the figures that the plant was calibrated to hold within two points."""
    rows = run.run((2000, 2031), controllers=[n for n in registry.names() if "ours_" not in n])
    success = {name: row["success"] for name, row in rows["controllers"].items()}

    for name, figure in {
        "oracle": 76.2, "default": 56.9, "best_constant": 59.6, "best_constant_per_family": 64.9,
        "best_constant_per_episode": 65.9, "linucb_warm": 67.9, "rules_tuned": 67.1,
        "linucb_cold": 61.4, "exp3s": 56.1, "breaker": 62.5,
    }.items():  # fmt: skip
        assert success[name] == pytest.approx(figure, abs=2.0), name
