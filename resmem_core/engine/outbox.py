"""Messages that the store refused: durable beside it, and taken in later, in order, once.

A turn waits at most `PATIENCE` for the store. What is not written by then goes to a queue in a file
of its own (`FILE`, redacted like all that is stored), and every later turn of any process, a cycle
of sleep and `forget` take it in first. How far that came is noted in the transaction that stores
the messages, so that a crash in between repeats nothing. Where even the file cannot be written, and
beside a store without one, the queue is in this process.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from threading import Lock
from typing import Any, Final

from resmem_core.engine.base.debounced import Debounced
from resmem_core.engine.session import Session
from resmem_core.engine.state.namespace_state import NamespaceState, retried
from resmem_core.engine.state.runtime import Runtime
from resmem_core.engine.writing.commit import commit
from resmem_core.engine.writing.preprocess import preprocess, safe
from resmem_core.errors import (
    ClassifierError,
    EmbedderError,
    OverLimit,
    ResmemError,
    SafeModeError,
    StoreError,
)
from resmem_core.protocols import PutDoc
from resmem_core.stores.patience import left, spell, waiting, within
from resmem_core.stores.queue import MEMORY, Entry, Queue
from resmem_core.types import Decision, Message, Namespace, Outcome, Verdict, epoch

logger = logging.getLogger(__name__)

AWAY: Final = (StoreError, EmbedderError, ClassifierError)
"""Errors after which the same write may succeed later."""

PATIENCE: Final = 0.2
"""Seconds that a turn waits for the store, all its writes together."""

GLANCE: Final = 0.05
"""Seconds that a recall waits for what an outage left to be taken in."""

FILE: Final = ".outbox"
"""What the file's name has more than the store's."""

MAX_PENDING: Final = 1_024
"""Messages that wait in this process at most; the oldest are given up first. A file has no end."""

BATCH: Final = 32
"""Messages that are taken in by one transaction."""

WAITS: Final = "the store is away: what is to be written waits in the outbox"

MOST: Final = 10**9
KIND: Final = "outbox"

LATER: Final = Decision(
    Verdict.KEEP, "the store is away: it waits in the outbox and is taken in later", final=False
)

Place = tuple[Namespace, str]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Outbox:
    """What waits to be written to one memory. Safe to use from parallel runs.

    Args:
        runtime: the open memory.
        state_of: namespace -> its state.
    """

    def __init__(self, runtime: Runtime, state_of: Callable[[Namespace], NamespaceState]) -> None:
        self._runtime = runtime
        self._state_of = state_of
        self._spill = Queue(MEMORY)
        beside = _beside(runtime.store.location)
        self._queues = [self._spill] if beside is None else [beside, self._spill]
        self._draining = Lock()
        self._soon = Debounced(self.drain)

    def __len__(self) -> int:
        """How many messages wait."""
        return sum(map(len, self._queues))

    # -- the end of a turn: nothing raises, nothing waits longer than `PATIENCE`

    def turn(
        self, session: Session, messages: Sequence[Message], outcome: Outcome
    ) -> list[Decision]:
        """`session.turn`, or what can be done of it now."""
        with within(PATIENCE):
            if self.drain():
                return self._tried(session, messages, lambda: session.turn(messages, outcome))
            with suppress(ResmemError):
                session.outcome(outcome)
        return self.keep((session.namespace, session.id), messages)

    def observe(self, session: Session, messages: Sequence[Message]) -> list[Decision]:
        """`session.observe_all`, or the same later."""
        with within(PATIENCE):
            if self.drain():
                return self._tried(session, messages, lambda: session.observe_all(messages))
        return self.keep((session.namespace, session.id), messages)

    def later(
        self, session: Session, messages: Sequence[Message], seconds: float
    ) -> list[Decision]:
        """Keep the messages, durably where there is a file, and take them in when it is quiet.

        Args:
            seconds: of quiet after which they are taken in; at the latest after `BUSY` times that.

        Raises:
            SafeModeError: writes are switched off.
        """
        self._runtime.refuse_in_safe_mode("observe")
        decisions = self.keep((session.namespace, session.id), messages)
        if messages:
            self._soon.call(seconds)
        return decisions

    def _tried(
        self, session: Session, messages: Sequence[Message], write: Callable[[], list[Decision]]
    ) -> list[Decision]:
        try:
            decisions = write()
            self._runtime.outage.over()
            return decisions
        except AWAY as error:
            self._runtime.outage.say(WAITS, error)
            return self.keep((session.namespace, session.id), messages)
        except OverLimit as error:  # later is no better, and a turn goes on without its memory
            self._runtime.outage.say("not written to memory", error)
            return [Decision(Verdict.DROP, str(error), id=message.id) for message in messages]

    def keep(self, place: Place, messages: Sequence[Message]) -> list[Decision]:
        """Keep messages for later, redacted, dated and with an id that is theirs.

        Raises:
            ClosedError: the memory is closed, and there is no file in which they could wait.
        """
        if not messages:
            return []
        kept = [safe(message, self._runtime.components) for message in messages]
        entries = [_entry(place, message) for message in kept]
        if self._runtime.closed.is_set():  # the file takes it for whoever opens the store next
            self._queues[0].add(entries)
        else:
            self._add(entries)
        return [replace(LATER, id=message.id) for message in kept]

    def _add(self, entries: Sequence[dict[str, Any]]) -> None:
        queue = self._queues[0] if not len(self._spill) else self._spill
        try:
            queue.add(entries)
        except StoreError as error:
            logger.warning("the outbox cannot be written: %s", type(error).__name__)
            self._spill.add(entries)
        self._bounded()

    def _bounded(self) -> None:
        over = len(self._spill) - MAX_PENDING
        if over > 0:
            _, entries = self._spill.first(over)
            self._spill.drop(entries[-1][0])
            logger.error("%d messages were lost: too many wait to be written", over)

    # -- taking in

    def catch_up(self) -> None:
        """Take in what an outage left, so that the recall that follows finds it.

        Waits `GLANCE` for the store at most. What waits for its quiet (`later`) goes on waiting.
        """
        if self._soon.due:
            return
        with within(GLANCE):
            self.drain()

    def drain(self) -> bool:
        """Take in what waits, as far as patience and the store allow; whether nothing waits."""
        try:
            self.flush()
        except AWAY as error:
            self._runtime.outage.say(WAITS, error)
        except SafeModeError:
            return True  # nothing is written now, so nothing can come too late
        return not self._waits()

    def finish(self) -> None:
        """Take in now what would be taken in later."""
        self._soon.stop()
        self.drain()

    def flush(self) -> None:
        """Take in what waits, until the patience ends.

        Raises:
            StoreError, EmbedderError, ClassifierError, SafeModeError: what waits goes on waiting.
        """
        if not self._waits() or not self._alone():
            return
        try:
            self._runtime.refuse_in_safe_mode("the outbox")
            long_enough = spell()
            for queue in self._queues:
                while len(queue) and left() != 0.0 and not long_enough():
                    token, entries = queue.first(BATCH)
                    self._taken(queue, "" if queue is self._spill else token, entries)
        finally:
            self._draining.release()

    def _alone(self) -> bool:
        """Whether this thread takes in; who has patience waits for another that does."""
        with waiting():
            return self._draining.acquire(timeout=left() or 0.0)

    def _waits(self) -> bool:
        try:
            return len(self) > 0
        except StoreError:
            return True

    def _taken(self, queue: Queue, token: str, entries: Sequence[Entry]) -> None:
        for place, run in groupby(entries, key=lambda entry: _place(entry[1])):
            numbered = list(run)
            self._take(place, token, numbered)
            queue.drop(numbered[-1][0])

    def _take(self, place: Place, token: str, entries: Sequence[Entry]) -> None:
        """One conversation's messages; together, or each by itself where one cannot be stored."""
        try:
            retried(lambda: self._commit(place, token, entries))
        except (*AWAY, SafeModeError):
            raise
        except ResmemError as error:
            if len(entries) > 1:
                for entry in entries:
                    self._take(place, token, [entry])
            else:
                logger.error("a message cannot be written: %s", type(error).__name__)

    def _commit(self, place: Place, token: str, entries: Sequence[Entry]) -> None:
        namespace, thread = place
        state = self._state_of(namespace)
        doc = state.store.doc(KIND, token) if token else None
        through = int(doc.body["through"]) if doc else 0
        new = [(number, entry) for number, entry in entries if number > through]
        if not new:
            return
        components = state.components
        candidates = [preprocess(_message(entry), thread, components) for _, entry in new]
        note = PutDoc(KIND, token, {"through": new[-1][0]}, expect=doc.version if doc else 0)
        commit(state, candidates, stress=0.0, curiosity=0.0, extra=[note] if token else [])

    def purge(self, namespace: Namespace) -> None:
        """Erase what waits for a namespace."""
        for queue in self._queues:
            _, entries = queue.first(MOST) if len(queue) else ("", [])
            queue.delete([n for n, entry in entries if _place(entry)[0] == namespace])

    def close(self) -> None:
        """Release what waits in this process alone, and say so where that is something."""
        if left_over := len(self._spill):
            logger.error("%d messages were lost: the store did not take them", left_over)
        for queue in self._queues:
            queue.close()


def _beside(location: str) -> Queue | None:
    """The queue beside a store's file, with the same permissions; None where there is no file."""
    try:
        mode = os.stat(location).st_mode & 0o777
    except (OSError, ValueError):
        return None
    return Queue(f"{os.path.abspath(location)}{FILE}", mode)


def _entry(place: Place, message: Message) -> dict[str, Any]:
    at = epoch(message.at) if message.at else 0.0
    return {**asdict(message), "at": at, "place": [list(place[0]), place[1]]}


def _place(entry: dict[str, Any]) -> Place:
    namespace, thread = entry["place"]
    return tuple(namespace), thread


def _message(entry: dict[str, Any]) -> Message:
    fields = {name: value for name, value in entry.items() if name != "place"}
    return Message(**{**fields, "at": _EPOCH + timedelta(seconds=entry["at"])})
