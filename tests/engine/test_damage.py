"""What `check` notices of a file that something has changed, and what `repair` mends."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.damage import measure
from resmem_core import Message, ResilientMemory
from resmem_core.engine.keeping import files
from resmem_core.errors import ResmemError, StoreCorrupt
from resmem_core.protocols import Delete, Put, PutDoc, Row

NS, OTHER = ("acme", "ada"), ("acme", "ben")
TEXTS = ("My cat is called Minou.", "I work at the harbour in Porto.", "My sister plays the cello.")
KINDS = ("head", "gate", "tombstones", "archive", "salt", "meta", "nights")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with rows in every table and documents of many kinds."""
    path = tmp_path_factory.mktemp("sound") / "a.db"
    with ResilientMemory.open(path, keep=1.0) as memory:
        for name in (NS, OTHER):
            session = memory.session("s", namespace=name)
            for text in TEXTS:
                session.observe(Message("user", text))
            memory.sleep(name)
        store, gone = memory.store, memory.scan(NS)[0]
        memory.forget(NS, ids=[gone.id])
        row = store.rows(NS)[0]
        twice = Row(replace(row.memory, sources=(row.memory.id, "told-again")), row.vector)
        extra = Row(replace(row.memory, id="extra"), row.vector)
        store.apply([Put((twice, extra)), PutDoc("archive", "acme\x1fada\x1f\x1fm9", {"at": 3.5})])
        store.apply([Delete(NS, ("extra",))])
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file.execute("PRAGMA journal_mode = DELETE")
    return path


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "a.db"
    copy.write_bytes(sound.read_bytes())
    return copy


def changed(path: Path, statement: str) -> int:
    """Run a statement over the file as any program could; how many rows it touched."""
    with closing(sqlite3.connect(path)) as file:
        count = file.execute(statement).rowcount
        file.commit()
    return count


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


NEWEST = "(SELECT max(number) FROM audit)"
ONE = "rowid = (SELECT min(rowid) FROM memories)"
DAMAGE = {
    "a document's version": "UPDATE docs SET version = version + 1 WHERE kind = 'gate'",
    "a document's kind": "UPDATE docs SET kind = 'gatf' WHERE kind = 'gate'",
    "a document's key": "UPDATE docs SET key = key || 'x' WHERE kind = 'head'",
    "the gate's document gone": "DELETE FROM docs WHERE kind = 'gate'",
    "the head's document gone": "DELETE FROM docs WHERE kind = 'head'",
    "the forgotten digests gone": "DELETE FROM docs WHERE kind = 'tombstones'",
    "two documents exchanged": "UPDATE docs SET body = (SELECT body FROM docs d WHERE d.kind ="
    " docs.kind AND d.key <> docs.key) WHERE kind = 'salt'",
    "a document of nobody's": "INSERT INTO docs VALUES ('gate', 'x', 1, '{}', 0)",
    "a memory's text": "UPDATE memories SET body = cast(replace(body, 'e', 'a') AS blob)"
    f" WHERE {ONE}",
    "a text's type": f"UPDATE memories SET body = cast(body AS text) WHERE {ONE}",
    "a key's type": "UPDATE docs SET key = cast(key AS blob) WHERE kind = 'gate'",
    "a memory's vector": f"UPDATE memories SET vector = zeroblob(length(vector)) WHERE {ONE}",
    "a memory's place": f"UPDATE memories SET seq = seq + 64 WHERE {ONE}",
    "a memory's tier": f"UPDATE memories SET tier = 'mid' WHERE {ONE}",
    "a memory's id": f"UPDATE memories SET id = id || 'x' WHERE {ONE}",
    "a memory's revision": f"UPDATE memories SET revision = revision + 1 WHERE {ONE}",
    "a memory's namespace": f"UPDATE memories SET ns = 3 - ns WHERE {ONE}",
    "a memory's checksum": f"UPDATE memories SET crc = crc + 1 WHERE {ONE}",
    "a memory gone": f"DELETE FROM memories WHERE {ONE}",
    "a source gone": "DELETE FROM sources",
    "a source renamed": "UPDATE sources SET source = source || 'x'",
    "a source's memory": "UPDATE sources SET id = id || 'x'",
    "a tombstone gone": "DELETE FROM tombstones",
    "a tombstone's id": "UPDATE tombstones SET id = id || 'x'",
    "a tombstone's revision": "UPDATE tombstones SET revision = revision + 1",
    "a namespace's name": "UPDATE namespaces SET name = name || 'x'",
    "a namespace's digest": "UPDATE namespaces SET digest = zeroblob(31) || x'01' WHERE key = 1",
    "a namespace's revision": "UPDATE namespaces SET revision = revision - 1",
    "a namespace's floor": "UPDATE namespaces SET floor = floor + 1",
    "a namespace's deletions": "UPDATE namespaces SET graves = graves + 1",
    "a namespace gone": "DELETE FROM namespaces WHERE key = 1",
    "the log's newest record gone": f"DELETE FROM audit WHERE number = {NEWEST}",
    "the log's oldest record gone": f"DELETE FROM audit WHERE number < {NEWEST}",
    "a record's number": f"UPDATE audit SET number = number + 1000 WHERE number = {NEWEST}",
    "a table's sum": "UPDATE sums SET total = total + 1 WHERE name = 'docs'",
    "a table's count": "UPDATE sums SET rows = rows + 1 WHERE name = 'memories'",
    "a table's sum gone": "DELETE FROM sums WHERE name = 'sources'",
}  # fmt: skip


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_check_notices(path: Path, statement: str) -> None:
    """Whatever column is changed and whatever row is gone, the file is not called sound."""
    files.check(path)
    assert changed(path, statement) > 0

    with pytest.raises(ResmemError):
        files.check(path)


@pytest.mark.parametrize("kind", KINDS)
def test_no_digit_of_a_document_changes_unseen(path: Path, kind: str) -> None:
    """A body that is still JSON, of another number, is refused by `check`."""
    with closing(sqlite3.connect(path)) as file:
        query = f"SELECT key, body FROM docs WHERE kind = '{kind}'"
        key, body = file.execute(query).fetchone()
        text = bytearray(body)
        at = next(n for n, byte in enumerate(text) if chr(byte).isdigit())
        text[at] = ord("7") if text[at] != ord("7") else ord("3")
        file.execute("UPDATE docs SET body = ? WHERE kind = ? AND key = ?", (text, kind, key))
        file.commit()
    json.loads(text)

    with pytest.raises(StoreCorrupt, match="docs"):
        files.check(path)


@pytest.mark.parametrize(
    "flips", [30, pytest.param(1500, marks=pytest.mark.nightly)], ids=["short", "long"]
)
def test_a_flipped_bit_is_noticed_or_harmless(flips: int) -> None:
    """Wherever it is, no file is called sound and answers otherwise; each error is ours."""
    figures = measure(flips, seed=1)

    assert figures["check: sound, and an answer is another"] == 0
    assert figures["errors that are not typed"] == 0
    assert figures["check: noticed"] > flips / 2


def test_what_can_be_told_of_a_damaged_file_is_mended(path: Path, tmp_path: Path) -> None:
    """Names, sources, revisions and floors are made again; what is gone is counted."""
    for kind in (
        "a namespace's name",
        "a source renamed",
        "a namespace's floor",
        "a tombstone gone",
    ):
        changed(path, DAMAGE[kind])
    held = rows(path, "memories")
    changed(path, "DELETE FROM memories WHERE rowid = (SELECT max(rowid) FROM memories)")
    changed(path, "DELETE FROM docs WHERE kind = 'gate' AND key LIKE '%ben'")

    saved = files.repair(path, tmp_path / "saved.db")

    assert (saved.memories, saved.lost, saved.missing) == (held - 1, 0, 2)
    files.check(tmp_path / "saved.db")
    with ResilientMemory.open(tmp_path / "saved.db") as memory:
        assert sum(len(memory.scan(name)) for name in (NS, OTHER)) == held - 1
        assert memory.store.sources(NS, ["told-again"])


@pytest.mark.parametrize("kind", ["a document's version", "a memory's namespace"])
def test_a_damaged_row_is_not_saved_as_if_it_were_sound(
    path: Path, tmp_path: Path, kind: str
) -> None:
    """A memory that a flipped bit gave to another tenant, or a document's version, is lost."""
    changed(path, DAMAGE[kind])

    saved = files.repair(path, tmp_path / "saved.db")

    assert saved.lost >= 1


def test_a_damaged_list_of_what_was_forgotten_still_holds(path: Path, tmp_path: Path) -> None:
    """Whatever digest of it can be read goes on refusing what was forgotten."""
    changed(path, "UPDATE docs SET version = version + 1 WHERE kind = 'tombstones'")

    files.repair(path, tmp_path / "saved.db")

    with ResilientMemory.open(tmp_path / "saved.db", keep=1.0) as memory:
        memory.session("t", namespace=NS).observe(Message("user", TEXTS[0]))
        assert not any("Minou" in m.text for m in memory.scan(NS))


def test_another_tenants_memory_is_refused_when_it_is_read(path: Path) -> None:
    """One wrong number in the file shows nobody what is another's."""
    changed(path, "UPDATE memories SET ns = 2 WHERE ns = 1")

    with ResilientMemory.open(path) as memory, pytest.raises(StoreCorrupt):
        memory.store.rows(OTHER)


def test_a_store_without_checksums_gets_them_when_it_is_opened(tmp_path: Path) -> None:
    """A file of version 0.1 is checked as far as it can be, and wholly once this version has it."""
    packed = Path(__file__).parents[1] / "data/store-0.1.db.gz"
    old = tmp_path / "old.db"
    old.write_bytes(gzip.decompress(packed.read_bytes()))
    before = {table: rows(old, table) for table in ("memories", "docs", "audit", "sources")}
    files.check(old)
    files.backup(old, tmp_path / "copy.db")
    files.restore(tmp_path / "copy.db", tmp_path / "restored.db")
    saved = files.repair(old, tmp_path / "saved.db")
    ResilientMemory.open(old, auto_sleep=False).close()

    assert {table: rows(old, table) for table in before} == before
    assert (saved.memories, saved.docs, saved.lost) == (before["memories"], before["docs"], 0)
    for name in ("old.db", "restored.db", "saved.db"):
        files.check(tmp_path / name)
    assert not list(tmp_path.glob("*.part*"))
    changed(old, "DELETE FROM docs WHERE kind = 'gate'")
    with pytest.raises(StoreCorrupt, match="docs"):
        files.check(old)
