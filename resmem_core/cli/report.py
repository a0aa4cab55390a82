"""`resmem report`: what is remembered, decided and felt, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resmem_core.cli.options import (
    DEFAULT_DB,
    Json,
    Location,
    NamespaceOption,
    opened,
    parse_namespace,
    show_json,
)
from resmem_core.report import gather, page


def report(
    db: Location = DEFAULT_DB,
    namespace: NamespaceOption = "",
    out: Annotated[Path, typer.Option(help="The HTML file.")] = Path("results/report.html"),
    json_: Json = False,
) -> None:
    """Write one self-contained HTML page: memory map, gate, hormones, knobs and modes."""
    with opened(db) as memory:
        facts = gather(memory, parse_namespace(namespace, db) if namespace else None)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(facts), "utf-8")
    if json_:
        counts = {"memories": len(facts.memories), "records": facts.records}
        show_json({"page": str(out), **counts, "ticks": len(facts.ticks)})
    else:
        typer.echo(f"wrote {out}")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(report)
