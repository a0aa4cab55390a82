"""What a conversation was told stays where it stood (`placement="delta"`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

from llama_index.core.base.llms.types import ChatMessage

from resmem_core.prompt import told, told_again
from resmem_core.types import MAX_TEXT, Hit, Message, Told
from resmem_llamaindex._prompt.options import MEMORIES
from resmem_llamaindex._turn.buffer import Talk
from resmem_llamaindex._turn.messages import last_user, places

_AT: Final = "resmem_at"
"""Key of a block's message: the place of the history's message that it stands before."""


def take_up(
    talk: Talk,
    lay: Callable[..., str],
    hits_of: Callable[[Told], list[Hit]],
    history: Sequence[ChatMessage],
    turn: Sequence[Message],
) -> list[Hit]:
    """Lay out again, in `talk`, what it was told before earlier questions; the hits of that.

    Args:
        lay: `compose` with its budget.
        hits_of: `Session.again`.
        history, turn: the conversation, and its messages as the memory knows them.
    """
    stands = [*places(history, turn).items()][:-1]
    asked = {ident: (history[at].content or "")[:MAX_TEXT] for ident, at in stands}
    there, talk.before = told_again(lay, hits_of, talk.told, asked)
    return there


def keep(
    talk: Talk, turn: Sequence[Message], at: float, hits: Sequence[Hit], held: Sequence[str]
) -> None:
    """Note what the block of the last question is made of; what stands no more is told anew."""
    question = last_user(turn)
    assert question is not None
    made = told(str(question.id), at, hits, held)
    earlier = (one for one in talk.told if one.on in talk.before)
    talk.told = (*earlier, *((made,) if made.hits else ()))


def marked(
    talk: Talk,
    role: Literal["system", "user"],
    template: str,
    history: Sequence[ChatMessage],
    turn: Sequence[Message],
) -> list[ChatMessage]:
    """The blocks of earlier questions, each with the place that it stands at."""
    stands = places(history, turn) if talk.before else {}
    return [
        ChatMessage(
            role=role,
            content=template.replace(MEMORIES, block),
            additional_kwargs={_AT: stands[on]},
        )
        for on, block in talk.before.items()
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
        blocks = [*block.blocks, *made[place].blocks]
        made[place] = made[place].model_copy(update={"blocks": blocks})
    return made
