"""Who plays: what LangChain's users put around an agent, and this product, whole and in part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, Final

from langchain.agents.middleware import (
    AgentMiddleware,
    ModelCallLimitMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    ToolCallLimitMiddleware,
    ToolRetryMiddleware,
)

from benchmarks.chaos2.langchain_loop import NAMESPACE, ScriptedChat, scripted
from benchmarks.chaos2.plant import Plant
from resmem_core import ResilientMemory
from resmem_core.config.profile import LAYERS, Profile
from resmem_core.types import Signal
from resmem_langchain import ResmemMiddleware

Stack = Sequence[AgentMiddleware[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class Seat:
    """An entrant in its episode.

    Attributes:
        middleware: what stands around the agent.
        mode: the mode that its control is in after a turn of a thread; "normal" for others.
        thumb: takes the user's feedback on the last turn of a thread, in [-1, 1].
    """

    middleware: Stack
    mode: Callable[[str], str] = field(default=lambda thread: "normal")
    thumb: Callable[[str, float], None] = field(default=lambda thread, value: None)


Entrant = Callable[[Plant], Any]
"""A context manager that seats an entrant in a plant."""


def plain(stack: Callable[[Plant], Stack]) -> Entrant:
    """An entrant that is middleware alone."""

    @contextmanager
    def seat(plant: Plant) -> Iterator[Seat]:
        yield Seat(stack(plant))

    return seat


def fallback_of(plant: Plant) -> ScriptedChat:
    """The stand-in model, with the user's settings."""
    return scripted(plant, "fallback")


def limits() -> Stack:
    """LangChain's call limits, far from what a task needs."""
    return (
        ModelCallLimitMiddleware(run_limit=30, exit_behavior="end"),
        ToolCallLimitMiddleware(run_limit=30, exit_behavior="continue"),
    )


def default_stack(plant: Plant) -> Stack:
    """LangChain's limits, fallback and retries at their defaults: the fallback outside."""
    return (
        *limits(),
        ModelFallbackMiddleware(fallback_of(plant)),
        ModelRetryMiddleware(on_failure="error"),
        ToolRetryMiddleware(),
    )


def ours(
    profile: Callable[[], Profile] = Profile.default,
    *,
    around: Callable[[Plant], Stack] = lambda plant: (),
    **options: Any,
) -> Entrant:
    """`ResmemMiddleware` over a memory of its own, on the episode's clock; innermost.

    It gets the fallback model as its `fallback=` where it takes one.
    """

    @contextmanager
    def seat(plant: Plant) -> Iterator[Seat]:
        with ResilientMemory.open(
            ":memory:", clock=plant.clock, profile=profile(), auto_sleep=False
        ) as memory:
            takes = signature(ResmemMiddleware.__init__).parameters
            given = {"fallback": fallback_of(plant), **options}
            known = {name: value for name, value in given.items() if name in takes}
            inner = ResmemMiddleware(memory, namespace=NAMESPACE, **known)
            yield Seat(
                (*around(plant), inner),
                mode=lambda thread: memory.session(thread, namespace=NAMESPACE).mode.value,
                thumb=lambda thread, value: memory.session(thread, namespace=NAMESPACE).signal(
                    Signal("feedback", value)
                ),
            )

    return seat


def without(*layers: str) -> Entrant:
    """Ours with resilience layers left out."""
    return ours(lambda: Profile.default().without(*layers))


ENTRANTS: Final[Mapping[str, Entrant]] = {
    "bare": plain(lambda plant: ()),
    "default_stack": plain(default_stack),
    "ours": ours(),
    "ours_in_stack": ours(around=default_stack),
    **{f"ours_without_{layer}": without(layer) for layer in LAYERS},
    "ours_without_layers": without(*LAYERS),
    "ours_health_alone": ours(tune=(), risks=dict.fromkeys(("send_money",), 0.0)),
    "ours_minimal": ours(Profile.minimal),
}
