"""A trial: the user's agent does the user's tasks while a family of faults runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Final

from langchain_core.messages import HumanMessage

from resmem_core import ResilientMemory
from resmem_core.engine.base.clock import ManualClock
from resmem_core.errors import ConfigError
from resmem_langchain._middleware import ResmemMiddleware
from resmem_langchain.chaos.clock import START, virtual
from resmem_langchain.chaos.families import FAMILIES, Targets, drawn
from resmem_langchain.chaos.faults import Schedule
from resmem_langchain.chaos.noise import Noise
from resmem_langchain.chaos.proxy import CallMeter, Proxy, doubled, forbidden_calls, standing
from resmem_langchain.chaos.subject import Built, Factory, build
from resmem_langchain.chaos.tasks import Ask

CALM: Final = "F12"
SPARSE: Final = 4.0
"""How many times longer the window of a rate limit is."""
SPAN: Final = 400.0
"""Virtual seconds over which a trial's tasks are spread."""
NAMESPACE: Final = ("chaos", "user")


@dataclass(frozen=True, slots=True)
class Run:
    """One task under one family, with or without Resilient Memory."""

    family: str
    resilient: bool
    seed: int
    success: bool
    error: str
    calls: int
    dead: int
    struck: int
    tokens: int
    seconds: float
    forbidden: int
    doubled: int


def check(families: Sequence[str]) -> tuple[str, ...]:
    """The families to try, calm always among them, as what the others are held against.

    Raises:
        ConfigError: there is no such family, or it needs what only the benchmark has.
    """
    known = [name for name in FAMILIES if name not in ("F6", CALM)]
    for name in families:
        if name not in known and name != CALM:
            raise ConfigError(
                f"no family {name!r:.40} for your agent: there are {', '.join(known)}"
            )
    return (CALM, *(name for name in families if name != CALM))


def targets_of(tools: Sequence[Any], asks: Sequence[Ask]) -> Targets:
    """What of the user's agent can be hit: each tool is a service of its own."""
    names = tuple(tool.name for tool in tools) or ("none",)
    fields = tuple(
        (tool.name, next(iter(tool.args)), f"{next(iter(tool.args))}_value")
        for tool in tools
        if tool.args
    )
    banned = dict.fromkeys(name for ask in asks for name in ask.forbidden)
    calls = tuple(f"{name}()" for name in banned) or ("delete_everything()",)
    return Targets(names, fields, (names,), calls)


@dataclass(frozen=True, slots=True)
class Course:
    """What a trial plays.

    Attributes:
        factory: makes the user's agent. asks: the user's tasks, in order, again and again.
        turns: tasks per trial, spread evenly over the schedule.
    """

    factory: Factory
    asks: tuple[Ask, ...]
    turns: int = 24


def play(course: Course, family: str, seed: int, *, resilient: bool) -> list[Run]:
    """One trial: a family's schedule of one seed, with or without Resilient Memory."""
    clock = ManualClock(START)
    with ExitStack() as stack:
        more = [_ours(stack, clock)] if resilient else []
        built = build(course.factory, more)
        schedule = spread(drawn(family, seed, targets_of(built.tools, course.asks)))
        noise = Noise(seed)
        proxy = Proxy(schedule, noise, clock)
        stack.enter_context(virtual(clock, draw=noise.stream("jitter", family)))
        stack.enter_context(standing(proxy))
        return [
            _one(proxy, built, course, turn, (family, resilient, seed))
            for turn in range(course.turns)
        ]


def spread(schedule: Schedule) -> Schedule:
    """The schedule for an agent that is asked less often than the benchmark's."""
    limit = schedule.limit
    wider = replace(limit, seconds=SPARSE * limit.seconds) if limit else None
    return replace(schedule, limit=wider)


def _ours(stack: ExitStack, clock: ManualClock) -> ResmemMiddleware:
    memory = stack.enter_context(ResilientMemory.open(":memory:", clock=clock, auto_sleep=False))
    return ResmemMiddleware(memory, namespace=NAMESPACE)


def _one(
    proxy: Proxy, built: Built, course: Course, turn: int, which: tuple[str, bool, int]
) -> Run:
    """One task: what the user asks, what came of it, what it took."""
    ask = course.asks[turn % len(course.asks)]
    proxy.clock.wait(SPAN / course.turns)
    proxy.meter = meter = CallMeter()
    begin = proxy.now
    answer, error = _answer(built.agent, f"{ask.thread}-{turn // len(course.asks)}", ask.text)
    bad = forbidden_calls(meter, ask.forbidden)
    return Run(
        *which, good(ask, answer, meter) and not error and not bad, error, meter.calls, meter.dead,
        meter.struck, meter.tokens, proxy.now - begin, bad, doubled(meter),
    )  # fmt: skip


def good(ask: Ask, answer: str, meter: CallMeter) -> bool:
    """Whether an answer holds what it must, and the tools that had to run did."""
    held = all(text.lower() in answer.lower() for text in ask.contains)
    return bool(answer.strip()) and held and all(name in meter.ran for name in ask.calls)


def _answer(agent: Any, thread: str, text: str) -> tuple[str, str]:
    """The agent's last words, and the name of the exception that its user got instead."""
    config = {"configurable": {"thread_id": thread}}
    try:
        state = agent.invoke({"messages": [HumanMessage(text)]}, config)
    except Exception as error:  # whatever an agent raises, its user sees
        return "", type(error).__name__
    return str(state["messages"][-1].text), ""
