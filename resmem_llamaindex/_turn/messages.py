"""LlamaIndex chat messages as messages of the memory, each with an id that is always the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import Final, NamedTuple

from llama_index.core.base.llms.types import ChatMessage, MessageRole

from resmem_core.agents import is_answer
from resmem_core.engine.writing.hearing import reports_failure
from resmem_core.importers.fields import time_said
from resmem_core.memory.gate.provenance import retells
from resmem_core.prompt import CLOSING, OPENING
from resmem_core.types import MAX_TEXT, Message, Role, Trust

ROLES: Final[Mapping[MessageRole, Role]] = {
    MessageRole.USER: "user",
    MessageRole.ASSISTANT: "assistant",
    MessageRole.CHATBOT: "assistant",
    MessageRole.MODEL: "assistant",
    MessageRole.TOOL: "tool",
    MessageRole.FUNCTION: "tool",
}
"""System and developer messages are instructions, not memories: they are left out."""

NOTE: Final = "No memories fit this question."
"""Text of the node that stands for no node, so that an engine asks its model all the same."""

EMPTY_RESPONSE: Final = "Empty Response"
"""What LlamaIndex's synthesizers answer where a retriever gave no node."""


class Spoken(NamedTuple):
    """One message's words, before it has a place in the conversation."""

    role: Role
    text: str
    trust: Trust | None
    at: datetime | None


def said(history: Sequence[ChatMessage]) -> list[Spoken]:
    """The texts of a chat history that the memory may hold, oldest first.

    An agent appends its input once more after a tool round: that repeat is left out. What the model
    took from a tool's result in the same turn is untrusted, as the result is.
    """
    tools, people = list[str](), list[str]()
    found: list[Spoken] = []
    for place, role, text in _heard(history):
        if role == "user":
            tools, people = [], [text]
        elif role == "tool":
            tools.append(text)
        taken = role == "assistant" and retells(text, tools, people)
        found.append(
            Spoken(
                role,
                text,
                "untrusted" if taken else None,
                time_said(history[place].additional_kwargs),
            )
        )
    return found


def places(history: Sequence[ChatMessage], messages: Iterable[Message]) -> dict[str, int]:
    """Where in the history each message of the user stands, by the id that recall knows it by.

    Args:
        messages: all of the history, as `as_messages` gave them.
    """
    left, found = iter(messages), dict[str, int]()
    for place, role, text in _heard(history):
        parts = [*islice(left, max(1, -(-len(text) // MAX_TEXT)))]
        if role == "user" and parts:
            found[str(parts[-1].id)] = place
    return found


def _heard(history: Sequence[ChatMessage]) -> Iterator[tuple[int, Role, str]]:
    """Place, role and text of what somebody said."""
    for place, chat in enumerate(_without_repeat(history)):
        role = ROLES.get(chat.role)
        text = chat.content if role else None
        if role is None or not text or not text.strip() or is_own(text):
            continue
        if role == "tool" and (reports_failure(text) or is_answer(text)):
            continue  # an exception's text comes as a result; a memory tool repeats the memory
        yield place, role, text


def as_messages(words: Sequence[Spoken], session_id: str, first: int) -> list[Message]:
    """The words as messages of the memory; longer ones in parts of 16,000 characters.

    LlamaIndex gives messages no ids. Ours come from the session, the role, the text and the place
    in the conversation, so that the same message has the same id after a restart, and what is said
    again has another.

    Args:
        first: the place of the first of them.
    """
    return [
        part
        for place, one in enumerate(words, first)
        for part in _parts(one, message_id(session_id, one.role, one.text, place))
    ]


def is_own(text: str) -> bool:
    """Whether nobody said it: our note or block, or what engines answer without their model.

    >>> is_own("Empty Response"), is_own("Why is there an empty response?")
    (True, False)
    """
    text = text.strip()
    block = text.startswith(OPENING) and text.endswith(CLOSING)
    return block or text in (NOTE, EMPTY_RESPONSE)


def message_id(session_id: str, role: str, text: str, place: int) -> str:
    """A stable id: this role said this text at this place of this session.

    >>> message_id("s", "user", "hi", 1) == message_id("s", "user", "hi", 1)
    True
    """
    content = "\x1f".join((session_id, role, str(place), text))
    return blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _without_repeat(history: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
    ends = [(chat.role, chat.content) for chat in history[-2:]]
    repeated = len(ends) == 2 and ends[0] == ends[1] and ends[0][0] == MessageRole.USER
    return history[:-1] if repeated else history


def _parts(one: Spoken, name: str) -> list[Message]:
    role, text, trust, at = one
    if len(text) <= MAX_TEXT:
        return [Message(role, text, id=name, at=at, trust=trust)]
    starts = range(0, len(text), MAX_TEXT)
    return [
        Message(role, text[i : i + MAX_TEXT], id=f"{name}-{i // MAX_TEXT}", at=at, trust=trust)
        for i in starts
    ]


def last_user(messages: Sequence[Message]) -> Message | None:
    """The message to recall for, or None."""
    return next((m for m in reversed(messages) if m.role == "user"), None)
