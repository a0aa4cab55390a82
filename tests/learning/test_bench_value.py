"""`resmem bench value`: which heads can tell one hormone from another."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from benchmarks import value as bench
from resmem_core.errors import MissingExtra

app = typer.Typer()
app.command()(bench.value)


@pytest.fixture(scope="module")
def heads() -> Any:
    """The trainer of heads, where torch is installed."""
    pytest.importorskip("torch")
    from training import heads

    return heads


@pytest.fixture(scope="module")
def quick(heads: Any) -> dict[str, Any]:
    """One training per head, a tenth as long."""
    short = heads.Recipe(steps=300, batch=128)
    fit = heads.fit
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, "fit", lambda *a, **k: fit(*a, **{**k, "recipe": short}))
        return bench.measure(1, lambda line: None)


def test_the_published_head_sees_the_mean_alone(quick: dict[str, Any]) -> None:
    """R² at most .05 on every target, and swapping two hormones moves nothing."""
    head = quick["heads"]["published_gcn"]

    assert max(head["r2"].values()) <= 0.05
    assert head["swap"] < 1e-6


def test_biases_and_concatenated_identities_do_not_mend_it(quick: dict[str, Any]) -> None:
    """They learn the mean, and still cannot tell one hormone from another."""
    for name in ("gcn_biases", "gcn_node_id"):
        head = quick["heads"][name]

        assert head["r2"]["mean"] > 0.99
        assert head["r2"]["difference"] < 0.05
        assert head["swap"] < 1e-5


@pytest.mark.parametrize("name", bench.SHIPPED)
def test_the_shipped_heads_know_who_is_who(quick: dict[str, Any], name: str) -> None:
    """Even after a tenth of the training: identity, difference, and a swap that shows."""
    head = quick["heads"][name]

    assert head["r2"]["identity"] > 0.99
    assert head["r2"]["difference"] > 0.98
    assert head["swap"] > 0.5


@pytest.mark.nightly
def test_every_bar_is_met() -> None:
    """The whole benchmark: seconds per target on an idle machine."""
    pytest.importorskip("torch")

    assert all(bench.measure(3, lambda line: None)["bars"].values())


def test_the_kernel_computes_what_torch_trained(heads: Any) -> None:
    """An exported head gives torch's values within rounding of float64."""
    rng = np.random.default_rng(0)
    levels = rng.uniform(size=(200, 12))
    targets = np.stack([levels[:, 0] - levels[:, 1], levels.mean(1)])
    for name in bench.SHIPPED:
        fitted = heads.fit(name, levels, targets, seed=1, recipe=heads.Recipe(steps=20))
        np.testing.assert_allclose(
            bench._values(fitted, levels), fitted.values(levels), rtol=1e-9, atol=2e-3
        )


def test_the_same_seed_trains_the_same_head(heads: Any) -> None:
    """Bit for bit on one machine."""
    levels = np.random.default_rng(0).uniform(size=(100, 12))
    fits = [
        heads.fit("mlp", levels, levels[:, :1].T, seed=1, recipe=heads.Recipe(steps=5))
        for _ in range(2)
    ]

    for name, array in fits[0].parameters[0].items():
        np.testing.assert_array_equal(array, fits[1].parameters[0][name])


def test_the_command_prints_and_writes_the_same(
    monkeypatch: pytest.MonkeyPatch, quick: dict[str, Any], tmp_path: Path
) -> None:
    """--json on stdout, --out as value.json; a table says which bar was missed."""
    monkeypatch.setattr(bench, "measure", lambda seeds, report: quick)
    told = CliRunner().invoke(app, ["--json", "--out", str(tmp_path)])
    shown = CliRunner().invoke(app, [])

    assert json.loads(told.stdout) == quick
    assert json.loads((tmp_path / "value.json").read_text("utf-8")) == quick
    assert "film_graph" in shown.stdout


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """MissingExtra names the extra."""
    for name in [name for name in sys.modules if name.startswith("training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(MissingExtra, match="train"):
        bench.measure(1, lambda line: None)
    with pytest.raises(MissingExtra, match="train"):
        importlib.import_module("training.heads")
