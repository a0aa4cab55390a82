"""A receipt says what was erased, and a scan looks for what is left of it."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.engine.keeping import files
from resmem_core.engine.keeping.receipts import Receipt
from resmem_core.errors import AuditError, InputError

ADA, BEN = ("acme", "ada"), ("acme", "ben")
SECRET = "My locker is by the quokka enclosure, number four hundred and twelve."


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = str(tmp_path / "m.db")
    with ResilientMemory.open(file, keep=1.0, auto_sleep=False) as memory:
        session = memory.session("monday", namespace=ADA)
        session.observe(Message("user", SECRET, id="message-of-the-locker-1"))
        session.observe(Message("user", "Я пою в хоре по средам, в старой школе.", id="m2"))
        session.observe(
            Message("user", 'She said "no" to the \\ offer\nof the tram museum.', id="m3")
        )
        memory.session("b", namespace=BEN).observe(Message("user", "I row at dawn.", id="w"))
    return file


def test_a_receipt_finds_nothing_and_holds_up(path: str) -> None:
    """Scanned: the file, its log and all that lies beside it; later the same again."""
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        receipt = memory.forget_with_receipt(ADA, ["message-of-the-locker-1"])
        later = memory.verify_erasure(receipt)
        text = json.dumps(receipt.as_dict())

        assert (receipt.erased, dict(receipt.found), dict(later.found)) == (1, {}, {})
        assert sum(map(len, receipt.canaries.values())) >= 4  # of the text and of the id
        assert {"m.db", "m.db-wal"} <= set(receipt.scanned)
        assert "quokka" not in text
        assert "locker" not in text
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        assert memory.verify_erasure(json.loads(text)).found == {}


@pytest.mark.parametrize("ident", ["message-of-the-locker-1", "m2", "m3"])
@pytest.mark.parametrize("left", ["copy.db", "m.db.bak", "export.jsonl", "m.db.outbox"])
def test_what_is_left_is_found(path: str, tmp_path: Path, ident: str, left: str) -> None:
    """In a copy, an export, or what waits: any script, quotes and line ends too."""
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        lines = "\n".join(memory.export(ADA))
        texts = {m.id: m.text for m in memory.scan(ADA)}
    if left == "export.jsonl":
        (tmp_path / left).write_text(lines, "utf-8")
    elif left != "m.db.outbox":
        shutil.copy(path, tmp_path / left)
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        receipt = memory.forget_with_receipt(ADA, [ident], tombstones=False)
        if left == "m.db.outbox":
            memory.outbox.keep((ADA, "monday"), [Message("user", texts[ident])])
            receipt = memory.verify_erasure(receipt)

        assert set(receipt.found) == {left}


def test_what_others_say_too_is_no_canary(path: str) -> None:
    """A sentence that another user's memory holds is not counted as left behind."""
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        memory.session("b", namespace=BEN).observe(Message("user", SECRET, id="x1"))
        receipt = memory.forget_with_receipt(ADA, ["message-of-the-locker-1"])

        assert receipt.found == {}
        assert memory.verify_erasure(receipt).found == {}


def test_a_namespace_and_older_wordings_have_receipts_too(path: str) -> None:
    """All of it is sought, the wording before an edit as well."""
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        memory.update(ADA, "m2", "I sing in a choir on Thursdays.")
        receipt = memory.forget_with_receipt(ADA)

        assert (receipt.erased, receipt.found) == (3, {})
        assert sum(map(len, receipt.canaries.values())) >= 10


@pytest.mark.parametrize(
    "change", [{"erased": 7}, {"canaries": {}}, {"found": {"x": 1}}, {"at": 0.0}]
)
def test_a_changed_receipt_is_refused(path: str, change: dict[str, object]) -> None:
    """The audit log holds its digest."""
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        given = memory.forget_with_receipt(ADA, ["m2"]).as_dict()

        with pytest.raises(AuditError):
            memory.verify_erasure({**given, **change})


def test_another_stores_receipt_is_refused(path: str, tmp_path: Path) -> None:
    """Its key is not there, so nothing could be sought."""
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        given = memory.forget_with_receipt(ADA, ["m2"])
    with (
        ResilientMemory.open(str(tmp_path / "other.db"), auto_sleep=False) as other,
        pytest.raises(InputError, match="another store"),
    ):
        other.verify_erasure(given)


@pytest.mark.parametrize(
    "bad",
    [
        {}, {"at": 1}, [1], None,
        {"at": 1.0, "erased": 1, "canaries": {"24": ["zz"]}, "scanned": {}, "found": {}, "key": ""},
        {"at": 1.0, "erased": 1, "canaries": {"0": []}, "scanned": {}, "found": {}, "key": ""},
    ],
)  # fmt: skip
def test_what_is_no_receipt_is_refused(bad: object) -> None:
    """One typed error."""
    with pytest.raises(InputError):
        Receipt.of(bad)


def test_a_thousand_canaries_do_not_come_back(tmp_path: Path) -> None:
    """Erased, slept over five times, told again and imported again: nothing is found."""
    path = str(tmp_path / "m.db")
    said = [
        Message("user", f"Vault {n} opens with words zebra{n * 7919} under moon{n}.", id=f"v{n}")
        for n in range(250)
    ]
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        session = memory.session("s", namespace=ADA)
        session.observe_all(said)
        lines = [line for line in memory.export(ADA) if '"resmem": "tombstones"' not in line]
        receipt = memory.forget_with_receipt(ADA, [m.id or "" for m in said])
        for _ in range(5):
            memory.sleep(ADA)
        again = memory.session("t", namespace=ADA).observe_all(said)
        carried = memory.import_(lines)
        after = memory.verify_erasure(receipt)

    assert sum(map(len, receipt.canaries.values())) >= 700
    assert {d.verdict.value for d in again} == {"drop"}
    assert carried.buried == len(said)
    assert (receipt.found, after.found) == ({}, {})


def test_receipts_have_async_twins(path: str) -> None:
    """With the same answers."""

    async def run() -> None:
        async with ResilientMemory.open(path, auto_sleep=False) as memory:
            receipt = await memory.aforget_with_receipt(ADA, ["m2"])
            assert (await memory.averify_erasure(receipt)).found == {}

    asyncio.run(run())


@pytest.mark.parametrize("earlier", [False, True], ids=["first receipt", "one before the copy"])
def test_a_receipt_holds_up_when_an_older_copy_is_put_back(
    path: str, tmp_path: Path, earlier: bool
) -> None:
    """The copy knows nothing of the erasure: what went stays gone, the receipt is verified anew."""
    copy = tmp_path / "elsewhere" / "copy.db"
    copy.parent.mkdir()
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        old = [memory.forget_with_receipt(ADA, ["m3"])] if earlier else []
        files.backup(path, copy)
        receipt = memory.forget_with_receipt(ADA, ["message-of-the-locker-1"])
    files.restore(copy, path, replace=True)

    with ResilientMemory.open(path, auto_sleep=False) as memory:
        assert "message-of-the-locker-1" not in {m.id for m in memory.scan(ADA)}
        assert all(memory.verify_erasure(given).found == {} for given in (receipt, *old))
        assert memory.verify_erasure(receipt).anchor == ""


def test_a_receipt_of_another_store_is_told_after_a_restore(path: str, tmp_path: Path) -> None:
    """Only the store that was replaced hands its receipts on."""
    files.backup(path, tmp_path / "copy.db")
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        receipt = memory.forget_with_receipt(ADA, ["m2"])
    files.restore(tmp_path / "copy.db", tmp_path / "other.db")

    with (
        ResilientMemory.open(str(tmp_path / "other.db"), auto_sleep=False) as memory,
        pytest.raises(InputError, match="another store"),
    ):
        memory.verify_erasure(receipt)
