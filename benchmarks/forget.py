"""What was forgotten comes back in no way: canaries told again, imported, restored and slept on."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from resmem_core import Message, ResilientMemory
from resmem_core.engine.keeping import files

USER: Final = ("bench", "ada")
ROUNDS: Final = 5
SHAPES: Final = (
    "My {thing} came from {name} harbour.",
    "I owe {name} {number} euros for the {thing}.",
    "{name} is my {role}.",
    "I left the {thing} with {name} in Room {number}.",
    "My {role} {name} lives behind the {thing} shop.",
    "The doctor put me on {number} mg of {name}.",
    "I was questioned in {name} about the {thing}.",
    "My account at {name} has the number {number}.",
)
RETOLD: Final = {
    "paraphrase": (
        "From {name} harbour came my {thing}!",
        "For the {thing} I still owe {number} euros to {name}.",
        "My {role} is {name}, you know.",
        "In Room {number}, with {name}, I left the {thing}.",
        "Behind the {thing} shop lives {name}, my {role}.",
        "I'm on {number} mg of {name}, the doctor put me on it.",
        "In {name} I got questioned about the {thing}.",
        "{number} is the number of my account at {name}.",
    ),
    "confirmation": (
        "Done: I have forgotten that your {thing} came from {name} harbour.",
        "I deleted that you owe {name} {number} euros for the {thing}.",
        "Okay, I no longer know that {name} is your {role}.",
        "I removed the note that you left the {thing} with {name} in Room {number}.",
        "I erased that your {role} {name} lives behind the {thing} shop.",
        "I forgot that the doctor put you on {number} mg of {name}.",
        "It is deleted that you were questioned in {name} about the {thing}.",
        "Your account at {name} with the number {number} is forgotten.",
    ),
    "extraction": (
        "User's {thing} came from {name} harbour.",
        "User owes {name} {number} euros for {thing}.",
        "User's {role}: {name}.",
        "User left {thing} with {name}, Room {number}.",
        "User's {role} {name} lives behind {thing} shop.",
        "User takes {number} mg of {name}.",
        "User was questioned about the {thing} in {name}.",
        "User has account number {number} at {name}.",
    ),
}
_THINGS: Final = ("kite", "cello", "tandem", "kiln", "scarf", "boiler", "ladder", "violin")
_ROLES: Final = ("landlord", "dentist", "godfather", "accountant", "tutor", "surgeon", "tenant")
_NEIGHBOURS: Final = (
    "My {thing} needs new paint.",
    "The harbour of Oslo is frozen.",
    "I paid {number} euros for train tickets.",
    "A {role} called today about something else.",
)


def forget(
    canaries: Annotated[int, typer.Option(help="Facts that are forgotten.", min=8)] = 1000,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Forget facts, then tell them again in every way: none may come back, and no byte be left."""
    figures = measure(canaries)
    if json_:
        print(json.dumps(figures))
        return
    table = Table(
        "way", "told", "came back", "stored where nothing was forgotten",
        title=f"{canaries:,} canaries, {ROUNDS} sleeps",
    )  # fmt: skip
    for way, row in figures["ways"].items():
        table.add_row(way, *(f"{value:,}" if value is not None else "" for value in row.values()))
    console = Console()
    console.print(table)
    console.print(f"canaries whose bytes are left in a file: {figures['bytes_left']:,}")
    console.print(f"other facts refused: {figures['others_refused']} of {figures['others']}")


def measure(canaries: int) -> dict[str, Any]:
    """Told and come back by way, bytes that are left, and other facts that were refused."""
    facts = [_filled(SHAPES, n) for n in range(canaries)]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as away:
        path, copy = str(Path(folder) / "m.db"), str(Path(away) / "copy.db")
        with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
            session = memory.session("first", namespace=USER)
            session.observe_all(_said(facts, "user"))
            memory.sleep(USER)
            export = list(memory.export(USER))
            files.backup(path, copy)
            memory.forget(USER, session="first")
            left = len(memory.scan(USER))
            ways = _ways(memory, facts)
            for turn in range(ROUNDS):
                _tell(memory, ways, facts, export, turn)
        found = _left(Path(folder), canaries)
        ways["restore"] = {"told": canaries, "back": _restored(copy, path), "control": None}
        others = _others(path, canaries)
    return {
        "canaries": canaries, "sleeps": ROUNDS, "left_by_forget": left, "ways": ways,
        "bytes_left": found, "others": others[0], "others_refused": others[1],
    }  # fmt: skip


def _told(facts: list[str]) -> Iterator[tuple[str, list[Message]]]:
    """Each way of telling the facts again, and the messages that do it."""
    yield "repeat", _said(facts, "user")
    for way, shapes in RETOLD.items():
        texts = [_filled(shapes, n) for n in range(len(facts))]
        yield way, _said(texts, "user" if way == "paraphrase" else "assistant")


def _ways(memory: ResilientMemory, facts: list[str]) -> dict[str, dict[str, Any]]:
    """A row for each way, with how much of it is stored where nothing was forgotten."""
    rows: dict[str, dict[str, Any]] = {}
    for way, messages in _told(facts):
        name = ("bench", "control", way)
        memory.session("control", namespace=name).observe_all(messages)
        rows[way] = {"told": 0, "back": 0, "control": len(memory.scan(name))}
        memory.forget(name)
    return rows | {"import": {"told": 0, "back": 0, "control": None}}


def _tell(
    memory: ResilientMemory, ways: dict[str, dict[str, Any]], facts: list[str],
    export: list[str], turn: int,
) -> None:  # fmt: skip
    """One round: every way of telling, each in a conversation of its own, then a sleep."""
    for way, messages in _told(facts):
        memory.session(f"{way}-{turn}", namespace=USER).observe_all(messages)
        ways[way]["told"] += len(messages)
        ways[way]["back"] += len(memory.scan(USER))
        memory.forget(USER, session=f"{way}-{turn}", tombstones=False)
    memory.import_(export)
    memory.sleep(USER)
    ways["import"]["told"] += len(facts)
    ways["import"]["back"] += len(memory.scan(USER))


def _restored(copy: str, path: str) -> int:
    """Canaries in a copy from before that is put in the place of the store, after a sleep."""
    files.restore(copy, path, replace=True)
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        memory.sleep(USER)
        return len(memory.scan(USER))


def _others(path: str, count: int) -> tuple[int, int]:
    """How many facts that nobody forgot were told, and refused."""
    texts = sorted({_filled(_NEIGHBOURS, n) for n in range(min(count, 200))})
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        verdicts = memory.session("others", namespace=USER).observe_all(_said(texts, "user"))
    return len(texts), sum(one.verdict.value == "drop" for one in verdicts)


def _filled(shapes: tuple[str, ...], n: int) -> str:
    return shapes[n % len(shapes)].format(
        name=_name(n), thing=_THINGS[n // 8 % 8], role=_ROLES[n % 7], number=1000 + 7 * n
    )


def _name(n: int) -> str:
    return f"Zor{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}quil"


def _said(texts: Iterable[str], role: str) -> list[Message]:
    return [Message(role=role, text=text) for text in texts]  # type: ignore[arg-type]


def _left(folder: Path, count: int) -> int:
    """Canaries whose name stands in a file of the store."""
    held = b"".join(file.read_bytes().lower() for file in folder.iterdir())
    return sum(_name(n).lower().encode() in held for n in range(count))


if __name__ == "__main__":
    typer.run(forget)
