"""The SQLite file: recognising ours, creating it, moving an older one up."""

from __future__ import annotations

import glob
import os
import stat
from pathlib import Path
from typing import Final

from resmem_core.errors import NotOurStore, SchemaTooNew, StoreCorrupt, StoreUnavailable
from resmem_core.stores import sums
from resmem_core.stores.driver import ENCRYPTED, connect, sqlite3

APPLICATION_ID: Final = 0x52534D4D
"""'RSMM', in the file's header."""

MEMORY: Final = ":memory:"

_SQLITE: Final = b"SQLite format 3\0"

_FIRST: Final = """
CREATE TABLE namespaces (
    key INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,     -- of the name, which an erase takes away
    name TEXT NOT NULL,              -- parts joined by U+001F
    revision INTEGER NOT NULL,       -- + 1 per transaction that touched the namespace
    floor INTEGER NOT NULL,          -- deletions up to this revision are no longer listed
    graves INTEGER NOT NULL          -- tombstones, at most
);
CREATE TABLE memories (
    ns INTEGER NOT NULL,
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    tier TEXT NOT NULL,
    revision INTEGER NOT NULL,
    crc INTEGER NOT NULL,            -- of ns, revision, id, seq, tier, body, vector
    body BLOB NOT NULL,              -- JSON
    vector BLOB NOT NULL             -- little-endian float32
);
CREATE UNIQUE INDEX memories_id ON memories (ns, id);
CREATE INDEX memories_revision ON memories (ns, revision, tier);
CREATE INDEX memories_seq ON memories (ns, seq, id);
CREATE TABLE sources (               -- of a memory, but for its own id
    ns INTEGER NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (ns, source, id)
) WITHOUT ROWID;
CREATE TABLE tombstones (
    ns INTEGER NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (ns, id)
) WITHOUT ROWID;
CREATE INDEX tombstones_revision ON tombstones (ns, revision);
CREATE TABLE docs (
    kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
"""

# memories_seq serves pages of a list alone: an older file that lacks it is only slower there

MIGRATIONS: tuple[str, ...] = (_FIRST, sums.MIGRATION)
"""MIGRATIONS[n] moves a file from version n to n + 1; the last one reached is ours."""

_TABLES: Final = {"namespaces", "memories", "sources", "tombstones", "docs", "audit"}


def claim(path: str) -> None:
    """Make sure that the file exists, is private to its owner, and may be ours.

    Raises:
        StoreUnavailable: the path cannot be written. NotOurStore: another program's file.
    """
    try:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(path, flags, 0o600)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreUnavailable(
            f"cannot open {path!r} for writing: {reason}; give a file in a directory that "
            "exists and that this user may write"
        ) from None
    with os.fdopen(descriptor, "rb") as file:
        head = file.read(100)
        if _may_be_ours(head):
            _make_private(file.fileno())
    plain = head.startswith(_SQLITE)
    if plain and ENCRYPTED:
        raise NotOurStore(
            f"{path!r} is not encrypted, and RESMEM_STORE_KEY is set; export it without the key, "
            "import it with the key"
        )
    if head and not plain and not ENCRYPTED:
        raise NotOurStore(
            f"{path!r} is no memory store, it was not touched; choose another path, or set "
            "RESMEM_STORE_KEY if it is encrypted"
        )


def _may_be_ours(head: bytes) -> bool:
    """Whether a file's first 100 bytes are a store's, or of a file that becomes one."""
    if ENCRYPTED:
        return not head.startswith(_SQLITE)
    return not head or head[68:72] == APPLICATION_ID.to_bytes(4, "big")


def _make_private(descriptor: int) -> None:
    """Take a file of ours away from everybody else, where the system knows owners."""
    state = os.fstat(descriptor)
    if state.st_mode & 0o077 and hasattr(os, "geteuid") and state.st_uid == os.geteuid():
        os.fchmod(descriptor, stat.S_IMODE(state.st_mode) & 0o700)


def identity(path: str) -> tuple[int, int] | None:
    """Which file has the name at this moment; None for none, or for a store in memory."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_dev, state.st_ino


def prepare(connection: sqlite3.Connection, path: str) -> None:
    """Create the tables in a new file, or move an older one up, keeping a copy of it.

    Raises:
        NotOurStore, SchemaTooNew, StoreCorrupt: the file is not one we can use, unchanged.
    """
    held = check_ours(connection, path)
    if held == len(MIGRATIONS):
        return
    if held > 0 and path != MEMORY:
        _copy(connection, backup_path(path, held))
    sums.teach(connection)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        held = check_ours(connection, path)  # another process may have been first
        for step in MIGRATIONS[held:]:
            for statement in step.split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def check_ours(connection: sqlite3.Connection, path: str) -> int:
    """The schema version of the open file: 0 when it is empty; reads only.

    Raises:
        NotOurStore, SchemaTooNew, StoreCorrupt: see `prepare`.
    """
    ours, held, names = _header(connection)
    if not ours and (names or held):
        raise NotOurStore(f"{path!r} belongs to another program, it was not touched")
    if held > len(MIGRATIONS):
        raise SchemaTooNew(
            f"{path!r} has schema {held}, this version reads up to {len(MIGRATIONS)}; "
            "upgrade resilient-memory"
        )
    if ours and not names >= _TABLES | ({"sums"} if held > 1 else set()):
        raise StoreCorrupt(f"{path!r} lacks tables of ours; restore it from a copy")
    return held


def version(connection: sqlite3.Connection) -> int:
    """The schema that the open file says it has."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _header(connection: sqlite3.Connection) -> tuple[bool, int, set[str]]:
    """Whether the file is marked as ours, its version and its tables, all of one moment."""
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    try:
        ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        held = version(connection)
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except UnicodeDecodeError:
        raise StoreCorrupt("the file's list of tables is damaged; restore a copy") from None
    finally:
        if alone:
            connection.execute("COMMIT")
    return ours, held, names


def backup_path(path: str, version: int) -> str:
    """Where the copy of a file goes before it is moved up from a version."""
    return f"{path}.schema{version}.bak"


def _copy(connection: sqlite3.Connection, target: str) -> None:
    os.close(os.open(target, os.O_RDWR | os.O_CREAT, 0o600))
    copy = connect(target)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def remove_backups(path: str) -> None:
    """Delete the copies that lie beside the file: an erase must leave none of its bytes."""
    folder, name = os.path.split(path)
    for copy in Path(folder or ".").glob(f"{glob.escape(name)}.*.bak"):
        copy.unlink(missing_ok=True)
