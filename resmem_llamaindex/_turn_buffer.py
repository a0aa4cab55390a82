"""What a block has seen of each conversation, and what still waits to be written."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from resmem_core.errors import (
    ClassifierError,
    EmbedderError,
    ResmemError,
    SafeModeError,
    StoreError,
)
from resmem_core.types import Message, Namespace

if TYPE_CHECKING:
    from resmem_core import Session

_log = logging.getLogger(__name__)

MAX_TALKS: Final = 1_024
"""Conversations that a block keeps in mind; of the others the store knows the ids."""

MAX_SEEN: Final = 4_096
MAX_PENDING: Final = 1_024

_AWAY: Final = (StoreError, EmbedderError, ClassifierError)
"""Errors after which the same write may succeed later."""


class Talk:
    """One conversation: ids taken in, writes that wait, and what the last question brought.

    Attributes:
        asked: id of the user message that `block` answers.
        block: the recalled memories as they stand in the prompt, or "".
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.asked: str | None = None
        self.block = ""
        self.waiting: deque[Message] = deque()
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def write(self, messages: Sequence[Message]) -> None:
        """Take in the messages that are new; what the store refuses waits for the next call."""
        self._queue(messages)
        try:
            await self._drain()
        except _AWAY as error:
            _log.error(
                "%d messages wait to be written: %s", len(self.waiting), type(error).__name__
            )

    async def flush(self) -> None:
        """Write what waits, or raise the store's error."""
        await self._drain()

    def _queue(self, messages: Sequence[Message]) -> None:
        for message in messages:
            key = str(message.id)
            if key not in self._seen:
                self._seen[key] = None
                self.waiting.append(message)
        while len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        lost = len(self.waiting) - MAX_PENDING
        for _ in range(lost):
            self.waiting.popleft()
        if lost > 0:
            _log.error("%d messages were lost: too many wait to be written", lost)

    async def _drain(self) -> None:
        """Write all that waits in one transaction; if something in it cannot be, one by one."""
        batch = list(self.waiting)
        if not batch:
            return
        try:
            await self.session.aobserve_all(batch)
        except _AWAY:
            raise
        except SafeModeError:
            _log.warning("%d messages were not written: safe mode is on", len(batch))
        except ResmemError as error:
            if len(batch) > 1:
                await self._drain_singly(batch)
            else:
                _log.error("a message cannot be written: %s", type(error).__name__)
        self._done(batch)

    async def _drain_singly(self, batch: Sequence[Message]) -> None:
        for message in batch:
            try:
                await self.session.aobserve(message)
            except _AWAY:
                raise
            except ResmemError as error:
                _log.error("a message cannot be written: %s", type(error).__name__)
            self._done([message])

    def _done(self, messages: Sequence[Message]) -> None:
        """These are on disk, or can never be; another task may have been first."""
        done = {message.id for message in messages}
        while self.waiting and self.waiting[0].id in done:
            self.waiting.popleft()


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
            self._trim()
        return talk

    def _trim(self) -> None:
        """Forget the conversations unused longest that have nothing to write."""
        for key in list(self._talks)[: max(len(self._talks) - MAX_TALKS, 0)]:
            if not self._talks[key].waiting:
                del self._talks[key]

    @property
    def pending(self) -> int:
        """Messages that wait, over all conversations."""
        return sum(len(talk.waiting) for talk in self._talks.values())

    async def flush(self) -> None:
        """Write what waits, or raise the store's error."""
        for talk in list(self._talks.values()):
            await talk.flush()
