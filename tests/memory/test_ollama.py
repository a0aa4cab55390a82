"""The Ollama classifier and embedder, through the real client against a server on the loopback."""

from __future__ import annotations

import builtins
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from resmem_core.errors import ClassifierError, ConfigError, EmbedderError, MissingExtra
from resmem_core.memory.affect.classify import LexiconClassifier
from resmem_core.protocols import Classifier, Embedder
from resmem_core.types import NEUROCHEMICALS

pytest.importorskip("ollama")
from resmem_core.memory.affect.ollama import MAX_SKIP, OllamaClassifier, OllamaEmbedder, checked

GOOD = {name: i / 11 for i, name in enumerate(NEUROCHEMICALS)}
TEXT = "Thank you, the deploy failed again"


class Server:
    """Speaks /api/chat and /api/embed; `answer` decides what, `seen` is what was asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.answer: Callable[[str, dict[str, Any]], tuple[int, bytes]] = _good
        self.release = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.seen.append((self.path, body))
                status, out = outer.answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(out)))
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                with suppress(BrokenPipeError):  # the client gave up
                    self.wfile.write(out)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.release.set()
        self.http.shutdown()
        self.http.server_close()


def _chat(content: str) -> bytes:
    return json.dumps({"model": "m", "message": {"role": "assistant", "content": content}}).encode()


def _good(path: str, body: dict[str, Any]) -> tuple[int, bytes]:
    if path == "/api/chat":
        return 200, _chat(json.dumps(GOOD))
    rows = [[float(len(text)), 4.0, 0.0] for text in body["input"]]
    return 200, json.dumps({"model": "m", "embeddings": rows}).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def test_scores_are_the_models(server: Server) -> None:
    """A valid answer is taken as it is, in the product's order."""
    scores = OllamaClassifier("m", server.url).scores(TEXT)

    assert scores == GOOD
    assert tuple(scores) == NEUROCHEMICALS


def test_the_request_carries_a_schema_and_fixed_sampling(server: Server) -> None:
    """Temperature 0, the JSON schema of the twelve, the text only in the user's message."""
    OllamaClassifier("m", server.url).scores(TEXT)
    [(path, body)] = server.seen

    assert path == "/api/chat"
    assert set(body["format"]["required"]) == set(NEUROCHEMICALS)
    assert body["options"]["temperature"] == 0
    assert [TEXT in m["content"] for m in body["messages"]] == [False, True]


def test_a_text_is_asked_once(server: Server) -> None:
    """The cache answers repeats, forgets the oldest, and gives out copies."""
    classifier = OllamaClassifier("m", server.url, cache_size=2)
    classifier.scores("a").clear()
    for text in ("a", "b", "a", "c", "a", "b"):
        assert classifier.scores(text) == GOOD

    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "answer",
    [
        (200, _chat("not json")),
        (200, _chat("[" * 50_000)),
        (200, _chat(json.dumps({"cortisol": 1}))),
        (200, _chat(json.dumps({**GOOD, "extra": 0}))),
        (200, _chat(json.dumps({**GOOD, "cortisol": 1.5}))),
        (200, _chat(json.dumps({**GOOD, "cortisol": "high"}))),
        (200, _chat(json.dumps({**GOOD, "cortisol": True}))),
        (200, _chat(json.dumps(GOOD).replace("0.0", "NaN", 1))),
        (200, b"garbage"),
        (200, b"[]"),
        (200, b"{}"),
        (404, b'{"error": "model not found"}'),
        (500, b""),
        (302, b""),
    ],
)
def test_a_bad_answer_is_replaced_by_the_fallbacks(
    server: Server, answer: tuple[int, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of the model's nonsense gets through, and no text gets into the log."""
    server.answer = lambda path, body: answer

    assert OllamaClassifier("m", server.url).scores(TEXT) == LexiconClassifier().scores(TEXT)
    assert "fallback" in caplog.text
    assert TEXT not in caplog.text


def test_a_silent_server_is_given_up(server: Server) -> None:
    """Past the timeout the fallback answers."""
    server.answer = lambda path, body: (server.release.wait(30), _good(path, body))[1]

    classifier = OllamaClassifier("m", server.url, timeout=0.05)
    assert classifier.scores(TEXT) == LexiconClassifier().scores(TEXT)


def test_a_dead_server_is_asked_less_and_less_and_taken_back(server: Server) -> None:
    """1, 3, 7, … texts pass between tries; one good answer ends it."""
    server.answer = lambda path, body: (500, b"")
    classifier = OllamaClassifier("m", server.url)
    for i in range(200):
        classifier.scores(f"text {i}")
    tries = len(server.seen)
    server.answer = _good
    answers = [classifier.scores(f"more {i}") for i in range(MAX_SKIP + 2)]

    assert tries == 9  # texts 1, 2, 4, 8, 16, 32, 64, 128, 192
    assert answers[-1] == GOOD


def test_no_server_at_all_is_the_fallback() -> None:
    """Connection refused is a failure like any other."""
    classifier = OllamaClassifier("m", "http://127.0.0.1:1", fallback=LexiconClassifier())

    assert classifier.scores(TEXT) == LexiconClassifier().scores(TEXT)


def test_vectors_are_unit_rows(server: Server) -> None:
    """One float32 row per text, in order, over several batches; the name goes to the store."""
    embedder = OllamaEmbedder("m", server.url)
    rows = embedder.embed(["x" * n for n in range(1, 151)])

    assert embedder.name == "ollama:m"
    assert rows.dtype == np.float32
    assert rows.shape == (150, embedder.dim) == (150, 3)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert (np.diff(rows[:, 0]) > 0).all()
    assert embedder.embed([]).shape == (0, 3)


@pytest.mark.parametrize(
    "answer",
    [
        (200, b'{"embeddings": []}'),
        (200, b'{"embeddings": [[1, 2], [3, 4]]}'),
        (200, b'{"embeddings": [[]]}'),
        (200, b'{"embeddings": [[NaN, 1.0]]}'),
        (200, b'{"embeddings": "no"}'),
        (200, b"[]"),
        (200, b"{}"),
        (200, b"garbage"),
        (500, b""),
    ],
)
def test_bad_vectors_are_an_error(server: Server, answer: tuple[int, bytes]) -> None:
    """There is no fallback for vectors."""
    server.answer = lambda path, body: answer

    with pytest.raises(EmbedderError, match="ollama:m"):
        OllamaEmbedder("m", server.url).embed(["one"])


def test_a_vector_of_another_length_is_an_error(server: Server) -> None:
    """The length may not change between calls."""
    embedder = OllamaEmbedder("m", server.url)
    assert embedder.dim == 3
    server.answer = lambda path, body: (200, b'{"embeddings": [[1.0, 2.0]]}')

    with pytest.raises(EmbedderError, match="shape"):
        embedder.embed(["one"])


def test_they_fit_the_protocols(server: Server) -> None:
    """Classifier and Embedder."""
    assert isinstance(OllamaClassifier("m", server.url), Classifier)
    assert isinstance(OllamaEmbedder("m", server.url), Embedder)


def test_bad_settings_are_refused() -> None:
    """Each names what is allowed."""
    for bad in (
        lambda: OllamaClassifier(""),
        lambda: OllamaClassifier("m", "localhost:11434"),
        lambda: OllamaClassifier("m", timeout=0),
        lambda: OllamaClassifier("m", timeout=float("nan")),
        lambda: OllamaClassifier("m", cache_size=-1),
        lambda: OllamaEmbedder("m", "ftp://x"),
    ):
        with pytest.raises(ConfigError):
            bad()


def test_checked_names_the_fault_without_the_answer() -> None:
    """The error does not quote the model."""
    with pytest.raises(ClassifierError) as caught:
        checked("secret words")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("made", [OllamaClassifier, OllamaEmbedder])
def test_without_the_extra_making_one_says_how_to_get_it(
    made: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module can be imported without the client; the error names the pip install."""
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "ollama":
            raise ModuleNotFoundError("no module named 'ollama'", name="ollama")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(MissingExtra, match=r"pip install 'resilient-memory\[ollama\]'"):
        made("a-model")
