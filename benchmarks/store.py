"""Mixed operations of concurrent tasks: `ResmemStore` beside LangGraph's AsyncSqliteStore."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from resmem_core import ResilientMemory
from resmem_core.errors import missing_extra
from resmem_langchain import ResmemStore

try:
    from langgraph.store.sqlite.aio import AsyncSqliteStore
except ImportError as error:
    raise missing_extra("peers", "langgraph-checkpoint-sqlite") from error

USERS: Final = 40


def store(
    operations: Annotated[int, typer.Option(help="Put, get and search, mixed.", min=60)] = 6000,
    runs: Annotated[int, typer.Option(help="Of each store, in turn.", min=1)] = 5,
    tasks: Annotated[int, typer.Option(help="Tasks that wait at once; 0: all.", min=0)] = 0,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Seconds that mixed async store operations take, and the ratio to AsyncSqliteStore."""
    rows = asyncio.run(measure(operations, runs, tasks or operations))
    if json_:
        print(json.dumps(rows))
        return
    table = Table("store", "median s", "least s", "ratio", title=f"{operations:,} operations")
    for row in rows:
        table.add_row(
            row["name"], f"{row['p50']:.2f}", f"{row['least']:.2f}", f"{row['ratio']:.2f}"
        )
    Console().print(table)


async def measure(operations: int, runs: int, tasks: int) -> list[dict[str, Any]]:
    """A row per store: median and least seconds, and the median ratio to AsyncSqliteStore."""
    took: dict[str, list[float]] = {name: [] for name in _SUBJECTS}
    for _ in range(runs):
        for name, run in _SUBJECTS.items():
            with tempfile.TemporaryDirectory() as folder:
                took[name].append(await run(Path(folder), operations, tasks))
    base = took["AsyncSqliteStore"]
    return [
        {
            "name": name, "n": operations, "p50": median(found), "least": min(found), "unit": "s",
            "ratio": median(mine / theirs for mine, theirs in zip(found, base, strict=True)),
        }
        for name, found in took.items()
    ]  # fmt: skip


async def _sqlite(folder: Path, operations: int, tasks: int) -> float:
    async with AsyncSqliteStore.from_conn_string(str(folder / "s.db")) as subject:
        await subject.setup()
        return await _seconds(subject, operations, tasks)


async def _ours(folder: Path, operations: int, tasks: int) -> float:
    return await _of_ours(folder, operations, tasks, shared=True)


async def _alone(folder: Path, operations: int, tasks: int) -> float:
    return await _of_ours(folder, operations, tasks, shared=False)


async def _of_ours(folder: Path, operations: int, tasks: int, *, shared: bool) -> float:
    with ResilientMemory.open(str(folder / "m.db")) as memory:
        return await _seconds(ResmemStore(memory, shared=shared), operations, tasks)


_SUBJECTS: Final[dict[str, Callable[[Path, int, int], Awaitable[float]]]] = {
    "AsyncSqliteStore": _sqlite,
    "ours": _ours,
    "ours, shared=False": _alone,
}


async def _seconds(subject: Any, operations: int, tasks: int) -> float:
    """Half puts, a third gets, the rest searches, from so many tasks at once."""
    draw = random.Random(7)
    work = [(draw.choice("pppggs"), draw.randrange(USERS), n) for n in range(operations)]
    waiting = iter(work)

    async def task() -> None:
        for kind, user, n in waiting:
            labels = ("users", f"u{user}")
            if kind == "p":
                await subject.aput(labels, f"k{n % 50}", {"text": f"Parcel {n} is at gate {user}."})
            elif kind == "g":
                await subject.aget(labels, f"k{n % 50}")
            else:
                await subject.asearch(labels, limit=10)

    begun = time.perf_counter()
    await asyncio.gather(*(task() for _ in range(tasks)))
    return time.perf_counter() - begun


if __name__ == "__main__":
    typer.run(store)
