"""The figures of `bench memory` as tables: one set in full, or a line of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

_BEFORE_AND_AFTER: Final = {"recall": "ours", "awake": "ours, never slept", "later": "a year on"}
_CONTROLS: Final = ("bm25s", "cosine", "rrf", "user first", "random", "longest", "newest")

WIDTH: Final = 170
"""Columns that the widest table takes; a narrower screen breaks its lines."""

Result = Mapping[str, Any]


def show(results: Sequence[Result], console: Console) -> None:
    """One result in full; several as lines of one table, then what is told of each."""
    if len(results) == 1:
        _recall(results[0], console)
        _relevance(results[0]["relevance"], console)
    else:
        _overview(results, console)
        _categories(results, console)
    _gate(results, console)
    if "ablation" in results[0]:
        _ablation(results, console)
    for result in results:
        if "looks" in result:
            console.print(f"{result['data']} is held out; looks so far: {result['looks']}")


def _table(title: str, headings: Iterable[str]) -> Table:
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading)
    return table


def _recall(result: Result, console: Console) -> None:
    title = f"{result['data']} · {result['embedder']} · {result['questions']} questions"
    table = _table(title, ("recall of evidence", "@5", "@10", "@25"))
    rows = {told: result[name] for name, told in _BEFORE_AND_AFTER.items()}
    for name, row in {**rows, **result["controls"]}.items():
        if "10" in row:
            table.add_row(name, *(f"{row[k]:.3f}" for k in ("5", "10", "25")))
    console.print(table)
    console.print(
        f"± {result['ci']:.3f} at 10 (95 %, over questions); lead {_lead(result)};"
        f" each signal alone {result['alone']}; {_counted(result)}"
    )


def _counted(result: Result) -> dict[str, float]:
    """Recall@10 by category, with how many were asked: a share of five is one of six values."""
    return {f"{name} ({result['asked'][name]})": k for name, k in result["categories"].items()}


def _lead(result: Result) -> str:
    lead = result["lead"]
    return f"{lead['share']:+.3f} ± {lead['ci']:.3f} {lead['over']}"


def _overview(results: Sequence[Result], console: Console) -> None:
    """Recall@10 of every set, ours in its three states and its controls, and recall@5 of ours."""
    headings = ("set", "kind", "n", "@5", "@10", "±", "never slept", "a year on", *_CONTROLS)
    table = _table(f"recall of evidence @10 · {results[0]['embedder']}", (*headings, "lead"))
    for row in results:
        states = (row["awake"]["10"], row["later"]["10"])
        controls = (row["controls"][name]["10"] for name in _CONTROLS)
        figures = (row["recall"]["5"], row["recall"]["10"], row["ci"], *states, *controls)
        shown = (f"{figure:.3f}".removeprefix("0") for figure in figures)
        kind = row["language"] if row["kind"] == "language" else row["kind"]
        table.add_row(row["data"], kind, str(row["questions"]), *shown, _lead(row))
    console.print(table)


def _categories(results: Sequence[Result], console: Console) -> None:
    table = _table("recall@10 by category, and of each signal alone", ("set", "figures"))
    for row in results:
        alone = {f"{name} alone": share for name, share in row["alone"].items()}
        told = {**_counted(row), **alone}
        table.add_row(row["data"], ", ".join(f"{k} {v:.3f}" for k, v in told.items()))
    console.print(table)


def _relevance(result: Result, console: Console) -> None:
    kinds = list(next(iter(result["curve"].values()))["any"])
    title = f"who gets lines, by min_relevance (default {result['default']:g})"
    headings = ("min_relevance", "recall@10", "answerable", "of these right", *kinds)
    table = _table(title, headings)
    for level, row in result["curve"].items():
        figures = (row["recall10"], row["answerable"], row["right"], *row["any"].values())
        table.add_row(level, *(f"{figure:.3f}" for figure in figures))
    table.add_row("AUC", "", "", "", *(f"{result['auc'][kind]:.3f}" for kind in kinds))
    console.print(table)
    console.print(f"AUC against all without an answer: {result['auc']['all']:.3f}")
    told = ", ".join(f"{name} {figure:.3f}" for name, figure in result["told"].items())
    console.print(f"put before a model: {told}")


def _gate(results: Sequence[Result], console: Console) -> None:
    measured = [result for result in results if result["gate"]]
    if not measured:
        return
    headings = ("set", "", "budget", "kept", "of the bytes", "evidence", "after sleep", "recall@10")
    table = _table("gate, by budget", headings)
    for result in measured:
        gates = {"ours": result["gate"], **result["controls"]}
        for name, levels in gates.items():
            for level, row in levels.items():
                if isinstance(row, Mapping):
                    keys = ("kept", "text", "evidence", "slept", "recall10")
                    figures = (f"{row[key]:.3f}" for key in keys)
                    table.add_row(result["data"], name, level, *figures)
    console.print(table)


def _ablation(results: Sequence[Result], console: Console) -> None:
    """Points of recall@10 lost without each signal, a column per set."""
    names = [f"{result['data']} {result['recall']['10']:.3f}" for result in results]
    table = _table("points of recall@10 lost without a signal", ("without", *names))
    for signal in results[0]["ablation"]:
        lost = (100 * (r["recall"]["10"] - r["ablation"][signal]) for r in results)
        table.add_row(signal, *(f"{points:+.1f}" for points in lost))
    console.print(table)
