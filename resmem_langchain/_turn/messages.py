"""From LangChain messages to what the memory observes: this turn's words, and only those."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, get_args

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage

from resmem_core.agents import is_answer
from resmem_core.errors import ConfigError
from resmem_core.health.overflow import CLEARED, cleared
from resmem_core.importers.fields import time_said
from resmem_core.memory.gate.provenance import retells
from resmem_core.providers import tokens_in
from resmem_core.types import MAX_TEXT, Kind, Message, Role

OWN_MARK: Final = "resmem"
"""Key in a message's `additional_kwargs` that marks recalled text."""

ERROR_TEXT: Final = re.compile(
    r"\s*(Model call failed after \d+ attempt|Model call limits exceeded|"
    r"Tool '.*' failed after \d+ attempt|Tool call limit)"
)
"""What LangChain's retry and limit middlewares hand back as an answer (section 6 of the docs)."""

QUESTION_CHARS: Final = 4_000
"""How much of the user's message the recall reads."""

PIECES: Final = 8
"""Pieces of one message that are observed; a longer one is a document, not a turn."""


def text_of(message: BaseMessage) -> str:
    """The text parts of a message, whatever the provider's content looks like.

    >>> text_of(HumanMessage([{"type": "text", "text": "Look:"}, {"type": "image", "url": "x"}]))
    'Look:'
    """
    return str(message.text)


def is_summary(message: BaseMessage) -> bool:
    """Whether a summarization middleware wrote it."""
    return message.additional_kwargs.get("lc_source") == "summarization"


def is_error(message: BaseMessage) -> bool:
    """Whether it is an error that is dressed as an answer."""
    if getattr(message, "status", "success") == "error":
        return True
    return not isinstance(message, HumanMessage) and bool(ERROR_TEXT.match(text_of(message)))


def is_own(message: BaseMessage) -> bool:
    """Whether it repeats what the memory holds: a quotation, or the answer of a memory tool."""
    answered = isinstance(message, ToolMessage) and is_answer(text_of(message))
    return answered or OWN_MARK in message.additional_kwargs


def last_human(messages: Sequence[BaseMessage]) -> int | None:
    """Index of the user's last message, or None; a summary is not the user's."""
    for i in range(len(messages) - 1, -1, -1):
        if isinstance(messages[i], HumanMessage) and not is_summary(messages[i]):
            return i
    return None


def this_turn(messages: Sequence[AnyMessage]) -> Sequence[AnyMessage]:
    """The messages since the user began to speak, without what came before.

    Earlier turns were observed when they happened. To observe them again would bring back what
    was forgotten since, so a history that the caller sends along is context, not news.
    """
    end = last_human(messages)
    if end is None:
        return []
    start = end
    while start > 0 and isinstance(messages[start - 1], HumanMessage):
        if is_summary(messages[start - 1]):
            break
        start -= 1
    return messages[start:]


def question(messages: Sequence[BaseMessage]) -> tuple[str, str]:
    """The user's last message as (id, text) to recall by; ("", "") when there is none."""
    at = last_human(messages)
    if at is None:
        return "", ""
    return str(messages[at].id or at), text_of(messages[at])[:QUESTION_CHARS]


def check_roles(remember: Sequence[Role]) -> tuple[Role, ...]:
    """The roles to observe.

    Raises:
        ConfigError: one of them is no role; LangChain's own names of messages are none.
    """
    roles = get_args(Role)
    if isinstance(remember, str) or not all(role in roles for role in remember):
        raise ConfigError(f"remember is some of {', '.join(roles)}, got {remember!r:.80}")
    return tuple(remember)


def observed(messages: Sequence[AnyMessage], remember: Sequence[Role]) -> Iterator[Message]:
    """What the memory is to see of these messages.

    Args:
        messages: one turn's messages.
        remember: roles to observe; tool output is taken as untrusted, and so is what the model
            took from it, whether or not tools are remembered.

    Yields:
        Messages of at most 16,000 characters; longer ones come in pieces.
    """
    tools, people = list[str](), list[str]()
    for message in messages:
        role = role_of(message)
        if role in ("tool", "user"):
            (tools if role == "tool" else people).append(text_of(message))
        if role not in remember or is_own(message):
            continue
        taken = role == "assistant" and retells(text_of(message), tools, people)
        pieces = _pieces(text_of(message))
        for n, piece in enumerate(pieces):
            yield Message(
                role=role,
                text=piece,
                author=getattr(message, "name", None) or None,
                id=_piece_id(message.id, n),
                at=time_said(message.additional_kwargs),
                kind=_kind(message),
                trust="untrusted" if taken else None,
            )


def role_of(message: BaseMessage) -> Role:
    """The role in our vocabulary; what is not the user, the model or a tool counts as system."""
    if isinstance(message, HumanMessage):
        return "user"
    if isinstance(message, AIMessage):
        return "assistant"
    return "tool" if isinstance(message, ToolMessage) else "system"


def _kind(message: BaseMessage) -> Kind:
    if is_summary(message):
        return "summary"
    return "error" if is_error(message) else "chat"


def _piece_id(given: str | None, n: int) -> str | None:
    return f"{given}#{n}" if given and n else given


def _pieces(text: str) -> list[str]:
    """The text cut to what one message may hold; nothing for a text of blanks.

    >>> [len(p) for p in _pieces("x" * 16_001)]
    [16000, 1]
    """
    if not text.strip():
        return []
    starts = range(0, min(len(text), PIECES * MAX_TEXT), MAX_TEXT)
    return [text[i : i + MAX_TEXT] for i in starts]


def tokens_of(message: Any) -> int:
    """Tokens that the provider counted for a message; 0 when it does not say."""
    return tokens_in(getattr(message, "usage_metadata", None))


def results_in(messages: Sequence[AnyMessage]) -> list[int]:
    """Where tools' results stand."""
    return [i for i, message in enumerate(messages) if isinstance(message, ToolMessage)]


def prompt_tokens(messages: Sequence[AnyMessage]) -> int:
    """Tokens of the prompt that the last answer came from; 0 where its provider did not count."""
    answers = (m for m in reversed(messages) if isinstance(m, AIMessage))
    last = next(answers, None)
    return 0 if last is None or not last.usage_metadata else last.usage_metadata["input_tokens"]


def shortened(messages: Sequence[AnyMessage], step: int) -> Sequence[AnyMessage]:
    """The messages without what tools said long ago (`health.overflow`); as they came at 0."""
    out = cleared(results_in(messages), step)
    return (
        [
            m.model_copy(update={"content": CLEARED, "artifact": None}) if i in out else m
            for i, m in enumerate(messages)
        ]
        if out
        else messages
    )
