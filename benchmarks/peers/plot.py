"""A picture of what one search and one add take, beside other memory layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from resmem_core.errors import missing_extra

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
except ImportError as error:
    raise missing_extra("plot", "matplotlib") from error

OURS: Final = "#0b6e4f"
OTHERS: Final = "#8a8f98"
MARKS: Final = "os^Dv"


def draw(result: Mapping[str, Any], path: Path) -> Path:
    """Write the picture of a result of `run` as PNG and return its path."""
    rows: Sequence[Mapping[str, Any]] = result["rows"]
    names = list(dict.fromkeys(row["name"] for row in rows))[::-1]  # ours on top
    sizes = sorted({row["n"] for row in rows})
    height = 1.6 + 0.34 * len(names)
    figure = Figure(figsize=(11, height), layout="constrained")
    for axes, what in zip(figure.subplots(1, 2, sharey=True), ("search", "add"), strict=True):
        for mark, size in zip(MARKS * len(sizes), sizes, strict=False):
            _points(axes, [r for r in rows if r["what"] == what and r["n"] == size], names, mark)
        axes.set_title(f"one {what}, ms (p50, logarithmic)", loc="left")
        axes.set_xscale("log")
        axes.grid(axis="x", alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    survives = {row["name"]: row["survives"] for row in rows if row["what"] == "add"}
    labels = [f"{name}\nan add survives {survives[name]}" for name in names]
    figure.axes[0].set_yticks(range(len(names)), labels, fontsize=8)
    figure.axes[0].legend(loc="lower right", frameon=False, title="stored texts")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    return path


def _points(axes: Axes, rows: Sequence[Mapping[str, Any]], names: Sequence[str], mark: str) -> None:
    colours = [OURS if row["name"] == "ours" else OTHERS for row in rows]
    places = [names.index(row["name"]) for row in rows]
    label = f"{rows[0]['n']:,}" if rows else None
    axes.scatter([row["p50"] for row in rows], places, c=colours, marker=mark, label=label)
