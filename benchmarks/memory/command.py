"""Command line: `resmem bench memory`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.memory import looks, tables
from benchmarks.memory.conversations import DataSet
from benchmarks.memory.plot import draw, stem
from benchmarks.memory.run import KEEP, run
from benchmarks.memory.sets import OURS, open_sets
from resmem_core.errors import ResmemError
from resmem_core.memory.index import named as embedders


def memory(
    data: Annotated[
        list[str] | None,
        typer.Option(
            help="Conversations: a file in the format of LoCoMo, LongMemEval, ConvoMem or tau-bench"
            ' or our own "threads" or "languages". Several times for one table, with ours.'
        ),
    ] = None,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(help="The same, of a file to check with: each look at it is written down."),
    ] = None,
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
    seed: Annotated[int, typer.Option(help="Of the bootstrap and the random controls.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for --plot, and for looks.jsonl.")] = Path(
        "results"
    ),
) -> None:
    """Measure recall and the gate on real conversations, beside plain baselines.

    One --data prints its figures in full; several, or none, print one table over all sets.
    """
    screen = Console(stderr=True)
    named, files = list(data or ()), list(held_out or ())
    if len(named) + len(files) != 1:
        named += [name for name in OURS if name not in named]
    try:
        seen = [name for name in named if looks.known(out / "looks.jsonl", Path(name))]
        named, files = [n for n in named if n not in seen], [*files, *map(Path, seen)]
        sets: list[tuple[DataSet, Path | None]] = []
        sets += [(each, None) for name in named for each in open_sets(name)]
        sets += [(each, path) for path in files for each in open_sets(path, held_out=True)]
        results = []
        for each, path in sets:
            result = run(
                each,
                embedders.by_name(embedder),
                keep=_numbers(keep),
                only=[name.strip() for name in conversations.split(",") if name.strip()],
                ablation=ablate,
                seed=seed,
                progress=(lambda _: None)
                if as_json
                else (lambda what: screen.print(f"[dim]{what}")),
            )
            results.append(_noted(result, each, path, out))
            if plot:
                written = [_save(result, out), *draw(result, out)]
                screen.print(f"[dim]{', '.join(map(str, written))}")
    except ResmemError as error:
        screen.print(f"[red]{error}")
        raise typer.Exit(2) from error
    if as_json:
        found = results[0] if len(results) == 1 else {"sets": results}
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        tables.show(results, Console(width=max(Console().width, tables.WIDTH)))


def _noted(result: dict[str, Any], each: DataSet, path: Path | None, out: Path) -> dict[str, Any]:
    """The result, with the number of looks where the set is held out."""
    if not each.held_out or path is None:
        return result
    return {**result, "held_out": True, "looks": looks.note(out / "looks.jsonl", path, result)}


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
