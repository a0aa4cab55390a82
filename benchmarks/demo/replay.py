"""Drives the agent through the conversation, with an outage on the way. Yields what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ToolRetryMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from benchmarks.demo.model import RecordedChatModel
from benchmarks.demo.script import Question, Script, Turn
from resmem_core import Hit, Knobs, Mode, Outcome, ResilientMemory
from resmem_core.engine.base.clock import ManualClock
from resmem_core.health.acts import Act
from resmem_core.importers import Imported
from resmem_core.protocols import DeleteDoc, PutDoc
from resmem_core.types import epoch
from resmem_langchain import ResmemMiddleware

OUTAGE = (0.45, 0.60)
"""Shares of the conversation between which the calendar is down."""

TOOLS = ("look_up_calendar", "look_up_weather")
"""What the model calls before each answer."""

REMEMBERED = ("user", "assistant")
"""Roles that the middleware observes; a tool's output is not remembered unless asked for."""

TURN = 5.0
"""Seconds that a replayed turn takes, so that a breaker opens for turns and not for days."""


@dataclass(frozen=True, slots=True)
class Point:
    """The control state after one turn."""

    at: float
    thread: str
    levels: dict[str, float]
    knobs: Knobs
    mode: Mode
    outage: bool
    kept: int
    seen: int
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in a fresh thread and the memories it rests on."""

    question: Question
    text: str
    hits: tuple[Hit, ...]

    @property
    def found(self) -> bool | None:
        """Whether a turn that holds the answer was recalled; None where that is not known."""
        if not self.question.evidence:
            return None
        recalled = {source for hit in self.hits for source in hit.sources}
        return not recalled.isdisjoint(self.question.evidence)


@dataclass(slots=True)
class Calendar:
    """A tool that can be down, and beside it one that never is."""

    down: bool = False
    calls: Counter[str] = field(default_factory=Counter)

    def look_up(self, day: str) -> str:
        """What the calendar says, or a ConnectionError while it is down."""
        self.calls["failed" if self.down else "calendar"] += 1
        if self.down:
            raise ConnectionError("calendar service unreachable")
        return f"nothing else on {day}"

    def weather(self, day: str) -> str:
        """What the other tool says."""
        self.calls["weather meanwhile" if self.down else "weather"] += 1
        return f"dry {day}"


@dataclass(slots=True)
class Replay:
    """One agent over one memory, fed with a script."""

    memory: ResilientMemory
    clock: ManualClock
    script: Script
    namespace: tuple[str, ...]
    acknowledged: Callable[[str], None] = lambda _: None
    calendar: Calendar = field(default_factory=Calendar)
    model: RecordedChatModel = field(default_factory=RecordedChatModel)
    told: list[Act] = field(default_factory=list)

    def agent(self, model: BaseChatModel) -> Any:
        """A stock agent whose only special part is our middleware."""
        calendar = self.calendar

        @tool
        def look_up_calendar(day: str) -> str:
            """Look up what the calendar holds for a day."""
            return calendar.look_up(day)

        @tool
        def look_up_weather(day: str) -> str:
            """Look up the weather of a day."""
            return calendar.weather(day)

        look_up_calendar.metadata = {"risk": 0.4}
        middleware: list[AgentMiddleware[Any, Any, Any]] = [
            ToolRetryMiddleware(max_retries=1, initial_delay=0.0, on_failure="continue"),
            ResmemMiddleware(self.memory, namespace=self.namespace, judge=judged),
        ]
        return create_agent(
            model,
            tools=[look_up_calendar, look_up_weather],
            middleware=middleware,
            checkpointer=InMemorySaver(),
        )

    def run(self) -> Iterator[Point]:
        """Replay every turn; one point per turn. An unfinished run goes on where it stopped."""
        agent = self.agent(self.model)
        turns, done = self.script.turns, self.done
        for number, turn in enumerate(turns):
            if number < done:
                continue
            self.calendar.down = OUTAGE[0] <= number / len(turns) < OUTAGE[1]
            self.model.use_tools = TOOLS
            self._turn(agent, turn)
            self.memory.store.apply([PutDoc("demo", self.script.name, {"turns": number + 1})])
            yield self._point(turn)

    @property
    def done(self) -> int:
        """How many turns an earlier run has replayed into this store."""
        doc = self.memory.store.doc("demo", self.script.name)
        return int(doc.body["turns"]) if doc else 0

    def restart(self) -> None:
        """Forget an earlier run of this script, with what was learnt from it."""
        self.memory.forget(self.namespace)
        self.memory.store.apply([DeleteDoc("demo", self.script.name)])

    def _turn(self, agent: Any, turn: Turn) -> None:
        last = turn.answer or turn.said[-1]
        self.clock.at = _epoch(last)
        self.clock.passed += TURN
        answer = as_messages(turn.answer)[0] if turn.answer else AIMessage("")
        self.model.next_answer = answer if isinstance(answer, AIMessage) else None
        config = {"configurable": {"thread_id": turn.session}}
        said = [message for item in turn.said for message in as_messages(item)]
        agent.invoke({"messages": said}, config)
        # The middleware observes what an agent answers; what it said unprompted comes from here.
        session = self.memory.session(turn.session, namespace=self.namespace)
        session.observe_all([i.message for i in turn.said if i.message.role == "assistant"])
        for item in (*turn.said, *([turn.answer] if turn.answer else [])):
            if item.message.role in REMEMBERED:
                self.acknowledged(str(item.message.id))

    def _point(self, turn: Turn) -> Point:
        session = self.memory.session(turn.session, namespace=self.namespace)
        gate = self.memory.namespace_state(self.namespace).head.gate
        return Point(
            self.clock.at,
            turn.session,
            session.levels,
            session.knobs,
            session.mode,
            self.calendar.down,
            gate.kept,
            gate.decided,
            self._fresh_acts(session.acts),
        )

    def _fresh_acts(self, acts: Sequence[Act]) -> tuple[Act, ...]:
        """What was done since the last turn."""
        fresh = tuple(act for act in acts if act not in self.told)
        self.told.extend(fresh)
        return fresh

    def ask(self, model: BaseChatModel) -> Iterator[Answer]:
        """Each question in a thread of its own, answered from memory alone."""
        agent = self.agent(model)
        self.model.use_tools = ()
        self.calendar.down = False
        for number, question in enumerate(self.script.questions):
            thread = f"question-{number}"
            config = {"configurable": {"thread_id": thread}}
            state = agent.invoke({"messages": [HumanMessage(question.text)]}, config)
            session = self.memory.session(thread, namespace=self.namespace)
            yield Answer(question, str(state["messages"][-1].content), session.recalled)


def judged(outcome: Outcome, messages: Sequence[AnyMessage]) -> Outcome:
    """A turn in which a tool failed for good was no success, whatever the model answered."""
    failed = any(isinstance(m, ToolMessage) and m.status == "error" for m in messages)
    return replace(outcome, success=False) if failed else outcome


def _epoch(item: Imported) -> float:
    return 0.0 if item.message.at is None else epoch(item.message.at)


def as_messages(item: Imported) -> list[AnyMessage]:
    """What the framework would hold for a recorded message; a tool's needs the call before it."""
    message = item.message
    if message.role == "assistant":
        return [AIMessage(message.text, id=message.id, name=message.author)]
    if message.role != "tool":
        return [HumanMessage(message.text, id=message.id, name=message.author)]
    call = {"name": message.author or "tool", "args": {}, "id": f"recorded-{message.id}"}
    status = "error" if message.text.startswith("Error") else "success"
    return [
        AIMessage("", tool_calls=[call]),
        ToolMessage(message.text, id=message.id, tool_call_id=str(call["id"]), status=status),
    ]
