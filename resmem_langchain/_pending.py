"""Messages that the store refused: kept, bounded, and written at the next chance."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Final, TypeAlias

from resmem_core import ResilientMemory, Session
from resmem_core.errors import ClassifierError, EmbedderError, StoreError
from resmem_core.types import Message, Namespace, Outcome
from resmem_langchain._writing import written

logger = logging.getLogger(__name__)

Place: TypeAlias = tuple[str, Namespace]
"""A conversation: its session's id and its namespace."""

MAX_PENDING: Final = 1_024
"""Messages kept over all conversations; the oldest conversation's are given up first."""

AWAY: Final = (StoreError, EmbedderError, ClassifierError)
"""Errors after which the same write may succeed later."""


class Pending:
    """What waits to be written, by conversation. Safe to use from parallel runs."""

    def __init__(self, memory: ResilientMemory) -> None:
        self._memory = memory
        self._waiting: OrderedDict[Place, tuple[Message, ...]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def keep(self, place: Place, messages: Sequence[Message]) -> None:
        """Keep messages, dated as of this moment where they have no date of their own."""
        heard = datetime.fromtimestamp(self._memory.clock.now(), UTC)
        dated = tuple(m if m.at else replace(m, at=heard) for m in messages)
        with self._lock:
            both = (*self._waiting.pop(place, ()), *dated)
            self._waiting[place] = both[-MAX_PENDING:]
            lost = len(both) - len(self._waiting[place])
            while len(self) > MAX_PENDING:
                lost += len(self._waiting.popitem(last=False)[1])
        if lost:
            logger.error("%d messages were lost: too many wait to be written", lost)

    def turn(self, session: Session, messages: Sequence[Message], outcome: Outcome) -> None:
        """The end of a turn, with what waits; nothing raises, and what is refused waits."""
        place = (session.id, session.namespace)
        everything = (*self._taken(place), *messages)
        if self._write(place, lambda: session.turn(everything, outcome), everything):
            self._flush()

    def _flush(self) -> None:
        """What other conversations left, as the store takes writes again."""
        for place in list(self._waiting):
            messages = self._taken(place)
            if not self._write(place, partial(self._observe, place, messages), messages):
                return

    def _observe(self, place: Place, messages: Sequence[Message]) -> None:
        thread, namespace = place
        self._memory.session(thread, namespace=namespace).observe_all(messages)

    def _write(
        self, place: Place, write: Callable[[], object], messages: Sequence[Message]
    ) -> bool:
        """Whether nothing of it has to wait."""
        error = written(write)
        if not isinstance(error, AWAY):
            return True
        self.keep(place, messages)
        return False

    def _taken(self, place: Place) -> tuple[Message, ...]:
        with self._lock:
            return self._waiting.pop(place, ())
