"""One replica of one collection: an engine's shard, and requests in the server's JSON."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import UUID

Json = dict[str, Any]

edge: Any = import_module("qdrant_edge")

_MODES: Final = {
    None: None,
    "upsert": None,
    "insert_only": edge.UpdateMode.InsertOnly,
    "update_only": edge.UpdateMode.UpdateOnly,
}
_SCHEMAS: Final = {
    "keyword": edge.PayloadSchemaType.Keyword,
    "integer": edge.PayloadSchemaType.Integer,
    "bool": edge.PayloadSchemaType.Keyword,
}
_WORDS: Final = {True: "\0true", False: "\0false"}
"""How booleans are kept: the wheel's conditions turn a boolean into a number, a server's do not."""

_UNUSED: Final = {"unused": edge.EdgeVectorParams(size=1, distance=edge.Distance.Dot)}
"""The engine wants a vector where a server's collection may have none."""


class Replica:
    """A shard in a folder of its own."""

    def __init__(self, folder: Path, vectors: Json) -> None:
        folder.mkdir(parents=True)
        sizes = {
            name: edge.EdgeVectorParams(size=each["size"], distance=edge.Distance.Dot)
            for name, each in vectors.items()
        }
        self._shard = edge.EdgeShard.create(str(folder), edge.EdgeConfig(vectors=sizes or _UNUSED))

    def write(self, kind: str, body: Json) -> None:
        """Carry out an upsert, a delete, a change of payload or a new index."""
        _WRITES[kind](self._shard, body)

    def retrieve(self, body: Json) -> list[Json]:
        """Points by their ids."""
        found = self._shard.retrieve([*map(_ident, body["ids"])], True, _vectors(body))
        return [_record(each, body) for each in found]

    def scroll(self, body: Json) -> list[Json]:
        """Points that match, in the order of their ids, from `offset` on."""
        offset = body.get("offset")
        found, _ = self._shard.scroll(
            edge.ScrollRequest(
                offset=None if offset is None else _ident(offset), limit=body["limit"],
                filter=_filter(body.get("filter")), with_payload=True, with_vector=_vectors(body),
            )
        )  # fmt: skip
        return [_record(each, body) for each in found]

    def count(self, body: Json) -> int:
        """How many points match."""
        wanted = edge.CountRequest(exact=True, filter=_filter(body.get("filter")))
        return int(self._shard.count(wanted))

    def close(self) -> None:
        """Let go of the folder."""
        self._shard.close()


def _upsert(shard: Any, body: Json) -> None:
    points = [edge.Point(_ident(p["id"]), p["vector"], _kept(p["payload"])) for p in body["points"]]
    condition, mode = _filter(body.get("update_filter")), _MODES[body.get("update_mode")]
    shard.update(edge.UpdateOperation.upsert_points(points, condition, mode))


def _delete(shard: Any, body: Json) -> None:
    operation = edge.UpdateOperation
    if body.get("filter") is not None:
        shard.update(operation.delete_points_by_filter(_filter(body["filter"])))
    else:
        shard.update(operation.delete_points([*map(_ident, body["points"])]))


def _set_payload(shard: Any, body: Json) -> None:
    operation, changes = edge.UpdateOperation, _kept(body["payload"])
    if body.get("filter") is not None:
        shard.update(operation.set_payload_by_filter(_filter(body["filter"]), changes))
    else:
        shard.update(operation.set_payload([*map(_ident, body["points"])], changes))


def _index(shard: Any, body: Json) -> None:
    schema = body["field_schema"]
    name = schema if isinstance(schema, str) else schema["type"]
    shard.update(edge.UpdateOperation.create_field_index(body["field_name"], _SCHEMAS[name]))


_WRITES: Final[dict[str, Callable[[Any, Json], None]]] = {
    "upsert": _upsert, "delete": _delete, "set payload": _set_payload, "index": _index,
}  # fmt: skip


def _ident(value: int | str) -> Any:
    return UUID(value) if isinstance(value, str) else value


def _vectors(body: Json) -> bool:
    return bool(body.get("with_vector"))


def _record(found: Any, body: Json) -> Json:
    ident = found.id if isinstance(found.id, int) else str(found.id)
    record: Json = {"id": ident, "payload": _given(found.payload or {})}
    fields = body.get("with_payload")
    if isinstance(fields, list):
        record["payload"] = {n: v for n, v in record["payload"].items() if n in fields}
    return record | ({"vector": found.vector} if _vectors(body) else {})


def _kept(payload: Json) -> Json:
    return {n: _WORDS[v] if isinstance(v, bool) else v for n, v in payload.items()}


def _given(payload: Json) -> Json:
    booleans = {word: value for value, word in _WORDS.items()}
    return {n: booleans.get(v, v) if isinstance(v, str) else v for n, v in payload.items()}


def _filter(wanted: Json | None) -> Any:
    if wanted is None:
        return None
    parts = {name: [*map(_condition, each)] for name, each in wanted.items() if each}
    return edge.Filter(**parts)


def _condition(wanted: Json) -> Any:
    if "has_id" in wanted:
        return edge.HasIdCondition({*map(_ident, wanted["has_id"])})
    if "is_empty" in wanted:
        return edge.IsEmptyCondition(wanted["is_empty"]["key"])
    if "key" not in wanted:
        return _filter(wanted)
    return edge.FieldCondition(
        wanted["key"], match=_match(wanted.get("match")), range=_range(wanted.get("range"))
    )


def _match(wanted: Json | None) -> Any:
    if wanted is None:
        return None
    if "any" in wanted:
        return edge.MatchAny(wanted["any"])
    value = wanted["value"]
    return edge.MatchValue(_WORDS[value] if isinstance(value, bool) else value)


def _range(wanted: Json | None) -> Any:
    if wanted is None:
        return None
    return edge.RangeFloat(**{name: end for name, end in wanted.items() if end is not None})
