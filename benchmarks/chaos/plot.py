"""Pictures of a run: one episode from inside, success by family, everybody side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos.run import Run
from resmem_core.config.profile import MODES
from resmem_core.errors import missing_extra

try:
    import matplotlib as mpl
    from matplotlib import pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
except ImportError as error:
    raise missing_extra("plot", "matplotlib") from error

F64 = NDArray[np.float64]

FAULT_COLOURS: Final = (
    "#d62728", "#ff9896", "#9467bd", "#8c564b", "#2ca02c", "#e7a51f", "#17becf",
)  # fmt: skip
FAULT_NAMES: Final = (
    "provider outage", "flapping provider", "failing tools", "prompt injection",
    "exploration needed", "load burst", "drifted knowledge",
)  # fmt: skip
KNOB_NAMES: Final = ("temperature", "top-p", "passages", "max tokens", "tool access", "retries")
KNOB_BOUNDS: Final = (
    ("0", "1.6"),
    (".1", "1"),
    ("0", "20"),
    ("128", "8192"),
    ("off", "all"),
    ("0", "4"),
)
SHOWN: Final = ("oracle", "ours", "linucb_warm", "rules_tuned", "best_constant", "default")
COLOURS: Final = {
    "oracle": "#555555", "ours": "#0b6e4f", "linucb_warm": "#e07a1f", "rules_tuned": "#3b6fb6",
    "best_constant": "#b23a48", "default": "#7b4f2c",
}  # fmt: skip
TITLES: Final = {
    "oracle": "oracle (knows the faults)",
    "best_constant": "best constant",
    "linucb_cold": "LinUCB, cold",
    "linucb_warm": "LinUCB, warm",
    "thompson_cold": "Thompson, cold",
    "thompson_warm": "Thompson, warm",
    "ducb": "discounted UCB",
    "exp3s": "EXP3.S",
    "mlp_reinforce": "MLP, REINFORCE",
    "pid": "PID",
    "prototype": "published prototype",
    "rules": "rules, untuned",
    "rules_tuned": "rules, tuned",
    "breaker": "breaker alone, tuned",
    "ours_with_equal_mixing": "with equal (1/n) mixing",
    "ours_untrained": "not trained (hand-written)",
    "ours_minimal": "two hormones only",
    "ours_without_layers": "without all six layers",
    "ours_without_lateral": "without lateral weights",
}
FAMILY_TITLES: Final = {
    "ood": "out of distribution",
    "fast": "mixed, fast",
    "tools": "tools and injection",
    "faults": "provider faults",
    "explore": "explore and pressure",
    "compound": "two at once",
}
MODE_COLOURS: Final = (
    "#f3f3f3", "#ffe9a8", "#ffc2b8", "#c3c8f0", "#cdeed6", "#d9cbe8", "#888888",
)  # fmt: skip
WIDTH: Final = 12  # ticks of the running mean of success


def draw(played: Run, result: dict[str, Any], folder: Path) -> list[Path]:
    """Write the pictures of a run into `folder`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    style: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    figures = {}
    with mpl.rc_context(style):
        figures["chaos_trace"] = episode(played, _hero(played), _telling(played))
        figures["chaos_families"] = families(result)
        figures["chaos_controllers"] = ranking(result)
        if any(name.startswith("ours_") for name in result["controllers"]):
            figures["chaos_ablation"] = ablation(result)
        paths = []
        for name, figure in figures.items():
            paths.append(folder / f"{name}.png")
            figure.savefig(paths[-1], dpi=130)
            plt.close(figure)
    return paths


def _hero(played: Run) -> str:
    """The controller to show from inside: ours, else the best one without privileges."""
    if "ours" in played.traces:
        return "ours"
    plain = [n for n in played.traces if not n.startswith(("oracle", "best_constant"))]
    return max(plain or ["oracle"], key=lambda n: played.traces[n].success.mean())


def _telling(played: Run) -> int:
    """The first episode of the mixed family, else the one with most faults."""
    mixed = np.flatnonzero(played.episodes.family == "mixed")
    return int(mixed[0] if len(mixed) else played.episodes.severity.sum((0, 2)).argmax())


def episode(played: Run, name: str, i: int) -> Figure:
    """Faults, success and knobs of one episode over time, one row each, on a common clock."""
    e, trace = played.episodes, played.traces[name]
    inside = trace.inside
    rows = [1.5, 1.7] + [0.75] * 6 + ([1.7] if inside else [])
    figure, axes = plt.subplots(
        len(rows), 1, figsize=(12, 1.15 * sum(rows) + 0.8), sharex=True,
        gridspec_kw={"height_ratios": rows},
        layout=ConstrainedLayoutEngine(hspace=0.01, h_pad=0.02),
    )  # fmt: skip
    title = _title(name)
    figure.suptitle(
        f"{title[:1].upper()}{title[1:]} in one “{e.family[i]}” episode (seed {e.seeds[i]}): "
        "faults are hidden from it, it only sees late and noisy signals",
        x=0.01, ha="left", fontsize=10.5, fontweight="bold",
    )  # fmt: skip
    _faults(axes[0], e.severity[:, i])
    _success(axes[1], played, name, i)
    for j in range(6):
        _knob(axes[2 + j], played, name, i, j)
    if inside:
        _inside(axes[-1], inside, i)
    for axis in axes[1:8]:
        _shade(axis, e.severity[:, i])
    axes[-1].set_xlabel("tick (one agent step)")
    axes[0].set_xlim(0, e.ticks)
    return figure


def _faults(axis: Axes, severity: F64) -> None:
    ticks = np.arange(len(severity))
    for j, colour in enumerate(FAULT_COLOURS):
        if severity[:, j].any():
            axis.fill_between(ticks, severity[:, j], color=colour, alpha=0.75, lw=0, step="mid",
                              label=FAULT_NAMES[j])  # fmt: skip
    axis.set_ylim(0, 1.05)
    axis.set_yticks([0, 1], ["none", "full"])
    axis.set_ylabel("hidden\nfaults")
    axis.legend(ncols=7, loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, fontsize=8)


def _success(axis: Axes, played: Run, name: str, i: int) -> None:
    lines = [n for n in ("oracle", "best_constant", name) if n in played.traces]
    for line in dict.fromkeys(lines):
        smooth = _running_mean(played.traces[line].success[:, i])
        axis.plot(100 * smooth, color=COLOURS.get(line, "#0b6e4f"), lw=2.0 if line == name else 1.1,
                  label=_title(line))  # fmt: skip
    axis.set_ylim(0, 100)
    axis.set_ylabel(f"success %\n(mean of {WIDTH})")
    axis.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 0.98), frameon=False, fontsize=8)


def _knob(axis: Axes, played: Run, name: str, i: int, j: int) -> None:
    best = played.traces["oracle"].knobs[:, i, j]
    axis.step(np.arange(len(best)), best, color="#999999", lw=0.8, where="mid")
    axis.plot(played.traces[name].knobs[:, i, j], color=COLOURS.get(name, "#0b6e4f"), lw=1.4)
    axis.set_ylim(-0.08, 1.08)
    axis.set_yticks([0, 1], KNOB_BOUNDS[j])
    axis.axhline(0, color="#cccccc", lw=0.6)
    axis.axhline(1, color="#cccccc", lw=0.6)
    axis.set_ylabel(KNOB_NAMES[j], rotation=0, ha="right", va="center")
    if j == 0:
        axis.annotate("knob (thick) between its bounds; grey: the oracle’s", (0.0, 1.02),
                      xycoords="axes fraction", fontsize=8, color="#555555")  # fmt: skip


def _inside(axis: Axes, inside: dict[str, Any], i: int) -> None:
    """The six hormones that move most, over bands of the mode."""
    levels, modes = inside["hormones"][:, i], inside["mode"][:, i]
    for mode in np.unique(modes).astype(int):
        axis.fill_between(np.arange(len(modes)), 0, 1, where=modes == mode, step="mid", lw=0,
                          color=MODE_COLOURS[mode], label=f"mode: {MODES[mode].value}")  # fmt: skip
    moved = levels.max(axis=0) - levels.min(axis=0)
    for h in np.argsort(-moved)[:6]:
        axis.plot(levels[:, h], lw=1.2, label=inside["names"][h])
    axis.set_ylim(0, 1)
    axis.set_ylabel("hormones")
    axis.legend(ncols=10, loc="lower left", bbox_to_anchor=(0, 0.98), frameon=False, fontsize=8)


def _shade(axis: Axes, severity: F64) -> None:
    low, high = axis.get_ylim()
    ticks = np.arange(len(severity))
    for j, colour in enumerate(FAULT_COLOURS):
        axis.fill_between(ticks, low, high, where=severity[:, j] > 0.1, color=colour, alpha=0.10,
                          lw=0, step="mid")  # fmt: skip
    axis.set_ylim(low, high)


def families(result: dict[str, Any]) -> Figure:
    """Success by family, a dot with its interval per controller."""
    names = result["families"]
    shown = [n for n in SHOWN if n in result["controllers"]]
    figure, axis = plt.subplots(figsize=(9, 0.62 * len(names) + 1.6), layout="constrained")
    for k, name in enumerate(shown):
        rows = [result["controllers"][name]["families"][f] for f in names]
        y = np.arange(len(names)) + 0.11 * (k - len(shown) / 2)
        axis.errorbar([r["success"] for r in rows], y, xerr=[r["ci"] for r in rows], fmt="o",
                      ms=5, color=COLOURS[name], label=_title(name), lw=1.4)  # fmt: skip
    axis.set_yticks(range(len(names)), [_family(f) for f in names])
    axis.invert_yaxis()
    for edge in range(1, len(names)):
        axis.axhline(edge - 0.5, color="#eeeeee", lw=0.8)
    axis.grid(axis="x", color="#e6e6e6")
    axis.set_axisbelow(True)
    axis.set_xlabel("steps that succeed, % (bars: 95 % confidence over seeds)")
    axis.set_title("Success by kind of chaos", loc="left", fontweight="bold")
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def ranking(result: dict[str, Any]) -> Figure:
    """Success of ours and of every other controller, bounds with hindsight in grey."""
    others = [row for row in result["controllers"].items() if not row[0].startswith("ours_")]
    rows = sorted(others, key=lambda row: row[1]["success"])
    figure, axis = plt.subplots(figsize=(9, 0.28 * len(rows) + 1.4), layout="constrained")
    for y, (name, row) in enumerate(rows):
        hindsight = name.startswith(("oracle", "best_constant_per"))
        colour = "#999999" if hindsight else COLOURS.get(name, "#6c8ebf")
        axis.errorbar(row["success"], y, xerr=row["success_ci"], fmt="o", ms=6, lw=2, color=colour)
        axis.text(row["success"] + row["success_ci"] + 0.3, y, f"{row['success']:.1f}", va="center")
    axis.set_yticks(range(len(rows)), [_title(name) for name, _ in rows])
    axis.set_xlim(right=rows[-1][1]["success"] + 5)
    axis.grid(axis="both", color="#eeeeee")
    axis.set_axisbelow(True)
    axis.set_xlabel("steps that succeed, %, ± 95 % over seeds (grey: knows what nobody can know)")
    axis.set_title(
        f"All controllers, seeds {result['seeds']} × {result['ticks']} ticks",
        loc="left", fontweight="bold",
    )  # fmt: skip
    return figure


def ablation(result: dict[str, Any]) -> Figure:
    """What each part of ours is worth: points lost without it."""
    paired = {n: p for n, p in result["paired"].items() if n.startswith("ours_")}
    rows = sorted(paired.items(), key=lambda row: row[1]["mean"])
    figure, axis = plt.subplots(figsize=(8, 0.34 * len(rows) + 1.4), layout="constrained")
    for y, (_, row) in enumerate(rows):
        colour = COLOURS["ours"] if row["mean"] >= 0 else COLOURS["best_constant"]
        axis.barh(y, row["mean"], xerr=row["ci"], color=colour, height=0.7, error_kw={"lw": 1.0})
    axis.axvline(0, color="black", lw=0.8)
    axis.set_yticks(range(len(rows)), [_title(name) for name, _ in rows])
    axis.set_xlabel("points of success lost (paired, 95 % over seeds)")
    axis.set_title(
        "What each part of ours is worth: success lost when it is changed",
        loc="left",
        fontweight="bold",
    )
    return figure


def _running_mean(values: F64) -> F64:
    kernel = np.ones(WIDTH)
    total = np.convolve(values, kernel, mode="same")
    return np.asarray(total / np.convolve(np.ones_like(values), kernel, mode="same"))


def _title(name: str) -> str:
    return TITLES.get(name, name.removeprefix("ours_").replace("_", " "))


def _family(name: str) -> str:
    return FAMILY_TITLES.get(name, name)
