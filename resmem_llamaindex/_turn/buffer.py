"""What a block has seen of each conversation, and how it writes what is new."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from resmem_core.engine.state.heard import KIND, Heard
from resmem_core.engine.state.namespace_state import session_key
from resmem_core.errors import ResmemError, SafeModeError, StoreError
from resmem_core.prompt.turn import Laid
from resmem_core.protocols import PutDoc, Store
from resmem_core.stores.patience import within
from resmem_core.types import Message, Namespace
from resmem_llamaindex._turn.messages import Spoken, as_messages

if TYPE_CHECKING:
    from resmem_core import ResilientMemory, Session

_PATIENCE: Final = 0.03
"""Seconds that a note waits for a locked store; the next one notes as much."""

_log = logging.getLogger(__name__)

MAX_TALKS: Final = 1_024
"""Conversations that a block keeps in mind; of the others the store knows how far they are."""

MAX_SEEN: Final = 4_096


class Talk:
    """One conversation: how far it is taken in, and what the last question brought.

    Attributes:
        asked: id of the user message that the last block answers.
        laid: what is known of the user, and what was recalled, as they stand in the prompt.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.asked: str | None = None
        self.laid = Laid()
        self._place = _Place(session)
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def take(
        self, words: Sequence[Spoken], memory: ResilientMemory, *, flushed: bool = False
    ) -> list[Message]:
        """The words of a window as messages, with ids by their place in all that was said here.

        What is noted as taken in is not written again: it may have been dropped or forgotten since.
        """
        first = await asyncio.to_thread(self._place.of, words, memory.store, flushed=flushed)
        noted = max(self._place.noted - first, 0)
        for message in as_messages(words[:noted], self.session.id, first):
            self._is_new(message)
        return as_messages(words, self.session.id, first)

    async def write(
        self,
        messages: Sequence[Message],
        memory: ResilientMemory,
        background: float | None = None,
    ) -> None:
        """Take in the messages that are new; what the store refuses waits in the outbox.

        Args:
            background: seconds of quiet until when they wait there in any case; None for not.
        """
        new = [message for message in messages if self._is_new(message)]
        if not new:
            return
        if background is not None:
            await asyncio.to_thread(self._kept, new, memory, background)
            return
        await asyncio.to_thread(self._written, new, memory)
        waiting = len(memory.outbox)
        if waiting and not waiting & (waiting - 1):  # 1, 2, 4, …: no wall of lines in an outage
            _log.error("%d messages wait to be written", waiting)

    def _kept(self, new: Sequence[Message], memory: ResilientMemory, background: float) -> None:
        try:
            memory.outbox.later(self.session, new, background)
        except SafeModeError:
            _log.warning("%d messages were not written: safe mode is on", len(new))
            return
        self._place.note(memory.store)

    def _written(self, new: Sequence[Message], memory: ResilientMemory) -> None:
        try:
            memory.outbox.observe(self.session, new)
        except SafeModeError:
            _log.warning("%d messages were not written: safe mode is on", len(new))
            return
        except ResmemError:
            self._singly(new, memory)
        self._place.note(memory.store)

    def _singly(self, messages: Sequence[Message], memory: ResilientMemory) -> None:
        """Where something in a batch cannot be written, the others are."""
        for message in messages:
            try:
                memory.outbox.observe(self.session, [message])
            except ResmemError as error:
                _log.error("a message cannot be written: %s", type(error).__name__)

    def _is_new(self, message: Message) -> bool:
        key = str(message.id)
        if key in self._seen:
            return False
        self._seen[key] = None
        while len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        return True


class _Place:
    """How far one conversation is taken in: in the store, and ahead of it in this process.

    Attributes:
        noted: messages that are taken in for good.
    """

    def __init__(self, session: Session) -> None:
        self._key = session_key(session.namespace, session.id)
        self.noted = 0
        self._heard = Heard.of(None)
        self._version = -1  # of the document that `_heard` goes on from; none was read yet
        self._lock = threading.Lock()

    def of(self, words: Sequence[Spoken], store: Store, *, flushed: bool) -> int:
        """The place of the first of the words; they are heard from now on."""
        with self._lock:
            self._look(store)
            marks = [self._heard.mark(one.role, one.text) for one in words]
            first, known = self._heard.place(marks, flushed=flushed)
            self._heard = self._heard.then(marks[known:])
            return first

    def _look(self, store: Store) -> None:
        """Go on from what another process noted; while the store is away, from what we know."""
        try:
            version = store.version(KIND, self._key)
            if version != self._version:
                doc = store.doc(KIND, self._key)
                self._heard = Heard.of(doc.body if doc else None)
                self._version, self.noted = version, self._heard.count
        except StoreError:
            if self._version < 0 and not self._heard.count:
                self._heard = Heard.apart()

    def note(self, store: Store) -> None:
        """Keep how far we are, durably; where that fails, the next note does it."""
        with self._lock:
            try:
                doc = PutDoc(KIND, self._key, self._heard.to_doc(), expect=max(self._version, 0))
                with within(_PATIENCE):
                    store.apply([doc])
                self._version, self.noted = max(self._version, 0) + 1, self._heard.count
            except StoreError as error:
                _log.warning("how far a conversation is was not noted: %s", type(error).__name__)


class TurnBuffer:
    """The conversations of one block, by namespace and session id; the latest are kept."""

    def __init__(self) -> None:
        self._talks: OrderedDict[tuple[Namespace, str], Talk] = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[TurnBuffer], tuple[()]]:
        """Pickled as a new one: the store knows how far each conversation is."""
        return TurnBuffer, ()

    def talk(self, session: Session) -> Talk:
        """The session's conversation; a new one when the block does not know it."""
        key = (session.namespace, session.id)
        with self._lock:
            talk = self._talks.get(key)
            if talk is None or talk.session is not session:
                talk = self._talks[key] = Talk(session)
            self._talks.move_to_end(key)
            while len(self._talks) > MAX_TALKS:
                self._talks.popitem(last=False)
        return talk
