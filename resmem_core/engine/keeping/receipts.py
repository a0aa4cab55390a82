"""Receipts of erasure: what went, and a scan that looked for what is left of it.

A canary is a piece of an erased text, or its id, that nothing which stays holds. The receipt has
keyed digests of the canaries, never a byte of them; the key is the store's, so that the receipt
alone confirms no guess. The scan reads the store's file, its log and journal, its outbox, copies
beside it and exports of ours in the same folder, whole. The receipt's digest is chained into the
audit log, and `verify` scans again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.audit import anchor, anchored, canonical, records, verify
from resmem_core.engine.keeping.portable import is_export
from resmem_core.errors import AuditError, InputError
from resmem_core.protocols import AppendAudit, Op, PutDoc, Store
from resmem_core.stores.codec import encode_memory

LENGTH: Final = 24
"""Bytes of a canary; a shorter text is one as a whole."""

SHORTEST: Final = 10
"""Bytes below which a piece stands anywhere by chance."""

PER_TEXT: Final = 3
"""Canaries of one text, spread over it."""

BLOCK: Final = 1 << 22
"""Bytes of a file that are looked at together."""

VERSION: Final = 1
_SIZE: Final = 16
"""Bytes of a digest: eight that are quick to seek, eight that are sure."""

KEY: Final = "erasure"
"""Of the document of keys, of kind "meta"."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, and what a scan found of it.

    Attributes:
        at: epoch seconds. erased: how many memories.
        canaries: keyed digests, by length in bytes.
        scanned: name of each file that was read, and its size in bytes.
        found: files in which canaries stand, and how many; empty where all is gone.
        key: which of a store's keys the digests have.
        anchor: the audit log's newest record before this one (`audit.anchor`).
    """

    at: float
    erased: int
    canaries: Mapping[str, Sequence[str]]
    scanned: Mapping[str, int]
    found: Mapping[str, int]
    key: str
    version: int = VERSION
    anchor: str = ""

    @property
    def digest(self) -> str:
        """What the audit log holds of it: SHA-256 of its canonical JSON."""
        return hashlib.sha256(canonical(self.as_dict())).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        told: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        if not self.anchor:  # a receipt that was given before there were any
            del told["anchor"]
        return told

    @classmethod
    def of(cls, value: Any) -> Receipt:
        """From JSON.

        Raises:
            InputError: it is no receipt.
        """
        try:
            receipt = cls(**value)
            sound = receipt.version == VERSION and all(
                int(length) >= SHORTEST and all(len(bytes.fromhex(d)) == _SIZE for d in digests)
                for length, digests in receipt.canaries.items()
            )
        except (TypeError, ValueError, AttributeError):
            sound = False
        if not sound:
            raise InputError("this is no receipt of an erasure, or one of another version")
        return receipt


@dataclass(frozen=True, slots=True)
class Scan:
    """Files that were read, with their sizes, and those in which canaries stand, with how many.

    `carried` of a receipt that the store took over when a copy was put in its place: the log of
    before is gone with the store that was replaced, so the receipt's anchor cannot be looked up.
    """

    scanned: Mapping[str, int]
    found: Mapping[str, int]
    carried: bool = False


def key_of_store(store: Store) -> bytes:
    """The store's key for receipts; made when first asked for."""
    if store.doc("meta", KEY) is None:
        store.apply([PutDoc("meta", KEY, {"key": token_bytes(16).hex()}, expect=0)])
    keys = _keys(store)
    if not keys:
        raise AuditError("the store's key for receipts cannot be read back")
    return keys[0]


def _keys(store: Store) -> list[bytes]:
    """The store's own key, and those of stores that it was put in the place of."""
    doc = store.doc("meta", KEY)
    return [] if doc is None else [*map(bytes.fromhex, _hexed(doc.body))]


def _hexed(body: Mapping[str, Any]) -> list[str]:
    return [body["key"], *body.get("others", ())]


@dataclass(frozen=True, slots=True)
class Given:
    """What a store's receipts rest on: its keys in hexadecimal, and the receipts' digests."""

    keys: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()


def given(key: Mapping[str, Any] | None, log: Iterable[Mapping[str, Any]]) -> Given:
    """What a document of keys and an audit log hold of receipts."""
    digests = (str(r["receipt"]) for r in log if r.get("event") == "erasure" and "receipt" in r)
    return Given(tuple(_hexed(key)) if key else (), tuple(digests))


def carry(before: Given, store: Store) -> list[Op]:
    """What makes receipts of the store that this one replaces hold up here."""
    doc = store.doc("meta", KEY)
    own = given(doc.body if doc else None, records(store))
    keys = list(dict.fromkeys((*own.keys, *before.keys)))
    ops: list[Op] = [
        AppendAudit({"event": "erasure", "receipt": digest, "carried": True})
        for digest in dict.fromkeys(before.digests)
        if digest not in own.digests
    ]
    if tuple(keys) != own.keys:
        body = {"key": keys[0], "others": keys[1:]}
        ops.append(PutDoc("meta", KEY, body, expect=doc.version if doc else 0))
    return ops


def name_of(key: bytes) -> str:
    """Which key it is, without the key."""
    return blake2b(b"name", key=key, digest_size=6).hexdigest()


def canaries(gone: Iterable[str], store: Store) -> list[bytes]:
    """Pieces of the texts that went which no memory that stays holds, of whatever namespace."""
    staying = b"\x00".join(
        encode_memory(row.memory) + row.memory.id.encode()
        for namespace in store.namespaces()
        for row in store.rows(namespace)
    )
    return list(dict.fromkeys(p for text in gone for p in _pieces(text) if p not in staying))


def _pieces(text: str) -> Iterator[bytes]:
    """Pieces as they stand in a file: of JSON, whole characters, none that is escaped."""
    data = json.dumps(text, ensure_ascii=False)[1:-1].encode()
    if SHORTEST <= len(data) <= LENGTH:
        yield data
    if len(data) > LENGTH:
        last = len(data) - LENGTH
        for place in {round(last * n / max(1, PER_TEXT - 1)) for n in range(PER_TEXT)}:
            yield data[place : place + LENGTH]


def scan(store: Store, sought: Mapping[int, Iterable[bytes]], key: bytes) -> Scan:
    """Look for digests of pieces, by length, in every file of the store's and beside it."""
    found: dict[str, int] = {}
    scanned: dict[str, int] = {}
    for path in files_of(store.location):
        data = path.read_bytes()
        scanned[path.name] = len(data)
        count = sum(_count(data, length, set(digests), key) for length, digests in sought.items())
        if count:
            found[path.name] = count
    return Scan(scanned, found)


def files_of(location: str) -> list[Path]:
    """The store's file, what belongs to it, copies beside it, and exports in its folder."""
    own = Path(os.path.abspath(location))
    if not own.is_file():
        return []
    beside = [path for path in sorted(own.parent.iterdir()) if path.is_file()]
    return [p for p in beside if p == own or p.name.startswith(own.name) or _is_copy(p)]


def _is_copy(path: Path) -> bool:
    """Whether a file holds a store or an export of ours."""
    with path.open("rb") as file:
        head = file.read(4096)  # a store's numbers may hold the byte of a line end
    ours = head[:16] == b"SQLite format 3\x00" and head[68:72] == b"RSMM"
    return ours or is_export(head.split(b"\n", 1)[0].decode("utf-8", "replace"))


def digest(piece: bytes, key: bytes) -> bytes:
    """The keyed digest of a canary: a prefix that is quick to seek, and one that is sure."""
    quick = int(_rolled(np.frombuffer(piece, np.uint8), len(piece), key)[0])
    sure = blake2b(piece, key=key, digest_size=_SIZE - 8).digest()
    return quick.to_bytes(8, "little") + sure


def _count(data: bytes, length: int, digests: set[bytes], key: bytes) -> int:
    """How many of the digests' pieces stand in the data."""
    quick = np.array([int.from_bytes(d[:8], "little") for d in digests], np.uint64)
    seen: set[bytes] = set()
    for start in range(0, max(0, len(data) - length + 1), BLOCK):
        window = np.frombuffer(data[start : start + BLOCK + length - 1], np.uint8)
        for place in np.flatnonzero(np.isin(_rolled(window, length, key), quick)).tolist():
            piece = data[start + place : start + place + length]
            seen |= {digest(piece, key)} & digests
    return len(seen)


def _rolled(data: NDArray[np.uint8], length: int, key: bytes) -> NDArray[np.uint64]:
    """A keyed polynomial, modulo 2^64, of each `length` bytes in a row."""
    base = np.uint64(int.from_bytes(key[:8], "little") | 1)
    count = len(data) - length + 1
    total = np.zeros(max(0, count), np.uint64)
    for offset in range(length if count > 0 else 0):
        total = total * base + data[offset : offset + count].astype(np.uint64) + np.uint64(1)
    return total


def by_length(pieces: Iterable[bytes], key: bytes) -> dict[int, list[bytes]]:
    """The digests of the canaries, by length."""
    found: dict[int, list[bytes]] = {}
    for piece in pieces:
        found.setdefault(len(piece), []).append(digest(piece, key))
    return found


def checked(store: Store, receipt: Receipt) -> Scan:
    """Check that the receipt is the one that was given, and scan again.

    Raises:
        AuditError: the log's chain is broken, was cut, or does not hold this receipt.
        InputError: it is of another store.
    """
    key = next((key for key in _keys(store) if name_of(key) == receipt.key), None)
    if key is None:
        raise InputError("the receipt is of another store; name that one with --db")
    log = list(records(store))
    verify(log)
    held = [r for r in log if r.get("event") == "erasure" and r.get("receipt") == receipt.digest]
    carried = bool(held) and all(r.get("carried") is True for r in held)
    if receipt.anchor and not carried:
        anchored(store, [receipt.anchor])
    if not held:
        raise AuditError("the audit log does not hold this receipt: it was changed, or never given")
    sought = {int(n): [bytes.fromhex(d) for d in ds] for n, ds in receipt.canaries.items()}
    return replace(scan(store, sought, key), carried=carried)


def issued(store: Store, at: float, erased: int, pieces: Iterable[bytes]) -> Receipt:
    """The receipt of an erasure that was done, after a scan."""
    key = key_of_store(store)
    sought = by_length(pieces, key)
    result = scan(store, sought, key)
    hexed = {str(length): [d.hex() for d in digests] for length, digests in sought.items()}
    return Receipt(
        at, erased, hexed, result.scanned, result.found, name_of(key), anchor=anchor(store)
    )
