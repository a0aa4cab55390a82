"""What a block has seen of each conversation, and how it writes what is new."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from resmem_core.errors import ResmemError, SafeModeError
from resmem_core.types import Memory, Message, Namespace

if TYPE_CHECKING:
    from resmem_core import Session
    from resmem_core.engine.outbox import Outbox

_log = logging.getLogger(__name__)

MAX_TALKS: Final = 1_024
"""Conversations that a block keeps in mind; of the others the store knows the ids."""

MAX_SEEN: Final = 4_096


class Talk:
    """One conversation: ids taken in, and what the last question brought.

    Attributes:
        asked: id of the user message that `block` answers.
        blocks: what is known of the user and what was recalled, as they stand in the prompt.
        shown: the memories that the blocks are made of.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.asked: str | None = None
        self.blocks: tuple[str, ...] = ()
        self.shown: tuple[Memory, ...] = ()
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def write(self, messages: Sequence[Message], outbox: Outbox) -> None:
        """Take in the messages that are new; what the store refuses waits in the outbox."""
        new = [message for message in messages if self._is_new(message)]
        if not new:
            return
        try:
            await asyncio.to_thread(outbox.observe, self.session, new)
        except SafeModeError:
            _log.warning("%d messages were not written: safe mode is on", len(new))
        except ResmemError:
            await self._singly(new, outbox)
        if waiting := len(outbox):
            _log.error("%d messages wait to be written", waiting)

    async def _singly(self, messages: Sequence[Message], outbox: Outbox) -> None:
        """Where something in a batch cannot be written, the others are."""
        for message in messages:
            try:
                await asyncio.to_thread(outbox.observe, self.session, [message])
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


class TurnBuffer:
    """The conversations of one block, by namespace and session id; the latest are kept."""

    def __init__(self) -> None:
        self._talks: OrderedDict[tuple[Namespace, str], Talk] = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[TurnBuffer], tuple[()]]:
        """Pickled as a new one: what was seen, the store knows by its ids."""
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
