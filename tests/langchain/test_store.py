"""`ResmemStore` beyond parity: durability, times to live, the gate, LangGraph and LangMem on it."""

from __future__ import annotations

import asyncio

import pytest
from langchain.agents import create_agent
from langchain.tools import ToolRuntime
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph
from langgraph.store.base import PutOp
from langgraph.store.memory import InMemoryStore

from resmem_core import ResilientMemory
from resmem_core.errors import ConfigError, InputError, InputTypeError
from resmem_core.types import Verdict
from resmem_langchain import PutRejected, ResmemStore

NS = ("acme", "ada")
FACT = {"content": "Ada's passport number is needed for the visa in March 2027."}
JUNK = {"content": "   "}


# -- faithful


def test_it_survives_a_restart(tmp_path):
    """What was put is there when the file is opened again."""
    place = str(tmp_path / "a.db")
    with ResilientMemory.open(place) as memory:
        ResmemStore(memory).put(NS, "home", {"city": "Lisbon"})

    with ResilientMemory.open(place) as memory:
        item = ResmemStore(memory).get(NS, "home")

    assert item is not None
    assert item.value == {"city": "Lisbon"}


def test_created_at_survives_an_update(memory, clock):
    """An update keeps the time of creation."""
    store = ResmemStore(memory)
    store.put(NS, "home", {"city": "Oslo"})
    created = store.get(NS, "home").created_at
    clock.wait(60)
    store.put(NS, "home", {"city": "Lisbon"})

    item = store.get(NS, "home")
    assert item.created_at == created
    assert (item.updated_at - created).total_seconds() == 60


@pytest.mark.parametrize("value", [{"x": object()}, {"x": float("nan")}, {"x": b"bytes"}])
def test_what_is_no_json_is_refused(memory, value):
    """A value that cannot be written as it is is refused, and nothing of its batch is written."""
    store = ResmemStore(memory)

    with pytest.raises((TypeError, ValueError)):
        store.batch([PutOp(NS, "good", {"n": 1}), PutOp(NS, "bad", value)])

    assert store.search(NS) == []


@pytest.mark.parametrize("labels", [("a.b",), ("",), (1,), ("a\x00",)])
def test_direct_batches_are_checked_too(memory, labels):
    """Bad labels are refused also where LangGraph's own methods do not look."""
    with pytest.raises(InputError):
        ResmemStore(memory).batch([PutOp(labels, "k", {"n": 1})])


def test_a_broken_index_writes_nothing(memory):
    """An embedder that fails costs the whole batch, not half of it."""

    def broken(texts):
        raise ConnectionError("no embeddings today")

    store = ResmemStore(memory, index={"dims": 2, "embed": broken})
    with pytest.raises(ConnectionError):
        store.put(NS, "k", {"text": "x"})

    assert ResmemStore(memory).search(NS) == []


def test_inner_takes_its_own_settings(memory):
    """index and ttl belong to the store that keeps the items."""
    with pytest.raises(ConfigError, match="inner"):
        ResmemStore(memory, inner=InMemoryStore(), ttl={"default_ttl": 1})


# -- times to live, in minutes


def timed(memory, **ttl):
    return ResmemStore(memory, ttl={"omit_expired": True, "refresh_on_read": False, **ttl})


def test_items_expire(memory, clock):
    """After its time an item is not shown, by any way of reading."""
    store = timed(memory)
    store.put(NS, "k", {"n": 1}, ttl=10)
    store.put(NS, "for ever", {"n": 2}, ttl=None)
    clock.wait(10 * 60)

    assert store.get(NS, "k") is None
    assert [i.key for i in store.search(NS)] == ["for ever"]


def test_the_default_applies(memory, clock):
    """Without a time of its own an item gets the default."""
    store = timed(memory, default_ttl=5)
    store.put(NS, "k", {"n": 1})
    clock.wait(4 * 60)
    assert store.get(NS, "k") is not None
    clock.wait(60)

    assert store.get(NS, "k") is None


@pytest.mark.parametrize("how", ["get", "search"])
def test_reading_refreshes_where_asked(memory, clock, how):
    """`refresh_ttl=True` begins the time anew; False does not."""
    store = timed(memory)
    for key in ("kept", "lost"):
        store.put(NS if key == "kept" else ("other",), key, {"n": 1}, ttl=10)
    clock.wait(8 * 60)
    if how == "get":
        store.get(NS, "kept", refresh_ttl=True)
        store.get(("other",), "lost", refresh_ttl=False)
    else:
        store.search(NS, refresh_ttl=True)
        store.search(("other",), refresh_ttl=False)
    clock.wait(8 * 60)

    assert store.get(NS, "kept") is not None
    assert store.get(("other",), "lost") is None


def test_sweeping_deletes(memory, clock):
    """A sweep removes expired items from the disk, by call or by interval."""
    store = ResmemStore(memory, ttl={"sweep_interval_minutes": 60, "refresh_on_read": False})
    store.put(NS, "a", {"n": 1}, ttl=1)
    clock.wait(120)
    assert store.get(NS, "a") is not None
    assert store.sweep_ttl() == 1

    store.put(NS, "b", {"n": 1}, ttl=1)
    clock.wait(3600)

    assert store.get(NS, "b") is None
    assert memory.store.docs("langgraph") == []


def test_ttl_needs_an_inner_that_has_it(memory):
    """Around a store without TTL a TTL is refused, as by that store."""
    store = ResmemStore(memory, inner=InMemoryStore())

    with pytest.raises(NotImplementedError):
        store.put(NS, "k", {"n": 1}, ttl=1)


# -- the gate


def test_without_the_gate_everything_is_kept(memory):
    """Faithful by default: also what the gate would not keep."""
    store = ResmemStore(memory)
    store.put(NS, "junk", JUNK)

    assert store.get(NS, "junk").value == JUNK
    assert not store.decisions


@pytest.fixture(params=["ours", "around langgraph's"])
def gated(request, memory):
    inner = None if request.param == "ours" else InMemoryStore()
    return lambda **more: ResmemStore(memory, inner=inner, gate=True, **more)


def test_raise_refuses_the_whole_batch(gated):
    """`on_reject="raise"`: the caller knows, and nothing of the batch is written."""
    store = gated()

    with pytest.raises(PutRejected) as caught:
        store.batch([PutOp(NS, "fact", FACT), PutOp(NS, "junk", JUNK)])

    assert caught.value.reason
    assert store.search(NS) == []
    assert [d.verdict for d in store.decisions] == [Verdict.KEEP, Verdict.DROP]


async def test_quarantine_keeps_it_apart(gated):
    """`on_reject="quarantine"`: it waits in a namespace of its own."""
    store = gated(on_reject="quarantine")

    await store.aput(NS, "fact", FACT)
    await store.aput(NS, "junk", JUNK)

    assert [i.key for i in await store.asearch(NS)] == ["fact"]
    assert [i.key for i in await store.asearch(("resmem_quarantine", *NS))] == ["junk"]


def test_drop_drops_and_logs(gated):
    """`on_reject="drop"`: gone, with the reason in the log, without its text."""
    store = gated(on_reject="drop")

    results = store.batch([PutOp(NS, "junk", JUNK), PutOp(NS, "fact", FACT)])

    assert results == [None, None]
    assert [i.key for i in store.search(NS)] == ["fact"]
    assert [(d.key, d.verdict) for d in store.decisions] == [
        ("junk", Verdict.DROP),
        ("fact", Verdict.KEEP),
    ]
    assert all(d.reason for d in store.decisions)


def test_a_repeat_is_recognised(gated):
    """The same fact under another key is refused; under its own key it is no news."""
    store = gated()
    store.put(NS, "one", FACT)
    store.put(NS, "one", FACT)

    with pytest.raises(PutRejected):
        store.put(NS, "two", FACT)

    assert len(store.search(NS)) == 1


def test_deleted_items_are_forgotten(gated, memory):
    """A delete also erases what the memory observed, so that the fact may come again."""
    store = gated()
    store.put(NS, "one", FACT)
    seen = len(memory.scan(NS))
    store.delete(NS, "one")

    assert (seen, len(memory.scan(NS))) == (1, 0)
    store.put(NS, "two", FACT)
    assert store.get(NS, "two").value == FACT


def test_on_reject_is_checked(memory):
    """Another word is a ConfigError."""
    with pytest.raises(ConfigError):
        ResmemStore(memory, gate=True, on_reject="ignore")


# -- as the store of graphs, agents and LangMem


async def test_tools_reach_it_in_an_agent(memory, recorder, calls_tool, run, call):
    """`create_agent(store=…)` hands it to tools."""

    @tool
    def note(runtime: ToolRuntime) -> str:
        """Write a note."""
        runtime.store.put(NS, "note", {"text": "noted"})
        return "ok"

    store = ResmemStore(memory)
    agent = create_agent(recorder(calls_tool("note"), AIMessage("Done.")), [note], store=store)
    await call(agent, {"messages": [("user", "Note it.")]}, run())

    assert store.get(NS, "note").value == {"text": "noted"}


langmem = pytest.importorskip("langmem", exc_type=ImportError)


async def test_langmem_tools_work_on_it(memory, recorder, run, call):
    """LangMem's manage and search tools, in an agent on our store."""
    store = ResmemStore(memory)
    manage = langmem.create_manage_memory_tool(namespace=("memories", "{langgraph_user_id}"))
    search = langmem.create_search_memory_tool(namespace=("memories", "{langgraph_user_id}"))
    wanted = {"content": "Ada lives in Lisbon.", "action": "create"}
    ask = {"query": "Lisbon"}
    model = recorder(
        AIMessage("", tool_calls=[{"name": "manage_memory", "args": wanted, "id": "1"}]),
        AIMessage("", tool_calls=[{"name": "search_memory", "args": ask, "id": "2"}]),
        AIMessage("Done."),
    )
    agent = create_agent(model, [manage, search], store=store)
    config = run()
    config["configurable"]["langgraph_user_id"] = "ada"

    result = await call(agent, {"messages": [("user", "Remember it.")]}, config)

    texts = [m.text for m in result["messages"] if m.type == "tool"]
    assert texts[0].startswith("created memory")
    assert "Ada lives in Lisbon." in texts[1]
    assert len(store.search(("memories", "ada"))) == 1


async def test_langmem_is_told_of_a_refusal(memory, recorder, run, call):
    """With the gate on "raise", LangMem's tool cannot claim to have created a memory, and the
    agent goes on."""
    store = ResmemStore(memory, gate=True)
    manage = langmem.create_manage_memory_tool(namespace=("memories",))
    junk = {"content": " ", "action": "create"}
    calls = [{"name": "manage_memory", "args": junk, "id": "1"}]
    model = recorder(AIMessage("", tool_calls=calls), AIMessage("Done."))
    agent = create_agent(model, [manage], store=store)

    result = await call(agent, {"messages": [("user", "Remember it.")]}, run())

    told = next(m for m in result["messages"] if m.type == "tool")
    assert (told.status, "refused by the gate" in told.text) == ("error", True)
    assert result["messages"][-1].text == "Done."
    assert store.search(("memories",)) == []


def test_a_refused_put_ends_no_graph(memory):
    """In a node of one's own there is nobody to tell: what is refused waits in quarantine."""
    store = ResmemStore(memory, gate=True)

    def node(state, *, store):
        store.put(NS, "blank", {"text": " "})
        return {"done": True}

    graph = StateGraph(dict).add_node("work", node).add_edge(START, "work").compile(store=store)
    graph.invoke({})

    assert store.search(NS) == []
    assert store.get(("resmem_quarantine", *NS), "blank") is not None
    with pytest.raises(PutRejected):
        store.put(NS, "blank", {"text": " "})


# -- searches without an index, other distances, filters, sweeping, many tasks


def test_a_query_without_an_index_ranks_by_words(memory):
    """None is left out, the best comes first."""
    store = ResmemStore(memory)
    for n in range(12):
        store.put(NS, f"k{n}", {"text": f"Parcel {n} goes to the depot in the harbour."})
    store.put(NS, "kiln", {"text": "The kiln fires at 1240 degrees.", "n": 1})
    found = store.search(NS, query="How hot does the kiln fire?", limit=20)

    assert found[0].key == "kiln"
    assert len(found) == 13
    assert store.search(NS, query="kiln", limit=1)[0].key == "kiln"
    assert store.search(NS, query="kiln", filter={"n": 1})[0].key == "kiln"


@pytest.mark.parametrize(
    ("kind", "best"), [("cosine", "far"), ("l2", "near"), ("inner_product", "far")]
)
def test_the_distance_of_an_index_is_honoured(memory, kind, best):
    """(3, 3) points where (1, 1) does; (1.2, 0.9) lies nearer to it."""

    def embed(texts):
        return [[float(n) for n in text.split()] for text in texts]

    index = {"dims": 2, "embed": embed, "fields": ["at"], "distance_type": kind}
    store = ResmemStore(memory, index=index)
    store.put(NS, "far", {"at": "3 3"})
    store.put(NS, "near", {"at": "1.2 0.9"})

    assert store.search(NS, query="1 1")[0].key == best
    assert store.index_config["distance_type"] == kind


@pytest.mark.parametrize(
    "index",
    [
        {"dims": 2, "embed": print, "distance_type": "manhattan"},
        {"dims": 0, "embed": print}, {"embed": print}, {"dims": 2, "embed": print, "colour": 1},
    ],
)  # fmt: skip
def test_an_index_that_cannot_be_honoured_is_refused(memory, index):
    """At once, and not by searches that find nothing."""
    with pytest.raises(ConfigError):
        ResmemStore(memory, index=index)


def test_vectors_of_another_length_are_refused(memory):
    """Nothing of the batch is written."""
    store = ResmemStore(memory, index={"dims": 3, "embed": lambda ts: [[1.0, 2.0] for _ in ts]})
    with pytest.raises(InputError, match="dims=3"):
        store.put(NS, "k", {"text": "x"})

    assert store.get(NS, "k") is None


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({"tags.lang": "en"}, ["a"]), ({"n": {"$in": [2, 3]}}, ["b"]),
        ({"$or": [{"n": 1}, {"tags.lang": "pt"}]}, ["a", "b"]), ({"n": {"$nin": [1]}}, ["b"]),
        ({"$not": {"n": 1}}, ["b"]), ({"tags": {"$exists": True}, "n": {"$gt": 1}}, ["b"]),
        ({"$and": [{"n": {"$gte": 1}}, {"n": {"$lt": 2}}]}, ["a"]), ({"n": {"$ne": 2}}, ["a"]),
    ],
)  # fmt: skip
def test_filters_are_honoured(memory, wanted, keys):
    """Dotted paths, lists of filters, membership, absence."""
    store = ResmemStore(memory)
    store.put(NS, "a", {"n": 1, "tags": {"lang": "en"}})
    store.put(NS, "b", {"n": 2, "tags": {"lang": "pt"}})

    assert sorted(item.key for item in store.search(NS, filter=wanted)) == keys


@pytest.mark.parametrize(
    "wanted", [{"n": {"$near": 1}}, {"$where": "x"}, {"$or": {}}, {"n": {"$in": 1}}]
)
def test_a_filter_that_is_not_understood_is_an_error(memory, wanted):
    """Also where there is nothing to filter."""
    with pytest.raises((InputError, InputTypeError)):
        ResmemStore(memory).search(NS, filter=wanted)


async def test_a_sweeper_deletes_in_the_background(memory, clock):
    """Started once, awaited as LangGraph's is, and stopped."""
    store = ResmemStore(memory, ttl={"default_ttl": 1})
    store.put(NS, "k", {"text": "x"})
    sweep = await store.start_ttl_sweeper(0.0001)
    same = store.start_ttl_sweeper(0.0001)
    clock.wait(3600)
    for _ in range(500):
        if not memory.store.docs("langgraph"):
            break
        await asyncio.sleep(0.01)

    assert same is sweep
    assert memory.store.docs("langgraph") == []
    assert store.stop_ttl_sweeper(10)
    with pytest.raises(ConfigError):
        store.start_ttl_sweeper(0)


async def test_many_tasks_share_a_batch_and_not_their_errors(tmp_path):
    """Each task has its own answers; a bad value costs its own task."""
    with ResilientMemory.open(str(tmp_path / "m.db")) as memory:
        store = ResmemStore(memory)
        applied = []
        apply = memory.store.apply
        memory.store.apply = lambda ops: (applied.append(len(ops)), apply(ops))[1]
        bad = store.aput(NS, "bad", {"text": {1, 2}})
        good = [store.aput(NS, f"k{n}", {"n": n}) for n in range(200)]
        outcomes = await asyncio.gather(*good[:100], bad, *good[100:], return_exceptions=True)
        before = len(applied)
        got = await asyncio.gather(*(store.aget(NS, f"k{n}") for n in range(200)))
        many = [store.aput(("acme", "b"), f"k{n}", {"n": n}) for n in range(100)]
        await asyncio.gather(*many)

        assert [item.value["n"] for item in got] == list(range(200))
        assert [type(o).__name__ for o in outcomes if o is not None] == ["InputTypeError"]
        assert len(applied) == before + 1
