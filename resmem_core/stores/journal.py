"""One call's operations as points to write: worked out once, safe to write again.

A server without transactions gets them by a journal: all that a call will write, worked out against
the state it saw. Whoever finds an unfinished commit finishes it from there: every row carries the
number of its namespace's commit, and never replaces one of a later commit.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from resmem_core.audit import chain
from resmem_core.errors import Conflict, InputTypeError
from resmem_core.protocols import (
    AppendAudit,
    Delete,
    DeleteDoc,
    Json,
    Op,
    Put,
    PutDoc,
    Row,
    TrimAudit,
)
from resmem_core.stores.codec import (
    decode_row,
    encode_json,
    encode_memory,
    encode_vector,
    key_of,
)
from resmem_core.stores.places import AUDIT_ID, digest_of, point_id, space_id, within
from resmem_core.stores.revisions import TOMBSTONES, touched
from resmem_core.types import Namespace


def cells(ops: Sequence[Op]) -> list[str]:
    """Ids of the points that decide whether the operations come first."""
    docs = [point_id("doc", op.kind, op.key) for op in ops if isinstance(op, PutDoc | DeleteDoc)]
    spaces = [space_id(digest_of(namespace)) for namespace in touched(ops)]
    log = [AUDIT_ID] if any(isinstance(op, AppendAudit | TrimAudit) for op in ops) else []
    return list(dict.fromkeys([*docs, *spaces, *log]))


@dataclass(frozen=True, slots=True)
class Space:
    """A namespace's counters."""

    name: str = ""
    revision: int = 0
    floor: int = 0
    graves: int = 0
    commit: int = 0


class Audit(NamedTuple):
    """Where the audit log stands: its last record's number and hash, and through which it went."""

    last: int = 0
    hash: str | None = None
    trimmed: int = 0


@dataclass(slots=True)
class Journal:
    """Everything that one commit writes; plain JSON values.

    Attributes:
        docs: the cells as they will be: documents, namespaces' counters, the audit log's end.
        cells: the stamp that each of those had when this was worked out.
        commits: the commit's number in each namespace of which it changes rows.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    docs: list[dict[str, Any]] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)
    commits: dict[str, int] = field(default_factory=dict)
    audit: list[dict[str, Any]] = field(default_factory=list)
    erased: list[tuple[str, list[str] | None]] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    trimmed: int = 0

    def dump(self) -> str:
        """As one text."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def load(cls, text: str) -> Journal:
        """From that text."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Seen:
    """How the operations find the state that they change.

    Attributes:
        version: of a document, 0 when there is none.
        space: a namespace's counters.
        known: which of some ids of a namespace are stored.
        audit: where the audit log stands.
    """

    version: Callable[[str, str], int]
    space: Callable[[Namespace], Space]
    known: Callable[[Namespace, Sequence[str]], set[str]]
    audit: Audit


def write(ops: Sequence[Op], seen: Seen) -> Journal:
    """The journal of a call.

    Raises:
        Conflict: a document is not at the expected version.
        InputError, InputTypeError: something cannot be stored.
    """
    writing = _Writing(seen, {name: _next(seen.space(name), name) for name in touched(ops)})
    for op in ops:
        writing.add(op)
    return writing.journal()


def _next(space: Space, namespace: Namespace) -> Space:
    name, revision, commit = key_of(namespace), space.revision + 1, space.commit + 1
    return replace(space, name=name, revision=revision, commit=commit)


class _Writing:
    """A journal under way: every operation sees the ones before it."""

    def __init__(self, seen: Seen, spaces: dict[Namespace, Space]) -> None:
        self._seen, self._spaces = seen, spaces
        self._points: dict[str, dict[str, Any]] = {}
        self._versions: dict[tuple[str, str], int] = {}
        self._docs: dict[str, dict[str, Any]] = {}
        self._audit: list[dict[str, Any]] = []
        self.last = seen.audit

    def add(self, op: Op) -> None:
        match op:
            case Put(rows):
                for row in rows:
                    space = self._spaces[row.memory.namespace]
                    point = row_point(row, space.revision, space.commit)
                    self._points[point["id"]] = point
            case Delete(namespace, ids):
                self._bury(namespace, ids)
            case PutDoc():
                self._put_doc(op)
            case DeleteDoc(kind, key):
                self._note(PutDoc(kind, key, {}), 0)
            case AppendAudit(record):
                self._append(record)
            case TrimAudit(through):
                through = max(self.last.trimmed, min(through, self.last.last - 1))
                self.last = self.last._replace(trimmed=through)
            case _:
                raise InputTypeError(f"no store operation: {type(op).__name__}")

    def _put_doc(self, op: PutDoc) -> None:
        held = self._versions.get((op.kind, op.key))
        held = self._seen.version(op.kind, op.key) if held is None else held
        if op.expect is not None and op.expect != held:
            raise Conflict(
                f"the {op.kind!r} document is no longer at version {op.expect}; "
                "read it again and retry"
            )
        self._note(op, held + 1)

    def _note(self, op: PutDoc, version: int) -> None:
        self._versions[op.kind, op.key] = version
        point = _doc_point(op, version)
        self._docs[point["id"]] = point

    def _append(self, record: Json) -> None:
        chained = chain(self.last.hash, record)
        self.last = self.last._replace(last=self.last.last + 1, hash=chained["hash"])
        body = encode_json(chained).decode()
        self._audit.append({"number": self.last.last, "body": body})

    def _bury(self, namespace: Namespace, ids: Sequence[str]) -> None:
        """Tombstones for those of the ids that are stored."""
        if not ids:
            return
        digest, space = digest_of(namespace), self._spaces[namespace]
        stored = self._seen.known(namespace, ids)
        places = {ident: point_id(digest, ident) for ident in ids}
        buried = {i: p for i, p in places.items() if i in stored or p in self._points}
        for ident, place in buried.items():
            self._points[place] = {
                "id": place,
                "vector": None,
                "payload": {
                    "ns": digest, "memory": ident, "revision": space.revision,
                    "commit": space.commit, "gone": True,
                },
            }  # fmt: skip
        self._spaces[namespace] = replace(space, graves=space.graves + len(buried))

    def journal(self) -> Journal:
        """What all of it comes to."""
        trimmed = self.last.trimmed if self.last.trimmed > self._seen.audit.trimmed else 0
        docs = [*self._docs.values()]
        journal = Journal([*self._points.values()], docs, audit=self._audit, trimmed=trimmed)
        for namespace, space in self._spaces.items():
            _count(journal, digest_of(namespace), space)
        if self.last != self._seen.audit:
            journal.docs.append(_audit_point(self.last))
        return journal


def erase(namespace: Namespace, ids: Sequence[str] | None, space: Space) -> Journal:
    """The journal that erases memories without a trace of their ids, or of the name."""
    digest = digest_of(namespace)
    revision, commit = space.revision + 1, space.commit + 1
    name = "" if ids is None else space.name
    return Journal(
        erased=[(digest, None if ids is None else [point_id(digest, i) for i in ids])],
        cleared=[digest],
        docs=[_space_point(digest, Space(name, revision, revision, 0, commit))],
        commits={digest: commit},
    )


def row_point(row: Row, revision: int, commit: int) -> dict[str, Any]:
    """A row as the point that holds it."""
    memory = row.memory
    digest = digest_of(memory.namespace)
    body = encode_memory(memory, row.pieces).decode()  # refuses what cannot be stored
    return {
        "id": point_id(digest, memory.id),
        "vector": base64.b64encode(encode_vector(row.vector)).decode(),
        "payload": {
            "ns": digest,
            "memory": memory.id,
            "seq": memory.seq,
            "tier": memory.tier,
            "at": int(memory.at),
            "sources": list(memory.sources),
            "body": body,
            "revision": revision,
            "commit": commit,
            "gone": False,
        },
    }


def row_of(namespace: Namespace, payload: dict[str, Any], vector: bytes) -> Row:
    """The row that a point holds."""
    body = payload["body"].encode()
    return decode_row(namespace, payload["memory"], payload["seq"], payload["tier"], body, vector)


def _count(journal: Journal, digest: str, space: Space) -> None:
    """The namespace's new counters; too many tombstones go at once."""
    if space.graves > 2 * TOMBSTONES:
        journal.cleared.append(digest)
        space = replace(space, floor=space.revision, graves=0)
    journal.commits[digest] = space.commit
    journal.docs.append(_space_point(digest, space))


def _space_point(digest: str, space: Space) -> dict[str, Any]:
    counters = {name: getattr(space, name) for name in Space.__slots__}
    payload = {"kind": " space", "key": digest, "within": "", "gone": False}
    return {"id": space_id(digest), "payload": payload | counters}


def _audit_point(last: Audit) -> dict[str, Any]:
    payload = {"kind": " audit", "key": "", "within": "", "audit": list(last), "gone": True}
    return {"id": AUDIT_ID, "payload": payload}


def _doc_point(op: PutDoc, version: int) -> dict[str, Any]:
    return {
        "id": point_id("doc", op.kind, op.key),
        "payload": {
            "kind": op.kind,
            "key": op.key,
            "within": within(op.key),
            "version": version,
            "body": encode_json(op.body).decode(),
            "gone": version == 0,
        },
    }
