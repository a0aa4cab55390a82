"""Pictures of a report: success by family, the price of a solved task, the layers' trial."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from resmem_core.errors import missing_extra

try:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
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
    axes.imshow(rows, cmap="RdYlGn", vmin=20, vmax=100, aspect="auto", alpha=0.6)
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            axes.text(x, y, f"{value:.0f}", ha="center", va="center", fontsize=9)
    titles = [f"{f}\n{fill(report['families'][f], 14)}" for f in families]
    axes.set_xticks(range(len(families)), titles, fontsize=8)
    axes.set_yticks(range(len(names)), names)
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() == "ours" else "normal")
    axes.set_title("Tasks solved, % (end state of the world, within the user's deadline)")
    _save(figure, path)


def _price(report: Mapping[str, Any], names: list[str], path: Path) -> None:
    """At how many calls to what is dead, and tokens, each entrant solves what it solves."""
    figure, panels = plt.subplots(1, 2, figsize=(11, 0.42 * len(names) + 1.6), sharey=True)
    rows = [report["entrants"][name] for name in names]
    colours = ["#1f77b4" if name == "ours" else "#9aa5b1" for name in names]
    titles = [f"{n} ({row['success']:.1f} % solved)" for n, row in zip(names, rows, strict=True)]
    for axes, key, label in (
        (panels[0], "dead_calls", "calls to a dead dependency, per 1,000 tasks"),
        (panels[1], "tokens_per_solved", "tokens per solved task"),
    ):
        bars = axes.barh(titles, [row[key] for row in rows], color=colours)
        axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
        axes.margins(x=0.14)
        axes.set_xlabel(label)
    panels[0].invert_yaxis()
    figure.suptitle("What it takes (shorter is better)")
    _save(figure, path)


def _layers(report: Mapping[str, Any], path: Path) -> None:
    """What leaving a part out costs in its family, with its interval and the bar."""
    parts = report["layers"]
    figure, panels = plt.subplots(1, 2, figsize=(11, 0.4 * len(parts) + 1.6), sharey=True)
    gaps = [list(parts.values()), [row["harm"] for row in parts.values()]]
    labels = ("points of success", "harmful calls per 100 tasks")
    for axes, rows, label in zip(panels, gaps, labels, strict=True):
        for y, row in enumerate(rows):
            axes.plot([row["low"], row["high"]], [y, y], color="#9aa5b1", linewidth=3)
            axes.plot(row["mean"], y, "o", color="#1f77b4")
        axes.axvline(0, color="black", linewidth=0.8)
        axes.axvline(1, color="#c0392b", linewidth=0.8, linestyle="--")
        axes.set_xlabel(f"{label} that leaving it out costs")
        axes.margins(y=0.08)
    names = [f"{n} ({row['family']})" for n, row in parts.items()]
    panels[0].set_yticks(range(len(parts)), names)
    panels[0].invert_yaxis()
    figure.suptitle("Parts on trial (dashed: the bar, 1)")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)
