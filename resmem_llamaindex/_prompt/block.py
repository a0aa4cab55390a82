"""`ResmemMemoryBlock`: a memory block that sees every turn and never leaks across sessions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.memory import BaseMemoryBlock
from llama_index.core.postprocessor.types import BaseNodePostprocessor

from resmem_core.engine.reading.about import names_of
from resmem_core.errors import ConfigError, NamespaceError, ResmemError
from resmem_core.prompt import DEFAULT_BUDGET, Recalled, safely, worth_telling
from resmem_core.prompt.turn import Laid, ToAnswer, lay_out
from resmem_core.types import Attribute, Hit, Hits, Message
from resmem_llamaindex._documents.query import MAX_K
from resmem_llamaindex._prompt.delta import above, marked
from resmem_llamaindex._prompt.options import (
    MEMORIES,
    asked_with,
    check_known,
    check_template,
    processed,
    tokens,
    truncated,
)
from resmem_llamaindex._prompt.recalling import dispatcher, tell
from resmem_llamaindex._turn.buffer import Talk, TurnBuffer
from resmem_llamaindex._turn.component import ComponentBase
from resmem_llamaindex._turn.messages import last_user, said
from resmem_llamaindex._turn.scope import NamespaceOf, asession_for

if TYPE_CHECKING:
    from resmem_core import ResilientMemory, Session

_log = logging.getLogger(__name__)

_MISUSE: Final = (NamespaceError, ConfigError)
"""Errors of the program, not of the store: they are raised also where reads fail open."""


class ResmemMemoryBlock(ComponentBase, BaseMemoryBlock[list[ChatMessage]]):
    """
    Long-term memory for LlamaIndex's `Memory`: gated, consolidated, walled per namespace.

    On every read it takes in the messages it has not seen, so that no turn waits for a flush, and
    recalls once per user message however many tool rounds follow. What the chat history shows
    already is not recalled again. Recalled memories come as one delimited message.

    A store that is away reads as empty, and what could not be written is kept and tried again at
    the next turn (`pending`, `aflush`); both are logged. A missing namespace is an error.

    Args:
        memory (ResilientMemory): an open memory; when None, the one registered as `memory_name`.
        namespace: a tuple such as `("acme", "ada")`, or a function that gives the namespace of a
            session id; when None, it comes from `scope(session)` or instrument tags.
        name (str): the block's name, unique in its `Memory`.
        priority (int): 0 is never truncated; others are, the worst memories first.
        role (str): "system" or "user", of the message that carries the memories. `Memory` puts it
            before all others; `ResmemMemory` puts "user" at the head of the last user message.
        delta (bool): whether what the conversation was told stays where it stood, and only what it
            was not told comes; for the role "user" in a `ResmemMemory` (`placement="delta"`).
        token_budget (int): tokens of that message at most, counted by LlamaIndex's tokenizer; where
            that raises, by `resmem_core.prompt.estimate_tokens`.
        top_k (int): memories that are recalled; the session's `retrieve_k` knob when None.
        min_relevance (float): least `Hit.relevance` of what is recalled, in [0, 1]; 0 for the
            `top_k` best whatever they say.
        window (int): messages that the recall reads: the last user message and those before it, so
            that a follow-up ("and when?") is asked with what it is about.
        template (str): what the message says around the memories; has "{memories}".
        node_postprocessors (list): applied to what was recalled, as nodes: rerankers, filters, PII.
            What they leave out is not shown; standing wishes are not theirs.
        background (float): seconds of quiet after which messages are read, compared and stored;
            until then they are in a file beside the store, where no end of the process loses them,
            and are not recalled. None: at once.
        user_id, agent_id, run_id (str): ids that fill the namespace's fields, such as
            `("memories", "{user_id}")`; without a namespace, user and agent are it.
        about: whether a message before it says what is known of the user on every turn
            (`ResilientMemory.about`): True, names of attributes such as `("name", "home")`, or a
            pydantic model that has them.

    Raises:
        ConfigError: a keyword that does not exist, or a template without "{memories}".

    Examples:
        ```python
        memory = Memory.from_defaults(
            session_id="thread-1",
            memory_blocks=[ResmemMemoryBlock(resmem, namespace=("acme", "ada"))],
        )
        response = await agent.run("Where do I live?", memory=memory)
        ```
    """

    name: str = Field(default="resmem", description="The block's name.")
    priority: int = Field(default=1, description="0 is never truncated.")
    role: Literal["system", "user"] = Field(default="system", description="The message's role.")
    delta: bool = Field(default=False, description="What was told stays where it stood.")
    token_budget: int = Field(default=DEFAULT_BUDGET, ge=0, description="Size of the message.")
    top_k: int | None = Field(default=None, ge=1, le=MAX_K, description="Memories; knob when None.")
    min_relevance: float | None = Field(default=None, ge=0, le=1, description="Least relevance.")
    window: int = Field(default=1, ge=1, le=100, description="Messages that the recall reads.")
    template: str = Field(default=MEMORIES, description="What stands around the memories.")
    node_postprocessors: list[BaseNodePostprocessor] = Field(
        default_factory=list, description="Applied to what was recalled."
    )
    background: float | None = Field(
        default=None, ge=0, le=3_600, description="Seconds of quiet before a write."
    )
    about: bool | tuple[str, ...] = Field(default=False, description="What of the user is shown.")

    _turn_buffer: TurnBuffer = PrivateAttr(default_factory=TurnBuffer)

    def __init__(  # type checkers see pydantic's constructor where a model has none of its own
        self,
        memory: ResilientMemory | None = None,
        *,
        namespace: NamespaceOf | None = None,
        **kwargs: Any,
    ) -> None:
        check_known(type(self), kwargs)
        if not isinstance(kwargs.get("about", False), bool):
            kwargs["about"] = names_of(kwargs["about"])
        check_template(kwargs.get("template", MEMORIES))
        super().__init__(memory, namespace=namespace, **kwargs)

    async def _session(self, session_id: str | None) -> Session:
        return await asession_for(*self._place(), session_id)

    async def _aget(
        self,
        messages: list[ChatMessage] | None = None,
        session_id: str | None = None,
        **block_kwargs: Any,
    ) -> list[ChatMessage]:
        """Take in what is new, and give what the last user message calls for."""
        try:
            session = await self._session(session_id)
            talk, resmem = self._turn_buffer.talk(session), self._place()[0]
            turn = await talk.take(said(messages or []), resmem)
            await asyncio.to_thread(resmem.outbox.catch_up)
            found = await self._recalled(session, talk, messages or [], turn)
            await talk.write(turn, resmem, self.background)
        except _MISUSE:
            raise
        except Exception as error:  # a read must not end the agent's run
            _log.warning("nothing was recalled: %s", type(error).__name__)
            return []
        return found

    async def _recalled(
        self,
        session: Session,
        talk: Talk,
        history: Sequence[ChatMessage],
        turn: Sequence[Message],
    ) -> list[ChatMessage]:
        """The blocks for the last user message; the store is asked once per message."""
        question = last_user(turn)
        if question is None:
            return []
        if talk.asked != question.id or not await session.aunchanged(talk.laid.memories):
            if await self._recall(session, talk, history, turn) is None:
                return []
            talk.asked = question.id
        first = "system" if self.delta else self.role  # it does not move, and may change
        head, rest = (self._around(block) for block in talk.laid[:2])
        return [
            *([ChatMessage(role=first, content=head)] if head else []),
            *marked(talk, self.role, self.template, history, turn),
            *([ChatMessage(role=self.role, content=rest)] if rest else []),
        ]

    @dispatcher.span
    async def _recall(
        self,
        session: Session,
        talk: Talk,
        history: Sequence[ChatMessage],
        turn: Sequence[Message],
    ) -> Recalled | None:
        """Recall and lay the blocks out, in `talk`; None when the memory is away."""
        words = asked_with(turn, self.window)
        found = await self._hits(session, words, {str(m.id) for m in turn})
        if found is None:
            return None
        hits = await processed(found, words, self.node_postprocessors)
        known = await asyncio.to_thread(session.about) if self.about is not False else ()
        lay = partial(self._lay_out, talk, known, hits, words, history, turn)
        talk.laid = await asyncio.to_thread(lay) if self.delta else lay()
        shown = filter(None, map(self._around, talk.laid[:2]))
        made = Recalled(words, tuple(hits), found.reason, "\n".join(shown))
        tell(made)
        return made

    async def _hits(self, session: Session, words: str, visible: Collection[str]) -> Hits | None:
        """What is recalled, or None when the memory is away (and is asked again next time)."""
        try:
            found = await session.arecall(
                words, k=self.top_k, exclude=visible, min_relevance=self.min_relevance
            )
        except ResmemError as error:
            _log.warning("nothing was recalled: %s", type(error).__name__)
            return None
        choosing = self.node_postprocessors  # a reranker chooses among all that is recalled
        return found if choosing else worth_telling(found, self.min_relevance)

    def _lay_out(
        self,
        talk: Talk,
        known: Sequence[Attribute],
        hits: Sequence[Hit],
        words: str,
        history: Sequence[ChatMessage],
        turn: Sequence[Message],
    ) -> Laid:
        """The blocks; with `delta` it reads the store."""
        question, now = last_user(turn), talk.session.clock.now()
        held = [chat.content for chat in history if chat.content]
        frame = self.template.replace(MEMORIES, "")
        return lay_out(
            hits, known, ToAnswer(str(question and question.id), words, now, held),
            budget=self.token_budget - (safely(tokens)(frame) if frame else 0), count=tokens,
            names=None if isinstance(self.about, bool) else self.about,
            above=above(talk, history, turn) if self.delta else None,
        )  # fmt: skip

    def _around(self, block: str) -> str:
        """The block within the template; "" for none."""
        return block and self.template.replace(MEMORIES, block)

    async def aput(
        self,
        messages: list[ChatMessage],
        from_short_term_memory: bool = False,
        session_id: str | None = None,
    ) -> None:
        """Take messages in; those seen before are known by their ids. Never raises for the store.

        Args:
            messages: not changed.
            from_short_term_memory: whether `Memory` flushed them.
            session_id: the conversation.
        """
        if from_short_term_memory and not self.accept_short_term_memory:
            return
        session = await self._session(session_id)
        talk, resmem = self._turn_buffer.talk(session), self._place()[0]
        turn = await talk.take(said(messages), resmem, flushed=from_short_term_memory)
        await talk.write(turn, resmem, self.background)

    async def _aput(self, messages: list[ChatMessage]) -> None:
        """Take messages in whose session id stands in them, as the base class puts it there."""
        first = messages[0].additional_kwargs.get("session_id") if messages else None
        await self.aput(messages, session_id=first)

    async def atruncate(
        self, content: list[ChatMessage], tokens_to_truncate: int
    ) -> list[ChatMessage] | None:
        """Leave out the worst memories until so many tokens are saved; None when none is left.

        What is known of the user goes last.
        """
        return truncated(content, tokens_to_truncate)

    @property
    def pending(self) -> int:
        """How many messages wait for a store that refused them."""
        return len(self._place()[0].outbox)

    async def aflush(self) -> None:
        """Write what waits, e.g. before the process ends.

        Raises:
            StoreError: the store still refuses; nothing that waits is lost.
        """
        await asyncio.to_thread(self._place()[0].outbox.flush)
