"""Late interaction: the pieces of a text travel with its memory, and recall meets a question's."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resmem_core import Message, RecallWeights, ResilientMemory
from resmem_core.engine.move import move
from resmem_core.errors import EmbedderError, StoreCorrupt
from resmem_core.memory.index import pieces
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import late
from resmem_core.protocols import Embedder, Row, TokenEmbedder, Vector
from resmem_core.stores import open_store
from resmem_core.stores.codec import decode_row, encode_memory, encode_vector
from resmem_core.types import Memory

NAMESPACE = ("acme", "ada")
DIM = 64
TEXTS = [
    "The boiler in the cellar was serviced by Mr Okoro.",
    "We had soup and bread for lunch.",
    "Granny keeps her passport in the blue biscuit tin.",
    "The bus was late again this morning.",
]


def word_vector(word: str) -> Vector:
    chance = np.random.default_rng(zlib.crc32(word.encode()))
    vector = chance.standard_normal(DIM).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class Words:
    """Each word means itself; a text means nothing but its length, so that words alone tell."""

    name, dim, semantic = "words", DIM, True

    def __init__(self) -> None:
        self.read: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vector:
        return np.array([[1.0, len(text) % 7, *[0.1] * (DIM - 2)] for text in texts], np.float32)

    def pieces(self, texts: Sequence[str]) -> list[bytes]:
        self.read += texts
        return [
            pieces.encode(np.array([word_vector(w) for w in words]), np.ones(len(words)))
            if (words := text.lower().strip(".").split())
            else b""
            for text in texts
        ]

    def asked(self, question: str) -> Vector:
        words = question.lower().strip("?").split()
        vectors = np.array([word_vector(w) for w in words]) / len(words)
        return np.concatenate([self.embed([question]), vectors.astype(np.float32)])


class Without:
    """The same model in a version that told no pieces."""

    name, dim, semantic = "words", DIM, True
    embed = Words.embed


def opened(path: Path | str, embedder: Embedder | None = None) -> ResilientMemory:
    return ResilientMemory.open(
        path, keep=1.0, embedder=Words() if embedder is None else embedder, auto_sleep=False
    )


def told(path: Path | str, embedder: Embedder | None = None) -> ResilientMemory:
    """A memory that observed all texts."""
    memory = opened(path, embedder)
    session = memory.session("monday", namespace=NAMESPACE)
    for text in TEXTS:
        session.observe(Message(role="user", text=text))
    return memory


def held(memory: ResilientMemory) -> dict[str, bytes]:
    """Text → pieces, as the store has them."""
    return {row.memory.text: row.pieces for row in memory.store.rows(NAMESPACE)}


def of(texts: Sequence[str]) -> dict[str, bytes]:
    return dict(zip(texts, Words().pieces(texts), strict=True))


# -- recall


def index_of(texts: Sequence[str], found: Sequence[bytes]) -> NamespaceIndex:
    index = NamespaceIndex(DIM)
    for place, (text, vector, each) in enumerate(
        zip(texts, Words().embed(texts), found, strict=True)
    ):
        memory = Memory(
            id=f"m{place}", namespace=NAMESPACE, text=text, sources=(f"m{place}",), seq=place,
            at=60.0 * place, session="s",
        )  # fmt: skip
        index.put([Row(memory, vector, each)])
    return index


def column(index: NamespaceIndex, question: str, content: Vector | None = None) -> list[float]:
    count = len(index.columns)
    content = np.ones(count, np.float32) if content is None else content
    dense = np.full(count, 0.25, np.float32)
    found = late.column(index, Words().asked(question)[1:], content, dense, 2.0)
    return [round(float(x), 3) for x in found]


def test_what_meets_the_questions_pieces_is_first() -> None:
    """The message that holds them has 1; those beside it nine tenths of its match."""
    index = index_of(TEXTS, Words().pieces(TEXTS))
    found = column(index, "Where is granny passport?")

    assert found.index(1.0) == 2
    assert 0 < found[1] < 1
    assert found[1] == found[3]


def test_a_memory_without_pieces_has_its_cosine_instead() -> None:
    """One that an earlier version stored is neither first nor last for it."""
    known = Words().pieces(TEXTS)
    found = column(index_of(TEXTS, [b"", *known[1:]]), "Where is granny passport?")

    assert found[0] == 0.25
    assert found[2] == 1.0
    assert column(index_of(TEXTS, [b""] * 4), "Where is granny passport?") == [0.25] * 4


def test_only_the_best_rows_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that the other signs put behind `CANDIDATES` others has nothing."""
    monkeypatch.setattr(late, "CANDIDATES", 2)
    content = np.array([0.9, 0.8, 0.1, 0.2], np.float32)
    found = column(index_of(TEXTS, Words().pieces(TEXTS)), "Where is granny passport?", content)

    assert found[2] == found[3] == 0
    assert found[1] == 1.0


def test_rows_that_go_or_change_take_their_pieces_along() -> None:
    """Removed ones are met by nothing, whether or not the index gave their places back."""
    many = [f"Number {n} of the list." for n in range(1500)]
    texts = [*many, *TEXTS]
    index = index_of(texts, Words().pieces(texts))
    index.remove([f"m{n}" for n in range(1499)])
    index.remove(["m1500"])

    assert index.row("m1502").pieces == of(TEXTS)[TEXTS[2]]
    assert [n for n, x in enumerate(column(index, "granny passport")) if x == 1.0] == [
        index.slot("m1502")
    ]


def test_pieces_of_another_length_are_refused() -> None:
    """Nothing is put."""
    index = index_of([], [])
    with pytest.raises(EmbedderError, match="another length"):
        index_of(TEXTS[:1], [b"\0" * (DIM // 8 + 1)])
    assert not len(index)


def test_the_rarest_are_kept_in_their_order() -> None:
    """At most `MOST`; signs, the highest bit first."""
    rng = np.random.default_rng(0)
    vectors, rarity = rng.standard_normal((70, DIM)), rng.random(70)
    codes, starts = pieces.decode([pieces.encode(vectors, rarity), b""], DIM)
    rarest = sorted(np.argsort(-rarity)[: pieces.MOST])

    assert starts.tolist() == [0, pieces.MOST, pieces.MOST]
    assert np.array_equal(np.unpackbits(codes, axis=1), vectors[rarest] > 0)


# -- a running session


def test_a_session_finds_by_pieces_and_says_so() -> None:
    """`why` names the sign, as it does the others; a weight of 0 switches it off."""
    with told(":memory:") as memory:
        session = memory.session("tuesday", namespace=NAMESPACE)
        (hit,) = session.recall("Where is granny passport?", k=1)
        assert hit.text == TEXTS[2]
        assert hit.why["late"] > 0
    off = ResilientMemory.open(
        ":memory:", keep=1.0, embedder=Words(), recall=RecallWeights(late=0.0)
    )
    with off as memory:
        session = memory.session("monday", namespace=NAMESPACE)
        session.observe(Message(role="user", text=TEXTS[2]))
        assert "late" not in session.recall("Where is granny passport?", k=1)[0].why


def test_each_text_is_read_once_and_its_pieces_stay(tmp_path: Path) -> None:
    """They are stored with the memory; no later write, sleep or opening asks for them again."""
    path, embedder = tmp_path / "m.db", Words()
    with told(path, embedder) as memory:
        assert embedder.read == TEXTS
        memory.sleep(NAMESPACE)  # a summary is another text to read
        assert held(memory) == of(list(held(memory)))
    again = Words()
    with opened(path, again) as memory:
        memory.session("monday", namespace=NAMESPACE).recall("granny passport", k=1)
        memory.sleep(NAMESPACE)
        assert held(memory) == of(list(held(memory)))
    assert again.read == []


def test_sleep_reads_what_an_earlier_version_stored(tmp_path: Path) -> None:
    """Until then it is found as before; a memory whose text has no pieces is not written again."""
    path = tmp_path / "m.db"
    with told(path, Without()) as memory:
        memory.session("monday", namespace=NAMESPACE).observe(Message(role="user", text="..."))
        assert set(held(memory).values()) == {b""}
    with opened(path) as memory:
        session = memory.session("tuesday", namespace=NAMESPACE)
        assert session.recall("Where is granny passport?", k=1)
        memory.sleep(NAMESPACE)
        kept = held(memory)
        assert kept == of(list(kept))
        assert "late" in session.recall("Where is granny passport?", k=1)[0].why
        revision = memory.store.changes(NAMESPACE, 0).revision
        memory.sleep(NAMESPACE)
        assert memory.store.changes(NAMESPACE, 0).revision == revision


def test_a_model_that_fails_for_pieces_stops_no_write() -> None:
    """The memory is stored without, and recall goes on with the other signs."""

    class Broken(Words):
        def pieces(self, texts: Sequence[str]) -> list[bytes]:
            raise RuntimeError("away")

        def asked(self, question: str) -> Vector:
            raise RuntimeError("away")

    with told(":memory:", Broken()) as memory:
        assert set(held(memory).values()) == {b""}
        memory.sleep(NAMESPACE)
        assert memory.session("tuesday", namespace=NAMESPACE).recall("granny passport", k=1)


@pytest.mark.parametrize("embedder", [Words, Without])
def test_a_move_carries_them_or_makes_them(tmp_path: Path, embedder: type) -> None:
    """As an import and a copy do."""
    source = tmp_path / "a.db"
    told(source, embedder()).close()
    with opened(tmp_path / "b.db") as memory:
        move(open_store(str(source)), memory)
        assert held(memory) == of(TEXTS)


def test_an_export_has_none_and_an_import_makes_them(tmp_path: Path) -> None:
    """They are made anew of the text, as vectors are."""
    with told(tmp_path / "a.db") as memory:
        lines = list(memory.export(NAMESPACE))
    assert not any("pieces" in line for line in map(json.loads, lines))
    with opened(tmp_path / "b.db") as memory:
        memory.import_(lines)
        assert held(memory) == of(TEXTS)


def test_an_erased_text_leaves_no_pieces(tmp_path: Path) -> None:
    """Neither in the rows nor in the bytes of the file."""
    path = tmp_path / "m.db"
    with told(path) as memory:
        gone = encoded(of(TEXTS)[TEXTS[2]])
        assert gone in path.read_bytes() + (path.parent / "m.db-wal").read_bytes()
        ids = [each.id for each in memory.scan(NAMESPACE) if each.text == TEXTS[2]]
        memory.forget(NAMESPACE, ids)
        assert TEXTS[2] not in held(memory)
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert gone not in left


def encoded(found: bytes) -> bytes:
    """As they stand in a stored body."""
    row = Row(Memory(id="m", namespace=NAMESPACE, text="t", sources=("m",)), np.zeros(1), found)
    return bytes(json.loads(encode_memory(row.memory, found))["pieces"], "ascii")


@pytest.mark.parametrize("broken", ["%%%", 7, None, ["AAAA"]])
def test_broken_pieces_are_a_damaged_row(broken: Any) -> None:
    """They are told, as any damage is."""
    body = json.loads(encode_memory(Memory(id="m", namespace=NAMESPACE, text="t", sources=("m",))))
    data = json.dumps(body | {"pieces": broken}).encode()
    with pytest.raises(StoreCorrupt):
        decode_row(NAMESPACE, "m", 0, "buffer", data, encode_vector(np.zeros(DIM)))


def test_the_protocol_is_optional() -> None:
    """An embedder has it or not; it says so by its methods alone."""
    assert isinstance(Words(), TokenEmbedder)
    assert not isinstance(Without(), TokenEmbedder)
    assert isinstance(Without(), Embedder)
