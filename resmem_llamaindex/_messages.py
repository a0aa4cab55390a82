"""LlamaIndex chat messages as messages of the memory, each with an id that is always the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

from llama_index.core.base.llms.types import ChatMessage, MessageRole

from resmem_core.agents import is_answer
from resmem_core.engine.hearing import reports_failure
from resmem_core.memory.gate.provenance import retells
from resmem_core.prompt import CLOSING, OPENING
from resmem_core.types import MAX_TEXT, Message, Role, Trust
from resmem_llamaindex._nodes import NOTE

ROLES: Final[Mapping[MessageRole, Role]] = {
    MessageRole.USER: "user",
    MessageRole.ASSISTANT: "assistant",
    MessageRole.CHATBOT: "assistant",
    MessageRole.MODEL: "assistant",
    MessageRole.TOOL: "tool",
    MessageRole.FUNCTION: "tool",
}
"""System and developer messages are instructions, not memories: they are left out."""

EMPTY_RESPONSE: Final = "Empty Response"
"""What LlamaIndex's synthesizers answer where a retriever gave no node."""


def as_messages(history: Sequence[ChatMessage], session_id: str) -> list[Message]:
    """The texts of a chat history, oldest first; longer ones in parts of 16,000 characters.

    LlamaIndex gives messages no ids. Ours come from the session, the role, the text and how often
    the same was said before, so that the same message has the same id after a restart. An agent
    appends its input once more after a tool round: that repeat is left out. What the model took
    from a tool's result in the same turn is untrusted, as the result is.
    """
    tools, people = list[str](), list[str]()
    said: Counter[tuple[str, str]] = Counter()
    messages: list[Message] = []
    for chat in _without_repeat(history):
        role = ROLES.get(chat.role)
        text = chat.content if role else None
        if role is None or not text or not text.strip() or is_own(text):
            continue
        if role == "tool" and (reports_failure(text) or is_answer(text)):
            continue  # an exception's text comes as a result; a memory tool repeats the memory
        if role == "user":
            tools, people = [], [text]
        elif role == "tool":
            tools.append(text)
        taken = role == "assistant" and retells(text, tools, people)
        said[role, text] += 1
        name = message_id(session_id, role, text, said[role, text])
        messages += _parts(role, text, name, "untrusted" if taken else None)
    return messages


def is_own(text: str) -> bool:
    """Whether nobody said it: our note or block, or what engines answer without their model.

    >>> is_own("Empty Response"), is_own("Why is there an empty response?")
    (True, False)
    """
    text = text.strip()
    block = text.startswith(OPENING) and text.endswith(CLOSING)
    return block or text in (NOTE, EMPTY_RESPONSE)


def message_id(session_id: str, role: str, text: str, nth: int) -> str:
    """A stable id: the nth time that this role said this text in this session.

    >>> message_id("s", "user", "hi", 1) == message_id("s", "user", "hi", 1)
    True
    """
    content = "\x1f".join((session_id, role, str(nth), text))
    return blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _without_repeat(history: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
    ends = [(chat.role, chat.content) for chat in history[-2:]]
    repeated = len(ends) == 2 and ends[0] == ends[1] and ends[0][0] == MessageRole.USER
    return history[:-1] if repeated else history


def _parts(role: Role, text: str, name: str, trust: Trust | None) -> list[Message]:
    if len(text) <= MAX_TEXT:
        return [Message(role=role, text=text, id=name, trust=trust)]
    starts = range(0, len(text), MAX_TEXT)
    return [
        Message(role, text[i : i + MAX_TEXT], id=f"{name}-{i // MAX_TEXT}", trust=trust)
        for i in starts
    ]


def last_user(messages: Sequence[Message]) -> Message | None:
    """The message to recall for, or None."""
    return next((m for m in reversed(messages) if m.role == "user"), None)
