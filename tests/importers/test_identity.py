"""Ids stay whatever the file is called; messages come in the order in which they were said."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core import ResilientMemory
from resmem_core.errors import InputError, TooLarge
from resmem_core.importers import BadLine, Imported, in_order, read, split
from resmem_core.importers import files as module


def save(path: Path, *lines: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return path


def said(path: Path) -> list[Imported]:
    return [item for item in read(path) if isinstance(item, Imported)]


def ids(path: Path) -> list[str | None]:
    return [item.message.id for item in said(path)]


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "text": text, **more}


def test_files_of_one_name_keep_their_messages(tmp_path: Path) -> None:
    """may/chat.jsonl and june/chat.jsonl have no id in common, with ids of their own or without."""
    may = save(tmp_path / "may/chat.jsonl", user("May rain"), user("Trip to Faro", id=1))
    june = save(tmp_path / "june/chat.jsonl", user("June sun"), user("Trip to Évora", id=1))

    assert not set(ids(may)) & set(ids(june))


def test_ids_that_conversations_share_keep_both(tmp_path: Path) -> None:
    """Ids 1 and 2 in conversation A and again in B are four messages."""
    lines = [user(f"{s} {i}", id=i, session=s) for s in "AB" for i in (1, 2)]
    same = [user("ok", id=1, session=s) for s in "AB"]

    assert len(set(ids(save(tmp_path / "a.jsonl", *lines, *same)))) == 6


def test_the_same_id_with_another_text_is_an_edit(tmp_path: Path) -> None:
    """Both versions are kept; the same once more is not."""
    path = save(tmp_path / "a.jsonl", user("at 5", id=1), user("at 6", id=1), user("at 5", id=1))

    assert len(set(ids(path))) == 2


def test_what_a_file_is_called_and_what_is_put_in_shift_nothing(tmp_path: Path) -> None:
    """A renamed file with a line inserted holds the same ids and one more."""
    before = [user("one"), user("two"), user("one")]
    old = ids(save(tmp_path / "a.jsonl", *before))
    new = ids(save(tmp_path / "b.jsonl", user("zero"), *before))

    assert len(set(old)) == 3
    assert new[1:] == old


def test_a_second_import_stores_nothing(tmp_path: Path) -> None:
    """Through the engine, whatever the file is called the second time."""
    lines = [user(f"Plant number {i} is a {name}.") for i, name in enumerate(("fern", "rose"))]
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        for path in (save(tmp_path / "a.jsonl", *lines), save(tmp_path / "b.jsonl", *lines)):
            for item in said(path):
                memory.session(item.session, namespace=("t",)).observe(item.message)

        assert len(memory.scan(("t",))) == 2


def test_messages_come_in_the_order_in_which_they_were_said(tmp_path: Path) -> None:
    """Newest first in the file, oldest first in the memory; conversations by their first date."""
    path = save(
        tmp_path / "a.jsonl",
        user("b2", session="b", at="2025-02-02"), user("b1", session="b", at="2025-01-01"),
        user("x", session="none"), user("a2", session="a", at="2025-03-03T00:00:00+14:00"),
        user("a1", session="a", at=1577836800000), user("a1'", session="a"),
    )  # fmt: skip

    assert [i.message.text for i in in_order(said(path))] == ["a1", "a1'", "a2", "b1", "b2", "x"]


def test_a_message_without_a_time_takes_its_neighbours(tmp_path: Path) -> None:
    """Where the conversation has one: not that of the import."""
    path = save(tmp_path / "a.jsonl", user("x"), user("y", at="2025-01-01"), user("z"))

    assert len({i.message.at for i in in_order(said(path))}) == 1


@given(st.text("ab .\n", max_size=400), st.integers(1, 50))
def test_a_long_text_is_split_and_nothing_of_it_lost(text: str, size: int) -> None:
    """Parts within the size that make the text again, but for blanks at its end."""
    parts = split(text, size)

    assert all(len(part) <= size for part in parts)
    assert "".join(parts).rstrip() == text.rstrip()


def test_a_message_of_40000_characters_is_three(tmp_path: Path) -> None:
    """Cut between paragraphs, with ids of one stem."""
    text = "\n\n".join(["word " * 1000] * 8)
    items = said(save(tmp_path / "a.jsonl", user(text, id="x")))

    assert len(items) == 3
    assert all(item.message.text.endswith("\n\n") for item in items[:2])
    assert "".join(item.message.text for item in items) == text
    assert [str(i.message.id).removeprefix(str(items[0].message.id)) for i in items] == [
        "",
        "-1",
        "-2",
    ]


def test_a_zip_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what it says, and by how many files it has; nothing is unpacked before."""
    monkeypatch.setattr(module, "MAX_BYTES", 100_000)
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b" " * 1_000_000)
    with pytest.raises(TooLarge, match="unpacks"):
        list(read(tmp_path / "b.zip"))
    monkeypatch.setattr(module, "MAX_FILES", 3)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for i in range(4):
            archive.writestr(f"{i}.json", b"[]")
    with pytest.raises(TooLarge, match="files"):
        list(read(tmp_path / "c.zip"))


def test_a_zip_that_lies_about_its_size_stops_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry is never read further than a document may be large."""
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b" " * 1_000_000)
    source = module.Source("a.json", tmp_path / "b.zip", zipfile.ZipFile(tmp_path / "b.zip"))
    monkeypatch.setattr(module, "MAX_BYTES", 100_000)

    with pytest.raises(TooLarge):
        source.whole()


@pytest.mark.parametrize("name", ["a.json", "deep/in/it.jsonl", "a.txt"])
def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A small archive of a large document, deep inside, among others: not a byte of it is read."""
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.json", b"[]")
        archive.writestr(name, b" " * (module.SMALL + 1))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *of: pytest.fail("it was unpacked"))

    with pytest.raises(TooLarge, match="times its size"):
        list(read(tmp_path / "b.zip"))


def test_a_document_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a file has is asked before it is read into memory."""
    monkeypatch.setattr(module, "MAX_WHOLE", 1000)
    (tmp_path / "a.json").write_bytes(b"[" + b" " * 2000 + b"]")
    monkeypatch.setattr(Path, "open", lambda *of, **as_: pytest.fail("it was read"))

    with pytest.raises(TooLarge, match="split it"):
        list(read(tmp_path / "a.json"))


@pytest.mark.parametrize("bomb", [b"[[],[],[],[],[],[]]", b'[{"a":{}},{"a":{}}]', b"[1,1,1,1,1,1]"])
def test_a_document_of_too_many_values_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: bytes
) -> None:
    """Small values take many times their bytes in memory, so that they are counted first."""
    monkeypatch.setattr(module, "MAX_VALUES", 5)
    (tmp_path / "a.json").write_bytes(bomb)

    with pytest.raises(TooLarge, match="values"):
        list(read(tmp_path / "a.json"))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 300 + "1" + "}" * 300])
def test_json_that_is_nested_too_deep_is_refused(tmp_path: Path, text: str) -> None:
    """As one typed error for a document, and as one bad line for a line."""
    (tmp_path / "a.json").write_text(text)
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(InputError):
        list(read(tmp_path / "a.json"))

    assert [type(item) for item in read(tmp_path / "a.jsonl")] == [BadLine]


def test_a_damaged_archive_is_one_clear_error(tmp_path: Path) -> None:
    """Not a zip at all, or cut off."""
    (tmp_path / "a.zip").write_bytes(b"PK nothing")
    with pytest.raises(InputError, match="zip"):
        list(read(tmp_path / "a.zip"))
