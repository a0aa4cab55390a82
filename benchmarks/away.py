"""`resmem bench away`: how long a store that is locked or full holds up a turn of each adapter."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Final, TypeAlias

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.turn.measure import NAMESPACE, question
from resmem_core import ResilientMemory
from resmem_core.errors import MissingExtra

Turn: TypeAlias = Callable[[int], Coroutine[Any, Any, object]]
"""The n-th turn of an agent."""
Agent: TypeAlias = tuple[Turn, Callable[[], Coroutine[Any, Any, None]]]
"""Its turns, and how it is closed."""

_WARM: Final = 5


def away(
    turns: Annotated[int, typer.Option(help="Turns in each state.", min=1)] = 20,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Milliseconds of a turn while the store is well, locked by another writer, and full."""
    rows = measure(turns)
    if json_:
        print(json.dumps(rows))
        return
    table = Table(
        "adapter", "the store is", "p50 ms", "longest ms", "added ms", "kept aside", "lost after"
    )
    for row in rows:
        table.add_row(*(f"{v:,.0f}" if isinstance(v, float) else str(v) for v in row.values()))
    Console().print(table)


def measure(turns: int) -> list[dict[str, Any]]:
    """A row for each adapter and state; what was kept aside is taken in at the end."""
    return [
        row
        for adapter, make in (("langchain", _langchain), ("llamaindex", _llamaindex))
        for row in asyncio.run(_rows(adapter, make, turns))
    ]


async def _rows(
    adapter: str, make: Callable[[ResilientMemory], Agent], turns: int
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "away.db")
        with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
            turn, close = make(memory)
            for n in range(_WARM):
                await turn(n)
            told = _WARM
            for state, trouble in (("well", _well), ("locked", _locked), ("full", _full)):
                with trouble(memory):
                    took = [await _timed(turn, told + n) for n in range(turns)]
                    waiting = len(memory.outbox)
                told += turns
                middle = float(np.median(took))
                rows.append({
                    "adapter": adapter, "state": state, "p50_ms": middle, "max_ms": max(took),
                    "added_ms": middle - (rows[0]["p50_ms"] if rows else middle),
                    "kept_aside": waiting, "lost": 0,
                })  # fmt: skip
                memory.outbox.flush()
                said = {m.text for m in memory.scan(NAMESPACE)}
                rows[-1]["lost"] = sum(question(n) not in said for n in range(told))
            await close()
    return rows


async def _timed(turn: Turn, n: int) -> float:
    begun = perf_counter()
    await turn(n)
    return 1e3 * (perf_counter() - begun)


def _well(memory: ResilientMemory) -> nullcontext[None]:
    return nullcontext()


@contextmanager
def _locked(memory: ResilientMemory) -> Iterator[None]:
    """Another connection holds the file's write lock, as another process would."""
    other = sqlite3.connect(memory.store.location, isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@contextmanager
def _full(memory: ResilientMemory) -> Iterator[None]:
    """The file may not grow, as on a full disk."""
    with memory.store._write as own:  # type: ignore[attr-defined]
        before = own.execute("PRAGMA max_page_count").fetchone()[0]
        own.execute("PRAGMA max_page_count = 1")  # as many as it has
    try:
        yield
    finally:
        with memory.store._write as own:  # type: ignore[attr-defined]
            own.execute(f"PRAGMA max_page_count = {before}")


def _langchain(memory: ResilientMemory) -> Agent:
    try:
        from langchain.agents import create_agent  # noqa: PLC0415

        from benchmarks.turn.langchain import RUN, Silent  # noqa: PLC0415
        from resmem_langchain import ResmemMiddleware  # noqa: PLC0415
    except ModuleNotFoundError:
        raise MissingExtra(
            "this needs LangChain: pip install 'resilient-memory[langchain]'"
        ) from None
    agent: Any = create_agent(Silent(), [], middleware=[ResmemMiddleware(memory)])

    async def close() -> None:
        """Nothing is open."""

    return lambda n: agent.ainvoke({"messages": [("user", question(n))]}, RUN), close


def _llamaindex(memory: ResilientMemory) -> Agent:
    try:
        from llama_index.core.llms import ChatMessage  # noqa: PLC0415
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

        from resmem_llamaindex import ResmemMemory  # noqa: PLC0415
    except ModuleNotFoundError:
        raise MissingExtra(
            "this needs LlamaIndex: pip install 'resilient-memory[llamaindex]'"
        ) from None
    engine = create_async_engine("sqlite+aiosqlite:///:memory:")
    chat = ResmemMemory.over(memory, session_id="away", namespace=NAMESPACE, async_engine=engine)

    async def turn(n: int) -> None:
        await chat.aput(ChatMessage(role="user", content=question(n)))
        await chat.aget(question(n))

    return turn, engine.dispose
