"""Writing a turn to the memory, in a way that no answer fails for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from langchain_core.messages import AnyMessage

from resmem_core import ResilientMemory, Session
from resmem_core.engine.base.debounced import check_background
from resmem_core.engine.base.outage import Outage
from resmem_core.engine.checked import check_memory
from resmem_core.engine.outbox import AWAY
from resmem_core.engine.writing import branches
from resmem_core.errors import SafeModeError
from resmem_core.types import Message, Outcome, Role
from resmem_langchain._turn.catch_up import missed
from resmem_langchain._turn.messages import check_roles, last_human, observed, this_turn
from resmem_langchain._turn.scope import Place
from resmem_langchain._turn.turns import Turn

logger = logging.getLogger(__name__)

Judge: TypeAlias = Callable[[Outcome, Sequence[AnyMessage]], Outcome]
"""(outcome, messages of the turn) -> outcome, of whoever knows better how it went."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Takes turns into a memory: what was said, and how it went.

    Attributes:
        memory: where to.
        remember: roles whose messages are observed.
        judge: asked for each turn's outcome.
        background: seconds of quiet before a turn's messages are written; None for at once.

    Raises:
        ConfigError: a role or a number of seconds that is none.
        InputTypeError: `memory` is no open memory.
    """

    memory: ResilientMemory
    remember: Sequence[Role] = ("user", "assistant")
    judge: Judge | None = None
    background: float | None = None

    def __post_init__(self) -> None:
        check_memory(self.memory)
        check_background(self.background)
        object.__setattr__(self, "remember", check_roles(self.remember))

    def session(self, place: Place) -> Session | None:
        """The conversation's session, or None while the store is away: the agent goes on."""
        thread, namespace = place
        try:
            return self.memory.session(thread, namespace=namespace)
        except AWAY as error:
            self._without(error)
            return None

    async def asession(self, place: Place) -> Session | None:
        """`session`, which reads the store off the event loop."""
        thread, namespace = place
        try:
            return await self.memory.asession(thread, namespace=namespace)
        except AWAY as error:
            self._without(error)
            return None

    def _without(self, error: Exception) -> None:
        """Say once per outage that the agent goes on without memories."""
        self.memory.outage.say("the memory is away, the agent goes on without", error)

    def keep(self, place: Place, messages: Sequence[AnyMessage]) -> None:
        """Let the turn wait in the outbox, while the store is away."""
        thread, namespace = place
        late = list(observed(this_turn(messages), self.remember))
        keep = self.memory.outbox.keep
        written(lambda: keep((namespace, thread), late), self.memory.outage)

    def catch_up(
        self, session: Session, messages: Sequence[AnyMessage], taken: float | None
    ) -> None:
        """Take in what an outage left, and earlier turns that did not come to their end."""
        self.memory.outbox.catch_up()
        late = list(observed(missed(messages, taken), self.remember))
        if late:
            written(lambda: self.memory.outbox.observe(session, late), session.outage)

    def follow(self, session: Session, messages: Sequence[AnyMessage]) -> None:
        """What was said on a branch that somebody left by going back does not speak in recall."""
        ids = [m.id for m in messages if m.id]
        written(lambda: self._follow(session, ids), session.outage)

    def _follow(self, session: Session, ids: Sequence[str]) -> None:
        branches.follow(self.memory.namespace_state(session.namespace), session.id, ids)

    def end(self, turn: Turn, messages: Sequence[AnyMessage], *, learns: bool = True) -> None:
        """Observe a turn's messages and credit its outcome to what was recalled.

        In the background the messages are in the outbox's file when this returns: no end of the
        process loses them. The outcome is taken at once, so that it credits what was shown.

        Args:
            learns: False for a turn of which the outcome alone is taken.
        """
        heard = said(turn, messages)
        outcome = turn.outcome(heard)
        if self.judge:
            outcome = self.judge(outcome, heard)
        if not learns:
            self._credit(turn.session, outcome)
            return
        new = list(observed(heard, self.remember))
        self._write(turn.session, new, outcome)

    def _write(self, session: Session, new: Sequence[Message], outcome: Outcome) -> None:
        outbox, quiet = self.memory.outbox, self.background
        if quiet is None:
            written(lambda: outbox.turn(session, new, outcome), session.outage)
            return
        written(lambda: outbox.later(session, new, quiet), session.outage)
        self._credit(session, outcome)

    def _credit(self, session: Session, outcome: Outcome) -> None:
        written(lambda: session.outcome(outcome), session.outage)


def said(turn: Turn, messages: Sequence[AnyMessage]) -> Sequence[AnyMessage]:
    """This turn's messages, also when a summary has replaced the user's."""
    if last_human(messages) is None:
        return [*turn.heard, *messages]
    return this_turn(messages)


def written(write: Callable[[], object], outage: Outage) -> None:
    """Write, or log that it was not written and say why: no answer depends on its memory."""
    try:
        write()
    except SafeModeError:
        logger.info("safe mode: nothing is written")
    except Exception as error:
        outage.say("not written to memory", error)
