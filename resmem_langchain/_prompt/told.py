"""Where the block stands in a request; with "delta", each line once, and there to stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage

from resmem_core.types import Told
from resmem_langchain._prompt.inject import Placement, headed, with_block, with_tail
from resmem_langchain._turn.turns import Turn

TOLD_KEY: Final = "resmem_told"
"""Key of the thread's private state: ids and times of what was laid before which message."""


def told_in(state: Mapping[str, Any], messages: Sequence[AnyMessage], asked: str) -> list[Told]:
    """What was laid before earlier messages that the request still has.

    Args:
        state: the thread's.
        messages: the request's; a summary may have taken some.
        asked: id of the message that is answered now.
    """
    here = {message.id for message in messages} - {asked}
    rows = (Told.from_doc(doc) for doc in state.get(TOLD_KEY) or ())
    return [told for told in rows if told is not None and told.on in here]


def placed(
    placement: Placement,
    turn: Turn,
    system: SystemMessage | None,
    messages: Sequence[AnyMessage],
    lines: Sequence[str],
) -> dict[str, Any]:
    """What of the request changes for the turn's block and for lines about its tools.

    Who the user is and which tools are down stands behind the system prompt: it seldom changes.
    """
    if placement == "system" or not any(isinstance(m, HumanMessage) for m in messages):
        notes = "\n".join(filter(None, [turn.laid.whole, *lines]))
        return {"system_message": with_block(system, notes)}
    made = with_tail(messages, turn.laid.rest)
    return {
        "system_message": with_block(system, "\n".join(filter(None, [turn.laid.head, *lines]))),
        "messages": with_told(made, turn.laid.before) if turn.laid.before else made,
    }


def with_told(messages: Sequence[AnyMessage], blocks: Mapping[str, str]) -> list[AnyMessage]:
    """The messages, each block at the head of the message that it belongs to by id.

    The state's own messages stay as they are: a summary or the memory never reads a block.
    """
    return [
        headed(message, blocks.get(str(message.id), ""))
        if isinstance(message, HumanMessage) and str(message.id) in blocks
        else message
        for message in messages
    ]
