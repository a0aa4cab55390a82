"""What only a file can go through: other people's files, damage, forks, crashes, full disks."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from resmem_core.errors import (
    ForkedHandleError,
    InputTypeError,
    MissingExtra,
    NotOurStore,
    SchemaTooNew,
    StoreCorrupt,
    StoreFull,
    StoreUnavailable,
)
from resmem_core.protocols import AppendAudit, Delete, Put, PutDoc
from resmem_core.stores import log, open_store, schema, statements
from resmem_core.stores.sqlite import SqliteStore
from resmem_core.testing.examples import ADA, BEN, FULL, row


def written(path: Path) -> Path:
    """A closed store file with a few rows in it."""
    store = SqliteStore(path)
    store.apply([Put(tuple(row(f"m{i}", seq=i, text=f"text {i} " * 40) for i in range(50)))])
    store.close()
    return path


# -- opening


def test_a_file_outlives_its_handle(tmp_path: Path) -> None:
    """What was acknowledged is there after opening the file again."""
    path = written(tmp_path / "a.db")
    store = SqliteStore(path)

    assert len(store.rows(ADA)) == 50
    store.close()


def test_a_file_is_private(tmp_path: Path) -> None:
    """Only its owner may read it, or its log."""
    store = SqliteStore(tmp_path / "a.db")
    store.apply([Put((row(),))])

    assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()} == {0o600}
    store.close()


@pytest.mark.parametrize(
    "name", ["ünïcode 漢字.db", "with space.db", "a" * 200 + ".db", "q?*[1].db"]
)
def test_names_of_any_kind_work(tmp_path: Path, name: str) -> None:
    """A path is used as it is."""
    store = open_store(tmp_path / name)
    store.apply([Put((row(),))])

    assert (tmp_path / name).exists()
    store.close()


@pytest.mark.parametrize("name", ["nowhere/a.db", ".", "a\0b.db", "x" * 300 + ".db"])
def test_a_path_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    """One error that names the path and what to do."""
    with pytest.raises(StoreUnavailable, match="cannot open") as caught:
        SqliteStore(f"{tmp_path}/{name}")

    assert tmp_path.name in str(caught.value)


@pytest.mark.parametrize("content", [b"hello, world", b"\x00" * 5000, os.urandom(9000)])
def test_a_file_that_is_no_database_is_not_touched(tmp_path: Path, content: bytes) -> None:
    """NotOurStore; byte for byte as it was, and for whom it was."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    path.chmod(0o644)

    with pytest.raises(NotOurStore):
        SqliteStore(path)
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o644


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    """NotOurStore; byte for byte as it was, and for whom it was."""
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE memories (id TEXT)")
    other.commit()
    other.close()
    before = path.read_bytes()
    path.chmod(0o664)

    with pytest.raises(NotOurStore):
        SqliteStore(path)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o664
    assert [p.name for p in tmp_path.iterdir()] == ["other.db"]


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    """As `touch` or a temporary file leaves it."""
    path = tmp_path / "a.db"
    path.touch()
    store = SqliteStore(path)

    assert store.rows(ADA) == []
    store.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """The message says which versions, and to upgrade."""
    path = written(tmp_path / "a.db")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(SchemaTooNew, match=r"schema 99.*upgrade"):
        SqliteStore(path)


def test_an_older_schema_is_moved_up_with_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows stay, the new step ran, and the file as it was lies beside it."""
    path = written(tmp_path / "a.db")
    step = "ALTER TABLE docs ADD COLUMN note TEXT"
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    store = SqliteStore(path)
    store.apply([PutDoc("gate", "k", {})])

    assert len(store.rows(ADA)) == 50
    store.close()
    monkeypatch.undo()
    copy = SqliteStore(schema.backup_path(str(path), len(schema.MIGRATIONS)))
    assert len(copy.rows(ADA)) == 50
    copy.close()


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is still the older version, and opens with the older program."""
    path = written(tmp_path / "a.db")
    steps = "ALTER TABLE docs ADD COLUMN note TEXT;\nALTER TABLE nowhere ADD COLUMN x TEXT"
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, steps))
        with pytest.raises(StoreUnavailable):
            SqliteStore(path)
    store = SqliteStore(path)

    assert len(store.rows(ADA)) == 50
    store.close()


@pytest.mark.parametrize("location", ["redis://x", "postgres://x/y"])
def test_an_unknown_scheme_is_named(location: str) -> None:
    """One error that says what would work."""
    with pytest.raises(StoreUnavailable, match="no store for"):
        open_store(location)


def test_a_location_must_be_text() -> None:
    """A number is a type error."""
    with pytest.raises(InputTypeError):
        open_store(3)  # type: ignore[arg-type]


# -- damage


def test_a_truncated_file_is_corrupt(tmp_path: Path) -> None:
    """It says so at the latest when it is read."""
    path = written(tmp_path / "a.db")
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)

    with pytest.raises(StoreCorrupt):
        SqliteStore(path).rows(ADA)


def test_a_flipped_bit_in_a_memory_is_seen(tmp_path: Path) -> None:
    """A database that is whole can hold damaged content: the checksum sees it."""
    path = written(tmp_path / "a.db")
    data = bytearray(path.read_bytes())
    data[data.index(b"text 7 ")] ^= 1
    path.write_bytes(data)
    store = SqliteStore(path)

    with pytest.raises(StoreCorrupt):
        store.rows(ADA)
    store.close()


def test_a_file_without_our_tables_is_corrupt(tmp_path: Path) -> None:
    """Marked as ours, but gutted."""
    path = written(tmp_path / "a.db")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE audit")
    connection.close()

    with pytest.raises(StoreCorrupt):
        SqliteStore(path)


# -- full disks and locks


def test_a_full_disk_refuses_the_write_and_keeps_the_rest(tmp_path: Path) -> None:
    """StoreFull; reads go on, and writes too once there is space."""
    store = SqliteStore(written(tmp_path / "a.db"))
    with store._write as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    big = Put(tuple(row(f"n{i}", text="x" * 9000) for i in range(50)))

    with pytest.raises(StoreFull, match="space"):
        store.apply([big])
    assert len(store.rows(ADA)) == 50
    with store._write as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    store.apply([big])
    assert len(store.rows(ADA)) == 100
    store.close()


def test_a_lock_held_for_long_is_reported(tmp_path: Path) -> None:
    """The message says to retry; nothing was written."""
    path = written(tmp_path / "a.db")
    store = SqliteStore(path, timeout=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="locked"):
        store.apply([Put((row("new"),))])
    other.execute("ROLLBACK")
    other.close()
    assert store.rows(ADA, ids=["new"]) == []
    store.close()


# -- erasing


def test_an_erase_leaves_no_byte(tmp_path: Path) -> None:
    """Of texts, ids, sources, vectors: not in the file, its log, or the copy of a migration."""
    path = tmp_path / "a.db"
    store = SqliteStore(path)
    secret = row("secret-id", text="the marker text " * 200, sources=("secret-source",), seed=5)
    for n in range(20):
        store.apply([Put((secret, row(f"m{n}", text="filler " * 100)))])
        secret = row("secret-id", text=f"the marker text {n}", sources=("secret-source",), seed=5)
    store.apply([Put((row("secret-id2", text="the marker text", seed=5),))])
    store.apply([Delete(ADA, ("secret-id2",))])
    Path(schema.backup_path(str(path), 0)).write_bytes(b"the marker text")
    store.erase(ADA, ["secret-id"])
    raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    for marker in (b"marker text", b"secret-", secret.vector.tobytes()[:12]):
        assert marker not in raw
    assert b"filler" in raw
    store.close()


def test_erasing_a_namespace_takes_its_name(tmp_path: Path) -> None:
    """A name can be personal too."""
    store = SqliteStore(tmp_path / "a.db")
    store.apply([Put((row("a", ("tenant", "zebulon")), row("b")))])
    store.erase(("tenant", "zebulon"))
    raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert b"zebulon" not in raw
    store.close()


def test_an_erase_that_cannot_cut_the_log_says_so(tmp_path: Path) -> None:
    """While another process reads the old state, its bytes are still in the log."""
    path = written(tmp_path / "a.db")
    store = SqliteStore(path, timeout=0.05)
    store.apply([Put((row("new"),))])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM memories").fetchall()

    with pytest.raises(StoreUnavailable, match="call again"):
        store.erase(ADA)
    other.execute("COMMIT")
    other.close()
    assert store.erase(ADA) == 0
    store.close()


def test_tombstones_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old deletions are forgotten; whoever missed them reloads everything."""
    monkeypatch.setattr(statements, "TOMBSTONES", 10)
    store = SqliteStore(tmp_path / "a.db")
    for n in range(60):
        store.apply([Put((row(f"m{n}"),))])
        store.apply([Delete(ADA, (f"m{n}",))])
    with store._read as connection:
        kept = connection.execute("SELECT count(*) FROM tombstones").fetchone()[0]

    assert kept <= 20
    assert store.changes(ADA, 1).full
    assert not store.changes(ADA, 118).full
    store.close()


# -- threads, forks, processes


def test_threads_share_a_handle(tmp_path: Path) -> None:
    """Writers and readers at once: nothing is lost, no reader sees half a call."""
    store = SqliteStore(tmp_path / "a.db")
    odd: list[int] = []

    def write(thread: int) -> None:
        for n in range(25):
            store.apply([Put((row(f"{thread}-{n}"), row(f"{thread}-{n}", BEN)))])

    def read() -> None:
        for _ in range(25):
            mine = store.changes(ADA, 0)
            odd.append(mine.revision - len(mine.rows))

    threads = [threading.Thread(target=write, args=(t,)) for t in range(4)]
    threads += [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(store.rows(ADA)), len(store.rows(BEN)), set(odd)) == (100, 100, {0})
    store.close()


def _use(store: SqliteStore, results: multiprocessing.SimpleQueue[str]) -> None:
    for use in (lambda: store.rows(ADA), lambda: store.apply([Put((row(),))])):
        try:
            use()
            results.put("worked")
        except ForkedHandleError:
            results.put("refused")
    store.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_handle_is_refused(tmp_path: Path) -> None:
    """The child gets an error, not a hang, and the parent goes on."""
    store = SqliteStore(tmp_path / "a.db")
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    child = context.Process(target=_use, args=(store, results))
    child.start()
    child.join()
    store.apply([Put((row("after"),))])

    assert [results.get(), results.get(), child.exitcode] == ["refused", "refused", 0]
    assert len(store.rows(ADA)) == 1
    store.close()


WRITER = """
import sys
from resmem_core.protocols import PutDoc
from resmem_core.stores.sqlite import SqliteStore
from resmem_core.errors import Conflict

store = SqliteStore(sys.argv[1])
for _ in range(int(sys.argv[2])):
    while True:
        doc = store.doc("gate", "counter")
        try:
            store.apply([PutDoc("gate", "counter", {"n": doc.body["n"] + 1}, expect=doc.version)])
            break
        except Conflict:
            pass
"""


def test_processes_share_a_file(tmp_path: Path) -> None:
    """Compare-and-set holds between processes, and a handle sees the others' commits."""
    path = tmp_path / "a.db"
    store = SqliteStore(path)
    store.apply([PutDoc("gate", "counter", {"n": 0})])
    commands = [[sys.executable, "-c", WRITER, str(path), "20"]] * 3
    for process in [subprocess.Popen(command) for command in commands]:
        assert process.wait() == 0
    doc = store.doc("gate", "counter")

    assert doc is not None
    assert (doc.body["n"], doc.version) == (60, 61)
    store.close()


def test_two_handles_see_each_other(tmp_path: Path) -> None:
    """Through revisions, rows, documents and the audit's chain."""
    first, second = SqliteStore(tmp_path / "a.db"), SqliteStore(tmp_path / "a.db")
    first.apply([Put((FULL,)), AppendAudit({"n": 1})])
    second.apply([Put((row("b"),)), AppendAudit({"n": 2})])

    assert first.changes(ADA, 1).rows[0].memory.id == "b"
    assert [r["n"] for _, r in first.audit()] == [1, 2]
    assert first.audit()[1][1]["prev"] == first.audit()[0][1]["hash"]
    first.close()
    second.close()


def test_a_server_without_its_extra_names_the_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is the command that helps."""
    for name in [name for name in sys.modules if name.startswith("resmem_core.stores.qdrant")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "qdrant_client", None)

    with pytest.raises(MissingExtra, match=r"pip install 'resilient-memory\[qdrant\]'"):
        open_store("http://localhost:6333")


def test_an_acknowledged_write_is_synced(tmp_path: Path) -> None:
    """The settings that durability and erasing rest on."""
    store = SqliteStore(tmp_path / "a.db")
    with store._write as connection:
        settings = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "journal_mode", "secure_delete")
        }

    assert settings == {"synchronous": 2, "journal_mode": "wal", "secure_delete": 1}
    store.close()


def _open_and_write(path: Path, barrier: Any, number: int) -> None:
    barrier.wait()
    store = SqliteStore(path)
    store.apply([PutDoc("gate", f"k{number}", {})])
    store.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_processes_may_create_a_file_together(tmp_path: Path) -> None:
    """Whoever is first makes the tables; nobody fails and nothing is lost."""
    context = multiprocessing.get_context("fork")
    for round_ in range(8):
        path, barrier = tmp_path / f"{round_}.db", context.Barrier(4)
        children = [
            context.Process(target=_open_and_write, args=(path, barrier, n)) for n in range(4)
        ]
        for child in children:
            child.start()
        for child in children:
            child.join()
        store = SqliteStore(path)

        assert [child.exitcode for child in children] == [0] * 4
        assert len(store.docs("gate")) == 4
        store.close()


def test_a_write_turn_keeps_others_out_until_its_apply(tmp_path: Path) -> None:
    """What was read within a turn is the newest until it is applied; a second handle waits."""
    path = tmp_path / "m.db"
    one, other = SqliteStore(path), SqliteStore(path, timeout=0.05)
    with one.exclusive():
        with pytest.raises(StoreUnavailable):
            other.apply([PutDoc("gate", "k", {"n": 2})])
        one.apply([PutDoc("gate", "k", {"n": 1}, expect=0)])
        other.apply([PutDoc("gate", "k", {"n": 2}, expect=1)])

    assert one.version("gate", "k") == 2


def test_a_write_turn_without_a_write_leaves_nothing_behind(tmp_path: Path) -> None:
    """Whoever takes the turn and fails gives it back."""
    path = tmp_path / "m.db"
    one, other = SqliteStore(path), SqliteStore(path, timeout=0.05)
    with pytest.raises(ZeroDivisionError), one.exclusive():
        raise ZeroDivisionError
    other.apply([PutDoc("gate", "k", {"n": 2})])

    assert other.version("gate", "k") == 1


def test_the_disk_is_waited_for_when_the_turn_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one writer waits for the disk another may commit; both return after their log was."""
    path = tmp_path / "m.db"
    one, other = SqliteStore(path), SqliteStore(path, timeout=0.05)
    synced: list[int] = []

    def while_it_syncs(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        if len(synced) == 1:
            other.apply([PutDoc("gate", "k", {"n": 2}, expect=1)])

    monkeypatch.setattr(log, "_sync", while_it_syncs)
    one.apply([PutDoc("gate", "k", {"n": 1}, expect=0)])

    assert one.version("gate", "k") == 2
    assert synced == [(tmp_path / "m.db-wal").stat().st_ino] * 2


def test_a_disk_that_fails_behind_a_commit_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cannot be sure that a write lasts hears it, and may write again."""
    store = SqliteStore(tmp_path / "m.db")
    works = log._sync
    monkeypatch.setattr(log, "_sync", lambda _: os.fsync(99_999))
    with pytest.raises(StoreUnavailable, match="write it again"):
        store.apply([PutDoc("gate", "k", {"n": 1})])
    monkeypatch.setattr(log, "_sync", works)
    store.apply([PutDoc("gate", "k", {"n": 1})])

    assert store.doc("gate", "k")
