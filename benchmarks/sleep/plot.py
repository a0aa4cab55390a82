"""Pictures of a memory over months, and over a stream that never ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from resmem_core.errors import missing_extra
from resmem_core.types import QUADRANTS

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
except ImportError as error:
    raise missing_extra("plot", "matplotlib") from error

TIERS: Final = {"short": "#e7c27d", "mid": "#d98841", "long": "#8c4a1f"}
COLOURS: Final = dict(zip(QUADRANTS, ("#b23a48", "#0b6e4f", "#3b6fb6", "#a9a9a9"), strict=True))
REASONS: Final = {
    "worth too little": "#a9a9a9", "unresolved for long": "#3b6fb6", "expired": "#444444",
    "over capacity": "#b23a48",
}  # fmt: skip

GROWTH: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "items after each night": {
        "items": ("stored", "#8c4a1f"), "of these semantic": ("semantic", "#d98841"),
    },
    "megabytes": {
        "resident memory": ("rss_mb", "#444444"), "file": ("file_mb", "#3b6fb6"),
        "audit log": ("audit_mb", "#0b6e4f"), "texts and vectors": ("body_mb", "#8c4a1f"),
    },
    "milliseconds": {
        "recall, k = 10 (p50)": ("recall_ms", "#b23a48"),
        "observe, in batches (mean)": ("observe_ms", "#3b6fb6"),
    },
}  # fmt: skip
"""Title → label → column and colour."""


def draw(history: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Write the picture as PNG and return its path."""
    figure = Figure(figsize=(11, 9), layout="constrained")
    tiers, quadrants, forgotten = figure.subplots(3, 1, sharex=True)
    days = [row["day"] for row in history]
    _stack(tiers, days, {k: [row[k] for row in history] for k in TIERS}, TIERS)
    tiers.set_title("items per tier, after each night", loc="left")
    _stack(quadrants, days, {k: [row[k] for row in history] for k in QUADRANTS}, COLOURS)
    quadrants.set_title("items per quadrant", loc="left")
    reasons = {k: [row["forgotten"].get(k, 0) for row in history] for k in REASONS}
    _stack(forgotten, days, reasons, REASONS)
    forgotten.plot(days, [row["merged"] for row in history], color="#0b6e4f", label="merged")
    forgotten.set_title("forgotten (by reason) and merged, per night", loc="left")
    forgotten.set_xlabel("day")
    for axes in (tiers, quadrants, forgotten):
        axes.set_xlim(days[0], days[-1])
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    return path


def draw_growth(rows: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Write what a stream leaves, holds in memory and costs as PNG and return its path."""
    figure = Figure(figsize=(11, 8), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True)
    messages = [row["messages"] for row in rows]
    for axes, (title, series) in zip(panels, GROWTH.items(), strict=True):
        for label, (column, colour) in series.items():
            axes.plot(messages, [row[column] for row in rows], color=colour, label=label)
        axes.set_title(title, loc="left")
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    panels[-1].set_xlim(0, messages[-1])
    panels[-1].set_xlabel("messages")
    panels[-1].xaxis.set_major_formatter("{x:,.0f}")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    return path


def _stack(
    axes: Axes, days: Sequence[int], series: Mapping[str, Sequence[int]], colours: Mapping[str, str]
) -> None:
    shown = {name: values for name, values in series.items() if any(values)}
    if not shown:
        return
    axes.stackplot(
        days,
        list(shown.values()),
        labels=[name.replace("_", " ") for name in shown],
        colors=[colours[name] for name in shown],
    )
