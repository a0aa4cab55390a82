"""The block of recalled memories in the request, in the form of the message that it joins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias, get_args

from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage

from resmem_core.errors import ConfigError
from resmem_langchain._turn.messages import text_of

Placement: TypeAlias = Literal["system", "tail", "delta"]
"""Behind the system prompt, before the newest user message of the request, or there to stay: what a
thread was told stands where it stood, and only what it was not told comes."""

PLACEMENTS: Final[tuple[Placement, ...]] = get_args(Placement)


def check_placement(placement: Placement) -> Placement:
    """The placement.

    Raises:
        ConfigError: there is no such one.
    """
    if placement not in PLACEMENTS:
        raise ConfigError(f"placement is one of {', '.join(PLACEMENTS)}, got {placement!r:.40}")
    return placement


def held_by(system: SystemMessage | None, messages: Sequence[AnyMessage]) -> list[str]:
    """The texts that the request holds before the block is added."""
    everything = [*messages] if system is None else [system, *messages]
    return [text for text in map(text_of, everything) if text]


def with_block(system: SystemMessage | None, block: str) -> SystemMessage | None:
    """The system message with the block behind it.

    A provider's prompt cache holds what stands before the block: the history behind it is read anew
    whenever the block changes (`with_tail` keeps it).

    A string stays a string, a list of parts gets one part more.

    >>> with_block(SystemMessage("Be brief."), "<memories>…</memories>").content
    'Be brief.\\n\\n<memories>…</memories>'
    """
    if not block:
        return system
    if system is None:
        return SystemMessage(block)
    content: str | list[Any] = system.content
    if isinstance(content, str):
        return system.model_copy(update={"content": f"{content}\n\n{block}" if content else block})
    return system.model_copy(update={"content": [*content, {"type": "text", "text": block}]})


def with_tail(messages: Sequence[AnyMessage], block: str) -> list[AnyMessage]:
    """The messages with the block before the words of the newest user message.

    All that was said before stays as it was, so a provider's prompt cache holds it; within a tool
    loop the block stands where it stood.

    >>> with_tail([HumanMessage("Hi."), HumanMessage("Where?")], "<m>")[-1].content
    '<m>\\n\\nWhere?'
    """
    made = list(messages)
    at = next((i for i in reversed(range(len(made))) if isinstance(made[i], HumanMessage)), None)
    if block and at is not None:
        made[at] = headed(made[at], block)
    return made


def headed(message: AnyMessage, block: str) -> AnyMessage:
    """The message with the block before its words; a string stays a string."""
    content: str | list[Any] = message.content
    said: str | list[Any] = (
        f"{block}\n\n{content}"
        if isinstance(content, str)
        else [{"type": "text", "text": block}, *content]
    )
    return message.model_copy(update={"content": said})
