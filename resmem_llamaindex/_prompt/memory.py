"""`ResmemMemory`: LlamaIndex's `Memory` with a block that hears every message at once."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias, get_args

from llama_index.core.base.llms.types import ChatMessage, ContentBlock, MessageRole
from llama_index.core.memory import BaseMemoryBlock, InsertMethod, Memory

from resmem_core.errors import ConfigError
from resmem_core.prompt import OPENING
from resmem_llamaindex._prompt.block import ResmemMemoryBlock
from resmem_llamaindex._prompt.delta import headed, stays, where_they_stood
from resmem_llamaindex._turn.scope import NamespaceOf

if TYPE_CHECKING:
    from resmem_core import ResilientMemory

Placement: TypeAlias = Literal["tail", "system", "delta"]

PLACEMENTS: Final[tuple[Placement, ...]] = get_args(Placement)


class ResmemMemory(Memory):
    """
    `Memory` whose resilient block hears every message when it is put, tool results too.

    Stock `Memory` hands its blocks only what it flushes, at 21,000 tokens by default. Here each
    message is on disk when `put` returns, so nothing is lost when a conversation just ends. With
    `insert_method=InsertMethod.USER`, or a block of the role "user", recalled memories stand at the
    head of the last user message, so that what comes before it stays in a provider's prompt cache.

    Examples:
        ```python
        memory = ResmemMemory.over(resmem, session_id="thread-1", namespace=("acme", "ada"))
        response = await agent.run("I moved to Lisbon.", memory=memory)
        ```
    """

    @classmethod
    def class_name(cls) -> str:
        """Name used in serialization."""
        return "ResmemMemory"

    @classmethod
    def over(
        cls,
        memory: ResilientMemory,
        *,
        session_id: str | None = None,
        namespace: NamespaceOf | None = None,
        placement: Placement = "tail",
        memory_blocks: list[BaseMemoryBlock[Any]] | None = None,
        **kwargs: Any,
    ) -> Self:
        """
        A `Memory` with a `ResmemMemoryBlock`, and with what else `Memory.from_defaults` takes.

        Args:
            memory (ResilientMemory): an open memory.
            session_id (str): the conversation; `run_id` where that is given.
            namespace: whose memory, as for `ResmemMemoryBlock`.
            placement (str): where memories stand: "tail", at the head of the last user message, so
                that a prompt cache keeps the history; "system", before all messages; or "delta",
                there to stay: each request begins with all of the one before it, and only what the
                conversation was not told comes. This process knows what was told; another one tells
                it again.
            memory_blocks: further blocks.
            kwargs: what `ResmemMemoryBlock` takes (`top_k`, `window`, `user_id`, …), and what
                `Memory.from_defaults` takes.

        Raises:
            ConfigError: no conversation is named, or a keyword or placement does not exist.
        """
        if placement not in PLACEMENTS:
            raise ConfigError(f"placement is one of {', '.join(PLACEMENTS)}, got {placement!r:.40}")
        session_id = session_id or kwargs.get("run_id")
        if not session_id:
            raise ConfigError("name the conversation: session_id='thread-1', or run_id='thread-1'")
        theirs = signature(Memory.from_defaults).parameters
        ours = {name: kwargs.pop(name) for name in list(kwargs) if name not in theirs}
        ours.setdefault("role", "system" if placement == "system" else "user")
        ours.setdefault("delta", placement == "delta")
        block = ResmemMemoryBlock(memory, namespace=namespace, **ours)
        made = cls.from_defaults(
            session_id=session_id, memory_blocks=[block, *(memory_blocks or [])], **kwargs
        )
        assert isinstance(made, cls)
        return made

    async def aput(self, message: ChatMessage) -> None:
        """Add a message, and hand it to the block."""
        await super().aput(message)
        await self._tell([message])

    async def aput_messages(self, messages: list[ChatMessage]) -> None:
        """Add messages, and hand them to the block."""
        await super().aput_messages(messages)
        await self._tell(messages)

    def _insert_memory_content(
        self,
        chat_history: list[ChatMessage],
        memory_content: list[ContentBlock],
        chat_message_data: list[ChatMessage],
    ) -> list[ChatMessage]:
        """The base class puts messages of blocks before all others; ours may belong to the last."""
        told = [m for m in chat_message_data if stays(m)]
        last = [m for m in chat_message_data if self._goes_last(m) and not stays(m)]
        first = [m for m in chat_message_data if not self._goes_last(m) and not stays(m)]
        history = where_they_stood(chat_history, told)
        messages = super()._insert_memory_content(history, memory_content, first)
        return _before_the_question(messages, last)

    def _goes_last(self, message: ChatMessage) -> bool:
        ours = OPENING in (message.content or "")
        by_user = message.role == MessageRole.USER or self.insert_method == InsertMethod.USER
        return ours and by_user

    async def _tell(self, messages: list[ChatMessage]) -> None:
        for block in self.memory_blocks:
            if isinstance(block, ResmemMemoryBlock):
                await block.aput(messages, session_id=self.session_id)


def _before_the_question(
    messages: list[ChatMessage], recalled: list[ChatMessage]
) -> list[ChatMessage]:
    """The messages with what was recalled at the head of the last user message, or behind all."""
    blocks = [block for message in recalled for block in message.blocks]
    at = next((i for i in reversed(range(len(messages))) if messages[i].role == "user"), None)
    if not blocks:
        return messages
    if at is None:
        return [*messages, ChatMessage(role="user", blocks=blocks)]
    asked = headed(messages[at], blocks)
    return [*messages[:at], asked, *messages[at + 1 :]]
