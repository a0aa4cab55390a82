"""`ResmemMemory`: LlamaIndex's `Memory` with a block that hears every message at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.memory import BaseMemoryBlock, Memory

from resmem_llamaindex._block import ResmemMemoryBlock
from resmem_llamaindex._scope import NamespaceOf

if TYPE_CHECKING:
    from resmem_core import ResilientMemory


class ResmemMemory(Memory):
    """
    `Memory` whose resilient block hears every message when it is put, tool results too.

    Stock `Memory` hands its blocks only what it flushes, at 21,000 tokens by default. Here each
    message is on disk when `put` returns, so nothing is lost when a conversation just ends.

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
        session_id: str,
        namespace: NamespaceOf | None = None,
        memory_blocks: list[BaseMemoryBlock[Any]] | None = None,
        **kwargs: Any,
    ) -> Self:
        """
        A `Memory` with a `ResmemMemoryBlock`, and with what else `Memory.from_defaults` takes.

        Args:
            memory (ResilientMemory): an open memory.
            session_id (str): the conversation.
            namespace: as for `ResmemMemoryBlock`.
            memory_blocks: further blocks.
        """
        block = ResmemMemoryBlock(memory, namespace=namespace)
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

    async def _tell(self, messages: list[ChatMessage]) -> None:
        for block in self.memory_blocks:
            if isinstance(block, ResmemMemoryBlock):
                await block.aput(messages, session_id=self.session_id)
