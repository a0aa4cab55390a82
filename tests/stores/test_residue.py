"""What splitting a page leaves behind goes with what is erased."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from resmem_core.protocols import DeleteDoc, Put, PutDoc
from resmem_core.stores import residue
from resmem_core.stores.sqlite import SqliteStore
from resmem_core.testing.examples import ADA, row


def filled(store: SqliteStore, draw: random.Random) -> dict[str, str]:
    """Documents of many sizes in no order, so that pages are split again and again."""
    texts = {f"m{n}": f"The crate {n} {draw.random()} stands." for n in range(200)}
    for name in draw.sample(sorted(texts), len(texts)):
        body = {"body": texts[name], "more": "x" * draw.randrange(900)}
        store.apply([PutDoc("archive", name, body)])
    store.apply([Put((row(),))])
    return texts


def test_no_text_is_left_in_unused_space(tmp_path: Path) -> None:
    """Each one erased by itself; with SQLite's own zeroing alone, two of these are left."""
    draw = random.Random(1)
    store = SqliteStore(tmp_path / "a.db")
    texts = filled(store, draw)
    left = []
    for name in draw.sample(sorted(texts), 100):
        store.apply([DeleteDoc("archive", name)])
        store.erase(ADA, [], [texts[name]])
        if residue.holds(store.location, [texts[name]]):
            left.append(name)
    store.close()

    assert left == []


def test_without_the_texts_the_file_is_written_anew(tmp_path: Path) -> None:
    """As after a crash between the deletion and the erasure, when nobody knows them."""
    store = SqliteStore(tmp_path / "a.db")
    texts = filled(store, random.Random(3))
    store.apply([DeleteDoc("archive", name) for name in texts])
    store.erase(ADA, [])
    store.close()

    assert not any(residue.holds(str(tmp_path / "a.db"), [text]) for text in texts.values())


@pytest.mark.parametrize(
    ("text", "left"),
    [('say "crate"', True), ("nowhere", False), ("ü", False), ("", False), ("line\nkräte", True)],
)
def test_a_text_is_found_however_it_was_encoded(tmp_path: Path, text: str, left: bool) -> None:
    """By its longest piece that no encoding changes; one that is too short is not looked for."""
    path = tmp_path / "file"
    path.write_bytes(b'{"a":"{\\"b\\":\\"say \\\\\\"crate\\\\\\" line\\\\nkr\xc3\xa4te"}')

    assert residue.holds(str(path), [text]) is left
