"""The report as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

COLUMNS: Final = (
    ("success %", "success"), ("each time %", "every_time"), ("worst 5 %", "worst5"),
    ("errors %", "errors"), ("forbidden ‰", "forbidden"), ("doubled ‰", "doubled"),
    ("dead calls ‰", "dead_calls"), ("tokens/solved", "tokens_per_solved"),
    ("s/solved", "seconds_per_solved"), ("cost/solved", "cost_per_solved"),
    ("recovery s", "recovery"),
)  # fmt: skip

CALM: Final = ("success", "mode", "hidden", "cut")


def show(report: Mapping[str, Any], console: Console) -> None:
    """Print entrants, families, calm and the layers' trial; of the real tier, the effects."""
    if report["tier"] == "real":
        console.print(_effects(report))
        return
    console.print(_entrants(report))
    console.print(_families(report))
    console.print(_calm(report))
    if report["layers"]:
        console.print(_layers(report))


def _entrants(report: Mapping[str, Any]) -> Table:
    names = [title for title, _ in COLUMNS]
    table = _table("Entrants, all families", "entrant", *names, "ours minus this")
    for name, row in report["entrants"].items():
        cells = [_text(row[key]) for _, key in COLUMNS]
        table.add_row(name, *cells, _gap(report["paired"].get(name)))
    return table


def _families(report: Mapping[str, Any]) -> Table:
    table = _table("Success % by family", "entrant", *report["families"])
    for name, row in report["entrants"].items():
        own = row["families"]
        table.add_row(
            name, *(_text(own[f]["success"] if f in own else None) for f in report["families"])
        )
    return table


def _calm(report: Mapping[str, Any]) -> Table:
    table = _table(
        "F12, where nothing fails: % of turns", "entrant", "success", "mode", "hidden", "cut"
    )
    for name, row in report["entrants"].items():
        if row["calm"]:
            table.add_row(name, *(f"{value:.1f}" for value in row["calm"].values()))
    return table


def _layers(report: Mapping[str, Any]) -> Table:
    table = _table(
        "Parts on trial: what leaving one out costs in its family",
        "part", "family", "points of success", "harmful calls per 100 tasks", "stays",
    )  # fmt: skip
    for layer, row in report["layers"].items():
        stays = {True: "yes", False: "no", None: "too few seeds"}[row["stays"]]
        table.add_row(layer, row["family"], _gap(row), _gap(row["harm"]), stays)
    return table


def _effects(report: Mapping[str, Any]) -> Table:
    title = f"What helps, in points: {report['episodes']} episodes with a real model"
    table = _table(title, "effect", "script", "real model", "same sign")
    for row in report["effects"]:
        same = "yes" if row["agree"] else "no"
        table.add_row(row["effect"], _gap(row["script"]), _gap(row["real"]), same)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    return table


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _gap(row: Mapping[str, float] | None) -> str:
    return "" if row is None else f"{row['mean']:+.1f} [{row['low']:+.1f}, {row['high']:+.1f}]"
