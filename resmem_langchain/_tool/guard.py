"""What is done about risky and failing tools: the core's plan, in LangChain's terms.

Deciding is the core's (`resmem_core.health`, `resmem_core.engine.calling`). Here a call is made
into a plan's attempt, an act into an event of LangChain's callbacks, a refusal into a tool message.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from langchain_core.messages import ToolMessage
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from resmem_core import ResilientMemory
from resmem_core.engine.calling.acting import Acting, blamed, once, outside, tellable
from resmem_core.engine.calling.calls import Call
from resmem_core.engine.calling.driving import adrive, drive
from resmem_core.engine.loop.suspension import changes, down_lines, down_tools
from resmem_core.errors import CircuitOpen, GivenUp
from resmem_core.health import repeats
from resmem_core.health.acts import Act, down_line, error_line, failed_line, stop_line
from resmem_core.health.failures import Failure, Kind, classify_text
from resmem_langchain._tool.access import Tool, allowed, name_of, refusal, risk_of
from resmem_langchain._turn.acts import atell, tell
from resmem_langchain._turn.messages import text_of
from resmem_langchain._turn.turns import Turn, has_failed, is_pause, on_failure, words_of

Answer: TypeAlias = ToolMessage | Command[Any]


class ToolGuard:
    """Makes the tool calls of one middleware.

    Args:
        memory: whose health is read and written.
        acting: what may be done.
        risks: declared risk of tools by name, in [0, 1].
        others: what LangChain's own middleware in the list does, and is left to it: "tool retry";
            "tool errors" where any other wraps the calls of tools.
    """

    def __init__(
        self,
        memory: ResilientMemory,
        acting: Acting,
        risks: Mapping[str, float],
        others: Collection[str],
    ) -> None:
        self.risks = risks
        self._board = memory.health
        self._acting = acting
        self._others = others

    # -- which tools are offered, and what the model is told

    def offered(self, turn: Turn, tools: Sequence[Tool]) -> tuple[list[Tool], list[str]]:
        """The tools of allowed risk that are up; a line for each that is down or back."""
        tools = allowed(tools, self.risks, turn.session.change.tool_access)
        if not (turn.session.told or turn.back):
            return tools, []
        down = down_tools(self._board)
        lines = [*down_lines(turn.session), *turn.back]
        return [tool for tool in tools if name_of(tool) not in down], lines

    def news(self, turn: Turn, tools: Sequence[Tool]) -> list[Act]:
        """Which of the tools this conversation is now told are down, or back."""
        if not self._acting.suspend:
            return []
        acts, back = changes(turn.session, lambda name: name in map(name_of, tools))
        turn.back += back
        return acts

    # -- the call

    def call(
        self, turn: Turn, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Answer]
    ) -> Answer:
        """Call a tool, unless its risk is too high now, or this very call failed thrice alike."""
        too_risky = self._too_risky(turn, request)
        if too_risky is not None:
            return too_risky
        refused = self._refusal(turn, request)
        if refused is not None:
            act, message = refused
            self._board.note(act, turn.session.namespace)
            tell(turn.session, act)
            self._board.save()
            return message

        def run(_: int) -> Answer:
            with on_failure(lambda: turn.tool_done(failed=True)):
                result = handler(request)
            turn.tool_done(has_failed(result), words_of(result))
            return result

        call, told = self._planned(turn, request), partial(tell, turn.session)
        try:
            return drive(self._board, call, run, told, turn.session.namespace)
        except Exception as error:
            answer = self._unanswered(request, error)
            if answer is None:
                raise
            return answer

    async def acall(
        self,
        turn: Turn,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[Answer]],
    ) -> Answer:
        """`call`, on an event loop."""
        too_risky = self._too_risky(turn, request)
        if too_risky is not None:
            return too_risky
        refused = self._refusal(turn, request)
        if refused is not None:
            act, message = refused
            self._board.note(act, turn.session.namespace)
            await atell(turn.session, act)
            await self._board.asave()
            return message

        async def run(_: int) -> Answer:
            with on_failure(lambda: turn.tool_done(failed=True)):
                result = await handler(request)
            turn.tool_done(has_failed(result), words_of(result))
            return result

        call, told = self._planned(turn, request), partial(atell, turn.session)
        try:
            return await adrive(self._board, call, run, told, turn.session.namespace)
        except Exception as error:
            answer = self._unanswered(request, error)
            if answer is None:
                raise
            return answer

    def _too_risky(self, turn: Turn, request: ToolCallRequest) -> ToolMessage | None:
        risk, access = self._risk(request), turn.session.tool_access
        return refusal(request.tool_call, risk, access) if risk > access else None

    def _risk(self, request: ToolCallRequest) -> float:
        return risk_of(request.tool_call["name"], request.tool, self.risks)

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

    def _planned(self, turn: Turn, request: ToolCallRequest) -> Call[Answer]:
        name, key = _named(request)
        risk = self._risk(request)

        def felt(failure: Failure) -> Failure:
            turn.session.repeats = repeats.failed(
                turn.session.repeats, key, failure.kind, self._board.clock.now(),
                call=str(request.tool_call["id"]),
            )  # fmt: skip
            return once(failure, risk)

        def judge(answer: Answer) -> Failure | None:
            if not has_failed(answer):
                turn.session.repeats = repeats.succeeded(turn.session.repeats, key)
                return None
            return felt(_said(answer))

        return Call(
            [name], 0 if "tool retry" in self._others else self._acting.retries,
            self._acting.suspend, self._acting.cut,
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
        if "tool retry" in self._others or not self._acting.suspend or is_pause(error):
            return None
        kind = outside(error, now)
        if kind is not None:
            return _refused(request, failed_line(name, kind))
        said = "" if "tool errors" in self._others else tellable(error)
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
