"""What a conversation was told stays where it stood (`placement="delta"`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from llama_index.core.base.llms.types import ChatMessage, ContentBlock, TextBlock

from resmem_core.prompt.turn import Above
from resmem_core.types import MAX_TEXT, Message
from resmem_llamaindex._prompt.options import MEMORIES
from resmem_llamaindex._turn.buffer import Talk
from resmem_llamaindex._turn.messages import places

_AT: Final = "resmem_at"
"""Key of a block's message: the place of the history's message that it stands before."""


def above(talk: Talk, history: Sequence[ChatMessage], turn: Sequence[Message]) -> Above:
    """What the conversation was told before earlier questions.

    Args:
        history, turn: the conversation, and its messages as the memory knows them.
    """
    stands = [*places(history, turn).items()][:-1]
    asked = {ident: (history[at].content or "")[:MAX_TEXT] for ident, at in stands}
    return Above(talk.laid.told, talk.session.again, asked)


def marked(
    talk: Talk,
    role: Literal["system", "user"],
    template: str,
    history: Sequence[ChatMessage],
    turn: Sequence[Message],
) -> list[ChatMessage]:
    """The blocks of earlier questions, each with the place that it stands at."""
    stands = places(history, turn) if talk.laid.before else {}
    return [
        ChatMessage(
            role=role,
            content=template.replace(MEMORIES, block),
            additional_kwargs={_AT: stands[on]},
        )
        for on, block in talk.laid.before.items()
        if on in stands
    ]


def stays(message: ChatMessage) -> bool:
    """Whether it is the block of an earlier question."""
    return _AT in message.additional_kwargs


def where_they_stood(
    messages: Sequence[ChatMessage], told: Sequence[ChatMessage]
) -> list[ChatMessage]:
    """The history with each block of an earlier question at the head of that question."""
    made = list(messages)
    for block in told:
        place = block.additional_kwargs[_AT]
        made[place] = headed(made[place], block.blocks)
    return made


def headed(message: ChatMessage, blocks: Sequence[ContentBlock]) -> ChatMessage:
    """The message with blocks before its own, which stay as they are, and an empty line between."""
    *before, last = blocks
    if isinstance(last, TextBlock):
        last = TextBlock(text=f"{last.text}\n\n")
    return message.model_copy(update={"blocks": [*before, last, *message.blocks]})
