"""What is done about failing models and tools in an agent: the core's plan, in LangChain's terms.

Deciding is the core's (`resmem_core.health`, `engine.calling`). Here a call is made into
a plan's attempt, an act into an event of LangChain's callbacks, a refusal into a tool message.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeAlias

from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.callbacks.manager import adispatch_custom_event, dispatch_custom_event
from langchain_core.messages import ToolMessage
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from resmem_core import ResilientMemory, Session
from resmem_core.control.terms import Terms
from resmem_core.engine.calling.acting import Acting, blamed, once, outside, tellable
from resmem_core.engine.calling.calls import Call
from resmem_core.engine.calling.driving import adrive, drive
from resmem_core.engine.loop.suspension import changes, down_lines, down_tools
from resmem_core.errors import CircuitOpen, GivenUp
from resmem_core.health import repeats
from resmem_core.health.acts import Act, down_line, error_line, failed_line, stop_line
from resmem_core.health.failures import Failure, Kind, classify_text
from resmem_langchain._access import Tool, name_of
from resmem_langchain._again import worth_again
from resmem_langchain._messages import text_of
from resmem_langchain._routes import Clients, RouteNames, holds_more, instead, models_of
from resmem_langchain._shortening import relieved, shorten
from resmem_langchain._turns import Turn, has_failed, is_pause

EVENT: Final = "resmem_act"
"""Name of the custom event that LangChain's callbacks get for every act."""

Request: TypeAlias = ModelRequest[Any]
Timed: TypeAlias = tuple[ModelResponse[Any], float]
ToolAnswer: TypeAlias = ToolMessage | Command[Any]


class AgentGuard:
    """Makes the calls of one middleware.

    Args:
        memory: whose health is read and written.
        acting: what may be done.
        fallback: models that stand in for the agent's own, in order.
        terms: how far settings may change.

    Attributes:
        others: what LangChain's own middleware in the list does: "model retry", "tool retry",
            "model fallback", "context"; "tool errors" where any other wraps the calls of tools.
            That is left to it.
    """

    def __init__(
        self, memory: ResilientMemory, acting: Acting, fallback: Any, terms: Terms
    ) -> None:
        self._terms = terms
        self._board = memory.health
        self._acting = acting
        self._fallbacks = models_of(fallback)
        self.others: set[str] = set()
        self._clients = Clients()
        self._names = RouteNames()

    # -- models

    def model(self, turn: Turn, request: Request, attempt: Callable[[Request], Timed]) -> Timed:
        """Call the model, or what stands in for it."""
        if self._board.stale():
            self._board.read()
        requests, call = self._planned(turn, request)
        tell = partial(_tell, turn.session)
        try:
            return drive(
                self._board, call, lambda at: attempt(requests[at]), tell, turn.session.namespace
            )
        except CircuitOpen:
            turn.model_failed(0.0)
            raise

    async def amodel(
        self, turn: Turn, request: Request, attempt: Callable[[Request], Awaitable[Timed]]
    ) -> Timed:
        """`model`, on an event loop."""
        if self._board.stale():
            await self._board.aread()
        requests, call = self._planned(turn, request)
        tell = partial(_atell, turn.session)
        try:
            return await adrive(
                self._board, call, lambda at: attempt(requests[at]), tell, turn.session.namespace
            )
        except CircuitOpen:
            turn.model_failed(0.0)
            raise

    def _planned(self, turn: Turn, request: Request) -> tuple[list[Request], Call[Timed]]:
        """The requests that may be made, in order, and what may be done when one fails."""
        others = () if "model fallback" in self.others else self._fallbacks
        requests = [request, *(instead(request, model) for model in others)]
        models = [one.model for one in requests]
        names = self._names.of(models, self._board)
        retries = self._retries("model retry")
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
            patient="model fallback" not in self.others,
            shorten=lambda: self._shorten(turn, request), layers=turn.session.layers,
        )  # fmt: skip

    def _shorten(self, turn: Turn, request: Request) -> bool:
        return self._acting.retries > 0 and shorten(turn, request, ours=self._trims)

    @property
    def _trims(self) -> bool:
        """Whether what tools said long ago is ours to leave out."""
        return self._acting.retries > 0 and "context" not in self.others

    def _before(self, turn: Turn, request: Request, name: str) -> list[Act]:
        """What is done before the call."""
        acts = self._changes(turn, request.tools)
        if self._trims and relieved(turn.session, request):
            return [*acts, Act("shorten", name, self._board.clock.now())]
        return acts

    def _retries(self, owner: str) -> int:
        """As many as are allowed, and made by nobody else."""
        return 0 if owner in self.others else self._acting.retries

    def _ours(self, requests: list[Request]) -> tuple[list[Request], bool]:
        """Requests whose clients do not try again by themselves, and whether one still does."""
        pairs = [self._clients.once(request.model) for request in requests]
        made = [
            request if model is request.model else request.override(model=model)
            for request, (model, _) in zip(requests, pairs, strict=True)
        ]
        return made, pairs[0][1]

    # -- which tools are offered, and what the model is told

    def offered(self, turn: Turn, tools: Sequence[Tool]) -> tuple[list[Tool], list[str]]:
        """The tools without those that are down; a line for each of them, and each that is back."""
        if not (turn.session.told or turn.back):
            return list(tools), []
        down = down_tools(self._board)
        lines = [*down_lines(turn.session), *turn.back]
        return [tool for tool in tools if name_of(tool) not in down], lines

    def _changes(self, turn: Turn, tools: Sequence[Tool]) -> list[Act]:
        if not self._acting.suspend:
            return []
        acts, back = changes(turn.session, lambda name: name in map(name_of, tools))
        turn.back += back
        return acts

    # -- tools

    def tool(
        self, turn: Turn, request: ToolCallRequest, risk: float, run: Callable[[], ToolAnswer]
    ) -> ToolAnswer:
        """Call a tool, unless it is down or this very call failed three times alike."""
        tell = partial(_tell, turn.session)
        refused = self._refusal(turn, request)
        if refused is not None:
            act, message = refused
            self._board.note(act, turn.session.namespace)
            tell(act)
            self._board.save()
            return message
        call = self._tool_call(turn, request, risk)
        try:
            return drive(self._board, call, lambda _: run(), tell, turn.session.namespace)
        except Exception as error:
            answer = self._unanswered(request, error)
            if answer is None:
                raise
            return answer

    async def atool(
        self, turn: Turn, request: ToolCallRequest, risk: float,
        run: Callable[[], Awaitable[ToolAnswer]],
    ) -> ToolAnswer:  # fmt: skip
        """`tool`, on an event loop."""
        tell = partial(_atell, turn.session)
        refused = self._refusal(turn, request)
        if refused is not None:
            act, message = refused
            self._board.note(act, turn.session.namespace)
            await tell(act)
            await self._board.asave()
            return message
        call = self._tool_call(turn, request, risk)
        try:
            return await adrive(self._board, call, lambda _: run(), tell, turn.session.namespace)
        except Exception as error:
            answer = self._unanswered(request, error)
            if answer is None:
                raise
            return answer

    def _refusal(self, turn: Turn, request: ToolCallRequest) -> tuple[Act, ToolMessage] | None:
        """A call that failed three times alike is not made again; of a tool that is down, the
        breaker decides, whose probe may be this very call."""
        name, key = _named(request)
        now = self._board.clock.now()
        held = repeats.stopped(turn.session.repeats, key, now)
        if held is None or not self._acting.suspend or self._board.verdict(name) != "closed":
            return None
        act = Act("stop", name, now, held.kind, count=held.count)
        return act, _refused(request, stop_line(name, held.kind, held.count))

    def _tool_call(self, turn: Turn, request: ToolCallRequest, risk: float) -> Call[ToolAnswer]:
        name, key = _named(request)

        def felt(failure: Failure) -> Failure:
            turn.session.repeats = repeats.failed(
                turn.session.repeats, key, failure.kind, self._board.clock.now(),
                call=str(request.tool_call["id"]),
            )  # fmt: skip
            return once(failure, risk)

        def judge(answer: ToolAnswer) -> Failure | None:
            if not has_failed(answer):
                turn.session.repeats = repeats.succeeded(turn.session.repeats, key)
                return None
            return felt(_said(answer))

        return Call(
            [name], self._retries("tool retry"), self._acting.suspend, self._acting.cut,
            judge=judge, failure=lambda error, now: felt(blamed(error, now)), passing=is_pause,
            wanted=lambda: turn.session.knobs.retries,
        )  # fmt: skip

    def _unanswered(self, request: ToolCallRequest, error: Exception) -> ToolMessage | None:
        """What the model is told instead of an error that is none of its own; None: raise it.

        A tool that fails should not end the run, as it would in LangChain by default. A bug is
        raised, and so is what somebody else in the list may handle.
        """
        name, _ = _named(request)
        now = self._board.clock.now()
        if (isinstance(error, CircuitOpen) and error.on == name) or isinstance(error, GivenUp):
            since = self._board[name].since or now
            return _refused(request, f"Not run: {down_line(name, since)}")
        if "tool retry" in self.others or not self._acting.suspend or is_pause(error):
            return None
        kind = outside(error, now)
        if kind is not None:
            return _refused(request, failed_line(name, kind))
        said = "" if "tool errors" in self.others else tellable(error)
        return _refused(request, error_line(name, said)) if said else None


def _named(request: ToolCallRequest) -> tuple[str, str]:
    """The tool's name as a dependency, and the digest of this call."""
    call = request.tool_call
    name = f"tool:{call['name']}"
    return name, repeats.digest(name, call.get("args"))


def _said(answer: Any) -> Failure:
    """A tool's own error message; one that tells nothing is about the call, not the tool."""
    found = classify_text(text_of(answer))
    return Failure(Kind.BAD_REQUEST, False) if found.kind is Kind.UNKNOWN else found


def _refused(request: ToolCallRequest, text: str) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(text, name=call["name"], tool_call_id=call["id"], status="error")


def _answer_tokens(timed: Timed) -> float:
    usages = (getattr(message, "usage_metadata", None) or {} for message in timed[0].result)
    return float(sum(usage.get("output_tokens", 0) for usage in usages))


def _tell(session: Session, act: Act) -> None:
    session.acts.append(act)
    with suppress(Exception):  # outside a run there is nobody to tell
        dispatch_custom_event(EVENT, act.to_doc())


async def _atell(session: Session, act: Act) -> None:
    session.acts.append(act)
    with suppress(Exception):
        await adispatch_custom_event(EVENT, act.to_doc())
