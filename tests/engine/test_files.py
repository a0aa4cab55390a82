"""Copies of a store, what comes back with one, and what is saved of a damaged file."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.engine.keeping import files
from resmem_core.engine.state import archive
from resmem_core.errors import InputError, StoreCorrupt, StoreError, StoreUnavailable
from resmem_core.protocols import Put, Row
from resmem_core.types import Link

NS = ("acme", "ada")
EXTRA = Message("user", "The parcel number of the bank is 7781-C.")
TEXTS = ("My cat is called Minou.", "I work at the harbour in Porto.", "My sister plays the cello.")


def filled(path: Path) -> ResilientMemory:
    memory = ResilientMemory.open(path, keep=1.0)
    session = memory.session("s", namespace=NS)
    for text in TEXTS:
        session.observe(Message("user", text))
    return memory


def texts(path: Path) -> set[str]:
    with ResilientMemory.open(path) as memory:
        return {m.text for m in memory.scan(NS)}


def test_a_copy_of_an_open_store_is_whole_and_private(tmp_path: Path) -> None:
    """Every acknowledged message is in it, though the store was in use; only its owner reads it."""
    store, copy = tmp_path / "a.db", tmp_path / "copy.db"
    with filled(store):
        assert files.backup(store, copy) == copy.stat().st_size

    assert texts(copy) == set(TEXTS)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.part*"))


def test_a_copy_goes_to_another_place(tmp_path: Path) -> None:
    """Restored where nothing was, a copy is the store."""
    filled(tmp_path / "a.db").close()
    files.backup(tmp_path / "a.db", tmp_path / "copy.db")

    assert files.restore(tmp_path / "copy.db", tmp_path / "b.db") == len(TEXTS)
    assert texts(tmp_path / "b.db") == set(TEXTS)


def test_what_was_forgotten_since_does_not_come_back(tmp_path: Path) -> None:
    """The tombstones of the store that is replaced hold for the copy, before and after."""
    store, copy = tmp_path / "a.db", tmp_path / "copy.db"
    with filled(store) as memory:
        files.backup(store, copy)
        gone = next(m for m in memory.scan(NS) if "Minou" in m.text)
        memory.forget(NS, ids=[gone.id])

    files.restore(copy, store, replace=True)

    assert texts(store) == set(TEXTS[1:])
    assert b"Minou" not in store.read_bytes()
    with ResilientMemory.open(store, keep=1.0) as memory:
        memory.session("s2", namespace=NS).observe(Message("user", TEXTS[0]))
    assert texts(store) == set(TEXTS[1:])


def test_older_wordings_and_what_sleep_forgot_do_not_come_back_either(tmp_path: Path) -> None:
    """A copy holds them beside its memories; what was forgotten since takes them along."""
    store, copy = tmp_path / "a.db", tmp_path / "copy.db"
    with filled(store) as memory:
        first = next(m for m in memory.scan(NS) if "Minou" in m.text)
        memory.store.apply(archive.put([replace(first, id="aside")], 1.0))
        memory.update(NS, first.id, "The tram to the museum leaves at nine.")
        files.backup(store, copy)
        session = memory.session("again", namespace=NS)
        said = session.observe(Message("user", TEXTS[0], id="said-again"))
        memory.forget(NS, ids=[said.id or ""])

    files.restore(copy, store, replace=True)

    assert b"Minou" not in store.read_bytes()
    with ResilientMemory.open(store, keep=1.0) as memory:
        assert [v.text for v in memory.history(NS, first.id)] == [
            "The tram to the museum leaves at nine."
        ]
        assert memory.list(NS, forgotten=True).items == ()


def test_what_comes_back_links_to_nothing_that_does_not(tmp_path: Path) -> None:
    """A memory of the copy that points to what was forgotten since comes back without the link."""
    store, copy = tmp_path / "a.db", tmp_path / "copy.db"
    with filled(store) as memory:
        gone, stays, _ = memory.scan(NS)
        linked = replace(stays, links=(Link(gone.id, "helped"),))
        row = next(r for r in memory.store.rows(NS) if r.memory.id == stays.id)
        memory.store.apply([Put((Row(linked, row.vector),))])
    files.backup(store, copy)
    with ResilientMemory.open(store, keep=1.0) as memory:
        memory.forget(NS, ids=[gone.id])

    files.restore(copy, store, replace=True)

    with ResilientMemory.open(store) as memory:
        assert {m.id: m.links for m in memory.scan(NS)}[stays.id] == ()


def test_a_replaced_store_is_kept_until_something_is_forgotten(tmp_path: Path) -> None:
    """An erase leaves no byte beside the file either."""
    store, copy = tmp_path / "a.db", tmp_path / "copy.db"
    filled(store).close()
    files.backup(store, copy)
    files.restore(copy, store, replace=True)
    kept = tmp_path / f"a.db{files.REPLACED}"
    assert texts(kept) == set(TEXTS)

    with ResilientMemory.open(store) as memory:
        memory.forget(NS, ids=[memory.scan(NS)[0].id])

    assert not kept.exists()


def test_a_store_that_is_in_use_is_not_replaced(tmp_path: Path) -> None:
    """Another handle would go on writing to what is no longer there."""
    store, copy = tmp_path / "a.db", tmp_path / "copy.db"
    with filled(store):
        files.backup(store, copy)
        with pytest.raises(StoreUnavailable, match="open in another process"):
            files.restore(copy, store, replace=True)

    assert texts(store) == set(TEXTS)


@pytest.mark.parametrize("verb", [files.backup, files.repair, files.restore])
def test_nothing_is_overwritten(verb, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A file that is there stays, and so does one that is missing."""
    filled(tmp_path / "a.db").close()
    (tmp_path / "there.db").write_bytes(b"mine")

    with pytest.raises(InputError, match="there already"):
        verb(tmp_path / "a.db", tmp_path / "there.db")
    with pytest.raises(InputError, match="no file"):
        verb(tmp_path / "missing.db", tmp_path / "new.db")

    assert (tmp_path / "there.db").read_bytes() == b"mine"
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("happens", ["removed", "replaced"])
def test_a_file_that_goes_away_takes_no_write_with_it(tmp_path: Path, happens: str) -> None:
    """A write to a file that has no name any more is refused, not lost."""
    store = tmp_path / "a.db"
    filled(tmp_path / "b.db").close()
    with filled(store) as memory:
        session = memory.session("s", namespace=NS)
        store.unlink()
        if happens == "replaced":
            (tmp_path / "b.db").rename(store)
        with pytest.raises(StoreUnavailable, match="removed or replaced"):
            session.observe(EXTRA)


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    """A database that is not ours is neither copied nor checked."""
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE t (x)")

    with pytest.raises(StoreError, match="another program"):
        files.check(tmp_path / "other.db")
    with pytest.raises(StoreError, match="another program"):
        files.backup(tmp_path / "other.db", tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def damage(path: Path, table: str, where: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE {table} SET body = substr(body, 2) WHERE {where}")
        connection.commit()


@pytest.mark.parametrize(
    ("table", "where"),
    [("memories", "seq = 2"), ("docs", "kind = 'head'"), ("audit", "number = 1")],
)
def test_damage_is_found_and_the_rest_is_saved(tmp_path: Path, table: str, where: str) -> None:
    """One damaged row is named, and costs that row alone."""
    store = tmp_path / "a.db"
    with filled(store) as memory:
        memory.forget(NS, ids=[memory.session("t", namespace=NS).observe(EXTRA).id])
        memory.sleep(NS)
    files.check(store)
    damage(store, table, where)

    with pytest.raises(StoreCorrupt):
        files.check(store)
    with pytest.raises(StoreCorrupt):
        files.backup(store, tmp_path / "copy.db")
    saved = files.repair(store, tmp_path / "saved.db")

    assert saved.lost == 1
    assert saved.memories == len(TEXTS) - (table == "memories")
    assert len(texts(tmp_path / "saved.db")) == saved.memories
    files.check(tmp_path / "saved.db")


def test_no_column_of_a_memory_changes_unseen(tmp_path: Path) -> None:
    """Its place in the order and its tier are under the checksum too."""
    store = tmp_path / "a.db"
    filled(store).close()
    for change in ("seq = seq + 8", "tier = 'long'", "id = id || 'x'"):
        copy = tmp_path / f"{change[:4].strip()}.db"
        files.backup(store, copy)
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute(f"UPDATE memories SET {change} WHERE seq = 2")
            connection.commit()
        with pytest.raises(StoreCorrupt):
            files.check(copy)


def test_a_damaged_page_costs_what_is_on_it(tmp_path: Path) -> None:
    """Rows behind a page that cannot be read are saved."""
    store = tmp_path / "a.db"
    with ResilientMemory.open(store, keep=1.0) as memory:
        session = memory.session("s", namespace=NS)
        for number in range(60):
            session.observe(Message("user", f"Crate {number} holds {number * 7} green bottles."))
    content = bytearray(store.read_bytes())
    at = content.rfind(b"Crate 30 ") // 4096 * 4096
    content[at : at + 4096] = os.urandom(4096)
    store.write_bytes(content)

    with pytest.raises(StoreCorrupt):
        files.check(store)
    saved = files.repair(store, tmp_path / "saved.db")

    assert saved.memories >= 40
    assert saved.lost >= 1
    files.check(tmp_path / "saved.db")


def test_a_file_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    """Opening takes it away from group and world."""
    store = tmp_path / "a.db"
    filled(store).close()
    store.chmod(0o666)

    ResilientMemory.open(store).close()

    assert stat.S_IMODE(store.stat().st_mode) == 0o600


_LIMITED = """
import resource, signal, sys
from resmem_core import Message, ResilientMemory
from resmem_core.errors import StoreFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
memory = ResilientMemory.open(sys.argv[1], keep=1.0)
session = memory.session("s", namespace=("acme", "ada"))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    for number in range(2_000):
        session.observe(Message("user", f"Crate {number} holds {number * 7} green bottles."))
except StoreFull:
    print("full", number)
"""


def test_a_limit_on_file_sizes_is_a_full_store(tmp_path: Path) -> None:
    """What was acknowledged before the limit is there; the error says that space is missing."""
    out = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path / "a.db")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    word, number = out.stdout.split()

    assert word == "full"
    assert len(texts(tmp_path / "a.db")) == int(number)
