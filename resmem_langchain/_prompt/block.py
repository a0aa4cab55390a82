"""What a turn's prompt shows of the memory: what is known of the user, and what was recalled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from langchain_core.messages import AnyMessage, SystemMessage

from resmem_core import Session
from resmem_core.engine.reading.about import names_of
from resmem_core.prompt import Count, Recalled, worth_telling
from resmem_core.prompt.turn import Above, ToAnswer, lay_out
from resmem_core.types import Attribute, Hits, Told, check_tokens
from resmem_langchain._prompt.inject import held_by
from resmem_langchain._prompt.recalling import OnRecall, seen
from resmem_langchain._turn.messages import QUESTION_CHARS, question, text_of
from resmem_langchain._turn.turns import Turn

About: TypeAlias = "bool | Sequence[str] | type[Any]"
"""Whether a prompt says what is known of the user: all, attributes by name, or a schema's."""


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """How the block of a turn is laid out.

    Attributes:
        budget: its tokens at most.
        count: tokens of a text; None estimates.
        shows: whether what is known of the user stands in it.
        names: which attributes; None for all.
        on_recall: told what was recalled.
    """

    budget: int
    count: Count | None = None
    shows: bool = False
    names: tuple[str, ...] | None = None
    on_recall: OnRecall | None = None

    @classmethod
    def of(
        cls, budget: int, count: Count | None, about: About, on_recall: OnRecall | None = None
    ) -> BlockLayout:
        """The layout of a middleware's settings.

        Raises:
            ConfigError: the budget is no whole number of at least 0, or `about` is neither a truth
                value, nor names, nor a pydantic model.
        """
        check_tokens(budget, 0)
        names = None if about is False else names_of(about)
        return cls(budget, count, about is not False, names, on_recall)

    def recall(
        self,
        turn: Turn,
        system: SystemMessage | None,
        messages: Sequence[AnyMessage],
        earlier: Sequence[Told] = (),
    ) -> None:
        """Recall for the turn's question, and lay the block out.

        Args:
            turn: gets what was found.
            system, messages: the request's.
            earlier: what stands before earlier messages, and is not said again.
        """
        known, now = self._known(turn.session), turn.session.clock.now()
        asked = {str(m.id): text_of(m)[:QUESTION_CHARS] for m in messages}
        above = Above(earlier, turn.session.again, asked)
        on, held = question(messages)[0], held_by(system, messages)

        def recall(words: str) -> Recalled:
            hits = recalled(turn.session, messages)
            turn.laid = lay_out(
                hits, known, ToAnswer(on, words, now, held),
                budget=self.budget, count=self.count, names=self.names, above=above,
            )  # fmt: skip
            return Recalled(words, tuple(hits), hits.reason, turn.laid.whole)

        turn.hits = seen(recall, question(messages)[1], self.on_recall).hits

    def _known(self, session: Session) -> tuple[Attribute, ...]:
        """What is known of the user; nothing while the store is away."""
        if not self.shows:
            return ()
        try:
            return session.about()
        except Exception as error:  # reads fail open
            session.outage.say("nothing is known of the user, the agent goes on without", error)
            return ()


def recalled(session: Session, messages: Sequence[AnyMessage]) -> Hits:
    """What answers the user's message and is worth its room; reads fail open.

    What stands in the conversation already is not shown a second time.
    """
    text = question(messages)[1]
    if not text.strip():
        return Hits()
    try:
        return worth_telling(session.recall(text, exclude={m.id for m in messages if m.id}))
    except Exception as error:
        session.outage.say("recall failed, the agent goes on without", error)
        return Hits(reason="the memory could not be read")
