"""`ResmemMiddleware`: an agent that remembers, and whose settings follow its state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Annotated, Any, Final, NotRequired, TypeAlias

from resmem_core.engine.base.debounced import check_background
from resmem_core.engine.writing import branches
from resmem_core.errors import ConfigError, missing_extra

try:
    from langchain.agents.middleware.types import (
        AgentMiddleware,
        AgentState,
        ExtendedModelResponse,
        ModelRequest,
        ModelResponse,
        PrivateStateAttr,
    )
    from langchain_core.messages import AnyMessage, ToolMessage
    from langchain_core.tools import BaseTool
    from langgraph.config import get_config
    from langgraph.prebuilt.tool_node import ToolCallRequest
    from langgraph.runtime import Runtime
    from langgraph.types import Command
except ImportError as error:
    raise missing_extra("langchain", "langchain") from error

from resmem_core import ResilientMemory, Session
from resmem_core.control.authority import Change
from resmem_core.control.terms import Budget, terms
from resmem_core.engine.calling.acting import acting
from resmem_core.engine.checked import check_memory
from resmem_core.engine.loop.story import Sent
from resmem_core.engine.outbox import AWAY
from resmem_core.prompt import DEFAULT_BUDGET, Count
from resmem_core.providers import SAMPLING
from resmem_core.types import Namespace, Outcome, Role
from resmem_langchain._access import allowed, check_risks, name_of, order_signals, refusal, risk_of
from resmem_langchain._block import About, BlockLayout
from resmem_langchain._catch_up import TAKEN_KEY, before, mark, missed
from resmem_langchain._guard import AgentGuard
from resmem_langchain._inject import PLACEMENTS, Placement
from resmem_langchain._knobs import Copies, changes, fitted
from resmem_langchain._messages import check_roles, observed, question, shortened, this_turn
from resmem_langchain._recalling import OnRecall
from resmem_langchain._routes import left_to_others
from resmem_langchain._scope import NamespaceSource, find_namespace, subagent_path, thread_of
from resmem_langchain._told import TOLD_KEY, placed, told_in
from resmem_langchain._turns import Turn, Turns, has_failed, on_failure, words_of
from resmem_langchain._writing import said, turn_written, written

Place: TypeAlias = tuple[str, Namespace]
"""A conversation: its session's id and its namespace."""

STATE_KEY: Final = "resmem"


def latest(_: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Mapping[str, Any]:
    """Reducer of the control state: the newest wins."""
    return new


class ResmemState(AgentState[Any]):
    """The agent's state with our control state: numbers, private, in every checkpoint."""

    resmem: NotRequired[Annotated[dict[str, Any], PrivateStateAttr, latest]]
    resmem_taken: NotRequired[Annotated[int, PrivateStateAttr]]
    resmem_told: NotRequired[Annotated[list[dict[str, Any]], PrivateStateAttr]]


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
            the run must name it, see `resmem_langchain._scope`.
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
        judge: Callable[[Outcome, Sequence[AnyMessage]], Outcome] | None = None,
        remember_subagents: bool = False,
        background: float | None = None,
        retry: bool | int = True,
        fallback: Any = None,
        breaker: bool = True,
        timeout: bool = True,
        suspend: bool = True,
    ) -> None:
        super().__init__()
        self.memory = check_memory(memory)
        self._namespace = namespace
        self._terms = terms(tune, ranges, budget)
        self._risks = check_risks(risks)
        self._remember = check_roles(remember)
        if placement not in PLACEMENTS:
            raise ConfigError(f"placement is one of {', '.join(PLACEMENTS)}, got {placement!r:.40}")
        self._layout = BlockLayout.of(token_budget, count_tokens, about, on_recall)
        self._placement = placement
        self._judge = judge
        self._remember_subagents = remember_subagents
        self._background = check_background(background)
        self._turns = Turns()
        self._copies = Copies()
        settings = acting(retry=retry, breaker=breaker, timeout=timeout, suspend=suspend)
        self._guard = AgentGuard(memory, settings, fallback, self._terms)

    @property
    def tools(self) -> Sequence[BaseTool]:  # type: ignore[override]
        """None of its own; whoever makes an agent asks, and is looked at (`left_to_others`)."""
        self._guard.others |= left_to_others()
        return ()

    # -- the model call

    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> ExtendedModelResponse[Any]:
        """Call the model with what the session asks for, the allowed tools, and memories."""
        session = self._session(self._place(request.runtime.context))
        if session is None:
            return ExtendedModelResponse(handler(request))
        turn = self._turn(session, request.messages)
        if turn.hits is None:
            self._begin(turn, request)
        elif not session.unchanged(turn.shown):
            self._recall(turn, request)

        def attempt(asked: ModelRequest[Any]) -> tuple[ModelResponse[Any], float]:
            prepared, start = self._prepared(asked, turn), perf_counter()
            with on_failure(lambda: turn.model_failed(perf_counter() - start)):
                return handler(prepared), perf_counter() - start

        return self._answered(turn, *self._guard.model(turn, request, attempt))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ExtendedModelResponse[Any]:
        """`wrap_model_call`, with every disk access off the event loop."""
        session = await self._asession(self._place(request.runtime.context))
        if session is None:
            return ExtendedModelResponse(await handler(request))
        turn = self._turn(session, request.messages)
        if turn.hits is None:
            await asyncio.to_thread(self._begin, turn, request)
        elif not await session.aunchanged(turn.shown):
            await asyncio.to_thread(self._recall, turn, request)

        async def attempt(asked: ModelRequest[Any]) -> tuple[ModelResponse[Any], float]:
            prepared, start = self._prepared(asked, turn), perf_counter()
            with on_failure(lambda: turn.model_failed(perf_counter() - start)):
                return await handler(prepared), perf_counter() - start

        return self._answered(turn, *await self._guard.amodel(turn, request, attempt))

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
        messages, taken = state["messages"], state.get(TAKEN_KEY)
        if taken and before(messages) and not self._turns.goes_on(turn.session, taken):
            written(lambda: self._follow(turn, messages), turn.session.outage)
        late = list(observed(missed(messages, taken), self._remember))
        if late and (self._remember_subagents or not _subagent()):
            written(lambda: self.memory.outbox.observe(turn.session, late), turn.session.outage)
        turn.taken = self._turns.took(turn.session, mark(before(messages)))

    def _follow(self, turn: Turn, messages: Sequence[AnyMessage]) -> None:
        """What was said on a branch that somebody left by going back does not speak in recall."""
        state = self.memory.namespace_state(turn.session.namespace)
        branches.follow(state, turn.session.id, [m.id for m in messages if m.id])

    def _prepared(self, request: ModelRequest[Any], turn: Turn) -> ModelRequest[Any]:
        state: Mapping[str, Any] = request.state
        self._turns.adopt(turn.session, state.get(STATE_KEY))
        turn.session.signal(*order_signals(request.messages, request.tools, self._risks))
        turn.session.begin_call()
        change = turn.session.change
        model, settings = fitted(
            request.model,
            request.model_settings,
            change,
            self._terms,
            spent=turn.session.spent,
            copies=self._copies,
        )
        same = model is request.model and settings == request.model_settings
        turn.session.sent = () if same else self._sent(request, turn, change)
        made: dict[str, Any] = {"model": model, "model_settings": settings}
        messages = shortened(request.messages, turn.session.shortened)
        if messages is not request.messages:
            made["messages"] = messages
        tools = allowed(request.tools, self._risks, change.tool_access)
        tools, lines = self._guard.offered(turn, tools)
        made |= placed(self._placement, turn, request.system_message, messages, lines)
        if len(tools) < len(request.tools):
            made["tools"] = tools
            if request.tool_choice not in (None, *map(name_of, tools), "auto", "none"):
                made["tool_choice"] = None
        return request.override(**made)

    def _sent(self, request: ModelRequest[Any], turn: Turn, change: Change) -> tuple[Sent, ...]:
        """What is changed of the user's settings, for `session.explain()`."""
        spent = turn.session.spent
        return changes(request.model, request.model_settings, change, self._terms, spent=spent)

    def _answered(
        self, turn: Turn, response: ModelResponse[Any], seconds: float
    ) -> ExtendedModelResponse[Any]:
        if response is not turn.counted:
            turn.model_done(seconds, response.result)
        update: dict[str, Any] = {
            STATE_KEY: self._turns.leave(turn.session), TAKEN_KEY: turn.taken
        }  # fmt: skip
        if self._placement == "delta":
            update[TOLD_KEY] = [told.to_doc() for told in turn.told]
        return ExtendedModelResponse(response, Command(update=update))

    # -- the tool call

    def wrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        """Run the tool if its risk is allowed now; count how it went."""
        session = self._session(self._place(request.runtime.context))
        if session is None:
            return handler(request)
        turn = self._turn(session, request.state["messages"])
        refused = self._refused(request, turn)
        if refused is not None:
            return refused

        def run() -> ToolMessage | Command[Any]:
            with on_failure(lambda: turn.tool_done(failed=True)):
                result = handler(request)
            turn.tool_done(has_failed(result), words_of(result))
            return result

        return self._guard.tool(turn, request, self._risk(request), run)

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """`wrap_tool_call` for async tools."""
        session = await self._asession(self._place(request.runtime.context))
        if session is None:
            return await handler(request)
        turn = self._turn(session, request.state["messages"])
        refused = self._refused(request, turn)
        if refused is not None:
            return refused

        async def run() -> ToolMessage | Command[Any]:
            with on_failure(lambda: turn.tool_done(failed=True)):
                result = await handler(request)
            turn.tool_done(has_failed(result), words_of(result))
            return result

        return await self._guard.atool(turn, request, self._risk(request), run)

    def _refused(self, request: ToolCallRequest, turn: Turn) -> ToolMessage | None:
        risk, access = self._risk(request), turn.session.tool_access
        return refusal(request.tool_call, risk, access) if risk > access else None

    def _risk(self, request: ToolCallRequest) -> float:
        return risk_of(request.tool_call["name"], request.tool, self._risks)

    # -- the end of the turn

    def after_agent(self, state: ResmemState, runtime: Runtime[Any]) -> dict[str, Any]:
        """Observe this turn's messages and credit its outcome to what was recalled."""
        place = self._place(runtime.context)
        return self._learn(place, self._session(place), state["messages"], _subagent())

    async def aafter_agent(self, state: ResmemState, runtime: Runtime[Any]) -> dict[str, Any]:
        """`after_agent`, off the event loop."""
        place = self._place(runtime.context)
        session = await self._asession(place)
        return await asyncio.to_thread(self._learn, place, session, state["messages"], _subagent())

    def _learn(
        self,
        place: Place,
        session: Session | None,
        messages: Sequence[AnyMessage],
        subagent: str,
    ) -> dict[str, Any]:
        learns = self._remember_subagents or not subagent
        if session is None:
            if learns:
                late = list(observed(this_turn(messages), self._remember))
                self.memory.outbox.keep((place[1], place[0]), late)
            return {TAKEN_KEY: mark(messages)}
        turn = self._turn(session, messages)
        heard = said(turn, messages)
        outcome = turn.outcome(heard)
        if self._judge:
            outcome = self._judge(outcome, heard)
        if learns:
            new = list(observed(heard, self._remember))
            turn_written(self.memory.outbox, session, new, outcome, self._background)
        else:
            written(lambda: session.outcome(outcome), session.outage)
        self._turns.end(turn)
        taken = self._turns.took(session, mark(messages))
        return {STATE_KEY: self._turns.leave(session), TAKEN_KEY: taken}

    # -- whose memory, which conversation

    def _place(self, context: Any) -> Place:
        """The session's id and the namespace of the run."""
        configurable = get_config().get("configurable", {})
        namespace = find_namespace(self._namespace, context, configurable)
        inside = subagent_path(configurable)
        thread = thread_of(configurable)
        return (f"{thread}/{inside}" if inside else thread), namespace

    def _session(self, place: Place) -> Session | None:
        """The conversation's session, or None while the store is away: the agent goes on."""
        thread, namespace = place
        try:
            return self.memory.session(thread, namespace=namespace)
        except AWAY as error:
            self._without(error)
            return None

    async def _asession(self, place: Place) -> Session | None:
        thread, namespace = place
        try:
            return await self.memory.asession(thread, namespace=namespace)
        except AWAY as error:
            self._without(error)
            return None

    def _without(self, error: Exception) -> None:
        """Say once per outage that the agent goes on without memories."""
        self.memory.outage.say("the memory is away, the agent goes on without", error)


def _subagent() -> str:
    return subagent_path(get_config().get("configurable", {}))
