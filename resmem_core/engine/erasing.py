"""What a memory shows of a namespace as a whole, and what it erases for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from resmem_core.engine.base.event_loop import read_aside, write_aside
from resmem_core.engine.base.telemetry import traced
from resmem_core.engine.correcting import forgetting
from resmem_core.engine.keeping import receipts
from resmem_core.engine.keeping.receipts import Receipt
from resmem_core.engine.outbox import Outbox
from resmem_core.engine.reading.selection import Selection
from resmem_core.engine.state.namespace_state import NamespaceState, retried
from resmem_core.engine.state.runtime import Runtime
from resmem_core.engine.writing import views
from resmem_core.errors import SafeModeError
from resmem_core.protocols import AppendAudit
from resmem_core.types import Memory, NamespaceLike, check_namespace


class Erasing:
    """`scan`, `forget` and `allow` of `ResilientMemory`."""

    _runtime: Runtime
    outbox: Outbox

    def namespace_state(self, namespace: NamespaceLike) -> NamespaceState:
        """The run-time mirror of a namespace."""
        raise NotImplementedError

    def scan(
        self,
        namespace: NamespaceLike,
        *,
        ids: Sequence[str] | None = None,
        session: str | None = None,
        author: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        query: str | None = None,
    ) -> list[Memory]:
        """Every stored memory of the namespace that fits what is given, oldest first.

        Args:
            ids: ids of memories, or of messages that went into them.
            session: the conversation. author: who spoke.
            since, until: when it was said, both ends included; naive times are UTC.
            query: words that the memory has, all of them; everyday words do not count.
        """
        name = check_namespace(namespace)
        self._runtime.check_open()
        wanted = self._meant(Selection(ids, session, author, since, until, query=query))
        given = wanted.ids
        known = (
            None
            if given is None
            else [*given, *self._runtime.store.sources(name, list(given)).values()]
        )
        rows = self._runtime.store.rows(name, ids=known)
        return [row.memory for row in rows if wanted.holds(row.memory)]

    @traced("delete_memory")
    def forget(
        self,
        namespace: NamespaceLike,
        ids: Sequence[str] | None = None,
        *,
        session: str | None = None,
        author: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        query: str | None = None,
        tombstones: bool = True,
        actor: str | None = None,
    ) -> int:
        """Erase memories; no bytes of them are left. `scan` shows what the same words mean.

        What says the same goes too, and what was written from it. Tombstones without a byte of
        the text keep it from coming back by a repeat, a paraphrase or an import, until `allow`.
        Without any condition the whole namespace is forgotten: all memories, what was learnt from
        them, and the tombstones. Conversations that are open in another process keep their
        hormones until they end.

        Args:
            ids, session, author, since, until, query: as for `scan`.
            tombstones: False erases what is meant and lets it be stored again.
            actor: who does it, as the audit log names them.

        Raises:
            InputError: no condition can be used, such as an author that is stored as `[EMAIL]`.

        Returns:
            How many were erased.
        """
        meant = self._meant(Selection(ids, session, author, since, until, query=query))
        with self._runtime.acting(actor):
            return self._erased(namespace, meant, tombstones).count

    def forget_with_receipt(
        self,
        namespace: NamespaceLike,
        ids: Sequence[str] | None = None,
        *,
        session: str | None = None,
        author: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        query: str | None = None,
        tombstones: bool = True,
        actor: str | None = None,
    ) -> Receipt:
        """`forget`, and a receipt of it: what was erased, and a scan that looked for what is left.

        The scan reads the store's file, log, outbox, copies beside it and exports in its folder.
        The receipt is chained into the audit log; `verify_erasure` checks it and scans again.
        """
        meant = self._meant(Selection(ids, session, author, since, until, query=query))
        with self._runtime.acting(actor):
            erased = self._erased(namespace, meant, tombstones)
            store, now = self._runtime.store, self._runtime.components.clock.now()
            pieces = receipts.canaries(erased.pieces, store)
            receipt = receipts.issued(store, now, erased.count, pieces)
            self._runtime.record({
                "event": "erasure", "receipt": receipt.digest, "count": erased.count,
                "canaries": len(pieces), "found": sum(receipt.found.values()),
            })  # fmt: skip
        return receipt

    def verify_erasure(self, receipt: Receipt | Mapping[str, Any]) -> Receipt:
        """Check that a receipt is one that this store gave, and scan for its canaries again.

        Returns:
            The receipt as it would be given now: `found` is empty where nothing is left, `anchor`
            where the store was replaced by a copy since, so that the log of then is gone.

        Raises:
            InputError: it is no receipt, or another store's.
            AuditError: it was changed, or the audit log was.
        """
        given = receipt if isinstance(receipt, Receipt) else Receipt.of(receipt)
        result = receipts.checked(self._runtime.store, given)
        anchor = "" if result.carried else given.anchor
        return replace(given, scanned=result.scanned, found=result.found, anchor=anchor)

    def _meant(self, selection: Selection) -> Selection:
        return selection.stored(self._runtime.components.redactor)

    def _erased(
        self, namespace: NamespaceLike, meant: Selection, tombstones: bool
    ) -> forgetting.Erased:
        state = self.namespace_state(namespace)
        views.take_in(self._runtime, state)
        name = state.pseudonyms.name  # of which a later reader cannot tell whose it was
        if meant.everything:
            self.outbox.purge(state.namespace)
            erased = retried(lambda: forgetting.forget_all(state))
            event = {"event": "forget", "count": erased.count}
            self._runtime.store.apply([AppendAudit(self._runtime.stamped(event, (name,)))])
            return erased
        with suppress(SafeModeError):  # then tombstones hold against what waits
            self.outbox.flush()
        erased = retried(lambda: forgetting.forget(state, meant, bury=tombstones))
        self._runtime.record({"event": "forget", "count": erased.count}, state.namespace)
        return erased

    def allow(
        self, namespace: NamespaceLike, text: str | None = None, *, actor: str | None = None
    ) -> int:
        """Let what was forgotten be stored again.

        Args:
            text: what may be said again; everything that was forgotten when None.

        Returns:
            How many statements may be stored again.
        """
        state = self.namespace_state(namespace)
        count = retried(lambda: forgetting.allow(state, text))
        with self._runtime.acting(actor):
            self._runtime.record({"event": "allow", "count": count}, state.namespace)
        return count

    # -- async twins

    ascan = read_aside(scan)
    aforget = write_aside(forget)
    aforget_with_receipt = write_aside(forget_with_receipt)
    averify_erasure = read_aside(verify_erasure)
    aallow = write_aside(allow)
