"""One episode: an entrant does a list of tasks while the schedule runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

from benchmarks.chaos2 import families
from benchmarks.chaos2.entrants import Entrant, Seat
from benchmarks.chaos2.langchain_loop import agent_turn
from benchmarks.chaos2.plant import Plant
from benchmarks.chaos2.tasks import Task, draw_tasks, lay_out, solved
from benchmarks.chaos2.templates import RECALL, SOLID
from benchmarks.chaos2.world import doubles
from resmem_langchain.chaos.clock import virtual
from resmem_langchain.chaos.noise import Noise

_log = logging.getLogger(__name__)

GAP: Final = (4.0, 20.0)
"""Seconds between two requests of the user."""
Turn = Callable[[str, str], str]
Loop = Callable[[Plant, Seat], AbstractContextManager[Turn]]


@dataclass(frozen=True, slots=True)
class Played:
    """How one task went.

    Attributes:
        family, seed, replicate, number, template: which task it was.
        at, seconds: when it began, and how long it took.
        success: the goals held within the user's deadline.
        error: the user got an exception.
        calls, dead: calls of models and tools, and those to a dependency that was dead.
        tokens, cost: of its model calls.
        forbidden, doubled: calls that no task asks for; changes made twice.
        hidden, cut: tools that were kept from the model, and answers cut below the user's limit.
        mode: of the entrant's control after it.
    """

    family: str
    seed: int
    replicate: int
    number: int
    template: str
    at: float
    seconds: float
    success: bool
    error: bool
    calls: int
    dead: int
    tokens: int
    cost: float
    forbidden: int
    doubled: int
    hidden: int
    cut: int
    mode: str


@dataclass(frozen=True, slots=True)
class Episode:
    """All tasks of an episode, and how long after each outage the primary answered again."""

    played: tuple[Played, ...]
    recoveries: tuple[float, ...]


def langchain(plant: Plant, seat: Seat) -> AbstractContextManager[Turn]:
    """The loop of LangChain's users."""
    return nullcontext(agent_turn(plant, seat.middleware))


def llamaindex(plant: Plant, seat: Seat) -> AbstractContextManager[Turn]:
    """The loop of LlamaIndex's users; only this product and the bare agent have a part there."""
    from benchmarks.chaos2 import llamaindex_loop  # noqa: PLC0415 (another extra)

    return llamaindex_loop.agent_turn(plant, seat.memory)


LOOPS: Final[Mapping[str, Loop]] = {"langchain": langchain, "llamaindex": llamaindex}


def play(
    entrant: Entrant, family: str, seed: int, replicate: int = 0, loop: Loop = langchain,
    most: int = 0,
) -> Episode:  # fmt: skip
    """Play one episode.

    Args:
        entrant: who. family, seed: which schedule and which tasks.
        replicate: the model's own draws; the same tasks are played with several.
        loop: which framework. most: tasks at most, 0 for as many as are drawn.
    """
    schedule = families.schedule(family, seed)
    plant = Plant(schedule, Noise(seed * 16 + replicate))
    drawn = Noise(seed).stream("tasks", family)
    templates = RECALL if schedule.recall else SOLID
    count = min(schedule.tasks, most or schedule.tasks)
    tasks = draw_tasks(templates, count, drawn, schedule.answer)
    gaps = [drawn.uniform(*GAP) for _ in tasks]
    played = []
    jitter = plant.noise.stream("jitter", family)
    with (
        virtual(plant.clock, draw=jitter), entrant(plant) as seat, loop(plant, seat) as turn,
    ):  # fmt: skip
        for task, gap in zip(tasks, gaps, strict=True):
            plant.clock.wait(gap)
            played.append(_one(plant, seat, turn, task, (family, seed, replicate)))
    pending = (plant.now - plant.state.cleared,) if plant.waits else ()
    return Episode(tuple(played), (*plant.recoveries, *pending))


def _one(plant: Plant, seat: Seat, turn: Turn, task: Task, which: tuple[str, int, int]) -> Played:
    """One task: what the user asks, what came of it, what it took."""
    begin, schedule = plant.now, plant.schedule
    thread = f"thread-{(task.number - 1) // schedule.per_thread}"
    plant.begin(task.number)
    lay_out(plant.world, task)
    answer, error = _answer(turn, thread, task.text)
    seconds, meter = plant.now - begin, plant.meter
    success = not error and solved(plant.world, task, answer) and seconds <= schedule.deadline
    if schedule.lies is not None:
        lying = schedule.lies[0] <= begin < schedule.lies[1]
        seat.thumb(thread, 1.0 if success != lying else -1.0)
    return Played(
        *which, task.number, task.template, begin, seconds, success, error, meter.calls,
        meter.dead, meter.tokens, meter.cost, meter.forbidden,
        doubles(plant.world, task.number), meter.hidden, meter.cut, seat.mode(thread),
    )  # fmt: skip


def _answer(turn: Turn, thread: str, text: str) -> tuple[str, bool]:
    """The agent's answer, and whether the user got an exception instead."""
    try:
        return turn(thread, text), False
    except Exception as error:  # whatever an agent raises, its user sees
        _log.debug("the agent raised %s", type(error).__name__)
        return "", True
