"""What only a server can do to us: be down, answer nonsense, stop between two requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

pytest.importorskip("qdrant_client")

import httpx
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from resmem_core.errors import ConfigError, EmbeddingMismatch, StoreFull, StoreUnavailable
from resmem_core.protocols import Delete, Put, PutDoc
from resmem_core.stores.qdrant import QdrantStore
from resmem_core.stores.qdrant.refusals import refuse_old
from resmem_core.stores.retry import Down, Retry
from resmem_core.testing.examples import ADA, row

DOWN = ResponseHandlingException(httpx.ConnectError("refused by canary-host"))


class Flaky:
    """A client that fails as told, and counts its calls."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.fail: dict[str, list[Exception]] = {}
        self.always: Exception | None = None
        self.calls: list[str] = []
        self.options: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)

        def call(*args: Any, **options: Any) -> Any:
            self.calls.append(name)
            self.options.append((name, options))
            if self.always is not None and name != "close":
                raise self.always
            if self.fail.get(name):
                raise self.fail[name].pop(0)
            return method(*args, **options)

        return call


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.time = 0.0

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def now(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Iterator[QdrantStore]:
    """A store over the local double, with a client that can be made to fail."""
    made = QdrantStore(":memory:", retry=Retry(wait=clock.wait, now=clock.now, jitter=lambda: 0.5))
    made._at.client = Flaky(made._at.client)  # type: ignore[assignment]
    yield made
    made.close()


def client(store: QdrantStore) -> Flaky:
    """The failing client of the fixture."""
    return store._at.client  # type: ignore[return-value]


@pytest.mark.parametrize("url", ["http://qdrant.example:6333", "http://10.0.0.7:6333"])
def test_an_api_key_stays_off_plain_http(url: str) -> None:
    """Off the machine it needs https."""
    with pytest.raises(ConfigError, match="https"):
        QdrantStore(url, api_key="secret")


@pytest.mark.parametrize("version", ["1.16.3", "1.9.0", "0.11.7", "v1.16.0-dev", "", "latest"])
def test_a_server_that_cannot_compare_and_set_is_refused(version: str) -> None:
    """Before 1.17 a conditional write overwrites; an unreadable version counts as such."""
    with pytest.raises(ConfigError, match=r"1\.17 or later"):
        refuse_old("http://127.0.0.1:6333", version)


@pytest.mark.parametrize("version", ["1.17.0", "1.17.0-dev", "1.20.1", "v1.18.0", "2.0.0"])
def test_a_server_that_compares_and_sets_is_taken(version: str) -> None:
    """From 1.17 on, pre-releases too."""
    assert not refused(version)


def refused(version: str) -> bool:
    try:
        refuse_old("http://127.0.0.1:6333", version)
    except ConfigError:
        return True
    return False


def test_nothing_is_written_to_an_old_server() -> None:
    """The version is asked before anything else."""
    asked: list[str] = []

    class Old(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps({"title": "qdrant", "version": "1.16.3", "commit": None}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Old) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(ConfigError, match=r"1\.16\.3"):
            QdrantStore(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert asked == ["/"]


_WRITES = ("upsert", "delete", "set_payload")


def test_replicas_agree_on_who_wrote_first(store: QdrantStore) -> None:
    """Every write is ordered by the leader, every read of points asks the majority."""
    store.apply([Put((row("a"),)), PutDoc("policy", "1", {"a": 1})])
    assert store.rows(ADA)
    assert store.docs("policy")
    store.apply([Delete(ADA, ("a",))])
    told = client(store).options
    writes = [made.get("ordering") for name, made in told if name in _WRITES]
    reads = [made.get("consistency") for name, made in told if name in ("retrieve", "scroll")]
    assert set(writes) == {"strong"}
    assert set(reads) == {"majority"}


def test_a_server_that_is_not_there_is_named() -> None:
    """One error with the address, and none of the client's own."""
    retry = Retry(wait=lambda seconds: None)

    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:9"):
        QdrantStore("http://127.0.0.1:9", timeout=1, retry=retry)


def test_a_read_is_tried_again(store: QdrantStore) -> None:
    """A fault that passes is not seen."""
    store.apply([Put((row("a"),))])
    client(store).fail = {"retrieve": [DOWN, DOWN], "scroll": [DOWN]}

    assert len(store.rows(ADA)) == 1


def test_a_write_is_refused_while_the_server_is_down(store: QdrantStore) -> None:
    """A typed error without the server's words; nothing is stored."""
    client(store).always = DOWN
    with pytest.raises(StoreUnavailable) as caught:
        store.apply([Put((row("a"),))])

    assert "canary" not in str(caught.value)


def test_reads_go_on_from_what_was_seen(store: QdrantStore) -> None:
    """Documents and changes while the server is down; marked as stale."""
    store.apply([Put((row("a"),)), PutDoc("gate", "k", {"n": 1})])
    seen = store.changes(ADA, 0).revision
    before = store.doc("gate", "k")
    client(store).always = DOWN

    assert store.changes(ADA, seen).rows == ()
    assert store.doc("gate", "k") == before
    assert store.stale
    with pytest.raises(StoreUnavailable):
        store.rows(ADA)


def test_nobody_waits_for_a_server_that_is_down(store: QdrantStore, clock: Clock) -> None:
    """After a failure calls fail at once for a moment, and then try again."""
    client(store).always = DOWN
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            store.rows(ADA)
    asked = len(client(store).calls)
    client(store).always = None
    clock.wait(60)

    assert asked <= 3
    assert store.rows(ADA) == []
    assert not store.stale


@pytest.mark.parametrize(
    ("status", "error"), [(401, StoreUnavailable), (507, StoreFull), (404, StoreUnavailable)]
)
def test_a_refusal_is_not_tried_again(
    store: QdrantStore, status: int, error: type[Exception]
) -> None:
    """And its body, which may hold anybody's text, is not in the message."""
    answer = UnexpectedResponse(status, "x", b'{"status": "canary"}', httpx.Headers())
    client(store).fail = {"retrieve": [answer]}
    client(store).calls.clear()
    with pytest.raises(error) as caught:
        store.rows(ADA)

    assert "canary" not in str(caught.value)
    assert len(client(store).calls) == 1


def test_another_dimension_is_refused(store: QdrantStore) -> None:
    """With both numbers in the message; nothing is stored."""
    store.apply([Put((row("a"),))])
    other = row("b")
    wider = type(other)(other.memory, other.vector.repeat(2))

    with pytest.raises(EmbeddingMismatch, match="8 dimensions, got \\[16\\]"):
        store.apply([Put((wider,))])
    assert len(store.rows(ADA)) == 1


def test_a_large_call_commits_as_one(store: QdrantStore) -> None:
    """More than fits one request, or one point."""
    many = tuple(row(f"m{i}", seq=i, text="x" * 3000) for i in range(700))
    store.apply([Put(many)])

    assert len(store.rows(ADA)) == 700
    assert store.changes(ADA, 0).revision == 1


# -- retrying


def test_repeats_are_a_bounded_share_of_calls(clock: Clock) -> None:
    """The budget: in the long run at most one call in five is a repeat."""
    retry = Retry(wait=clock.wait, now=clock.now, jitter=lambda: 0.0, pause=0.0)
    tries = 0

    def down() -> None:
        nonlocal tries
        tries += 1
        raise Down("down")

    for _ in range(500):
        with pytest.raises(StoreUnavailable):
            retry.call("x", down)

    assert tries <= 500 * 1.2 + 10


def test_a_server_may_ask_to_wait(clock: Clock) -> None:
    """As long as it asks, up to two seconds."""
    retry = Retry(wait=clock.wait, now=clock.now, jitter=lambda: 0.0)
    answers: list[Exception | str] = [Down("busy", 1.5), "done"]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert retry.call("x", ask) == "done"
    assert clock.time == 1.5
