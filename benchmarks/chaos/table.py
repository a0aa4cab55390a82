"""The figures as tables for the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

COLUMNS = (
    ("success", "success %"),
    ("oracle_share", "% of oracle"),
    ("calm", "calm"),
    ("ood", "ood"),
    ("recovery", "recovery"),
    ("cvar5", "CVaR 5"),
    ("unsafe", "unsafe ‰"),
    ("tv", "TV"),
    ("oscillation", "reversals"),
    ("violations", "violations"),
)


NARROW = ("success", "calm", "ood", "unsafe")
WIDE_ENOUGH = 140  # characters of a terminal that shows every column


def show(result: dict[str, Any], console: Console) -> None:
    """Print whichever tables the result has."""
    if result.get("suite") == "stream18":
        console.print(stream(result))
        return
    console.print(comparison(result, console.width))
    if "draws" in result:
        console.print(draws(result))


def comparison(result: dict[str, Any], width: int = WIDE_ENOUGH) -> Table:
    """One row per controller, best first; paired difference of ours where there is one."""
    columns = [(k, t) for k, t in COLUMNS if width >= WIDE_ENOUGH or k in NARROW]
    table = Table(
        title=f"ChaosBench, seeds {result['seeds']} × {result['ticks']} ticks",
        caption="success: mean probability, ± 95 % over seeds; "
        "unsafe: tool actions of 1,000; ours −: paired difference in points",
    )
    table.add_column("controller", no_wrap=True)
    for _, title in columns:
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("ours −", justify="right", no_wrap=True)
    rows = sorted(result["controllers"].items(), key=lambda row: -row[1]["success"])
    for name, row in rows:
        cells = [_cell(row, key) for key, _ in columns]
        table.add_row(name, *cells, _gap(result["paired"].get(name)), style=_style(name))
    return table


def draws(result: dict[str, Any]) -> Table:
    """Ours against the constant re-fitted to each redrawn plant."""
    table = Table(title=f"Redrawn plants (every constant ± {100 * result['redraw']:.0f} %)")
    for title in ("plant", "ours", "best constant, re-fitted", "gain"):
        table.add_column(title, justify="right")
    for row in result["draws"]:
        table.add_row(
            str(row["draw"]), f"{row['ours']:.1f}", f"{row['best_constant']:.1f}",
            f"{row['gain']:+.1f}",
        )  # fmt: skip
    return table


def stream(result: dict[str, Any]) -> Table:
    """Successes of 18 for each variant."""
    table = Table(title="Published 18-tick stream: a knob that never moves scores 18/18")
    table.add_column("variant")
    table.add_column("successes", justify="right")
    for name, count in sorted(result["successes"].items(), key=lambda row: -row[1]):
        table.add_row(name, f"{count}/{result['ticks']}")
    s = result["shuffled"]
    table.add_row(
        f"prototype, {s['orders']} shuffled orders",
        f"{s['mean']:.1f} ± {s['sd']:.1f} ({s['min']}–{s['max']})",
    )
    return table


def _cell(row: dict[str, Any], key: str) -> str:
    value = row[key]
    if value is None:
        return "–"
    if key == "success":
        return f"{value:.1f}±{row['success_ci']:.1f}"
    return str(value) if isinstance(value, int) else f"{value:.{3 if value < 1 else 1}f}"


def _gap(paired: dict[str, float] | None) -> str:
    return "" if paired is None else f"{paired['mean']:+.1f}±{paired['ci']:.1f}"


def _style(name: str) -> str:
    if name == "ours":
        return "bold green"
    return "dim" if name.startswith(("oracle", "best_constant_per")) else ""
