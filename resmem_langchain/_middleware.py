"""`ResmemMiddleware`: an agent that remembers, and whose settings follow its state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from resmem_core.errors import missing_extra

try:
    from langchain.agents.middleware.types import (
        AgentMiddleware,
        ExtendedModelResponse,
        ModelRequest,
        ModelResponse,
    )
    from langchain_core.messages import AnyMessage, ToolMessage
    from langchain_core.tools import BaseTool
    from langgraph.prebuilt.tool_node import ToolCallRequest
    from langgraph.runtime import Runtime
    from langgraph.types import Command
except ImportError as error:
    raise missing_extra("langchain", "langchain") from error

from resmem_core import ResilientMemory, Session
from resmem_core.control.terms import Budget, terms
from resmem_core.engine.calling.acting import acting
from resmem_core.prompt import DEFAULT_BUDGET, Count
from resmem_core.providers import SAMPLING
from resmem_core.types import Role
from resmem_langchain._model.guard import ModelGuard
from resmem_langchain._model.request import Requests
from resmem_langchain._model.routes import left_to_others
from resmem_langchain._prompt.block import About, BlockLayout
from resmem_langchain._prompt.inject import Placement, check_placement
from resmem_langchain._prompt.recalling import OnRecall
from resmem_langchain._prompt.told import TOLD_KEY, told_in
from resmem_langchain._tool.access import check_risks
from resmem_langchain._tool.guard import ToolGuard
from resmem_langchain._turn.catch_up import TAKEN_KEY, before, mark
from resmem_langchain._turn.messages import question, this_turn
from resmem_langchain._turn.run import STATE_KEY, ResmemState, place_now, subagent
from resmem_langchain._turn.scope import NamespaceSource, Place
from resmem_langchain._turn.turns import Turn, Turns
from resmem_langchain._turn.writing import Judge, Writer


class ResmemMiddleware(AgentMiddleware[ResmemState, Any, Any]):
    """Memory across threads, and sampling, tools and recall that follow the agent's state.

    Before each model call it adds recalled memories as delimited, untrusted data. Tools above the
    allowed risk are also refused when the model calls them all the same. Errors, latency and
    truncation become signals. When the agent has answered, this turn's messages are observed and
    the outcome is credited to what was recalled.

    Put it last in the list (innermost), so that redaction, summaries, retries and fallbacks of
    other middleware are seen as they are. One instance serves all threads and users.

    Args:
        memory: where it remembers.
        namespace: whose memory it is: a tuple, or a function of (context, configurable). None:
            the run must name it, see `resmem_langchain._turn.scope`.
        tune: which sampling settings may change; `()` for none.
        ranges: (low, high) by setting, within which changed values stay.
        budget: what one conversation may cost; answers never ask for more than is left of it.
        risks: declared risk of tools by name, in [0, 1]; else the tool's `metadata["risk"]`,
            else 0. A tool of risk r may run while r <= session.tool_access.
        remember: roles whose messages are observed.
        token_budget: tokens of the block of memories, at most.
        placement: where the block stands: "tail", before the words of the newest user message of
            the request (never in the state), where a prompt cache keeps the history; "system",
            behind your system prompt; or "delta", before that message to stay, so that each later
            request begins with all of the one before it, and only what the thread was not told
            comes. The thread's private state keeps ids, no text.
        count_tokens: tokens of a text, such as `model.get_num_tokens`; by default, and where it
            raises, an estimate (`resmem_core.prompt.estimate_tokens`).
        on_recall: told once a turn what was recalled and what the model reads of it (`Recalled`);
            the same is a run named "resmem_recall" in LangChain's tracing.
        about: whether every prompt says what is known of the user (`ResilientMemory.about`): True,
            names of attributes such as `("name", "home")`, or a pydantic model that has them.
        judge: (outcome, messages of the turn) -> outcome, where you know better how it went.
        remember_subagents: whether an agent that runs inside another agent's tool observes its
            turn, whose "user" is the other agent.
        background: seconds of quiet after which a turn's messages are read, compared and stored, so
            that no answer waits for it; until then they are in a file beside the store, where no
            end of the process loses them, and are not recalled. None: at the end of the turn.
        retry: whether a failed call is tried again: True for once, and twice after a rate limit;
            or a number. Left to
            `ModelRetryMiddleware` and `ToolRetryMiddleware` where they are in the list, and to
            the model's own client where its `max_retries` was set.
        fallback: a model, or several, asked in order when the agent's own fails or is down;
            objects or names for `init_chat_model`. Left to `ModelFallbackMiddleware`, as above.
        breaker: whether a model that is down is not called (`CircuitOpen`, or the fallback).
        timeout: whether an async call is given up when it hangs far beyond what is usual for it.
        suspend: whether a tool that is down is left out alone, and a call that failed three times
            in the same way with the same arguments is not made again.

    Raises:
        ConfigError: a setting that does not exist, a range or a budget that is none, or a risk
            that is not in [0, 1].
        NamespaceError: at the first model call of a run that names no namespace.

    Example:
        >>> from langchain.agents import create_agent
        >>> from resmem_core import ResilientMemory
        >>> from resmem_langchain.offline import QuotingChatModel
        >>> memory = ResilientMemory.open(":memory:")
        >>> agent = create_agent(QuotingChatModel(), [], middleware=[ResmemMiddleware(memory)])
        >>> run = {"configurable": {"thread_id": "1", "resmem_namespace": ("acme", "ada")}}
        >>> _ = agent.invoke({"messages": [("user", "I moved to Lisbon in May.")]}, run)
        >>> [m.text for m in memory.scan(("acme", "ada")) if m.role == "user"]
        ['I moved to Lisbon in May.']
        >>> memory.close()
    """

    state_schema = ResmemState

    def __init__(
        self,
        memory: ResilientMemory,
        *,
        namespace: NamespaceSource = None,
        tune: Sequence[str] = SAMPLING,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        budget: Budget | None = None,
        risks: Mapping[str, float] | None = None,
        remember: Sequence[Role] = ("user", "assistant"),
        token_budget: int = DEFAULT_BUDGET,
        placement: Placement = "tail",
        count_tokens: Count | None = None,
        on_recall: OnRecall | None = None,
        about: About = False,
        judge: Judge | None = None,
        remember_subagents: bool = False,
        background: float | None = None,
        retry: bool | int = True,
        fallback: Any = None,
        breaker: bool = True,
        timeout: bool = True,
        suspend: bool = True,
    ) -> None:
        super().__init__()
        self._writer = Writer(memory, remember, judge, background)
        self.memory = memory
        self._namespace = namespace
        self._layout = BlockLayout.of(token_budget, count_tokens, about, on_recall)
        self._placement = check_placement(placement)
        self._remember_subagents = remember_subagents
        self._turns = Turns()
        self._others: set[str] = set()
        settings = acting(retry=retry, breaker=breaker, timeout=timeout, suspend=suspend)
        limits = terms(tune, ranges, budget)
        self._tools = ToolGuard(memory, settings, check_risks(risks), self._others)
        self._models = ModelGuard(memory, settings, fallback, limits, self._tools, self._others)
        self._requests = Requests(limits, self._tools, placement)

    @property
    def tools(self) -> Sequence[BaseTool]:  # type: ignore[override]
        """None of its own; whoever makes an agent asks, and is looked at (`left_to_others`)."""
        self._others |= left_to_others()
        return ()

    # -- the model call

    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> ExtendedModelResponse[Any]:
        """Call the model with what the session asks for, the allowed tools, and memories."""
        session = self._writer.session(place_now(self._namespace, request.runtime.context))
        if session is None:
            return ExtendedModelResponse(handler(request))
        turn = self._turn(session, request.messages)
        if turn.hits is None:
            self._begin(turn, request)
        elif not session.unchanged(turn.laid.memories):
            self._recall(turn, request)
        prepare = partial(self._prepared, turn)
        return self._answered(turn, *self._models.call(turn, request, prepare, handler))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ExtendedModelResponse[Any]:
        """`wrap_model_call`, with every disk access off the event loop."""
        session = await self._writer.asession(place_now(self._namespace, request.runtime.context))
        if session is None:
            return ExtendedModelResponse(await handler(request))
        turn = self._turn(session, request.messages)
        if turn.hits is None:
            await asyncio.to_thread(self._begin, turn, request)
        elif not await session.aunchanged(turn.laid.memories):
            await asyncio.to_thread(self._recall, turn, request)
        prepare = partial(self._prepared, turn)
        return self._answered(turn, *await self._models.acall(turn, request, prepare, handler))

    def _turn(self, session: Session, messages: Sequence[AnyMessage]) -> Turn:
        return self._turns.find(session, question(messages)[0])

    def _begin(self, turn: Turn, request: ModelRequest[Any]) -> None:
        """At the turn's first model call: hear the user and recall."""
        self._catch_up(turn, request.state)
        turn.heard = tuple(m for m in this_turn(request.messages) if m.type == "human")
        self._recall(turn, request)

    def _recall(self, turn: Turn, request: ModelRequest[Any]) -> None:
        """Recall and lay the block out; again where something was forgotten since."""
        messages = request.messages
        delta = self._placement == "delta"
        told = told_in(request.state, messages, question(messages)[0]) if delta else ()
        self._layout.recall(turn, request.system_message, messages, told)

    def _catch_up(self, turn: Turn, state: Mapping[str, Any]) -> None:
        """Take in what earlier turns of the thread left, which did not come to their end."""
        messages, taken, session = state["messages"], state.get(TAKEN_KEY), turn.session
        if taken and before(messages) and not self._turns.goes_on(session, taken):
            self._writer.follow(session, messages)
        if self._remember_subagents or not subagent():
            self._writer.catch_up(session, messages, taken)
        turn.taken = self._turns.took(session, mark(before(messages)))

    def _prepared(self, turn: Turn, request: ModelRequest[Any]) -> ModelRequest[Any]:
        state: Mapping[str, Any] = request.state
        self._turns.adopt(turn.session, state.get(STATE_KEY))
        return self._requests.of(request, turn)

    def _answered(
        self, turn: Turn, response: ModelResponse[Any], seconds: float
    ) -> ExtendedModelResponse[Any]:
        if response is not turn.counted:
            turn.model_done(seconds, response.result)
        update: dict[str, Any] = {
            STATE_KEY: self._turns.leave(turn.session), TAKEN_KEY: turn.taken
        }  # fmt: skip
        if self._placement == "delta":
            update[TOLD_KEY] = [told.to_doc() for told in turn.laid.told]
        return ExtendedModelResponse(response, Command(update=update))

    # -- the tool call

    def wrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        """Run the tool if its risk is allowed now; count how it went."""
        session = self._writer.session(place_now(self._namespace, request.runtime.context))
        if session is None:
            return handler(request)
        turn = self._turn(session, request.state["messages"])
        return self._tools.call(turn, request, handler)

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """`wrap_tool_call` for async tools."""
        session = await self._writer.asession(place_now(self._namespace, request.runtime.context))
        if session is None:
            return await handler(request)
        turn = self._turn(session, request.state["messages"])
        return await self._tools.acall(turn, request, handler)

    # -- the end of the turn

    def after_agent(self, state: ResmemState, runtime: Runtime[Any]) -> dict[str, Any]:
        """Observe this turn's messages and credit its outcome to what was recalled."""
        place = place_now(self._namespace, runtime.context)
        return self._learn(place, self._writer.session(place), state["messages"], subagent())

    async def aafter_agent(self, state: ResmemState, runtime: Runtime[Any]) -> dict[str, Any]:
        """`after_agent`, off the event loop."""
        place = place_now(self._namespace, runtime.context)
        session = await self._writer.asession(place)
        return await asyncio.to_thread(self._learn, place, session, state["messages"], subagent())

    def _learn(
        self,
        place: Place,
        session: Session | None,
        messages: Sequence[AnyMessage],
        inside: str,
    ) -> dict[str, Any]:
        learns = self._remember_subagents or not inside
        if session is None:
            if learns:
                self._writer.keep(place, messages)
            return {TAKEN_KEY: mark(messages)}
        turn = self._turn(session, messages)
        self._writer.end(turn, messages, learns=learns)
        self._turns.end(turn)
        taken = self._turns.took(session, mark(messages))
        return {STATE_KEY: self._turns.leave(session), TAKEN_KEY: taken}
