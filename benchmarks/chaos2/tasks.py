"""A task: a template with names drawn in, its rows in the world, and whether its goals hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from benchmarks.chaos2.templates import Row, Template
from benchmarks.chaos2.world import World

WHO: Final = ("Ada Moss", "Ben Ruiz", "Cleo Park", "Dov Levi", "Eda Kaya", "Finn Roth", "Gita Rao")
ITEM: Final = ("lamp", "desk", "chair", "router", "kettle", "monitor", "blanket", "drill")
CITY: Final = ("Oslo", "Porto", "Graz", "Lyon", "Turku", "Bergen", "Kyoto", "Quito", "Dakar")
TITLE: Final = (
    "budget",
    "review",
    "planning",
    "interview",
    "handover",
    "training",
    "retrospective",
)
THING: Final = ("door code", "gate number", "locker key", "badge label", "shelf mark")
TOPIC: Final = ("soil", "tides", "bridges", "bees", "glass", "trains", "maps", "clocks")


@dataclass(frozen=True, slots=True)
class Task:
    """One request of the user.

    Attributes:
        number: its place in the episode.
        template, kind: where it comes from.
        text: what the user writes, plan included.
        told: what must be told in another thread first; empty for most.
        given, goals: rows before and after.
        answer: tokens that the final answer must have.
    """

    number: int
    template: str
    kind: str
    text: str
    told: str
    given: tuple[Row, ...]
    goals: tuple[Row, ...]
    answer: int


def make(template: Template, number: int, draw: Random, answer: int | None = None) -> Task:
    """A task of this template; names carry its number, so that tasks do not meet."""
    words = _words(number, draw)
    length = template.answer if answer is None else answer
    plan = "\n".join(
        f"{n}. {step.format(**words)}" for n, step in enumerate(template.steps, start=1)
    )
    return Task(
        number=number,
        template=template.name,
        kind=template.kind,
        text=f"{template.says.format(**words)}\nPlan:\n{plan}\nAnswer in {length} tokens.",
        told=template.told.format(**words),
        given=tuple(_filled(row, words) for row in template.given),
        goals=tuple(_filled(row, words) for row in template.goals),
        answer=length,
    )


def _words(number: int, draw: Random) -> dict[str, str]:
    day, day2, day3 = (f"2031-{number % 12 + 1:02d}-{d:02d}" for d in draw.sample(range(1, 29), 3))
    hours = [f"{h:02d}:{draw.choice(('00', '30'))}" for h in draw.sample(range(8, 18), 3)]
    titles = draw.sample(TITLE, 3)
    who, who2 = draw.sample(WHO, 2)
    item, item2 = draw.sample(ITEM, 2)
    topic, topic2 = draw.sample(TOPIC, 2)
    return {
        "day": day, "day2": day2, "day3": day3,
        "time": hours[0], "time2": hours[1], "time3": hours[2],
        "title": f"{titles[0]} {number}", "title2": f"{titles[1]} {number}",
        "title3": f"{titles[2]} {number}",
        "who": f"{who} {number}", "who2": f"{who2} {number}",
        "item": item, "item2": item2,
        "qty": str(draw.randint(1, 9)), "qty2": str(draw.randint(1, 9)),
        "amount": str(draw.randint(11, 99)), "age": str(draw.randint(19, 80)),
        "city": draw.choice(CITY), "thing": f"{draw.choice(THING)} {number}",
        "topic": topic, "topic2": topic2,
        "code": f"{draw.choice('KLMNP')}{draw.randint(1000, 9999)}",
        "code2": f"{draw.choice('RSTUV')}{draw.randint(1000, 9999)}",
        "key": f"key-{number}", "key2": f"held-{number}", "key3": f"also-{number}",
        "url": f"bench-test/{number}", "url2": f"bench-test/{number}/list",
        "event": f"given-ev{number}", "order": f"given-or{number}",
    }  # fmt: skip


def _filled(row: Row, words: dict[str, str]) -> Row:
    return tuple(cell.format(**words) if isinstance(cell, str) else cell for cell in row)


def lay_out(world: World, task: Task) -> None:
    """Put what a task needs into the world."""
    world.task = task.number
    for row in task.given:
        match row:
            case ("event", key, day, time, title):
                world.events[key] = {"day": day, "time": time, "title": title}
            case ("order", key, who, item, qty):
                world.orders[key] = {
                    "customer": who, "item": item, "qty": int(qty), "status": "open", "refunded": 0,
                }  # fmt: skip
            case ("note", key, text):
                world.notes[key] = text
            case ("page", url, text):
                world.pages[url] = text
            case _:
                raise ValueError(f"no such row: {row}")


def solved(world: World, task: Task, answer: str) -> bool:
    """Whether every goal holds, and the answer closes as the schema asks."""
    return whole(answer) and all(holds(world, goal) for goal in task.goals)


def whole(answer: str) -> bool:
    """Whether an answer is the JSON object that answers must be, and says that it was done."""
    try:
        return bool(json.loads(answer)["done"])
    except (ValueError, KeyError, TypeError):
        return False


def holds(world: World, goal: Row) -> bool:  # noqa: PLR0911 (one return per kind of goal)
    """Whether the world's state is what a goal asks for."""
    match goal:
        case ("has", day, time, title):
            return _rows(world.events.values(), day=day, time=time, title=title) == 1
        case ("at", key, day, time):
            row = world.events.get(key, {})
            return (row.get("day"), row.get("time")) == (day, time)
        case ("gone", key):
            return key not in world.events
        case ("bought", who, item, qty):
            return _rows(world.orders.values(), customer=who, item=item, qty=int(qty)) == 1
        case ("status", key, status):
            return bool(world.orders[key]["status"] == status)
        case ("refunded", key, amount):
            return bool(world.orders[key]["refunded"] == int(amount))
        case ("note", key, text):
            return bool(world.notes.get(key) == text)
        case ("noted", key):
            return bool(world.notes.get(key, "") in world.events)
        case ("record", name, key, value):
            return bool(str(world.records.get(name, {}).get(key)) == value)
        case ("report", name, items):
            return bool(len(set(world.reports.get(name, ()))) == items == len(world.reports[name]))
    raise ValueError(f"no such goal: {goal}")


def _rows(rows: Any, **fields: Any) -> int:
    return sum(all(row[key] == value for key, value in fields.items()) for row in rows)


def draw_tasks(
    templates: Sequence[Template], count: int, draw: Random, answer: int | None = None
) -> tuple[Task, ...]:
    """So many tasks, templates in random order and each about equally often."""
    order: list[Template] = []
    while len(order) < count:
        order += draw.sample(templates, len(templates))
    return tuple(make(t, n, draw, answer) for n, t in enumerate(order[:count], start=1))
