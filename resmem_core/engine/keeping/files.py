"""A store's file as a whole: copy it, put a copy back, check it, save what a damaged one holds.

What was forgotten stays forgotten: a copy is older than the tombstones of the store that it
replaces, so these are carried over, and what they forbid is erased before anybody can read it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from resmem_core import audit
from resmem_core.engine.base import pseudonyms
from resmem_core.engine.keeping import receipts
from resmem_core.engine.keeping.salvage import Saved, salvaged
from resmem_core.engine.policy.policies import policy_key
from resmem_core.engine.state import archive
from resmem_core.errors import InputError, ResmemError, StoreCorrupt, StoreUnavailable
from resmem_core.learning import approvals
from resmem_core.memory.gate.tombstones import Tombstones
from resmem_core.protocols import Op, Put, PutDoc, Row
from resmem_core.stores import schema, spaces, statements, sums
from resmem_core.stores.codec import decode_json, namespace_of
from resmem_core.stores.driver import connect, sqlite3
from resmem_core.stores.sqlite import SqliteStore

REPLACED: Final = ".replaced.bak"
"""Ends the name under which a replaced store is kept; an erase of that store removes it."""

_PAGE: Final = 1000


def backup(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> int:
    """Copy a store while others use it, as one moment of it; the copy's size in bytes.

    The copy is complete on the disk and readable by its owner alone before it has its name.

    Raises:
        InputError: there is no file at `path`, or one at `target`. StoreError: it is no store of
            ours, or is damaged.
    """
    path, target = _existing(path), os.path.abspath(os.fspath(target))
    if os.path.exists(target):
        raise InputError(f"{target} is there already; name another file for the copy")
    with _readable(path) as source, _beside(target) as part:
        _copied(source, part)
        check(part)
        os.replace(part, target)
    _synced(os.path.dirname(target))
    return os.path.getsize(target)


def restore(
    copy: str | os.PathLike[str], path: str | os.PathLike[str], *, replace: bool = False
) -> int:
    """Put a copy in the place of a store; how many memories it holds then.

    Args:
        replace: a store at `path` may be replaced. It is kept as `PATH.replaced.bak`, and what
            was forgotten in it does not come back with the copy; receipts of it hold up.

    Raises:
        InputError: there is no such copy, or a store at `path` and `replace` is false.
        StoreCorrupt: the copy is damaged. StoreUnavailable: the store is open elsewhere.
    """
    copy, path = _existing(copy), os.path.abspath(os.fspath(path))
    check(copy)
    there = os.path.exists(path)
    if there and not replace:
        raise InputError(
            f"{path} is there already; name another file, or allow to replace it with --replace "
            "(replace=True)"
        )
    with _readable(copy) as source, _beside(path) as part:
        _copied(source, part)
        with closing(SqliteStore(part)) as store:
            if there:
                _bury(store, _tombstones(path))
                store.apply(receipts.carry(_given(path), store))
            memories = sum(sum(store.count(name).values()) for name in store.namespaces())
        if there:
            _set_aside(path)
        os.replace(part, path)
    _synced(os.path.dirname(path))
    return memories


def check(path: str | os.PathLike[str]) -> None:
    """Read everything in a store and compare it with its checksums; changes nothing.

    Every column of every row is under a checksum, and each table's rows together are, so that a
    row that is gone is missed. A file of version 0.1 has those of memories and of the audit alone,
    until this version opens it.

    Raises:
        InputError: there is no such file. StoreError: it is no store of ours.
        StoreCorrupt: a page or a row is damaged, or one is missing. AuditError: the audit's chain
            is broken.
        PolicyTampered: a policy is not the one that somebody approved.
    """
    path = _existing(path)
    with _readable(path) as connection:
        try:
            verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if verdict != "ok":
                raise StoreCorrupt(f"{path} is damaged ({verdict}); repair it, or restore a copy")
            for _ in _memories(connection):
                pass
            for (body,) in connection.execute("SELECT body FROM docs"):
                decode_json(body)
            bodies = connection.execute("SELECT body FROM audit ORDER BY number").fetchall()
            audit.verify(decode_json(body) for (body,) in bodies)
            policies = connection.execute("SELECT body FROM docs WHERE kind = 'policy'")
            approvals.check(
                (decode_json(body) for (body,) in policies),
                (decode_json(body) for (body,) in bodies),
                policy_key(),
            )
            if schema.version(connection) > 1:
                sums.verify(connection)
        except sqlite3.DatabaseError as error:
            raise StoreCorrupt(f"{path} is damaged ({error}); repair it") from None


def repair(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> Saved:
    """Write what can be read of a damaged store into a new one; the damaged one stays as it is.

    Raises:
        InputError: there is no file at `path`, or one at `target`. StoreError: it is no store of
            ours, or nothing of it can be read.
    """
    path, target = _existing(path), os.path.abspath(os.fspath(target))
    if os.path.exists(target):
        raise InputError(f"{target} is there already; name another file for what is saved")
    with _readable(path) as source, _beside(target) as part:
        with closing(SqliteStore(part)) as store:
            saved = salvaged(source, store)
        os.replace(part, target)
    return saved


# -- the parts


def _existing(path: str | os.PathLike[str]) -> str:
    path = os.path.abspath(os.fspath(path))
    if not os.path.isfile(path):
        raise InputError(f"there is no file {path}")
    return path


@contextmanager
def _readable(path: str) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, to a file that is ours."""
    connection = connect(f"{Path(path).as_uri()}?mode=ro", uri=True)
    try:
        schema.check_ours(connection, path)
        yield connection
    except sqlite3.DatabaseError as error:
        raise StoreCorrupt(f"{path} cannot be read: {error}") from None
    finally:
        connection.close()


@contextmanager
def _beside(target: str) -> Iterator[str]:
    """A file of the owner's beside the target, gone at the end unless it was renamed."""
    part = f"{target}.part"
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise StoreUnavailable(f"{part} is there: another copy is made, or was cut off") from None
    except OSError as error:
        raise StoreUnavailable(f"cannot write {part}: {error.strerror}") from None
    try:
        yield part
    finally:
        for name in (part, f"{part}-wal", f"{part}-shm"):
            Path(name).unlink(missing_ok=True)
        schema.remove_backups(part)


def _copied(source: sqlite3.Connection, part: str) -> None:
    with closing(connect(part)) as copy:
        source.backup(copy, pages=_PAGE)
        copy.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, without a log
    _synced(part)


def _synced(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tombstones(path: str) -> dict[str, Tombstones]:
    """By the namespace's key; what can be read of them where the file is damaged."""
    found = {}
    try:
        with _readable(path) as connection:
            query = "SELECT key, body FROM docs WHERE kind = 'tombstones'"
            for key, body in connection.execute(query):
                found[key] = Tombstones.from_doc(decode_json(body))
    except (ResmemError, sqlite3.DatabaseError):
        return found
    return found


def _given(path: str) -> receipts.Given:
    """What receipts of a store rest on; nothing where the file is damaged."""
    try:
        with _readable(path) as connection:
            found = connection.execute(
                "SELECT body FROM docs WHERE kind = 'meta' AND key = ?", (receipts.KEY,)
            ).fetchone()
            bodies = connection.execute("SELECT body FROM audit ORDER BY number").fetchall()
            return receipts.given(
                decode_json(found[0]) if found else None, (decode_json(b) for (b,) in bodies)
            )
    except (ResmemError, sqlite3.DatabaseError):
        return receipts.Given()


def _bury(store: SqliteStore, buried: dict[str, Tombstones]) -> None:
    """Erase what was forgotten since the copy was made, and keep it forgotten."""
    for key, stones in buried.items():
        name = namespace_of(key)
        rows = store.rows(name)
        gone = [row.memory.id for row in rows if stones.forbids(row.memory.text)]
        aside = [m for m, _ in archive.forgotten(store, name) if stones.forbids(m.text)]
        ops: list[Op] = [Put((row,)) for row in _scrubbed(rows, gone, stones)]
        ops += archive.drop(name, [memory.id for memory in aside])
        note = {"event": "restored", "namespace": list(name), "erased": len(gone)}
        told = pseudonyms.audited(store, [note])
        store.apply([_kept_buried(store, key, stones), *told, *ops])
        if gone or ops:
            store.erase(name, gone)


def _scrubbed(rows: Sequence[Row], gone: Sequence[str], stones: Tombstones) -> Iterator[Row]:
    """Memories that stay, without older wordings of what was forgotten and links to it."""
    away = set(gone)
    for row, memory in ((row, row.memory) for row in rows if row.memory.id not in away):
        versions = tuple(v for v in memory.versions if not stones.forbids(v.text))
        links = tuple(link for link in memory.links if link.target not in away)
        if (versions, links) != (memory.versions, memory.links):
            yield replace(row, memory=replace(memory, versions=versions, links=links))


def _kept_buried(store: SqliteStore, key: str, stones: Tombstones) -> Op:
    """Both stores' tombstones where they share a key; the newer ones where they do not."""
    old = store.doc("tombstones", key)
    if old is not None and (had := Tombstones.from_doc(old.body)).key == stones.key:
        statements_ = tuple(dict.fromkeys((*had.statements, *stones.statements)))
        stones = Tombstones(stones.key, statements_)
    return PutDoc("tombstones", key, stones.to_doc(), expect=old.version if old else 0)


def _set_aside(path: str) -> None:
    """Move a store that nobody has open out of the way, its log taken in."""
    with closing(connect(path, timeout=0)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            mode = "wal"
        except sqlite3.DatabaseError:
            mode = "delete"  # too damaged to be in use
    if mode == "wal":
        raise StoreUnavailable(f"{path} is open in another process; stop it first")
    os.replace(path, path + REPLACED)
    for name in (f"{path}-wal", f"{path}-shm"):
        Path(name).unlink(missing_ok=True)


def _memories(connection: sqlite3.Connection) -> Iterator[Row]:
    """Every memory; raises at the first that is damaged."""
    names = {}
    for key, name, digest in connection.execute("SELECT key, name, digest FROM namespaces"):
        names[key] = name
        if name and digest != spaces.digest(name):
            raise StoreCorrupt("a namespace has another name than it is found by; repair the file")
    for ns, *row in connection.execute(f"SELECT ns, {statements.COLUMNS} FROM memories"):
        if ns not in names:
            raise StoreCorrupt(f"a memory belongs to no namespace ({ns})")
        yield statements.as_row(namespace_of(names[ns]), tuple(row))
