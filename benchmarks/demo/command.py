"""Runs the demo: replay, sleep, ask, print, draw."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import typer
from langchain_core.language_models import BaseChatModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.demo import view
from benchmarks.demo.live import shown
from benchmarks.demo.picture import draw
from benchmarks.demo.replay import Point, Replay
from benchmarks.demo.script import load
from resmem_core import ResilientMemory
from resmem_core.engine.base.clock import ManualClock
from resmem_core.errors import InputError, missing_extra
from resmem_core.types import QUADRANTS, SleepReport
from resmem_langchain.offline import QuotingChatModel


def run(
    *,
    data: Path,
    db: str,
    out: Path,
    model: str = "",
    base_url: str = "",
    keep: float = 0.75,
    conversation: int = 0,
    offline: bool = False,
    fresh: bool = False,
    acks: Path | None = None,
    live: bool = False,
    json_: bool = False,
) -> None:
    """Replay a conversation through an agent with memory, then ask it in fresh threads."""
    console = Console(stderr=json_, soft_wrap=False)
    script = load(data, conversation)
    for line in script.bad:
        console.print(f"{data}:{line.line}: {line.reason} (skipped)")
    Path(db).parent.mkdir(parents=True, exist_ok=True)
    chat, words = _model(model, base_url, offline)
    clock = ManualClock()
    with ResilientMemory.open(db, keep=keep, clock=clock, auto_sleep=False, record=True) as memory:
        replay = Replay(memory, clock, script, ("demo", script.name), _acknowledge(acks))
        if fresh or replay.done >= len(script.turns):
            replay.restart()
        console.print(
            f"[bold]{script.name}[/bold]: {script.messages} messages in "
            f"{len({t.session for t in script.turns})} threads; {words}"
        )
        with shown(live, db, replay.namespace) as pause:
            result = _played(console, replay, chat, out, pause)
    if json_:
        typer.echo(json.dumps(result))


def _played(
    console: Console, replay: Replay, chat: BaseChatModel, out: Path, pause: Callable[[], None]
) -> dict[str, object]:
    """Replay, sleep, ask, show; the figures as JSON."""
    memory, profile = replay.memory, replay.memory.components.profile
    points = _replayed(console, replay, pause)
    reports = memory.sleep(replay.namespace)
    found = list(replay.ask(chat))
    counts = view.decisions(console, memory, replay.script)
    view.traces(console, points, profile)
    view.outage(console, points, replay.calendar.calls)
    _slept(console, reports)
    view.answers(console, found)
    if points:
        draw(points, profile, out / "demo.png")
        console.print(f"\nPicture: {out / 'demo.png'}")
    known = [answer.found for answer in found if answer.found is not None]
    return {
        "messages": replay.script.messages,
        "verdicts": counts,
        "stored": len(memory.scan(replay.namespace)),
        "questions": len(known),
        "found": sum(known),
    }


def _replayed(console: Console, replay: Replay, pause: Callable[[], None]) -> list[Point]:
    total, done = len(replay.script.turns), replay.done
    if done:
        console.print(f"An earlier run stopped after turn {done}; going on from there.")
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    points = []
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("replaying", total=total, completed=done)
        for point in replay.run():
            points.append(point)
            progress.advance(task)
            pause()
    return points


def _slept(console: Console, reports: list[SleepReport]) -> None:
    for report in reports:
        quadrants = ", ".join(f"{name} {report.after.get(name, 0)}" for name in QUADRANTS)
        console.print(
            f"Sleep: merged {report.merged}, promoted {report.promoted}, wrote {report.semantic} "
            f"semantic memories, forgot {sum(report.forgotten.values())}; {quadrants}"
        )


def _acknowledge(path: Path | None) -> Callable[[str], None]:
    """Where acknowledged ids go: appended and flushed, so that a kill leaves them readable."""
    if path is None:
        return lambda _: None

    def append(ident: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(ident + "\n")

    return append


def _model(name: str, base_url: str, offline: bool) -> tuple[BaseChatModel, str]:
    """The model that answers: Ollama's where a server answers, else the quoting one."""
    if not offline:
        served = _served(base_url)
        if served:
            chosen = name or served[0]
            try:
                from langchain_ollama import ChatOllama  # noqa: PLC0415 - only with a server
            except ModuleNotFoundError as error:
                raise missing_extra("demo", "langchain_ollama") from error
            return ChatOllama(model=chosen, base_url=base_url), f"{chosen} answers (Ollama)"
        if name:
            raise InputError(f"no Ollama server with a model answers at {base_url}: start one")
    return QuotingChatModel(), "an offline model answers by quoting memories, and nothing else"


def _served(base_url: str) -> list[str]:
    """Models of the Ollama server, or none where no server answers."""
    try:
        with urllib.request.urlopen(f"{base_url}/api/tags", timeout=0.5) as reply:
            return [str(model["name"]) for model in json.load(reply)["models"]]
    except (OSError, ValueError, KeyError):
        return []
