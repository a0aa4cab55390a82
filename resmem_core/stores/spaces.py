"""A namespace's own row: its number in the file, its revision, and what is kept of deletions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from resmem_core.errors import StoreCorrupt
from resmem_core.stores.codec import key_of, utf8
from resmem_core.stores.driver import sqlite3
from resmem_core.stores.sums import Tally, row_sum
from resmem_core.types import Namespace


@dataclass(slots=True)
class Place:
    """A namespace inside a transaction.

    Attributes:
        name: its parts, joined.
        key: its number in the file.
        revision: that its rows get.
        floor: deletions up to this revision are no longer listed.
        graves: tombstones, at most.
    """

    name: str
    key: int
    revision: int
    floor: int
    graves: int


def touch(connection: sqlite3.Connection, namespace: Namespace, tally: Tally) -> Place:
    """The namespace at its next revision; made when it is new. `leave` writes it back."""
    name = key_of(namespace)
    found = _space(connection, name)
    if found is None:
        made = connection.execute(
            "INSERT INTO namespaces (digest, name, revision, floor, graves, crc) "
            "VALUES (?, ?, 0, 0, 0, 0)",
            (digest(name), name),
        )
        return Place(name, int(made.lastrowid or 0), 1, 0, 0)
    key, _, revision, floor, graves, crc = found
    tally.take("namespaces", crc)
    return Place(name, key, revision + 1, floor, graves)


def leave(connection: sqlite3.Connection, place: Place, tally: Tally, *, name: str) -> None:
    """Write a namespace that was touched, under a name that is empty after an erase."""
    values = (name, place.revision, place.floor, place.graves)
    crc = row_sum(place.key, digest(place.name), *values)
    connection.execute(
        "UPDATE namespaces SET name = ?, revision = ?, floor = ?, graves = ?, crc = ? "
        "WHERE key = ?",
        (*values, crc, place.key),
    )
    tally.put("namespaces", crc)


def space(connection: sqlite3.Connection, namespace: Namespace) -> tuple[int | None, int, int]:
    """Key, revision and floor of a namespace; (None, 0, 0) when it was never written.

    Raises:
        StoreCorrupt: the checksum does not match.
    """
    found = _space(connection, key_of(namespace))
    return (found[0], found[2], found[3]) if found else (None, 0, 0)


def _space(connection: sqlite3.Connection, name: str) -> tuple[Any, ...] | None:
    """Key, stored name, revision, floor, tombstones and checksum."""
    found: tuple[Any, ...] | None = connection.execute(
        "SELECT key, name, revision, floor, graves, crc FROM namespaces WHERE digest = ?",
        (digest(name),),
    ).fetchone()
    if found and found[-1] != row_sum(found[0], digest(name), *found[1:-1]):
        raise StoreCorrupt("a namespace fails its checksum; repair the file")
    return found


@lru_cache(maxsize=1024)
def digest(name: str) -> bytes:
    """The SHA-256 that a namespace's name is looked up by."""
    return hashlib.sha256(utf8(name, "a namespace")).digest()
