"""`resmem bench value`: which value heads can tell one hormone from another.

Five heads on six synthetic targets, R² on levels that no head was trained on. The published
graph convolution is the negative control: it sees the mean level and nothing else.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from resmem_core import kernel

Array = NDArray[np.float64]

HORMONES: Final = 12
TRAIN: Final = 8000
HELD_OUT: Final = 2000
SEEDS: Final = 3
BARS: Final = {"identity": 0.99, "difference": 0.99, "pairwise": 0.95, "gates": 0.95}
"""Least R² of the heads that are shipped."""
CONTROL: Final = 0.05
"""Largest R² of the published head, on every target."""
SHIPPED: Final = ("mlp", "film_graph")
CONTROLLED: Final = "published_gcn"


def value(
    seeds: Annotated[int, typer.Option(help="Independent trainings per head.", min=1)] = SEEDS,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for value.json.")] = None,
) -> None:
    """Train value heads on synthetic targets and measure R² on held-out levels."""
    notes = Console(stderr=True, quiet=json_)
    with notes.status("training value heads") as status:
        result = measure(seeds, status.update)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "value.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        notes.print(f"wrote {out / 'value.json'}")
    if json_:
        typer.echo(json.dumps(result, indent=1))
    else:
        Console().print(_table(result))


def measure(seeds: int, report: Callable[[str], None]) -> dict[str, Any]:
    """R² per head and target: median and spread over `seeds` trainings.

    Raises:
        MissingExtra: torch is not installed.
    """
    # Training lies above this layer, and torch with it: loaded when the bench runs.
    heads = importlib.import_module("training.heads")
    targets = importlib.import_module("training.value_targets").TARGETS
    names = tuple(heads.HEADS)
    scores: dict[str, list[Array]] = {name: [] for name in names}
    swaps: dict[str, list[float]] = {name: [] for name in names}
    for seed in range(seeds):
        data = _data(targets, seed)
        for name in names:
            report(f"seed {seed + 1} of {seeds}: {name}")
            fitted = heads.fit(name, data["levels"], data["targets"], seed=seed)
            held, truth = data["held"], data["truth"]
            scores[name].append(_r_squared(truth, _values(fitted, held)))
            swaps[name].append(_swap(fitted, held, list(targets).index("difference")))
    parameters = {name: heads.parameters(name, HORMONES) for name in names}
    return _result(list(targets), scores, swaps, parameters, seeds)


def _data(targets: dict[str, Callable[[Array], Array]], seed: int) -> dict[str, Array]:
    """Levels, and targets with the mean 0 and deviation 1 on the training levels."""
    rng = np.random.default_rng([20, seed])
    levels, held = rng.uniform(size=(TRAIN, HORMONES)), rng.uniform(size=(HELD_OUT, HORMONES))
    raw = np.stack([target(levels) for target in targets.values()])
    mean, deviation = raw.mean(1, keepdims=True), raw.std(1, keepdims=True)
    truth = np.stack([target(held) for target in targets.values()])
    return {
        "levels": levels, "held": held,
        "targets": (raw - mean) / deviation, "truth": (truth - mean) / deviation,
    }  # fmt: skip


def _values(fitted: Any, levels: Array) -> Array:
    """[targets, count]: by the kernel for the heads that it runs, in torch for the controls."""
    if fitted.name in SHIPPED:
        return np.stack([kernel.value(head, levels) for head in fitted.heads()])
    return np.asarray(fitted.values(levels))


def _r_squared(truth: Array, values: Array) -> Array:
    """[targets]"""
    return np.asarray(1.0 - np.square(truth - values).mean(1) / truth.var(1))


def _swap(fitted: Any, held: Array, difference: int) -> float:
    """How far V of the difference moves, on average, when the two hormones change places."""
    swapped = held.copy()
    swapped[:, [0, 1]] = held[:, [1, 0]]
    before, after = _values(fitted, held), _values(fitted, swapped)
    return float(np.abs(after - before)[difference].mean())


def _result(
    targets: list[str],
    scores: dict[str, list[Array]],
    swaps: dict[str, list[float]],
    parameters: dict[str, int],
    seeds: int,
) -> dict[str, Any]:
    rows = {name: np.stack(each) for name, each in scores.items()}
    heads = {
        name: {
            "parameters": parameters[name],
            "r2": {t: round(float(np.median(r[:, i])), 4) for i, t in enumerate(targets)},
            "spread": {t: round(float(np.ptp(r[:, i])), 4) for i, t in enumerate(targets)},
            "swap": round(float(np.median(swaps[name])), 4),
        }
        for name, r in rows.items()
    }
    worst = {name: dict(zip(targets, r.min(0).tolist(), strict=True)) for name, r in rows.items()}
    met = {
        f"{name} {target} >= {bar:g}": worst[name][target] >= bar
        for name in SHIPPED
        for target, bar in BARS.items()
    }
    met[f"{CONTROLLED} <= {CONTROL:g}"] = bool(rows[CONTROLLED].max() <= CONTROL)
    met |= {f"{name} swap > 0.1": min(swaps[name]) > 0.1 for name in SHIPPED}
    return {
        "hormones": HORMONES, "train": TRAIN, "held_out": HELD_OUT, "seeds": seeds,
        "targets": targets, "heads": heads, "bars": met,
    }  # fmt: skip


def _table(result: dict[str, Any]) -> Table:
    title = f"R² on {result['held_out']:,} held-out levels, median of {result['seeds']} trainings"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    for column in ("head", "size", *result["targets"], "swap"):
        table.add_column(column, justify="left" if column == "head" else "right")
    for name, row in result["heads"].items():
        scores = [f"{row['r2'][target]:.3f}" for target in result["targets"]]
        table.add_row(name, str(row["parameters"]), *scores, f"{row['swap']:.2f}")
    missed = [bar for bar, met in result["bars"].items() if not met]
    table.caption = f"missed: {', '.join(missed)}" if missed else "every bar is met"
    return table
