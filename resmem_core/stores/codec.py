"""Rows and documents as bytes, and back. Strict JSON; nothing is ever unpickled."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

import numpy as np

from resmem_core.errors import InputError, InputTypeError, StoreCorrupt, TooLarge
from resmem_core.protocols import Json, Row, Vector
from resmem_core.stores.checked_json import check_json
from resmem_core.types import Link, Memory, Namespace, StateVector, Tier, Version, check_namespace

MAX_DOC: Final = 16_000_000
"""Bytes of one JSON document."""

TIERS: Final = get_args(Tier)

SEPARATOR: Final = "\x1f"
"""Joins a namespace's parts; `check_namespace` keeps it out of them."""

_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)


def utf8(text: str, what: str) -> bytes:
    """The text's UTF-8, or InputError when it holds a lone surrogate."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{what} holds half of a surrogate pair; clean it first") from None


def encode_json(value: Json) -> bytes:
    """A JSON object as compact UTF-8.

    >>> encode_json({"a": (1, 2)})
    b'{"a":[1,2]}'
    """
    if not isinstance(value, Mapping):
        raise InputTypeError(f"a document must be a JSON object, got {type(value).__name__}")
    check_json(dict(value))
    data = utf8(_encoder.encode(value), "a document")
    if len(data) > MAX_DOC:
        raise TooLarge(f"a document has {len(data):,} bytes; {MAX_DOC:,} are allowed")
    return data


def decode_json(data: bytes) -> dict[str, Any]:
    """A JSON object from its bytes.

    Raises:
        StoreCorrupt: the bytes are not a JSON object.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise StoreCorrupt("a stored document is damaged; restore the file from a copy") from None
    if not isinstance(value, dict):
        raise StoreCorrupt("a stored document is no JSON object; restore the file from a copy")
    return value


def key_of(namespace: Namespace) -> str:
    """The namespace as one string.

    >>> key_of(("acme", "ada"))
    'acme\\x1fada'
    """
    return SEPARATOR.join(check_namespace(namespace))


def namespace_of(key: str) -> Namespace:
    """The namespace that `key_of` joined."""
    return tuple(key.split(SEPARATOR))


def encode_vector(vector: Vector) -> bytes:
    """A vector as little-endian float32.

    Raises:
        InputError: it is not one-dimensional, or holds NaN or infinity.
    """
    try:
        array = np.ascontiguousarray(vector, dtype="<f4")
    except (TypeError, ValueError):
        raise InputTypeError(f"a vector must hold numbers, got {type(vector).__name__}") from None
    if array.ndim != 1 or not np.isfinite(array).all():
        raise InputError(
            f"a vector must be one-dimensional and finite, got shape {array.shape}; "
            "check the embedder"
        )
    return array.tobytes()


def decode_vector(data: bytes) -> Vector:
    """The vector that `encode_vector` wrote, read-only."""
    return np.frombuffer(data, dtype="<f4")


def checked(value: str) -> str:
    """An id or key that every store can hold exactly.

    Raises:
        InputTypeError: it is not a str. InputError: it holds half of a surrogate pair.
    """
    if not isinstance(value, str):
        raise InputTypeError(f"ids and keys must be str, got {type(value).__name__}")
    utf8(value, "an id or key")
    return value


def _check_ids(ids: Sequence[str]) -> None:
    """`checked` for each; at a time where all are well."""
    try:
        "".join(ids).encode()
    except (TypeError, UnicodeEncodeError):
        for ident in ids:
            checked(ident)


def _check_columns(memory: Memory) -> None:
    """What stores keep beside the body."""
    _check_ids((memory.id, *memory.sources))
    if not isinstance(memory.seq, int):
        raise InputTypeError(f"seq must be int, got {type(memory.seq).__name__}")
    if not -(2**63) <= memory.seq < 2**63:
        raise InputError(f"seq must fit in 64 bits, got {memory.seq}")
    if memory.tier not in TIERS:
        raise InputError(f"tier must be one of {', '.join(TIERS)}, got {memory.tier!r:.40}")


def encode_memory(memory: Memory, pieces: bytes = b"") -> bytes:
    """Everything of a memory but its namespace, id, seq and tier, which stores keep apart.

    Defaults are left out, so that a plain message stays small. A row's pieces stand at the end.
    """
    _check_columns(memory)
    try:
        text = _body(memory)
        if pieces:
            text = f'{text[:-1]},"pieces":"{base64.b64encode(pieces).decode()}"}}'
    except ValueError as error:
        raise InputError(f"a memory holds a number that is not finite: {error}") from None
    except TypeError as error:
        raise InputTypeError(f"a memory cannot be stored: {error}") from None
    return utf8(text, "a memory")


def _body(memory: Memory) -> str:
    """What was merged into it, which only grows at its end, is spelt once."""
    text = _encoder.encode(_fields(memory))
    if not memory.merged:
        return text
    return f'{text[:-1]},"merged":[{",".join(map(_part, memory.merged))}]}}'


def _part(memory: Memory) -> str:
    """A memory within another one, known by the very object."""
    held = _parts.get(id(memory))
    if held is None or held[0] is not memory:
        if len(_parts) >= _MOST_PARTS:
            _parts.clear()
        head = _encoder.encode((memory.id, memory.seq, memory.tier))
        held = _parts[id(memory)] = (memory, f"{head[:-1]},{_body(memory)}]")
    return held[1]


_parts: dict[int, tuple[Memory, str]] = {}
_MOST_PARTS: Final = 4096


_UNLESS_EMPTY: Final = (
    "author", "session", "credit", "uses", "quadrant", "semantic", "context", "pinned",
    "attributes",
)  # fmt: skip


def _fields(memory: Memory) -> dict[str, Any]:
    state = memory.state
    body: dict[str, Any] = {
        "text": memory.text,
        "sources": memory.sources,
        "role": memory.role,
        "at": memory.at,
        "state": (state.stress, state.value, state.recency),
    }
    for name in _UNLESS_EMPTY:
        if value := getattr(memory, name):
            body[name] = value
    for name in ("valid_to", "stored_at", "used_at"):
        if (time := getattr(memory, name)) is not None:
            body[name] = time
    if memory.trust != "trusted":
        body["trust"] = memory.trust
    if memory.expires != math.inf:
        body["expires"] = memory.expires
    if memory.links:
        body["links"] = [(link.target, link.kind, link.weight) for link in memory.links]
    if memory.versions:
        body["versions"] = [(version.text, version.at, version.how) for version in memory.versions]
    for name in ("features", "scores"):
        if values := getattr(memory, name):
            body[name] = _pack(values)
    if memory.metadata:
        check_json(memory.metadata)
        body["metadata"] = memory.metadata
    return body


def _pack(values: Sequence[float]) -> str:
    """Numbers as base64 of little-endian float64: exact, and four times faster than decimals."""
    try:
        data = struct.pack(f"<{len(values)}d", *values)
    except struct.error:
        raise InputTypeError("a memory's features and scores must be numbers") from None
    if not all(map(math.isfinite, values)):
        raise InputError("a memory's features and scores must be finite numbers")
    return base64.b64encode(data).decode("ascii")


def _unpack(text: str) -> tuple[float, ...]:
    data = base64.b64decode(text, validate=True)
    return struct.unpack(f"<{len(data) // 8}d", data)


def decode_row(
    namespace: Namespace, id_: str, seq: int, tier: Any, body: bytes, vector: bytes
) -> Row:
    """The row that was stored.

    Raises:
        StoreCorrupt: the body is damaged.
    """
    try:
        fields = json.loads(body)
        pieces = base64.b64decode(fields.pop("pieces", ""), validate=True)
        memory = _decoded(namespace, id_, seq, tier, fields)
        return Row(memory, decode_vector(vector), pieces)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, struct.error):
        raise StoreCorrupt("a stored memory is damaged; restore the file from a copy") from None


_NUMBER: Final = (int, float)
_KINDS: Final[dict[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(("text", "role", "author", "session", "quadrant", "trust"), str),
    **dict.fromkeys(("at", "credit", "expires", "valid_to", "stored_at", "used_at"), _NUMBER),
    **dict.fromkeys(
        ("sources", "links", "features", "scores", "context", "merged", "attributes", "versions"),
        tuple,
    ),
    "state": StateVector, "uses": int, "semantic": bool, "pinned": bool, "metadata": dict,
}  # fmt: skip
"""Name of a stored field to what it holds: a checksum says that it is what was written, not what
may be written."""


def _decoded(namespace: Namespace, id_: str, seq: int, tier: Any, fields: dict[str, Any]) -> Memory:
    fields["sources"] = tuple(fields["sources"])
    fields["state"] = StateVector(*fields["state"])
    if "links" in fields:
        fields["links"] = tuple(Link(*link) for link in fields["links"])
    if "merged" in fields:
        fields["merged"] = tuple(_decoded(namespace, *part) for part in fields["merged"])
    for name in ("features", "scores"):
        if name in fields:
            fields[name] = _unpack(fields[name])
    for name in ("context", "attributes"):
        if name in fields:
            fields[name] = tuple(fields[name])
    if "versions" in fields:
        fields["versions"] = tuple(Version(*version) for version in fields["versions"])
    if not all(isinstance(value, _KINDS[name]) for name, value in fields.items()):
        raise TypeError
    texts = (*fields["sources"], *fields.get("context", ()), *fields.get("attributes", ()))
    told = [version.text for version in fields.get("versions", ())]
    ends = [part for link in fields.get("links", ()) for part in (link.target, link.kind)]
    if not all(isinstance(text, str) for text in (*texts, *told, *ends)):
        raise TypeError
    return Memory(id=id_, namespace=namespace, seq=seq, tier=tier, **fields)
