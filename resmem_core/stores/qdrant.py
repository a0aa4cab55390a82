"""The store for scale: a Qdrant server. Not verified against a live server here.

The conformance suite runs over qdrant-client's local mode, which is a test double only, and over
a server when RESMEM_QDRANT_URL is set. A deleted memory's bytes leave a server's segments and log
when its optimiser has run; only SQLite promises that no byte is left after `erase`.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import numpy as np

from resmem_core.errors import (
    ClosedError,
    ConfigError,
    EmbeddingMismatch,
    ForkedHandleError,
    StoreFull,
    StoreUnavailable,
    missing_extra,
)
from resmem_core.protocols import Changes, Doc, Op, Row
from resmem_core.stores import journal
from resmem_core.stores.codec import decode_json, namespace_of
from resmem_core.stores.journal import Journal, Seen, Space, digest_of, point_id
from resmem_core.stores.retry import Down, Retry
from resmem_core.types import Namespace, Tier

try:
    from qdrant_client import QdrantClient, models
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
except ImportError as error:
    raise missing_extra("qdrant", "qdrant_client") from error

T = TypeVar("T")

LOCAL: Final = ":memory:"
DENSE: Final = "dense"
BATCH: Final = 200
"""Points of one request."""
INLINE: Final = 1_000_000
"""Characters of a journal's part."""
TRIES: Final = 50
"""How often a write is worked out again after another writer was first."""
SETTLE: Final = 5
"""How often a reader looks again before it finishes somebody else's commit."""

_HEAD: Final = point_id("head")
_INDEXES: Final = {
    "memories": {"memory": "keyword", "tier": "keyword", "sources": "keyword",
                 "revision": "integer", "seq": "integer", "at": "integer", "gone": "bool"},
    "docs": {"kind": "keyword", "key": "keyword", "gone": "bool"},
    "audit": {"number": "integer"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Head:
    """The newest commit: its number, who made it, whether all of it is in its place."""

    commit: int
    token: str
    done: bool
    parts: tuple[str, ...]
    audit: tuple[int, str | None]


class QdrantStore:
    """Memories, documents and audit in three collections; see `protocols.Store`.

    A call commits by one conditional write of one point, and is then put in its place (see
    `journal`): all or nothing, one writer after the other. When the server is down, reads of
    documents and of changes are served from what was read last (`stale` is then True), and
    writes are refused with StoreUnavailable.

    Args:
        location: http(s) address, or ":memory:" for qdrant-client's local mode (tests only).
        api_key: sent to the server; refused over plain http to another machine.
        prefix: of the collections' names; one store per prefix.
        timeout: seconds that one request may take.
        retry: tries, budget and pauses.
    """

    def __init__(
        self,
        location: str,
        *,
        api_key: str | None = None,
        prefix: str = "resmem",
        timeout: int = 5,
        retry: Retry | None = None,
    ) -> None:
        self.location = location
        self.stale = False
        self._prefix = prefix
        self._pid = os.getpid()
        self._lock = RLock()
        self._closed = False
        self._retry = retry or Retry()
        self._dim: int | None = None
        self._docs: dict[tuple[str, str], Doc | None] = {}
        if location == LOCAL:
            self._client = QdrantClient(LOCAL)
        else:
            _refuse_open_key(location, api_key)
            self._client = QdrantClient(
                url=location, api_key=api_key, timeout=timeout, check_compatibility=False
            )
        self._create("docs", {})
        self._create("audit", {})
        self._find_dim()
        first = _head_point(_Head(0, "", True, (), (0, None)))
        self._upsert("docs", [first], mode=models.UpdateMode.INSERT_ONLY)

    # -- writing

    def apply(self, ops: Sequence[Op]) -> None:
        """Run the operations as one transaction; see `protocols.Store.apply`."""
        if not ops:
            return
        with self._usable():
            self._commit(lambda head: journal.write(ops, self._seen(head), head.commit + 1))

    def erase(self, namespace: Namespace, ids: Sequence[str] | None = None) -> int:
        """Delete memories, their tombstones, and the namespace's name when all go."""
        digest = digest_of(namespace)
        count = 0

        def plan(head: _Head) -> tuple[Journal, tuple[int, str | None]]:
            nonlocal count
            wanted = [_is("ns", digest), _is("gone", False)]
            if ids is not None:
                wanted.append(_any("memory", ids))
            count = self._count(wanted)
            space = self._space(digest)
            if space.revision == 0:
                return Journal(), head.audit
            return journal.erase(namespace, ids, space), head.audit

        with self._usable():
            self._commit(plan)
        return count

    def _commit(self, plan: Callable[[_Head], tuple[Journal, tuple[int, str | None]]]) -> None:
        for _ in range(TRIES):
            head = self._settled()
            entry, audit = plan(head)
            self._check_dim(entry)
            token = uuid.uuid4().hex
            parts = self._write_parts(entry, token)
            mine = _Head(head.commit + 1, token, False, parts, audit)
            if self._swap(head, mine):
                self._finish(mine, entry)
                return
            self._delete("docs", list(parts))
        raise StoreUnavailable(f"{self.location}: too many writers at once; try later")

    def _write_parts(self, entry: Journal, token: str) -> tuple[str, ...]:
        """The journal as points of its own, before the commit names them."""
        text = entry.dump()
        ids = []
        for start in range(0, len(text), INLINE):
            ident = point_id("part", token, str(start))
            body = text[start : start + INLINE]
            self._upsert("docs", [_point(ident, {"kind": "", "part": body, "gone": True})])
            ids.append(ident)
        return tuple(ids)

    def _swap(self, old: _Head, new: _Head) -> bool:
        """Put the new head in the old one's place; False when somebody else was first.

        Raises:
            StoreUnavailable: the server is down; whether the commit holds is not known, and
                calling again is harmless for everything but an `expect`.
        """
        condition = models.Filter(must=[_is("token", old.token), _is("done", True)])
        try:
            self._upsert(
                "docs", [_head_point(new)], condition=condition,
                mode=models.UpdateMode.UPDATE_ONLY, tries=1,
            )  # fmt: skip
        except StoreUnavailable:
            self._retry.resume()  # only the server knows whether the write arrived
            if self._head().token != new.token:
                raise
            return True
        return self._head().token == new.token

    def _finish(self, head: _Head, entry: Journal) -> None:
        """Put a commit in its place, twice if need be, and say that it is there."""
        for digest, ids in entry.erased:
            if ids is None:
                self._delete("memories", models.Filter(must=[_is("ns", digest)]))
            else:
                self._delete("memories", ids)
        for digest in entry.cleared:
            self._delete("memories", models.Filter(must=[_is("ns", digest), _is("gone", True)]))
        older = models.Filter(
            must=[models.FieldCondition(key="commit", range=models.Range(lt=head.commit))]
        )
        if entry.rows and not self._missing("memories"):  # else: tombstones of nothing
            self._upsert("memories", [_row_struct(row) for row in entry.rows], condition=older)
        docs = {doc["id"]: _point(doc["id"], doc["payload"]) for doc in entry.docs}
        for digest, counters in entry.spaces.items():
            payload = {"kind": " space", "key": digest, "commit": head.commit, "gone": False}
            ident = point_id("space", digest)
            docs[ident] = _point(ident, payload | counters)
        self._upsert("docs", list(docs.values()), condition=older)
        self._upsert("audit", [_point(record["number"], record) for record in entry.audit])
        done = _Head(head.commit, head.token, True, (), head.audit)
        same = models.Filter(must=[_is("token", head.token)])
        self._upsert(
            "docs", [_head_point(done)], condition=same, mode=models.UpdateMode.UPDATE_ONLY
        )
        self._delete("docs", list(head.parts))

    # -- the head

    def _head(self) -> _Head:
        payload = self._retrieve("docs", [_HEAD])[0]
        number, last = payload["audit"]
        return _Head(
            payload["commit"], payload["token"], payload["done"], tuple(payload["parts"]),
            (number, last),
        )  # fmt: skip

    def _settled(self) -> _Head:
        """The head once its commit is in its place; after a while, finish it ourselves."""
        for look in range(SETTLE + TRIES):
            head = self._head()
            if head.done:
                return head
            if look < SETTLE:
                self._retry.wait(0.005)
                continue
            parts = self._retrieve("docs", list(head.parts))
            if len(parts) == len(head.parts):
                self._finish(head, Journal.load("".join(part["part"] for part in parts)))
        raise StoreUnavailable(f"{self.location}: a commit could not be finished; try later")

    def _consistent(self, read: Callable[[], T]) -> T:
        """What `read` finds between two commits."""
        with self._usable():
            for _ in range(TRIES):
                before = self._settled().token
                found = read()
                if self._head().token == before:
                    self.stale = False
                    return found
        raise StoreUnavailable(f"{self.location}: too many writers at once; try later")

    def _seen(self, head: _Head) -> Seen:
        def known(namespace: Namespace, ids: Sequence[str]) -> set[str]:
            digest = digest_of(namespace)
            held = self._retrieve("memories", [point_id(digest, ident) for ident in ids])
            return {payload["memory"] for payload in held if not payload["gone"]}

        def version(kind: str, key: str) -> int:
            doc = self._doc(kind, key)
            return doc.version if doc else 0

        return Seen(version, lambda name: self._space(digest_of(name)), known, head.audit)

    # -- reading

    def rows(
        self,
        namespace: Namespace,
        *,
        ids: Sequence[str] | None = None,
        tiers: Sequence[Tier] | None = None,
        limit: int | None = None,
    ) -> list[Row]:
        """Rows of exactly this namespace, ordered by (seq, id)."""
        wanted = [_is("ns", digest_of(namespace)), _is("gone", False)]
        if ids is not None:
            wanted.append(_any("memory", ids))
        if tiers is not None:
            wanted.append(_any("tier", tiers))
        if (ids is not None and not ids) or (tiers is not None and not tiers):
            return []
        return self._consistent(lambda: self._rows(namespace, wanted))[:limit]

    def _rows(self, namespace: Namespace, wanted: list[Any]) -> list[Row]:
        found = [
            journal.row_of(namespace, record.payload, _vector(record))
            for record in self._scroll("memories", wanted, vectors=True)
            if record.payload["ns"] == digest_of(namespace)  # the wall, once more
        ]
        return sorted(found, key=lambda row: (row.memory.seq, row.memory.id))

    def sources(self, namespace: Namespace, ids: Sequence[str]) -> dict[str, str]:
        """For each message id that some memory lists in `sources`: that memory's id."""
        wanted = [_is("ns", digest_of(namespace)), _is("gone", False), _any("sources", ids)]
        asked = set(ids)
        found: dict[str, str] = {}
        for record in self._consistent(lambda: [*self._scroll("memories", wanted)]):
            memory = record.payload["memory"]
            for source in asked.intersection(record.payload["sources"]):
                found[source] = min(memory, found.get(source, memory))
        return found

    def changes(self, namespace: Namespace, since: int) -> Changes:
        """What changed after revision `since`; nothing new while the server is down."""
        digest = digest_of(namespace)

        def read() -> Changes:
            space = self._space(digest)
            if space.revision == since:
                return Changes(since)
            full = since < space.floor or since > space.revision
            after = models.Range(gt=0 if full else since)
            wanted = [_is("ns", digest), models.FieldCondition(key="revision", range=after)]
            rows = self._rows(namespace, [*wanted, _is("gone", False)])
            gone = [] if full else self._scroll("memories", [*wanted, _is("gone", True)])
            listed = tuple(record.payload["memory"] for record in gone)
            return Changes(space.revision, tuple(rows), listed, full)

        try:
            return self._consistent(read)
        except StoreUnavailable:
            if since == 0:
                raise
            self.stale = True
            return Changes(since)

    def namespaces(self, prefix: Sequence[str] = ()) -> list[Namespace]:
        """Namespaces that hold memories, compared with the prefix segment by segment."""
        wanted = tuple(prefix)

        def read() -> list[Namespace]:
            spaces = [r.payload for r in self._scroll("docs", [_is("kind", " space")])]
            names = [
                (namespace_of(space["name"]), space["key"]) for space in spaces if space["name"]
            ]
            return sorted(
                name
                for name, digest in names
                if name[: len(wanted)] == wanted
                and self._count([_is("ns", digest), _is("gone", False)])
            )

        return self._consistent(read)

    def count(self, namespace: Namespace) -> dict[str, int]:
        """Memories per tier."""
        held = [_is("ns", digest_of(namespace)), _is("gone", False)]

        def read() -> dict[str, int]:
            tiers = ("buffer", "short", "mid", "long")
            return {tier: self._count([*held, _is("tier", tier)]) for tier in tiers}

        return {tier: n for tier, n in self._consistent(read).items() if n}

    def doc(self, kind: str, key: str) -> Doc | None:
        """One document, or None; the one read last while the server is down."""
        try:
            found = self._consistent(lambda: self._doc(kind, key))
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
        held = self._retrieve("docs", [point_id("doc", kind, key)])
        if not held or held[0]["gone"]:
            return None
        return _as_doc(held[0])

    def docs(self, kind: str, prefix: str = "") -> list[Doc]:
        """Documents of a kind whose key starts with the prefix, ordered by key."""
        wanted = [_is("kind", kind), _is("gone", False)]
        found = self._consistent(lambda: [r.payload for r in self._scroll("docs", wanted)])
        docs = (_as_doc(payload) for payload in found if payload["key"].startswith(prefix))
        return sorted(docs, key=lambda doc: doc.key)

    def audit(self, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Audit records with a number above `after`, in order."""

        def read() -> list[tuple[int, dict[str, Any]]]:
            last = min(self._head().audit[0], after + limit)
            found = self._retrieve("audit", list(range(after + 1, last + 1)))
            return [(record["number"], decode_json(record["body"].encode())) for record in found]

        return sorted(self._consistent(read), key=lambda item: item[0])

    def close(self) -> None:
        """Release the connection; safe to call twice."""
        with self._lock:
            if not self._closed and os.getpid() == self._pid:
                self._client.close()
            self._closed = True

    # -- requests

    def _usable(self) -> RLock:
        if os.getpid() != self._pid:
            raise ForkedHandleError("the store was opened before a fork; open it again")
        if self._closed:
            raise ClosedError(f"the store {self.location} is closed; open it again")
        return self._lock

    def _call(self, action: Callable[[], T], tries: int | None = None) -> T:
        def once() -> T:
            try:
                return action()
            except Exception as error:
                raise _translated(self.location, error) from None

        return self._retry.call(self.location, once, tries)

    def _name(self, collection: str) -> str:
        return f"{self._prefix}_{collection}"

    def _create(self, collection: str, vectors: dict[str, Any]) -> None:
        name = self._name(collection)
        if self._call(lambda: self._client.collection_exists(name)):
            return
        self._call(lambda: self._client.create_collection(name, vectors_config=vectors))
        if self.location == LOCAL:
            return  # it has no indexes
        tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
        indexes: dict[str, Any] = dict(_INDEXES[collection])
        if collection == "memories":
            indexes["ns"] = tenant
        for field, schema in indexes.items():
            self._index(name, field, schema)

    def _index(self, name: str, field: str, schema: Any) -> None:
        self._call(lambda: self._client.create_payload_index(name, field, field_schema=schema))

    def _find_dim(self) -> None:
        name = self._name("memories")
        if self._call(lambda: self._client.collection_exists(name)):
            vectors = self._call(lambda: self._client.get_collection(name)).config.params.vectors
            self._dim = int(vectors[DENSE].size)  # type: ignore[index]

    def _check_dim(self, entry: Journal) -> None:
        sizes = {len(base64.b64decode(r["vector"])) // 4 for r in entry.rows if r["vector"]}
        if self._dim is None and sizes:
            self._dim = min(sizes)
            dense = models.VectorParams(size=self._dim, distance=models.Distance.DOT)
            self._create("memories", {DENSE: dense})
        if sizes - {self._dim}:
            raise EmbeddingMismatch(
                f"{self.location} holds vectors of {self._dim} dimensions, got "
                f"{sorted(sizes - {self._dim})}; open it with the embedder it was made with"
            )

    def _upsert(
        self,
        collection: str,
        points: Sequence[models.PointStruct],
        *,
        condition: models.Filter | None = None,
        mode: models.UpdateMode | None = None,
        tries: int | None = None,
    ) -> None:
        for start in range(0, len(points), BATCH):
            batch = list(points[start : start + BATCH])
            self._call(
                lambda batch=batch: self._client.upsert(  # type: ignore[misc]
                    self._name(collection), batch, wait=True, update_filter=condition,
                    update_mode=mode,
                ),
                tries,
            )  # fmt: skip

    def _delete(self, collection: str, which: list[Any] | models.Filter) -> None:
        if which == [] or self._missing(collection):
            return
        self._call(lambda: self._client.delete(self._name(collection), which, wait=True))

    def _retrieve(self, collection: str, ids: Sequence[Any]) -> list[dict[str, Any]]:
        """The payloads of some points, in the order of the ids."""
        if not ids or self._missing(collection):
            return []
        found: dict[Any, dict[str, Any]] = {}
        for start in range(0, len(ids), BATCH):
            batch = list(ids[start : start + BATCH])
            records = self._call(
                lambda batch=batch: self._client.retrieve(self._name(collection), batch)  # type: ignore[misc]
            )
            found.update((record.id, record.payload or {}) for record in records)
        return [found[ident] for ident in dict.fromkeys(ids) if ident in found]

    def _scroll(self, collection: str, wanted: list[Any], vectors: bool = False) -> Iterator[Any]:
        offset = None
        while not self._missing(collection):
            records, offset = self._call(
                lambda offset=offset: self._client.scroll(  # type: ignore[misc]
                    self._name(collection), models.Filter(must=wanted), limit=1_000,
                    offset=offset, with_vectors=vectors,
                )
            )  # fmt: skip
            yield from records
            if offset is None:
                return

    def _count(self, wanted: list[Any]) -> int:
        if self._missing("memories"):
            return 0
        name = self._name("memories")
        return self._call(lambda: self._client.count(name, models.Filter(must=wanted))).count

    def _space(self, digest: str) -> Space:
        held = self._retrieve("docs", [point_id("space", digest)])
        if not held:
            return Space()
        return Space(*(held[0][name] for name in ("name", "revision", "floor", "graves")))

    def _missing(self, collection: str) -> bool:
        """Whether the memories have no collection yet: it is made with the first vector."""
        if collection == "memories" and self._dim is None:
            self._find_dim()
        return collection == "memories" and self._dim is None


def _refuse_open_key(location: str, api_key: str | None) -> None:
    parts = urlsplit(location)
    host = parts.hostname or ""
    if api_key and parts.scheme == "http" and not _is_loopback(host):
        raise ConfigError(
            f"an API key must not go over plain http to {host!r}: use https, or a loopback address"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _translated(location: str, error: Exception) -> Exception:
    """What may pass as Down, the rest as one of ours; never with a server's text in it."""
    if isinstance(error, UnexpectedResponse):
        return _refused(location, error.status_code or 0, error.content or b"")
    if type(error).__name__ == "ResourceExhaustedResponse":
        return Down("the server asks to wait", float(getattr(error, "retry_after_s", 1) or 1))
    if isinstance(error, ResponseHandlingException | OSError | TimeoutError):
        return Down("no answer")
    if isinstance(error, ValueError | AssertionError):
        return Down("the answer makes no sense")
    return error


def _refused(location: str, status: int, content: bytes) -> Exception:
    if status == 507 or b"no space" in content.lower():
        return StoreFull(f"{location}: the server has no space left")
    if status >= 500:
        return Down(f"the server answered {status}")
    return StoreUnavailable(f"{location}: the server refused the request ({status})")


def _is(key: str, value: str | bool) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def _any(key: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))


def _point(ident: int | str, payload: dict[str, Any]) -> models.PointStruct:
    return models.PointStruct(id=ident, vector={}, payload=payload)


def _head_point(head: _Head) -> models.PointStruct:
    payload = {
        "kind": " head", "commit": head.commit, "token": head.token, "done": head.done,
        "parts": list(head.parts), "audit": list(head.audit), "gone": True,
    }  # fmt: skip
    return _point(_HEAD, payload)


def _row_struct(row: dict[str, Any]) -> models.PointStruct:
    vector: Any = {}
    if row["vector"] is not None:
        vector = {DENSE: np.frombuffer(base64.b64decode(row["vector"]), "<f4").tolist()}
    return models.PointStruct(id=row["id"], vector=vector, payload=row["payload"])


def _vector(record: Any) -> bytes:
    return np.asarray(record.vector[DENSE], dtype="<f4").tobytes()


def _as_doc(payload: dict[str, Any]) -> Doc:
    return Doc(payload["key"], decode_json(payload["body"].encode()), payload["version"])
