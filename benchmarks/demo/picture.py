"""One picture of a run: hormones, knobs in their bounds, modes, kept share over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.demo.replay import Point
from resmem_core.config.profile import Profile
from resmem_core.errors import missing_extra
from resmem_core.types import KNOBS, Mode

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
except ModuleNotFoundError as error:
    raise missing_extra("plot", "matplotlib") from error

MODE_COLOURS = {
    Mode.NORMAL: "#e8f3ea",
    Mode.STRESSED: "#fdeec4",
    Mode.CRISIS: "#f8c9c0",
    Mode.TIMEOUT: "#d9cdea",
    Mode.RECOVERY: "#cfe3f6",
    Mode.SLEEP: "#dddddd",
    Mode.SAFE: "#f0a0a0",
}
ACTS = {"suspension": "calendar alone suspended", "back": "back: offered again"}
"""Acts that the picture names."""
SHOWN = 6
"""Hormones in the picture: those that moved most."""
KNOB_SHOWN = ("temperature", "top_p", "max_tokens", "retrieve_k", "tool_access", "retries")


def draw(points: Sequence[Point], profile: Profile, path: Path) -> None:
    """Write the picture of a run as a PNG."""
    figure = Figure(figsize=(12, 10), layout="constrained")
    hormones, knobs, kept = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 2))
    for axes in (hormones, knobs, kept):
        _bands(axes, points)
    _hormones(hormones, points)
    _knobs(knobs, points, profile)
    _kept(kept, points)
    figure.suptitle(
        "An agent's weeks of conversation: of its two tools the calendar is down where hatched; "
        "each dotted line is a new thread",
        x=0.01, ha="left", fontsize=12, fontweight="bold",
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _bands(axes: Axes, points: Sequence[Point]) -> None:
    for x, point in enumerate(points):
        axes.axvspan(x - 0.5, x + 0.5, color=MODE_COLOURS[point.mode], linewidth=0, zorder=0)
    for x, (before, after) in enumerate(pairwise(points), start=1):
        if before.thread != after.thread:
            axes.axvline(x - 0.5, color="#777777", linestyle=":", linewidth=0.9, zorder=1)
    down = [x for x, point in enumerate(points) if point.outage]
    if down:
        axes.axvspan(
            down[0] - 0.5, down[-1] + 0.5, facecolor="none", edgecolor="#b05040", hatch="//",
            linewidth=0, alpha=0.5, zorder=1,
        )  # fmt: skip


def _hormones(axes: Axes, points: Sequence[Point]) -> None:
    traces = {name: [p.levels[name] for p in points] for name in points[0].levels}
    moved = sorted(traces, key=lambda name: min(traces[name]) - max(traces[name]))
    for name in moved[:SHOWN]:
        axes.plot(traces[name], label=name, linewidth=1.6)
    axes.set_ylim(0, 1.02)
    axes.set_xlim(-0.5, len(points) - 0.5)
    axes.set_ylabel("hormone level")
    _acts(axes, points)
    _legend(axes)


def _acts(axes: Axes, points: Sequence[Point]) -> None:
    """Where the tool was suspended and where it came back, at the foot of the panel."""
    for what, label in ACTS.items():
        turns = [x for x, point in enumerate(points) if any(a.what == what for a in point.acts)]
        for x in turns:
            axes.plot([x], [0.02], marker="^", color="#333333", markersize=7, zorder=5)
        if turns:
            left = what == "suspension"
            axes.annotate(
                label, (turns[0] if left else turns[-1], 0.02), xytext=(-8 if left else 8, 8),
                textcoords="offset points", ha="right" if left else "left", fontsize=9,
            )  # fmt: skip


def _knobs(axes: Axes, points: Sequence[Point], profile: Profile) -> None:
    for name in KNOB_SHOWN:
        span = profile.ranges[name]
        values = [span.unit(float(getattr(p.knobs, name))) for p in points]
        low, high = span.at(0.0), span.at(1.0)
        width = 2.6 if name == "tool_access" else 1.4
        axes.plot(values, label=f"{name} {low:g}–{high:g}", linewidth=width)
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("knob, share of its range")
    _legend(axes)


def _kept(axes: Axes, points: Sequence[Point]) -> None:
    shares = [point.kept / point.seen if point.seen else float("nan") for point in points]
    axes.plot(shares, color="#204060", linewidth=1.8)
    axes.set_ylim(0, 1.03)
    axes.set_ylabel("kept share of\njudged messages")
    axes.set_xlabel("turn")
    modes = [mode for mode in Mode if any(p.mode is mode for p in points)]
    handles = [
        axes.fill_between([], [], color=MODE_COLOURS[mode], label=f"mode: {mode.value}")
        for mode in modes
    ]
    axes.legend(handles=handles, loc="lower left", ncols=len(modes), fontsize=9)


def _legend(axes: Axes) -> None:
    """Above the panel, where it hides nothing."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 0.99), ncols=6, fontsize=9, frameon=False,
        borderaxespad=0.2,
    )  # fmt: skip


assert set(KNOB_SHOWN) <= set(KNOBS)
