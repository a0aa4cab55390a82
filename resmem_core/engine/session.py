"""`Session`: a conversation, and the same off the event loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resmem_core.engine.base.event_loop import read_aside, write_aside
from resmem_core.engine.base.handle import Handle
from resmem_core.engine.base.telemetry import traced
from resmem_core.engine.conversation import Conversation
from resmem_core.engine.reading.about import about
from resmem_core.engine.reading.search import again, unchanged
from resmem_core.engine.writing.documents import take_in
from resmem_core.errors import StoreError
from resmem_core.types import Attribute, Decision, Hit, Memory, Message, Told


class Session(Handle, Conversation):
    """One conversation. Thread-safe; get it from `ResilientMemory.session`.

    The work of an async twin runs in a thread, so that the event loop never waits for a disk; one
    that writes says of a cancellation whether it stored (`event_loop.decided`).
    """

    def unchanged(self, memories: Iterable[Memory]) -> bool:
        """Whether what was shown may be shown again: none of it was forgotten or edited since.

        While the store is away nobody can have forgotten anything: then it may.
        """
        try:
            return unchanged(self._namespace_state, memories)
        except StoreError:
            return True

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

    aobserve = write_aside(Conversation.observe)
    aobserve_all = write_aside(Conversation.observe_all)
    aobserve_documents = write_aside(observe_documents)
    aoutcome = write_aside(Conversation.outcome)
    aturn = write_aside(Conversation.turn)
    ajudge = read_aside(Conversation.judge)
    arecall = read_aside(Conversation.recall)
    asearch = read_aside(Conversation.search)
    aunchanged = read_aside(unchanged)
