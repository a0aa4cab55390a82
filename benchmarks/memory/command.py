"""Command line: `resmem bench memory`, `python -m benchmarks.memory`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.memory.plot import draw, stem
from benchmarks.memory.run import KEEP, run
from resmem_core.errors import ResmemError
from resmem_core.memory.index import named as embedders


def memory(
    data: Annotated[Path, typer.Option(help="Conversations in the LoCoMo format.")],
    embedder: Annotated[str, typer.Option(help=f"One of {embedders.NAMES}.")] = "lexical",
    conversations: Annotated[
        str, typer.Option(help='Comma-separated names, such as "26,30"; all when empty.')
    ] = "",
    keep: Annotated[
        str, typer.Option(help="Comma-separated budgets of the gate; empty leaves it out.")
    ] = ",".join(map(str, KEEP)),
    ablate: Annotated[bool, typer.Option(help="Also without each signal.")] = False,
    plot: Annotated[
        bool, typer.Option(help="Write the figures and pictures (extra `plot`).")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the bootstrap and the random gate.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for --plot.")] = Path("results"),
) -> None:
    """Measure recall and the gate on real conversations, beside plain baselines."""
    screen = Console(stderr=True)
    try:
        result = run(
            data,
            embedders.by_name(embedder),
            keep=_numbers(keep),
            only=[name.strip() for name in conversations.split(",") if name.strip()],
            ablation=ablate,
            seed=seed,
            progress=(lambda _: None) if as_json else (lambda what: screen.print(f"[dim]{what}")),
        )
        if plot:
            written = [_save(result, out), *draw(result, out)]
            screen.print(f"[dim]{', '.join(map(str, written))}")
    except ResmemError as error:
        screen.print(f"[red]{error}")
        raise typer.Exit(2) from error
    if as_json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
    else:
        _show(result, Console())


def _save(result: dict[str, Any], out: Path) -> Path:
    """The figures as JSON, with the command that made them."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{stem(result)}.json"
    told = {"command": f"resmem bench memory --data {result['data']}", **result}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _numbers(text: str) -> list[float]:
    try:
        levels = [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise typer.BadParameter(f"--keep takes numbers such as 0.75,0.5, got {text!r}") from error
    if not all(0.0 < level <= 1.0 for level in levels):
        raise typer.BadParameter("--keep takes shares above 0 and up to 1")
    return levels


def _show(result: dict[str, Any], console: Console) -> None:
    table = Table(
        title=f"{result['data']} · {result['embedder']} · {result['questions']} questions"
    )
    for heading in ("recall of evidence", "@5", "@10", "@25"):
        table.add_column(heading)
    rows = {"ours": result["recall"], **result["controls"]}
    for name, row in rows.items():
        if "10" in row:
            table.add_row(name, *(f"{row[k]:.3f}" for k in ("5", "10", "25")))
    console.print(table)
    console.print(f"± {result['ci']:.3f} at 10 (95 %, over questions); {result['categories']}")
    _show_relevance(result["relevance"], console)
    _show_gate(result, console)
    if "ablation" in result:
        _show_ablation(result, console)


def _show_relevance(result: dict[str, Any], console: Console) -> None:
    kinds = list(next(iter(result["curve"].values()))["any"])
    table = Table(title=f"who gets lines, by min_relevance (default {result['default']:g})")
    for heading in ("min_relevance", "recall@10", "answerable", "of these right", *kinds):
        table.add_column(heading)
    for level, row in result["curve"].items():
        figures = (row["recall10"], row["answerable"], row["right"], *row["any"].values())
        table.add_row(level, *(f"{figure:.3f}" for figure in figures))
    table.add_row("AUC", "", "", "", *(f"{result['auc'][kind]:.3f}" for kind in kinds))
    console.print(table)
    console.print(f"AUC against all without an answer: {result['auc']['all']:.3f}")


def _show_gate(result: dict[str, Any], console: Console) -> None:
    if not result["gate"]:
        return
    table = Table(title="gate, by budget")
    for heading in ("", "budget", "kept", "evidence kept", "recall@10"):
        table.add_column(heading)
    gates = {"ours": result["gate"]}
    gates |= {n: row for n, row in result["controls"].items() if "10" not in row}
    for name, levels in gates.items():
        for level, row in levels.items():
            figures = (f"{row[key]:.3f}" for key in ("kept", "evidence", "recall10"))
            table.add_row(name, level, *figures)
    console.print(table)


def _show_ablation(result: dict[str, Any], console: Console) -> None:
    table = Table(title="recall@10 without a signal")
    for heading in ("without", "recall@10", "lost, points"):
        table.add_column(heading)
    whole = result["recall"]["10"]
    for name, value in sorted(result["ablation"].items(), key=lambda item: item[1]):
        table.add_row(name, f"{value:.4f}", f"{100 * (whole - value):+.1f}")
    console.print(table)
