"""Who plays: what LangChain's users put around an agent, and this product, whole and in part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, Final

from langchain.agents.middleware import (
    AgentMiddleware,
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    ModelCallLimitMiddleware,
    ModelFallbackMiddleware,
    ModelRequest,
    ModelResponse,
    ModelRetryMiddleware,
    ToolCallLimitMiddleware,
    ToolErrorMiddleware,
    ToolRetryMiddleware,
)
from purgatory.domain.model import OpenedState

from benchmarks.chaos2 import tuned
from benchmarks.chaos2.langchain_loop import NAMESPACE, ScriptedChat, scripted
from benchmarks.chaos2.opponents import (
    Ask,
    Breaker,
    Imitator,
    KeptAway,
    Oracle,
    Thresholds,
)
from benchmarks.chaos2.plant import Plant
from benchmarks.chaos2.tuned import Tuning
from resmem_core import ResilientMemory
from resmem_core.config.profile import LAYERS, Profile
from resmem_core.types import Signal
from resmem_langchain import ResmemMiddleware
from resmem_langchain.chaos.errors import BadRequestError

Stack = Sequence[AgentMiddleware[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class Seat:
    """An entrant in its episode.

    Attributes:
        middleware: what stands around the agent.
        memory: of this product, for loops without middleware.
        mode: the mode that its control is in after a turn of a thread; "normal" for others.
        thumb: takes the user's feedback on the last turn of a thread, in [-1, 1].
    """

    middleware: Stack
    memory: ResilientMemory | None = None
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


def tuned_stack(plant: Plant, tuning: Tuning, *inner: AgentMiddleware[Any, Any, Any]) -> Stack:
    """The same parts tuned: transient errors only, context edited, tools that answer once more."""
    edits = ClearToolUsesEdit(trigger=tuning.window or 10**9, keep=6)
    return (
        *limits(),
        ContextEditingMiddleware(edits=[edits]),
        ModelFallbackMiddleware(fallback_of(plant)),
        ModelRetryMiddleware(
            max_retries=tuning.model_retries, on_failure="error", initial_delay=tuning.delay,
            retry_on=_transient,
        ),
        ToolErrorMiddleware(lambda error, request: str(error)),
        ToolRetryMiddleware(
            max_retries=tuning.tool_retries, retry_on=(ConnectionError,),
            initial_delay=tuning.delay, on_failure="error",
        ),
        Roomier(tuning.max_tokens * plant.schedule.max_tokens),
        *inner,
    )  # fmt: skip


def _transient(error: Exception) -> bool:
    return not isinstance(error, OpenedState | KeptAway | BadRequestError)


def frame(plant: Plant) -> Stack:
    """What every tuned opponent has: an edited context, and the tuned room for answers."""
    edits = ClearToolUsesEdit(trigger=tuned.STACK.window or 10**9, keep=6)
    room = Roomier(tuned.STACK.max_tokens * plant.schedule.max_tokens)
    return (ContextEditingMiddleware(edits=[edits]), room)


class Always(AgentMiddleware[Any, Any, Any]):
    """Always asks one model."""

    def __init__(self, model: ScriptedChat) -> None:
        super().__init__()
        self._model = model

    def wrap_model_call(self, request: ModelRequest[Any], handler: Ask) -> ModelResponse[Any]:
        """The call to that model."""
        return handler(request.override(model=self._model))


class Roomier(AgentMiddleware[Any, Any, Any]):
    """Asks for another `max_tokens` than the model was made with."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self._limit = int(limit)

    def wrap_model_call(self, request: ModelRequest[Any], handler: Ask) -> ModelResponse[Any]:
        """The call with the other limit."""
        settings = {**request.model_settings, "max_tokens": self._limit}
        return handler(request.override(model_settings=settings))


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
                memory=memory,
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
    "tuned_stack": plain(lambda plant: tuned_stack(plant, tuned.STACK)),
    "breaker_stack": plain(
        lambda plant: tuned_stack(plant, tuned.STACK, Breaker(plant, *tuned.BREAKER))
    ),
    "thresholds": plain(
        lambda plant: (*frame(plant), Thresholds(plant, fallback_of(plant), tuned.THRESHOLDS))
    ),
    "mlp": plain(
        lambda plant: (
            *frame(plant),
            Imitator(plant, fallback_of(plant), tuned.THRESHOLDS, tuned.network()),
        )
    ),
    "constant_stand_in": plain(lambda plant: (*frame(plant), Always(fallback_of(plant)))),
    "constant_patient": plain(
        lambda plant: tuned_stack(plant, Tuning(model_retries=5, delay=4.0, window=0))
    ),
    "oracle": plain(lambda plant: (*frame(plant), Oracle(plant, fallback_of(plant)))),
    "ours": ours(),
    "ours_in_stack": ours(around=default_stack),
    **{f"ours_without_{layer}": without(layer) for layer in LAYERS if layer != "coping"},
    "ours_without_coping": ours(lambda: Profile.default().without("coping"), fallback=None),
    "ours_without_layers": without(*LAYERS),
    "ours_without_breaker": ours(breaker=False),
    "ours_without_fallback": ours(fallback=None),
    "ours_without_retry": ours(retry=False),
    "ours_without_suspend": ours(suspend=False),
    "ours_health_alone": ours(tune=(), risks=dict.fromkeys(("send_money",), 0.0)),
    "ours_minimal": ours(Profile.minimal),
}
