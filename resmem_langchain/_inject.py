"""The block of recalled memories in the request: behind the system prompt, in its own form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AnyMessage, SystemMessage

from resmem_langchain._messages import text_of


def held_by(system: SystemMessage | None, messages: Sequence[AnyMessage]) -> list[str]:
    """The texts that the request holds before the block is added."""
    everything = [*messages] if system is None else [system, *messages]
    return [text for text in map(text_of, everything) if text]


def with_block(system: SystemMessage | None, block: str) -> SystemMessage | None:
    """The system message with the block behind it: the prefix stays the same for a prompt cache.

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
