"""Points and conditions: how a call's cells and rows stand on a server."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from qdrant_client import models

from resmem_core.protocols import Doc
from resmem_core.stores.codec import decode_json
from resmem_core.stores.journal import Audit, Seen, Space
from resmem_core.stores.places import AUDIT_ID, digest_of, point_id, space_id
from resmem_core.types import Namespace

Cells: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Points that a call may change, by id: a document, a namespace's counters, the audit log's end.
One that is not there yet is left out. `stamp` is the token of the commit that wrote a point, `lock`
that of the commit that is about to."""

DENSE: Final = "dense"


def seen(cells: Cells, known: Callable[[Namespace, Sequence[str]], set[str]]) -> Seen:
    """The cells as the operations of a call ask for them."""

    def version(kind: str, key: str) -> int:
        doc = cells.get(point_id("doc", kind, key))
        return doc["version"] if doc and not doc["gone"] else 0

    return Seen(version, lambda name: space_of(cells, digest_of(name)), known, audit_of(cells))


def space_of(cells: Cells, digest: str) -> Space:
    """A namespace's counters."""
    held = cells.get(space_id(digest), {})
    return Space(**{name: held[name] for name in Space.__slots__ if name in held})


def audit_of(cells: Cells) -> Audit:
    """Where the audit log stands."""
    return Audit(*cells.get(AUDIT_ID, {}).get("audit", ()))


def as_doc(payload: Mapping[str, Any]) -> Doc:
    """A document's cell as the document."""
    return Doc(payload["key"], decode_json(payload["body"].encode()), payload["version"])


def equals(key: str, value: str | bool) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def id_in(ids: Sequence[Any]) -> models.HasIdCondition:
    return models.HasIdCondition(has_id=list(ids))


def one_of(key: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))


def point(ident: int | str, payload: dict[str, Any]) -> models.PointStruct:
    return models.PointStruct(id=ident, vector={}, payload=payload)


def row_struct(row: dict[str, Any]) -> models.PointStruct:
    vector: Any = {}
    if row["vector"] is not None:
        vector = {DENSE: np.frombuffer(base64.b64decode(row["vector"]), "<f4").tolist()}
    return models.PointStruct(id=row["id"], vector=vector, payload=row["payload"])


def vector_of(record: Any) -> bytes:
    return np.asarray(record.vector[DENSE], dtype="<f4").tobytes()
