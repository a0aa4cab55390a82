"""Reading from and writing to the memory, in a way that no answer fails for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from langchain_core.messages import AnyMessage

from resmem_core import Session
from resmem_core.engine.base.outage import Outage
from resmem_core.engine.outbox import Outbox
from resmem_core.errors import SafeModeError
from resmem_core.prompt import worth_telling
from resmem_core.types import Hits, Message, Outcome
from resmem_langchain._messages import last_human, question, this_turn
from resmem_langchain._turns import Turn

logger = logging.getLogger(__name__)


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


def said(turn: Turn, messages: Sequence[AnyMessage]) -> Sequence[AnyMessage]:
    """This turn's messages, also when a summary has replaced the user's."""
    if last_human(messages) is None:
        return [*turn.heard, *messages]
    return this_turn(messages)


def turn_written(
    outbox: Outbox,
    session: Session,
    messages: Sequence[Message],
    outcome: Outcome,
    background: float | None = None,
) -> None:
    """The end of a turn: its messages and its outcome, at once or the messages when it is quiet.

    In the background the messages are in the outbox's file when this returns: no end of the process
    loses them. The outcome is taken at once, so that it credits what this turn was shown.
    """
    if background is None:
        written(lambda: outbox.turn(session, messages, outcome), session.outage)
        return
    written(lambda: outbox.later(session, messages, background), session.outage)
    written(lambda: session.outcome(outcome), session.outage)


def written(write: Callable[[], object], outage: Outage) -> Exception | None:
    """Write, or log that it was not written and say why: no answer depends on its memory."""
    try:
        write()
    except SafeModeError as error:
        logger.info("safe mode: nothing is written")
        return error
    except Exception as error:
        outage.say("not written to memory", error)
        return error
    return None
