"""Commits on a server without transactions: one conditional write, then all in its place."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from qdrant_client import models

from resmem_core.errors import StoreUnavailable
from resmem_core.stores.journal import Audit, Journal, point_id
from resmem_core.stores.qdrant.requests import Collections, equals, point, row_struct

T = TypeVar("T")

INLINE: Final = 1_000_000
"""Characters of a journal's part."""
TRIES: Final = 50
"""How often a write is worked out again after another writer was first."""
SETTLE: Final = 5
"""How often a reader looks again before it finishes somebody else's commit."""

_HEAD: Final = point_id("head")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest commit: its number, who made it, whether all of it is in its place."""

    commit: int
    token: str
    done: bool
    parts: tuple[str, ...]
    audit: Audit


class Commits:
    """The head of a store's collections, and the way to a new one. Not thread-safe."""

    def __init__(self, at: Collections) -> None:
        self._at = at
        first = _point(Head(0, "", True, (), Audit()))
        at.upsert("docs", [first], mode=models.UpdateMode.INSERT_ONLY)

    def commit(self, plan: Callable[[Head], tuple[Journal, Audit]]) -> None:
        """Carry out what `plan` makes of the head; again from its start when another was first."""
        for _ in range(TRIES):
            head = self.settled()
            entry, audit = plan(head)
            self._at.check_dim(entry)
            token = uuid.uuid4().hex
            parts = self._write_parts(entry, token)
            mine = Head(head.commit + 1, token, False, parts, audit)
            if self._swap(head, mine):
                self._finish(mine, entry)
                return
            self._at.delete("docs", list(parts))
        raise StoreUnavailable(f"{self._at.location}: too many writers at once; try later")

    def _write_parts(self, entry: Journal, token: str) -> tuple[str, ...]:
        """The journal as points of its own, before the commit names them."""
        text = entry.dump()
        ids = []
        for start in range(0, len(text), INLINE):
            ident = point_id("part", token, str(start))
            body = text[start : start + INLINE]
            self._at.upsert("docs", [point(ident, {"kind": "", "part": body, "gone": True})])
            ids.append(ident)
        return tuple(ids)

    def _swap(self, old: Head, new: Head) -> bool:
        """Put the new head in the old one's place; False when somebody else was first.

        Raises:
            StoreUnavailable: the server is down; whether the commit holds is not known, and
                calling again is harmless for everything but an `expect`.
        """
        condition = models.Filter(must=[equals("token", old.token), equals("done", True)])
        try:
            self._at.upsert(
                "docs", [_point(new)], condition=condition,
                mode=models.UpdateMode.UPDATE_ONLY, tries=1,
            )  # fmt: skip
        except StoreUnavailable:
            self._at.retry.resume()  # only the server knows whether the write arrived
            if self.head().token != new.token:
                raise
            return True
        return self.head().token == new.token

    def _finish(self, head: Head, entry: Journal) -> None:
        """Put a commit in its place, twice if need be, and say that it is there."""
        self._clear(entry)
        older = models.Filter(
            must=[models.FieldCondition(key="commit", range=models.Range(lt=head.commit))]
        )
        if entry.rows and not self._at.missing("memories"):  # else: tombstones of nothing
            self._at.upsert("memories", [row_struct(row) for row in entry.rows], condition=older)
        self._at.upsert("docs", _docs(entry, head.commit), condition=older)
        self._at.upsert("audit", [point(record["number"], record) for record in entry.audit])
        if entry.trimmed:
            old = models.FieldCondition(key="number", range=models.Range(lte=entry.trimmed))
            self._at.delete("audit", models.Filter(must=[old]))
        done = Head(head.commit, head.token, True, (), head.audit)
        same = models.Filter(must=[equals("token", head.token)])
        self._at.upsert("docs", [_point(done)], condition=same, mode=models.UpdateMode.UPDATE_ONLY)
        self._at.delete("docs", list(head.parts))

    def _clear(self, entry: Journal) -> None:
        """Delete what is erased, and the tombstones that are no longer listed."""
        for digest, ids in entry.erased:
            if ids is None:
                self._at.delete("memories", models.Filter(must=[equals("ns", digest)]))
            else:
                self._at.delete("memories", ids)
        for digest in entry.cleared:
            self._at.delete(
                "memories", models.Filter(must=[equals("ns", digest), equals("gone", True)])
            )

    def head(self) -> Head:
        """The newest commit, in its place or not."""
        payload = self._at.retrieve("docs", [_HEAD])[0]
        return Head(
            payload["commit"], payload["token"], payload["done"], tuple(payload["parts"]),
            Audit(*payload["audit"]),
        )  # fmt: skip

    def settled(self) -> Head:
        """The head once its commit is in its place; after a while, finish it ourselves."""
        for look in range(SETTLE + TRIES):
            head = self.head()
            if head.done:
                return head
            if look < SETTLE:
                self._at.retry.wait(0.005)
                continue
            parts = self._at.retrieve("docs", list(head.parts))
            if len(parts) == len(head.parts):
                self._finish(head, Journal.load("".join(part["part"] for part in parts)))
        raise StoreUnavailable(f"{self._at.location}: a commit could not be finished; try later")

    def between(self, read: Callable[[], T]) -> T:
        """What `read` finds between two commits."""
        for _ in range(TRIES):
            before = self.settled().token
            found = read()
            if self.head().token == before:
                return found
        raise StoreUnavailable(f"{self._at.location}: too many writers at once; try later")


def _docs(entry: Journal, commit: int) -> list[models.PointStruct]:
    """The documents and the namespaces' counters of a journal."""
    docs = {doc["id"]: point(doc["id"], doc["payload"]) for doc in entry.docs}
    for digest, counters in entry.spaces.items():
        payload = {"kind": " space", "key": digest, "commit": commit, "gone": False}
        ident = point_id("space", digest)
        docs[ident] = point(ident, payload | counters)
    return list(docs.values())


def _point(head: Head) -> models.PointStruct:
    payload = {
        "kind": " head", "commit": head.commit, "token": head.token, "done": head.done,
        "parts": list(head.parts), "audit": list(head.audit), "gone": True,
    }  # fmt: skip
    return point(_HEAD, payload)
