"""Pictures of a report: success by family, the price of a solved task, the layers' trial."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from resmem_core.errors import missing_extra

try:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
except ImportError as error:
    raise missing_extra("plot", "matplotlib") from error

SHOWN: Final = (
    "bare", "default_stack", "tuned_stack", "breaker_stack", "thresholds", "mlp", "ours", "oracle",
)  # fmt: skip


def draw(report: Mapping[str, Any], out: Path) -> list[Path]:
    """Write the pictures; returns where they are."""
    names = [name for name in SHOWN if name in report["entrants"]]
    paths = [out / "agents_families.png", out / "agents_price.png"]
    _families(report, names, paths[0])
    _price(report, names, paths[1])
    if report["layers"]:
        paths.append(out / "agents_layers.png")
        _layers(report, paths[-1])
    return paths


def _families(report: Mapping[str, Any], names: list[str], path: Path) -> None:
    """Success of each entrant in each family, as a map with figures."""
    families = list(report["families"])
    rows = [[report["entrants"][n]["families"][f]["success"] for f in families] for n in names]
    figure, axes = plt.subplots(figsize=(1.1 * len(families) + 3, 0.5 * len(names) + 2.6))
    axes.imshow(rows, cmap="RdYlGn", vmin=20, vmax=100, aspect="auto")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            axes.text(x, y, f"{value:.0f}", ha="center", va="center", fontsize=9)
    titles = [f"{f}\n{report['families'][f]}".replace(" ", "\n") for f in families]
    axes.set_xticks(range(len(families)), titles, fontsize=7)
    axes.set_yticks(range(len(names)), names)
    axes.set_title("Tasks solved, % (end state of the world, within the user's deadline)")
    _save(figure, path)


def _price(report: Mapping[str, Any], names: list[str], path: Path) -> None:
    """What each entrant solves, and at how many calls to what is dead and tokens."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), sharey=True)
    for axes, key, label in (
        (left, "dead_calls", "calls to a dead dependency, per 1,000 tasks"),
        (right, "tokens_per_solved", "tokens per solved task"),
    ):
        _scatter(axes, report, names, key)
        axes.set_xlabel(label)
    left.set_ylabel("tasks solved, %")
    figure.suptitle("Better is up and to the left")
    _save(figure, path)


def _scatter(axes: Axes, report: Mapping[str, Any], names: list[str], key: str) -> None:
    for name in names:
        row = report["entrants"][name]
        own = name == "ours"
        axes.scatter(row[key], row["success"], s=60, color="#1f77b4" if own else "#9aa5b1")
        axes.annotate(
            name, (row[key], row["success"]), xytext=(6, 4), textcoords="offset points",
            fontsize=9, fontweight="bold" if own else "normal",
        )  # fmt: skip
    axes.grid(alpha=0.3)


def _layers(report: Mapping[str, Any], path: Path) -> None:
    """What leaving a layer out costs in its family, with its interval and the bar of one point."""
    layers = report["layers"]
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(layers) + 1.6))
    for y, row in enumerate(layers.values()):
        axes.plot([row["low"], row["high"]], [y, y], color="#9aa5b1", linewidth=3)
        axes.plot(row["mean"], y, "o", color="#1f77b4")
    axes.axvline(0, color="black", linewidth=0.8)
    axes.axvline(1, color="#c0392b", linewidth=0.8, linestyle="--")
    axes.set_yticks(range(len(layers)), [f"{n} ({row['family']})" for n, row in layers.items()])
    axes.set_xlabel("points of success that leaving it out costs (dashed: the bar, 1)")
    axes.set_title("Layers on trial")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)
