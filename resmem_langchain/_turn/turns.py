"""What one turn of one conversation gathers between its model and tool calls.

One middleware instance serves every thread and user at once, so nothing about a turn lives on
the instance itself: it is kept here, by namespace, session and the user's message.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeAlias

from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage

from resmem_core import Session
from resmem_core.control.signals import answer_signals, tool_signals
from resmem_core.engine.writing.hearing import heard
from resmem_core.errors import ResmemError
from resmem_core.prompt.turn import Laid
from resmem_core.providers import was_cut
from resmem_core.types import Hit, Namespace, Outcome, Signal
from resmem_langchain._turn.messages import is_error, text_of, tokens_of

logger = logging.getLogger(__name__)

Key: TypeAlias = tuple[Namespace, str]

OPEN_TURNS: Final = 1024
"""Turns held at once; the oldest is given up first (it would recall once more, nothing else)."""


@dataclass(slots=True)
class Turn:
    """One question and what was done to answer it. Safe to add to from parallel tools.

    Attributes:
        session: the conversation's control state and memory.
        asked: id of the user's message.
        heard: the user's messages, in case a summary replaces them before the turn ends.
        hits: what was recalled for it, or None before the recall.
        laid: what is known of the user, and the hits, as they stand in the prompt.
        taken: the number of the message before it, see `resmem_langchain._turn.catch_up`.
        back: lines on tools that are back, for this turn's calls.
        counted: the answer that was counted last, before it was asked for again.
        failing: whether its last model call raised; whoever repeats it asks for the same turn.
    """

    session: Session
    asked: str
    heard: tuple[AnyMessage, ...] = ()
    hits: tuple[Hit, ...] | None = None
    laid: Laid = field(default_factory=Laid)
    taken: int = 0
    back: list[str] = field(default_factory=list)
    latency: float = 0.0
    tokens: int = 0
    counted: Any = None
    failing: bool = False
    tools_run: int = 0
    tools_failed: int = 0
    lock: Lock = field(default_factory=Lock)

    def model_done(self, seconds: float, messages: Sequence[Any]) -> None:
        """Count a model call that answered, and turn what is odd about it into signals."""
        tokens = sum(map(tokens_of, messages))
        with self.lock:
            self.latency += seconds
            self.tokens += tokens
            self.failing = False
        self.session.spend(tokens, seconds)
        self.session.signal(Signal("latency", seconds), *signals_of(messages))

    def model_failed(self, seconds: float) -> None:
        """Count a model call that raised."""
        with self.lock:
            self.latency += seconds
            self.failing = True
        self.session.spend(0, seconds)
        self.session.signal(Signal("provider_error", 1.0))

    def tool_done(self, failed: bool, text: str = "") -> None:
        """Count a tool call, and read its text for injection."""
        with self.lock:
            self.tools_run += 1
            self.tools_failed += failed
        self.session.signal(*tool_signals(failed=failed), *heard(text))

    def outcome(self, messages: Sequence[AnyMessage]) -> Outcome:
        """How the turn went: no answer is 0, an answer 1 less half the share of failed tools."""
        last = messages[-1] if messages else None
        answered = last is not None and not isinstance(last, HumanMessage) and not is_error(last)
        lost = 0.5 * self.tools_failed / self.tools_run if self.tools_run else 0.0
        return Outcome(
            success=(1.0 - lost) if answered else 0.0,
            latency=self.latency or None,
            tokens=self.tokens or None,
            answer=text_of(last) if answered and last is not None else None,
        )


def signals_of(messages: Sequence[Any]) -> list[Signal]:
    """What the messages of a model call that answered tell."""
    return answer_signals(
        cut_off=bool(was_cut(*(getattr(m, "response_metadata", None) for m in messages))),
        invalid=any(getattr(message, "invalid_tool_calls", 0) for message in messages),
    )


@contextmanager
def on_failure(report: Callable[[], None]) -> Iterator[None]:
    """Report what fails in the block; LangGraph's interrupts are no failures."""
    try:
        yield
    except Exception as error:
        if not is_pause(error):
            report()
        raise


def is_pause(error: Exception) -> bool:
    """Whether it is one of LangGraph's interrupts; by name, for who has no LangGraph."""
    return any(kind.__name__ == "GraphBubbleUp" for kind in type(error).__mro__)


def has_failed(result: Any) -> bool:
    """Whether a tool's result is an error message."""
    return isinstance(result, ToolMessage) and is_error(result)


def words_of(result: Any) -> str:
    """The text of a tool's result."""
    return text_of(result) if isinstance(result, ToolMessage) else ""


class Turns:
    """The turns under way, and the control state that each conversation was last seen with."""

    def __init__(self) -> None:
        self._turns: OrderedDict[tuple[Key, str], Turn] = OrderedDict()
        self._states: OrderedDict[Key, Mapping[str, Any]] = OrderedDict()
        self._taken: OrderedDict[Key, int] = OrderedDict()
        self._lock = Lock()

    def __reduce__(self) -> tuple[type[Turns], tuple[()]]:
        """Pickled and copied as a new one: a turn belongs to the process that answers it."""
        return Turns, ()

    def find(self, session: Session, asked: str) -> Turn:
        """The turn that answers this message; begun when it is new.

        An empty `asked` (a summary took the user's message) means the conversation's latest turn.
        """
        key = _key(session)
        with self._lock:
            if not asked:
                known = [k for k in self._turns if k[0] == key]
                asked = known[-1][1] if known else ""
            turn = self._turns.setdefault((key, asked), Turn(session, asked))
            _bound(self._turns, (key, asked))
            return turn

    def end(self, turn: Turn) -> None:
        """Let go of a turn."""
        with self._lock:
            self._turns.pop((_key(turn.session), turn.asked), None)

    def goes_on(self, session: Session, taken: float) -> bool:
        """Whether the conversation goes on from where we left it, by the mark of what was taken.

        It does not after a restart, on another worker, or when somebody goes back in time.
        """
        with self._lock:
            return self._taken.get(_key(session)) == taken

    def took(self, session: Session, taken: int) -> int:
        """Note the mark of what was taken; the mark."""
        with self._lock:
            self._taken[_key(session)] = taken
            _bound(self._taken, _key(session))
        return taken

    def adopt(self, session: Session, incoming: Mapping[str, Any] | None) -> None:
        """Go on from the checkpointer's control state, where it is not the one we left.

        They differ after a restart, on another worker, or when somebody goes back in time. A
        retry of the same step comes in with the state it began with, and keeps what it felt.
        """
        if not incoming or incoming in (self._states.get(_key(session)), session.digest()):
            return
        try:
            session.restore(incoming)
        except ResmemError as error:
            logger.warning("control state of the checkpoint not used: %s", type(error).__name__)
        self._note(session, incoming)

    def leave(self, session: Session) -> dict[str, Any]:
        """The control state to hand to the checkpointer: under 300 bytes of numbers, never text."""
        state = session.digest()
        self._note(session, state)
        return state

    def _note(self, session: Session, state: Mapping[str, Any]) -> None:
        with self._lock:
            self._states[_key(session)] = state
            _bound(self._states, _key(session))


def _key(session: Session) -> Key:
    return session.namespace, session.id


def _bound(entries: OrderedDict[Any, Any], newest: Any) -> None:
    entries.move_to_end(newest)
    while len(entries) > OPEN_TURNS:
        entries.popitem(last=False)
