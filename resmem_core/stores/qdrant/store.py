"""The store itself: commits, what was not finished, and reading between two commits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import RLock
from typing import Any, TypeVar

from qdrant_client import models

from resmem_core.errors import ClosedError, ForkedHandleError, StoreUnavailable
from resmem_core.protocols import Changes, Doc, Op, Row
from resmem_core.stores import journal
from resmem_core.stores.codec import decode_json, namespace_of
from resmem_core.stores.journal import Journal
from resmem_core.stores.places import AUDIT_ID, digest_of, point_id, space_id, within
from resmem_core.stores.qdrant.cells import (
    Cells,
    as_doc,
    audit_of,
    equals,
    one_of,
    seen,
    space_of,
    vector_of,
)
from resmem_core.stores.qdrant.commits import Commits
from resmem_core.stores.qdrant.requests import LOCAL, Collections
from resmem_core.stores.retry import Retry
from resmem_core.stores.revisions import part
from resmem_core.types import Namespace, Tier

T = TypeVar("T")


class QdrantStore:
    """Memories, documents and audit in three collections; see `protocols.Store`.

    A call locks the documents and namespaces that it changes (see `commits`): all or nothing, one
    writer after the other in each namespace. When the server is down, reads of documents and of
    changes are served from what was read last (`stale` is then True), and writes are refused.

    Args:
        location: http(s) address, or ":memory:" for qdrant-client's local mode (tests only).
        api_key: sent to the server; refused over plain http to another machine.
        prefix: of the collections' names; one store per prefix.
        timeout: seconds that one request may take.
        retry: tries, budget and pauses.
        replicas: of each shard of the collections that are made; a write then has to be in the
            majority of them. By default as the server is set up.
        client: further keyword arguments of `qdrant_client.QdrantClient`, which hands unknown ones
            to `httpx.Client` (`verify`, `proxy`, `transport`).
    """

    def __init__(
        self,
        location: str,
        *,
        api_key: str | None = None,
        prefix: str = "resmem",
        timeout: int = 5,
        retry: Retry | None = None,
        replicas: int | None = None,
        client: Mapping[str, Any] | None = None,
    ) -> None:
        self.location = location
        self.stale = False
        self._pid = os.getpid()
        # the local double alone is not made for threads
        self._lock: AbstractContextManager[Any] = RLock() if location == LOCAL else nullcontext()
        self._closed = False
        self._docs: dict[tuple[str, str], Doc | None] = {}
        self._at = Collections(
            location, api_key=api_key, prefix=prefix, timeout=timeout, retry=retry or Retry(),
            replicas=replicas, client=client or {},
        )  # fmt: skip
        self._commits = Commits(self._at)

    # -- writing

    def apply(self, ops: Sequence[Op]) -> None:
        """Run the operations as one transaction; see `protocols.Store.apply`."""
        if not ops:
            return
        with self._usable():
            self._commits.commit(
                journal.cells(ops), lambda cells: journal.write(ops, seen(cells, self._known))
            )

    def exclusive(self) -> AbstractContextManager[object]:
        """Nothing: one conditional write decides who was first; see `protocols.Store`."""
        return nullcontext()

    def erase(
        self,
        namespace: Namespace,
        ids: Sequence[str] | None = None,
        texts: Sequence[str] | None = None,
    ) -> int:
        """Delete memories, their tombstones, and the namespace's name when all go.

        The bytes are the server's, which gives up the space when it merges segments.
        """
        digest = digest_of(namespace)
        count = 0

        def plan(cells: Cells) -> Journal:
            nonlocal count
            wanted = [equals("ns", digest), equals("gone", False)]
            count = sum(self._at.count([*wanted, *some]) for some in self._some(ids))
            space = space_of(cells, digest)
            return journal.erase(namespace, ids, space) if space.revision else Journal()

        with self._usable():
            self._commits.commit([space_id(digest)], plan)
        return count

    def _answered(self, read: Callable[[], T]) -> T:
        with self._usable():
            found = read()
            self.stale = False
        return found

    def _consistent(self, ids: Sequence[str], read: Callable[[Cells], T]) -> T:
        """What `read` finds while no commit changes some cells."""
        return self._answered(lambda: self._commits.between(ids, read))

    def _of(self, digest: str, read: Callable[[], T]) -> T:
        """What `read` finds of a namespace between two commits."""
        return self._consistent([space_id(digest)], lambda _: read())

    def _settled(self, ident: str) -> Cells:
        return self._answered(lambda: self._commits.settled([ident]))

    def _listed(self, kind: str, within: str = "") -> list[dict[str, Any]]:
        return self._answered(lambda: self._commits.listed(kind, within))

    def _known(self, namespace: Namespace, ids: Sequence[str]) -> set[str]:
        digest = digest_of(namespace)
        held = self._at.retrieve("memories", [point_id(digest, ident) for ident in ids])
        return {payload["memory"] for payload in held if not payload["gone"]}

    # -- reading

    def rows(
        self,
        namespace: Namespace,
        *,
        ids: Sequence[str] | None = None,
        tiers: Sequence[Tier] | None = None,
        limit: int | None = None,
        offset: int = 0,
        newest: bool = False,
    ) -> list[Row]:
        """Rows of exactly this namespace, ordered by (seq, id); with `newest`, the last first."""
        wanted = [equals("ns", digest_of(namespace)), equals("gone", False)]
        if tiers is not None:
            wanted.append(one_of("tier", tiers))
        if (ids is not None and not ids) or (tiers is not None and not tiers):
            return []
        found = self._of(digest_of(namespace), lambda: self._rows(namespace, wanted, ids))
        return part(found, limit, offset, newest=newest)

    def _some(self, ids: Sequence[str] | None) -> Iterator[list[Any]]:
        """Conditions that mean all of the ids together, each within what a server allows."""
        if ids is None:
            yield []
            return
        for some in self._at.batches(list(dict.fromkeys(ids))):
            yield [one_of("memory", some)]

    def _rows(
        self, namespace: Namespace, wanted: list[Any], ids: Sequence[str] | None = None
    ) -> list[Row]:
        found = [
            journal.row_of(namespace, record.payload, vector_of(record))
            for some in self._some(ids)
            for record in self._at.scroll("memories", [*wanted, *some], vectors=True)
            if record.payload["ns"] == digest_of(namespace)  # the wall, once more
        ]
        return sorted(found, key=lambda row: (row.memory.seq, row.memory.id))

    def sources(self, namespace: Namespace, ids: Sequence[str]) -> dict[str, str]:
        """For each message id that some memory lists in `sources`: that memory's id."""
        held = [equals("ns", digest_of(namespace)), equals("gone", False)]

        def read() -> list[Any]:
            wanted = [[*held, one_of("sources", some)] for some in self._at.batches(ids)]
            return [record for each in wanted for record in self._at.scroll("memories", each)]

        asked = set(ids)
        found: dict[str, str] = {}
        for record in self._of(digest_of(namespace), read):
            memory = record.payload["memory"]
            for source in asked.intersection(record.payload["sources"]):
                found[source] = min(memory, found.get(source, memory))
        return found

    def changes(self, namespace: Namespace, since: int) -> Changes:
        """What changed after revision `since`; nothing new while the server is down."""
        digest = digest_of(namespace)

        def read(cells: Cells) -> Changes:
            space = space_of(cells, digest)
            full = since < space.floor or since > space.revision
            after = models.Range(gt=0 if full else since)
            wanted = [equals("ns", digest), models.FieldCondition(key="revision", range=after)]
            rows = self._rows(namespace, [*wanted, equals("gone", False)])
            gone = [] if full else self._at.scroll("memories", [*wanted, equals("gone", True)])
            listed = tuple(record.payload["memory"] for record in gone)
            return Changes(space.revision, tuple(rows), listed, full)

        try:
            if space_of(self._settled(space_id(digest)), digest).revision == since:
                return Changes(since)
            return self._consistent([space_id(digest)], read)
        except StoreUnavailable:
            if since == 0:
                raise
            self.stale = True
            return Changes(since)

    def namespaces(self, prefix: Sequence[str] = ()) -> list[Namespace]:
        """Namespaces that hold memories, compared with the prefix segment by segment."""
        wanted = tuple(prefix)

        spaces = [
            (namespace_of(space["name"]), space["key"])
            for space in self._listed(" space") if space["name"]
        ]  # fmt: skip
        with self._usable():
            return sorted(
                name for name, digest in spaces
                if name[: len(wanted)] == wanted
                and self._at.count([equals("ns", digest), equals("gone", False)])
            )  # fmt: skip

    def count(self, namespace: Namespace) -> dict[str, int]:
        """Memories per tier."""
        held = [equals("ns", digest_of(namespace)), equals("gone", False)]

        def read() -> dict[str, int]:
            tiers = ("buffer", "short", "mid", "long")
            return {tier: self._at.count([*held, equals("tier", tier)]) for tier in tiers}

        return {tier: n for tier, n in self._of(digest_of(namespace), read).items() if n}

    def doc(self, kind: str, key: str) -> Doc | None:
        """One document, or None; the one read last while the server is down."""
        try:
            found = self._doc(kind, key)
        except StoreUnavailable:
            if (kind, key) not in self._docs:
                raise
            self.stale = True
            return self._docs[kind, key]
        if len(self._docs) > 10_000:
            self._docs.clear()
        self._docs[kind, key] = found
        return found

    def _doc(self, kind: str, key: str) -> Doc | None:
        ident = point_id("doc", kind, key)
        held = self._settled(ident)
        return as_doc(held[ident]) if held and not held[ident]["gone"] else None

    def version(self, kind: str, key: str) -> int:
        """The version of one document, 0 when there is none."""
        doc = self.doc(kind, key)
        return doc.version if doc else 0

    def docs(self, kind: str, prefix: str = "") -> list[Doc]:
        """Documents of a kind whose key starts with the prefix, ordered by key."""
        docs = [as_doc(payload) for payload in self._listed(kind, within(prefix))]
        return sorted((d for d in docs if d.key.startswith(prefix)), key=lambda doc: doc.key)

    def audit(self, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Audit records with a number above `after`, in order."""

        def read(cells: Cells) -> list[tuple[int, dict[str, Any]]]:
            log = audit_of(cells)
            first = max(after, log.trimmed) + 1
            last = min(log.last, first + limit - 1)
            found = self._at.retrieve("audit", list(range(first, last + 1)))
            return [(record["number"], decode_json(record["body"].encode())) for record in found]

        return sorted(self._consistent([AUDIT_ID], read), key=lambda item: item[0])

    def audit_span(self) -> tuple[int, int]:
        """Numbers of the oldest and the newest audit record; (1, 0) when there is none."""
        log = audit_of(self._settled(AUDIT_ID))
        return (log.trimmed + 1, log.last) if log.last > log.trimmed else (1, 0)

    def close(self) -> None:
        """Release the connection; safe to call twice."""
        with self._lock:
            if not self._closed and os.getpid() == self._pid:
                self._at.close()
            self._closed = True

    def _usable(self) -> AbstractContextManager[Any]:
        if os.getpid() != self._pid:
            raise ForkedHandleError("the store was opened before a fork; open it again")
        if self._closed:
            raise ClosedError(f"the store {self.location} is closed; open it again")
        return self._lock
