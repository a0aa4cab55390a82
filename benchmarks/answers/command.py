"""Command line: `resmem bench answers`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from langchain_core.language_models import BaseChatModel
from rich.console import Console
from rich.table import Table

from benchmarks.answers import reliability
from benchmarks.answers.corpus import KINDS, allotment
from benchmarks.answers.measure import measure
from benchmarks.answers.reader import ScriptedReader
from resmem_core.errors import ResmemError

READERS: Final = ("scripted", "smollm2")


def answers(
    reader: Annotated[
        str, typer.Option(help="scripted, or smollm2: a small real model on this machine (extra).")
    ] = "scripted",
    questions: Annotated[int, typer.Option(help="Of the hundred; evenly spread.", min=4)] = 100,
    second: Annotated[
        bool, typer.Option("--second", help="50 other questions, written when all else was done.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(help="Instead: draw how far relevance may be believed (extra `plot`)."),
    ] = None,
    show: Annotated[Path | None, typer.Option(help="Write every prompt and answer here.")] = None,
) -> None:
    """What is answered right with our block, and with other things before the same question."""
    screen = Console(stderr=True)
    try:
        if plot is not None:
            print(json.dumps(_relevance(plot)))
            return
        with _model(reader) as model:
            result, seen = measure(model, questions, (allotment(),) if second else None)
    except ResmemError as error:
        screen.print(f"[red]{error}")
        raise typer.Exit(2) from error
    if show is not None:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in seen)
        show.write_text("".join(lines), encoding="utf-8")
    if json_:
        print(json.dumps({"reader": reader, **result}, ensure_ascii=False))
        return
    Console().print(_table(f"{result['questions']} questions, {reader}", result["ways"]))


def _relevance(path: Path) -> dict[str, Any]:
    """The figures of the picture, which is drawn."""
    best = reliability.best_hits()
    figures = {"bins": reliability.bins(best), "curve": reliability.curve(best)}
    reliability.draw(figures, path)
    return figures


@contextmanager
def _model(reader: str) -> Iterator[BaseChatModel]:
    if reader not in READERS:
        raise typer.BadParameter(f"--reader is one of {', '.join(READERS)}, got {reader!r:.40}")
    if reader == "scripted":
        yield ScriptedReader()
        return
    from benchmarks.answers.smollm2 import serving  # noqa: PLC0415  # needs an extra

    with serving() as model:
        yield model


def _table(title: str, ways: dict[str, Any]) -> Table:
    columns = ("right", "wrong", "don't know", *KINDS, "tokens")
    table = Table("before the question", *columns, title=title)
    for name, row in ways.items():
        kinds = (f"{row['kinds'][kind]:.0%}" for kind in KINDS)
        counts = (f"{row[column]}" for column in columns[:3])
        table.add_row(name, *counts, *kinds, f"{row['tokens']:.0f}")
    return table
