"""`Session`: a conversation, and the same off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence

from resmem_core.engine.base.event_loop import decided
from resmem_core.engine.base.handle import Handle
from resmem_core.engine.base.telemetry import traced
from resmem_core.engine.conversation import Conversation
from resmem_core.engine.reading.about import about
from resmem_core.engine.reading.search import again, unchanged
from resmem_core.engine.writing.documents import take_in
from resmem_core.errors import StoreError
from resmem_core.types import Attribute, Decision, Hit, Hits, Memory, Message, Outcome, Told


class Session(Handle, Conversation):
    """One conversation. Thread-safe; get it from `ResilientMemory.session`.

    The work of an async twin runs in a thread, so that the event loop never waits for a disk.
    """

    def unchanged(self, memories: Iterable[Memory]) -> bool:
        """Whether what was shown may be shown again: none of it was forgotten or edited since.

        While the store is away nobody can have forgotten anything: then it may.
        """
        try:
            return unchanged(self._namespace_state, memories)
        except StoreError:
            return True

    async def aunchanged(self, memories: Iterable[Memory]) -> bool:
        """`unchanged`, off the event loop."""
        return await asyncio.to_thread(self.unchanged, memories)

    def again(self, told: Told) -> list[Hit]:
        """What of a block that this conversation was shown may be shown again.

        Nothing while the store is away.
        """
        try:
            return again(self._namespace_state, told)
        except StoreError:
            return []

    def about(self) -> tuple[Attribute, ...]:
        """`ResilientMemory.about` of the session's namespace."""
        return about(self._namespace_state)

    @traced("upsert_memory")
    def observe_documents(self, documents: Sequence[Message]) -> list[Decision]:
        """Store passages of documents, each whole; nothing is gated, merged or forgotten by sleep.

        The same id again takes the place of what it held. Durable when this returns, 500 at a
        time. What the text orders a model to do puts it into quarantine, as a tool's result.

        Args:
            documents: with ids of their own where they may come again, and metadata that recall
                gives back; `ref_doc_id`, `source`, `url`, `file_path` or `file_name` in it names
                the document. Trusted like a tool's result, unless they say `trust="trusted"`.

        Raises:
            SafeModeError: writes are switched off.
            InputError: an id is a message's, not a document's.
            EmbedderError, StoreError: the 500 at hand were not stored.
        """
        self._runtime.refuse_in_safe_mode("observe_documents")
        return take_in(self._namespace_state, documents, self.id)

    async def aobserve_documents(self, documents: Sequence[Message]) -> list[Decision]:
        """`observe_documents`, off the event loop."""
        return await decided(self.observe_documents, documents)

    async def aobserve(self, message: Message) -> Decision:
        """`observe`, off the event loop; a cancellation says whether it stored (`decided`)."""
        return await decided(self.observe, message)

    async def aobserve_all(self, messages: Sequence[Message]) -> list[Decision]:
        """`observe_all`, off the event loop."""
        return await decided(self.observe_all, messages)

    async def ajudge(self, message: Message) -> Decision:
        """`judge`, off the event loop."""
        return await asyncio.to_thread(self.judge, message)

    async def arecall(
        self,
        question: str,
        *,
        k: int | None = None,
        diversity: float | None = None,
        exclude: Collection[str] = (),
        min_relevance: float | None = None,
    ) -> Hits:
        """`recall`, off the event loop."""
        return await asyncio.to_thread(
            self.recall,
            question,
            k=k,
            diversity=diversity,
            exclude=exclude,
            min_relevance=min_relevance,
        )

    async def asearch(
        self,
        question: str,
        *,
        k: int | None = None,
        diversity: float | None = None,
        exclude: Collection[str] = (),
        min_relevance: float | None = None,
    ) -> Hits:
        """`search`, off the event loop."""
        return await asyncio.to_thread(
            self.search,
            question,
            k=k,
            diversity=diversity,
            exclude=exclude,
            min_relevance=min_relevance,
        )

    async def aoutcome(self, outcome: Outcome) -> None:
        """`outcome`, off the event loop."""
        await decided(self.outcome, outcome)

    async def aturn(self, messages: Sequence[Message], outcome: Outcome) -> list[Decision]:
        """`turn`, off the event loop."""
        return await decided(self.turn, messages, outcome)
