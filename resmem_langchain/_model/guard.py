"""What is done about failing models: the core's plan, in LangChain's terms.

Deciding is the core's (`resmem_core.health`, `resmem_core.engine.calling`). Here a request is made
into a plan's attempt, and an act into an event of LangChain's callbacks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

from langchain.agents.middleware.types import ModelRequest, ModelResponse

from resmem_core import ResilientMemory
from resmem_core.control.terms import Terms
from resmem_core.engine.calling.acting import Acting
from resmem_core.engine.calling.calls import Call
from resmem_core.engine.calling.driving import adrive, drive
from resmem_core.errors import CircuitOpen
from resmem_core.health.acts import Act
from resmem_langchain._model.again import worth_again
from resmem_langchain._model.routes import Clients, RouteNames, holds_more, instead, models_of
from resmem_langchain._model.shortening import relieved, shorten
from resmem_langchain._tool.guard import ToolGuard
from resmem_langchain._turn.acts import atell, tell
from resmem_langchain._turn.turns import Turn, is_pause, on_failure

Request: TypeAlias = ModelRequest[Any]
Response: TypeAlias = ModelResponse[Any]
Timed: TypeAlias = tuple[Response, float]
Prepare: TypeAlias = Callable[[Request], Request]
"""Makes of a request what is sent."""


class ModelGuard:
    """Makes the model calls of one middleware.

    Args:
        memory: whose health is read and written.
        acting: what may be done.
        fallback: models that stand in for the agent's own, in order.
        terms: how far settings may change.
        tools: what the model is told of its tools.
        others: what LangChain's own middleware in the list does, and is left to it: "model retry",
            "model fallback", "context".
    """

    def __init__(
        self,
        memory: ResilientMemory,
        acting: Acting,
        fallback: Any,
        terms: Terms,
        tools: ToolGuard,
        others: Collection[str],
    ) -> None:
        self._terms = terms
        self._board = memory.health
        self._acting = acting
        self._fallbacks = models_of(fallback)
        self._tools = tools
        self._others = others
        self._clients = Clients()
        self._names = RouteNames()

    def call(
        self,
        turn: Turn,
        request: Request,
        prepare: Prepare,
        handler: Callable[[Request], Response],
    ) -> Timed:
        """Call the model, or what stands in for it; its answer, and the seconds that it took."""
        if self._board.stale():
            self._board.read()
        requests, call = self._planned(turn, request)

        def attempt(at: int) -> Timed:
            prepared, start = prepare(requests[at]), perf_counter()
            with on_failure(lambda: turn.model_failed(perf_counter() - start)):
                return handler(prepared), perf_counter() - start

        told = partial(tell, turn.session)
        try:
            return drive(self._board, call, attempt, told, turn.session.namespace)
        except CircuitOpen:
            turn.model_failed(0.0)
            raise

    async def acall(
        self,
        turn: Turn,
        request: Request,
        prepare: Prepare,
        handler: Callable[[Request], Awaitable[Response]],
    ) -> Timed:
        """`call`, on an event loop."""
        if self._board.stale():
            await self._board.aread()
        requests, call = self._planned(turn, request)

        async def attempt(at: int) -> Timed:
            prepared, start = prepare(requests[at]), perf_counter()
            with on_failure(lambda: turn.model_failed(perf_counter() - start)):
                return await handler(prepared), perf_counter() - start

        told = partial(atell, turn.session)
        try:
            return await adrive(self._board, call, attempt, told, turn.session.namespace)
        except CircuitOpen:
            turn.model_failed(0.0)
            raise

    def _planned(self, turn: Turn, request: Request) -> tuple[list[Request], Call[Timed]]:
        """The requests that may be made, in order, and what may be done when one fails."""
        patient = "model fallback" not in self._others
        stand_ins = self._fallbacks if patient else ()
        requests = [request, *(instead(request, model) for model in stand_ins)]
        models = [one.model for one in requests]
        names = self._names.of(models, self._board)
        retries = 0 if "model retry" in self._others else self._acting.retries
        if retries:
            requests, theirs = self._ours(requests)
            retries = 0 if theirs else retries
        return requests, Call(
            names, retries, self._acting.breaker, self._acting.cut,
            tokens=_answer_tokens, passing=is_pause, acts=self._before(turn, request, names[0]),
            wanted=lambda: turn.session.knobs.retries,
            larger=lambda place: holds_more(models[place], models[place - 1]),
            sparing=self._acting.sparing, again=turn.failing,
            again_for=lambda place, answer: self._acting.retries > 0
            and worth_again(turn, requests[place], answer, self._terms),
            patient=patient,
            shorten=lambda: self._shorten(turn, request), layers=turn.session.layers,
        )  # fmt: skip

    def _shorten(self, turn: Turn, request: Request) -> bool:
        return self._acting.retries > 0 and shorten(turn, request, ours=self._trims)

    @property
    def _trims(self) -> bool:
        """Whether what tools said long ago is ours to leave out."""
        return self._acting.retries > 0 and "context" not in self._others

    def _before(self, turn: Turn, request: Request, name: str) -> list[Act]:
        """What is done before the call."""
        acts = self._tools.news(turn, request.tools)
        if self._trims and relieved(turn.session, request):
            return [*acts, Act("shorten", name, self._board.clock.now())]
        return acts

    def _ours(self, requests: list[Request]) -> tuple[list[Request], bool]:
        """Requests whose clients do not try again by themselves, and whether one still does."""
        pairs = [self._clients.once(request.model) for request in requests]
        made = [
            request if model is request.model else request.override(model=model)
            for request, (model, _) in zip(requests, pairs, strict=True)
        ]
        return made, pairs[0][1]


def _answer_tokens(timed: Timed) -> float:
    usages = (getattr(message, "usage_metadata", None) or {} for message in timed[0].result)
    return float(sum(usage.get("output_tokens", 0) for usage in usages))
