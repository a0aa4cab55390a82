"""What a cluster can do to a store: the engine's own shards, several replicas, and faults."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest

pytest.importorskip("qdrant_client")
pytest.importorskip("qdrant_edge")

import httpx

from benchmarks.cluster import URL, Cluster, Strict, Transport
from benchmarks.writers import Load, measure
from resmem_core import Message, ResilientMemory
from resmem_core.audit import verify
from resmem_core.engine.state.components import Components
from resmem_core.errors import Conflict, StoreUnavailable
from resmem_core.protocols import AppendAudit, Delete, Op, Put, PutDoc
from resmem_core.stores.qdrant import QdrantStore
from resmem_core.stores.retry import Retry
from resmem_core.testing.examples import ADA, BEN, row

Deliver = Callable[[], httpx.Response]


class Wire:
    """The way to the cluster: counts requests, and does something else at one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.at = -1
        self.instead: Callable[[Deliver], httpx.Response] = lambda deliver: deliver()

    def __call__(self, request: httpx.Request, deliver: Deliver) -> httpx.Response:
        self.count += 1
        return self.instead(deliver) if self.count == self.at else deliver()

    def arm(self, after: int, instead: Callable[[Deliver], httpx.Response]) -> None:
        """Do something else at the request after so many others."""
        self.count, self.at, self.instead = 0, after + 1, instead


class Dies(BaseException):
    """The process is gone."""


def dies_before(deliver: Deliver) -> httpx.Response:
    raise Dies


def dies_after(deliver: Deliver) -> httpx.Response:
    deliver()
    raise Dies


def loses_the_answer(deliver: Deliver) -> httpx.Response:
    deliver()
    raise httpx.ReadTimeout("no answer")


def repeats(deliver: Deliver) -> httpx.Response:
    deliver()
    return deliver()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(3)
    yield made
    made.close()


class Stores:
    """Opens handles on a cluster, each with its own wire; nobody really waits."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.opened: list[QdrantStore] = []
        self.waited = 0

    def __call__(self, wire: Wire | None = None, **how: Any) -> QdrantStore:
        retry = Retry(wait=self._wait, now=lambda: 0.0, jitter=lambda: 0.5, pause=0.0)
        client = {"transport": Transport(self.cluster, wire)}
        self.opened.append(QdrantStore(URL, retry=retry, client=client, **how))
        return self.opened[-1]

    def _wait(self, seconds: float) -> None:
        self.waited += 1

    def close(self) -> None:
        for store in self.opened:
            store.close()


@pytest.fixture
def opened(cluster: Cluster) -> Iterator[Stores]:
    """Handles on three replicas."""
    made = Stores(cluster)
    yield made
    made.close()


@pytest.fixture
def alone() -> Iterator[Stores]:
    """Handles on one."""
    made = Stores(Cluster(1))
    yield made
    made.close()
    made.cluster.close()


def space(case: int = 0) -> tuple[str, ...]:
    return ("acme", f"ada{case}")


def first(case: int = 0) -> list[Op]:
    """Two rows, a document, a record."""
    rows = (row("old", space(case)), row("a", space(case), text="first"))
    return [Put(rows), PutDoc("gate", f"k{case}", {"n": 1}), AppendAudit({"n": 1, "case": case})]


def second(case: int = 0) -> list[Op]:
    """A row changed, one made and one deleted; a document changed, one made; a record."""
    rows = (row("a", space(case), text="second"), row("b", space(case)))
    docs = [PutDoc("gate", f"k{case}", {"n": 2}, expect=1), PutDoc("head", f"k{case}", {"n": 2})]
    record = AppendAudit({"n": 2, "case": case})
    return [Put(rows), Delete(space(case), ("old",)), *docs, record]


BEFORE = ({"old": "text of old", "a": "first"}, 1, None, [1])
AFTER = ({"a": "second", "b": "text of b"}, 2, 2, [1, 2])


def state(store: QdrantStore, case: int = 0) -> tuple[Any, ...]:
    """Everything that the two calls change."""
    doc, head = store.doc("gate", f"k{case}"), store.doc("head", f"k{case}")
    texts = {held.memory.id: held.memory.text for held in store.rows(space(case))}
    log = [record["n"] for _, record in store.audit() if record.get("case") == case]
    return texts, doc and doc.body["n"], head and head.body["n"], log


def each_request(wire: Wire, store: QdrantStore) -> Iterator[int]:
    """A case for each request of the second call, after the first one."""
    store.apply(first(-1))
    wire.count = 0
    store.apply(second(-1))
    for case in range(wire.count):
        wire.at = -1
        store.apply(first(case))
        yield case


@pytest.mark.parametrize("death", [dies_before, dies_after])
def test_a_writer_that_dies_at_any_request_leaves_all_or_nothing(
    alone: Stores, death: Callable[[Deliver], httpx.Response]
) -> None:
    """The next to look sees the one state or the other, and can write."""
    wire, seen = Wire(), []
    store, other = alone(wire), alone()
    for case in each_request(wire, store):
        wire.arm(case, death)
        with suppress(Dies):
            store.apply(second(case))
        seen.append(state(other, case))
        other.apply([Put((row("c", space(case)),)), PutDoc("gate", f"k{case}", {})])

    assert all(found in (BEFORE, AFTER) for found in seen)
    assert (seen[0], seen[-1]) == (BEFORE, AFTER)
    assert verify(record for _, record in other.audit())


@pytest.mark.parametrize("fault", [loses_the_answer, repeats])
def test_a_request_that_is_lost_or_repeated_counts_once(
    alone: Stores, fault: Callable[[Deliver], httpx.Response]
) -> None:
    """Whichever it is."""
    wire = Wire()
    store, other = alone(wire), alone()
    for case in each_request(wire, store):
        wire.arm(case, fault)
        store.apply(second(case))
        store._at.retry._tokens = 5.0

        assert state(other, case) == AFTER


def test_a_request_that_arrives_late_brings_nothing_back(alone: Stores) -> None:
    """After others have written over it, and after everything was forgotten."""
    wire, late = Wire(), []

    def keeps(deliver: Deliver) -> httpx.Response:
        late.append(deliver)
        return deliver()

    store, other = alone(wire), alone()
    for case in each_request(wire, store):
        wire.arm(case, keeps)
        store.apply(second(case))
        third = row("a", space(case), text="third")
        other.apply([Put((third,)), PutDoc("gate", f"k{case}", {"n": 3})])
        late[-1]()
        assert state(other, case) == ({"a": "third", "b": "text of b"}, 3, 2, [1, 2])
        other.erase(space(case))
        late[-1]()
        assert state(other, case) == ({}, 3, 2, [1, 2])
        other.apply([Put((row("z", space(case)),))])
        assert [held.memory.id for held in other.rows(space(case))] == ["z"]


def test_no_text_of_what_was_erased_stands_in_a_replica(alone: Stores) -> None:
    """Not in a journal either that a dead writer left, once somebody has written again."""
    wire = Wire()
    store, other = alone(wire), alone()
    for case in each_request(wire, store):
        wire.arm(case, dies_after)
        with suppress(Dies):
            store.apply([Put((row("a", space(case), text="canary"),))])
        other.erase(space(case))
        other.apply([Put((row("b", space(case)),))])

    assert "canary" not in everything(alone.cluster)


def everything(cluster: Cluster) -> str:
    """All that the replicas hold, as one text."""
    points = [
        cluster.answer("POST", f"/collections/resmem_{name}/points/scroll", {}, {"limit": 10_000})
        for name in ("memories", "docs", "audit")
    ]
    return json.dumps([answer for status, answer in points if status == 200])


def test_a_replica_that_missed_a_write_is_outvoted(cluster: Cluster, opened: Stores) -> None:
    """It answers with what was before; whoever reads hears the others."""
    store, other = opened(), opened()
    store.apply(first())
    with cluster.away(2):
        store.apply(second())
    stale = cluster.answer("POST", "/collections/resmem_memories/points/count", {}, {})

    assert (stale[1]["result"]["count"], state(other)) == (2, AFTER)
    with cluster.away(1):  # one that knows is gone, one that does not is there: no majority agrees
        assert other.rows(BEN) == []
    cluster.heal()
    with cluster.away(0):
        assert state(other) == AFTER


def test_nothing_is_written_without_the_leader(cluster: Cluster, opened: Stores) -> None:
    """A partition refuses writes and serves reads; when it is over both go on."""
    store = opened()
    store.apply(first())
    with cluster.away(0):
        with pytest.raises(StoreUnavailable):
            store.apply(second())
        assert state(store) == BEFORE
    store._at.retry.resume()
    store.apply(second())

    assert state(store) == AFTER


def test_a_write_that_too_few_replicas_have_is_no_success(cluster: Cluster, opened: Stores) -> None:
    """With three replicas two must have it; what one of them kept does no harm afterwards."""
    store = opened(replicas=3)
    store.apply(first())
    with cluster.away(1, 2), pytest.raises(StoreUnavailable):
        store.apply(second())
    cluster.heal()
    store._at.retry.resume()

    assert state(store) == BEFORE
    store.apply(second())
    assert state(store) == AFTER


def test_an_operators_limits_are_kept() -> None:
    """Strict mode: small pages and batches, few values a condition, no filter without an index."""
    limits = Strict(
        max_query_limit=30, upsert_max_batchsize=20, condition_max_size=10, unindexed=False
    )
    cluster = Cluster(1, strict=limits)
    store = QdrantStore(URL, client={"transport": Transport(cluster)})
    many = tuple(row(f"m{n}", seq=n) for n in range(70))
    store.apply([Put(many), *(PutDoc("view", str(n), {}) for n in range(40))])
    ids = [f"m{n}" for n in range(0, 70, 2)]

    assert len(store.rows(ADA)) == 70
    assert len(store.rows(ADA, ids=ids)) == len(store.sources(ADA, ids)) == 35
    assert len(store.docs("view")) == 40
    assert store.changes(ADA, 0).revision == 1
    store.apply([Delete(ADA, tuple(ids))])
    assert len(store.changes(ADA, 1).gone) == 35
    assert store.erase(ADA, [f"m{n}" for n in range(70)]) == 35
    assert store.namespaces() == []
    store.close()
    cluster.close()


def stopped(opened: Stores, ops: list[Op]) -> None:
    """A writer that has locked what it changes, and goes no further."""
    wire = Wire()
    store = opened(wire)
    for after in range(100):
        wire.arm(after, dies_after)
        with suppress(Dies):
            store.apply(ops)
        locked = '"lock": "' in everything(opened.cluster).replace('"lock": ""', "")
        if locked:
            return


def test_a_namespace_does_not_wait_for_another_ones_writer(opened: Stores) -> None:
    """One is stopped in the middle of its commit: the others take their usual requests."""
    wire = Wire()
    store = opened(wire)
    store.apply([Put((row("x", BEN),)), Put((row("a"),))])
    wire.count = 0
    store.apply([Put((row("y", BEN),)), PutDoc("head", "ben", {})])
    usual = wire.count
    stopped(opened, [Put((row("b"),)), PutDoc("head", "ada", {})])
    wire.count = opened.waited = 0
    store.apply([Put((row("z", BEN),)), PutDoc("head", "ben", {})])

    assert (wire.count, opened.waited) == (usual, 0)


def test_a_reader_does_not_wait_for_a_writer_that_stopped(opened: Stores) -> None:
    """It looks a few times, then puts the commit in its place itself."""
    wire = Wire()
    reader = opened(wire)
    reader.apply(first())
    stopped(opened, second())
    wire.count = opened.waited = 0
    found = state(reader)

    assert found in (BEFORE, AFTER)
    assert opened.waited <= 5
    assert wire.count < 60


def test_many_open_a_store_at_once(cluster: Cluster) -> None:
    """Where there is none yet: one makes the collections, and all can write."""
    stores: list[QdrantStore] = []

    def write(number: int) -> None:
        stores.append(QdrantStore(URL, client={"transport": Transport(cluster)}))
        stores[-1].apply([Put((row(str(number)),))])

    together(write)

    assert len(stores[0].rows(ADA)) == 4


def test_threads_share_a_handle(opened: Stores) -> None:
    """Each writes to a namespace of its own, and nothing is lost."""
    store = opened()

    def write(number: int) -> None:
        for n in range(3):
            store.apply([Put((row(f"{n}", ("acme", str(number))),))])

    together(write)

    assert [len(store.rows(("acme", str(number)))) for number in range(4)] == [3] * 4


def together(write: Callable[[int], None]) -> None:
    """In four threads at once."""
    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_writers_of_several_handles_lose_nothing(cluster: Cluster) -> None:
    """Threads of their own handles, two namespaces, and one document that all of them count up."""
    spaces, each = [ADA, BEN], 6

    def write(number: int) -> None:
        store = QdrantStore(URL, client={"transport": Transport(cluster)})
        for n in range(each):
            while True:
                doc = store.doc("gate", "sum")
                put = Put((row(f"{number}-{n}", spaces[number % 2]),))
                body = {"n": doc.body["n"] + 1 if doc else 1}
                with suppress(Conflict):
                    store.apply([put, PutDoc("gate", "sum", body, doc.version if doc else 0)])
                    break
        store.close()

    QdrantStore(URL, client={"transport": Transport(cluster)}).close()
    together(write)
    store = QdrantStore(URL, client={"transport": Transport(cluster)})
    doc = store.doc("gate", "sum")

    assert doc is not None
    assert doc.body == {"n": 24}
    assert [len(store.rows(space)) for space in spaces] == [12, 12]
    store.close()


def test_a_memory_of_two_workers_is_one(opened: Stores) -> None:
    """What one was told the other recalls."""
    parts = Components.of(1.0, auto_sleep=False)
    one, other = ResilientMemory(opened(), parts), ResilientMemory(opened(), parts)
    one.session("1", namespace=ADA).observe(
        Message("user", "My sister keeps bees in Turin.", id="m1")
    )

    assert [h.id for h in other.session("2", namespace=ADA).recall("Who keeps bees?")] == ["m1"]


def test_a_store_of_the_earlier_layout_is_taken_over(cluster: Cluster, opened: Stores) -> None:
    """Where all writers queued at one head: documents, rows and the log go on."""
    store = opened()
    store.apply(first())
    at = "/collections/resmem_docs/points"
    for record in cluster.answer("POST", f"{at}/scroll", {}, {"limit": 99})[1]["result"]["points"]:
        payload = {
            n: v for n, v in record["payload"].items() if n not in ("stamp", "lock", "within")
        }
        if payload["kind"] == " audit":
            payload |= {"kind": " head", "done": True, "token": "t", "parts": [], "commit": 1}
        point = {"id": record["id"], "vector": {}, "payload": payload}
        cluster.answer("PUT", at, {}, {"points": [point]})
    later = opened()
    later.apply(second())

    assert state(later) == AFTER


def test_a_namespaces_documents_are_found_without_those_of_others(
    cluster: Cluster, opened: Stores
) -> None:
    """A recall asks for them each time: what it reads must not grow with tenants."""
    store = opened()
    keys = [f"acme\x1f{name}\x1f\x1f{n}" for name in ("ada", "adam", "ben") for n in range(3)]
    store.apply([PutDoc("view", key, {}) for key in (*keys, "acme\x1fada", "other")])
    read: list[int] = []
    scroll = store._at.client.scroll
    store._at.client.scroll = lambda *a, **k: read.append(len((r := scroll(*a, **k))[0])) or r  # type: ignore[method-assign,func-returns-value]

    assert [doc.key for doc in store.docs("view", "acme\x1fada\x1f\x1f")] == keys[:3]
    assert read == [3, 3]
    assert [doc.key for doc in store.docs("view", "acme\x1fada\x1f\x1f2")] == keys[2:3]
    assert len(store.docs("view", "acme\x1fada")) == 7
    assert len(store.docs("view")) == 11


@pytest.mark.parametrize(
    "load",
    [
        pytest.param(Load(1, 2, 6, 2), id="few"),
        pytest.param(Load(8, 4, 640, 1), id="one namespace", marks=pytest.mark.nightly),
        pytest.param(Load(8, 4, 3_200, 1_000), id="thousand", marks=pytest.mark.nightly),
    ],
)
def test_many_writers_are_refused_nothing_and_lose_nothing(load: Load) -> None:
    """Processes and threads over a port of this machine, as `resmem bench writers` runs them."""
    figures = measure(load, "cluster")

    assert (figures["refused"], figures["lost"], figures["messages"]) == (0, 0, load.messages)
