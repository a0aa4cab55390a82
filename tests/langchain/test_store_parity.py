"""What LangGraph stores promise, as one suite over LangGraph's own store and ours.

LangGraph publishes no conformance suite for `BaseStore`. That this one passes on `InMemoryStore`
shows that it asks for nothing special; where LangGraph's store falls short, the case says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from langchain_core.embeddings import Embeddings
from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from resmem_core import ResilientMemory
from resmem_langchain import ResmemStore

NS = ("acme", "ada")


class Letters(Embeddings):
    """Counts letters: texts with the same letters are close."""

    def embed_query(self, text: str) -> list[float]:
        counts = [0.0] * 26
        for letter in text.lower():
            if "a" <= letter <= "z":
                counts[ord(letter) - ord("a")] += 1.0
        return counts

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


@pytest.fixture(params=["langgraph", "ours", "ours, on disk", "ours around langgraph's"])
def make(request, tmp_path):
    """Makes a store; `index=` as the stores take it."""
    if request.param == "langgraph":
        yield InMemoryStore
        return
    place = str(tmp_path / "store.db") if "disk" in request.param else ":memory:"
    with ResilientMemory.open(place) as memory:
        if "around" in request.param:
            yield lambda **index: ResmemStore(memory, inner=InMemoryStore(**index))
        else:
            yield lambda **index: ResmemStore(memory, **index)


@pytest.fixture
def store(make):
    return make()


def indexed(make, **more):
    return make(index={"dims": 26, "embed": Letters(), "fields": ["text"], **more})


class Ways:
    """The same five methods, sync or async."""

    def __init__(self, store, sync: bool) -> None:
        self.store, self.sync = store, sync

    def __getattr__(self, name):
        async def run(*args, **kwargs):
            if self.sync:
                return getattr(self.store, name)(*args, **kwargs)
            return await getattr(self.store, f"a{name}")(*args, **kwargs)

        return run


@pytest.fixture(params=["sync", "async"])
def ways(request) -> Callable[..., Ways]:
    return lambda store: Ways(store, request.param == "sync")


# -- get, put, delete


async def test_put_get(store, ways):
    """What is put is there, with its namespace, key and times."""
    way = ways(store)
    await way.put(NS, "home", {"city": "Lisbon", "since": 2026, "tags": ["a", {"b": None}]})

    item = await way.get(NS, "home")

    assert item.value == {"city": "Lisbon", "since": 2026, "tags": ["a", {"b": None}]}
    assert (item.namespace, item.key) == (NS, "home")
    assert item.created_at.tzinfo is not None
    assert item.updated_at >= item.created_at


async def test_get_missing(store, ways):
    """Unknown keys and namespaces are None."""
    way = ways(store)
    await way.put(NS, "home", {"city": "Lisbon"})

    assert await way.get(NS, "work") is None
    assert await way.get(("acme", "bob"), "home") is None
    assert await way.get(("acme",), "home") is None


async def test_put_replaces(store, ways):
    """A second put replaces the whole value."""
    way = ways(store)
    await way.put(NS, "home", {"city": "Oslo", "since": 2020})
    await way.put(NS, "home", {"city": "Lisbon"})

    assert (await way.get(NS, "home")).value == {"city": "Lisbon"}


async def test_delete(store, ways):
    """A deleted item is gone; to delete it again is no error."""
    way = ways(store)
    await way.put(NS, "home", {"city": "Lisbon"})
    await way.delete(NS, "home")
    await way.delete(NS, "home")

    assert await way.get(NS, "home") is None
    assert await way.search(NS) == []


async def test_the_caller_keeps_its_own_value(store, ways):
    """The store holds what it was given, not the caller's dict."""
    way, value = ways(store), {"city": "Lisbon"}
    await way.put(NS, "home", value)
    value["city"] = "Oslo"

    assert (await way.get(NS, "home")).value == {"city": "Lisbon"}


async def test_same_key_in_other_namespaces(store, ways):
    """Keys belong to their namespace; order and split of labels matter."""
    way = ways(store)
    places = [("a", "b"), ("b", "a"), ("a", "b", "c"), ("ab",), ("a",)]
    for n, place in enumerate(places):
        await way.put(place, "key", {"n": n})

    found = [(await way.get(place, "key")).value["n"] for place in places]
    assert found == list(range(5))


@pytest.mark.parametrize("key", ["", " ", "a.b", "ä/ö?#%", "x" * 300, "\x1f\x1e", "🙂"])
async def test_any_key(store, ways, key):
    """Keys are any strings."""
    way = ways(store)
    await way.put(NS, key, {"n": 1})

    assert (await way.get(NS, key)).key == key
    assert [i.key for i in await way.search(NS)] == [key]


@pytest.mark.parametrize("label", ["%", "_", "*", "ä ö", "\x1f", "\x1e", "\x1b1", "🙂", "a\nb"])
async def test_any_label(store, ways, label):
    """Labels are any non-empty strings without a dot; none is a wildcard in a put."""
    way = ways(store)
    await way.put(("a", label), "k", {"n": 1})
    await way.put(("a", "other"), "k", {"n": 2})

    assert [i.value["n"] for i in await way.search(("a", label))] == [1]
    assert set(await way.list_namespaces(prefix=("a",))) == {("a", label), ("a", "other")}


@pytest.mark.parametrize(
    "namespace", [(), ("",), ("a", ""), ("a.b",), ("langgraph", "x"), ("a\x00b",), (1, "a")]
)
async def test_bad_namespaces_are_refused(store, ways, namespace):
    """Empty, dotted and reserved namespaces are refused, and nothing is written."""
    way = ways(store)
    with pytest.raises(InvalidNamespaceError):
        await way.put(namespace, "key", {"n": 1})

    assert await way.list_namespaces() == []


# -- search


async def test_search_is_by_segment(store, ways):
    """A prefix is whole labels: ("foo",) finds ("foo", "x") and never ("foobar",)."""
    way = ways(store)
    for place in (("foo",), ("foo", "x"), ("foobar",), ("fo",), ("x", "foo")):
        await way.put(place, "k", {"at": "/".join(place)})

    found = {i.value["at"] for i in await way.search(("foo",))}
    assert found == {"foo", "foo/x"}


async def test_search_everything(store, ways):
    """The empty prefix is every namespace."""
    way = ways(store)
    for place in (("a",), ("b", "c")):
        await way.put(place, "k", {"n": 1})

    assert {i.namespace for i in await way.search(())} == {("a",), ("b", "c")}


async def test_pages(store, ways):
    """limit and offset cut pages that overlap nowhere and leave nothing out; the default is 10."""
    way = ways(store)
    for n in range(25):
        await way.put(NS, f"k{n:02}", {"n": n})

    pages = [await way.search(NS, limit=10, offset=at) for at in (0, 10, 20, 30)]

    assert [len(p) for p in pages] == [10, 10, 5, 0]
    assert {i.key for p in pages for i in p} == {f"k{n:02}" for n in range(25)}
    assert len(await way.search(NS)) == 10


FILTERS = [
    ({"kind": "cat"}, {"miso", "tofu"}),
    ({"kind": "cat", "age": 3}, {"miso"}),
    ({"age": {"$eq": 3}}, {"miso"}),
    ({"kind": {"$ne": "cat"}}, {"rex"}),
    ({"age": {"$gt": 3}}, {"tofu", "rex"}),
    ({"age": {"$gte": 7}}, {"tofu", "rex"}),
    ({"age": {"$lt": 7}}, {"miso"}),
    ({"age": {"$lte": 7}}, {"miso", "tofu"}),
    ({"age": {"$gt": 3, "$lt": 9}}, {"tofu"}),
    ({"owner": {"name": "Ada"}}, {"miso"}),
    ({"owner": {"name": {"$ne": "Ada"}}}, {"tofu"}),
    ({"tags": ["a", "b"]}, {"miso"}),
    ({"tags": ["b", "a"]}, set()),
    ({"missing": None}, {"miso", "tofu", "rex"}),
    ({"kind": "dodo"}, set()),
    ({}, {"miso", "tofu", "rex"}),
]


@pytest.mark.parametrize(("wanted", "found"), FILTERS, ids=[str(f) for f, _ in FILTERS])
async def test_filters(store, ways, wanted, found):
    """Equality, operators, nested values, lists: all must hold."""
    way = ways(store)
    await way.put(
        NS, "miso", {"kind": "cat", "age": 3, "owner": {"name": "Ada"}, "tags": ["a", "b"]}
    )
    await way.put(NS, "tofu", {"kind": "cat", "age": 7, "owner": {"name": "Bob"}, "tags": []})
    await way.put(NS, "rex", {"kind": "dog", "age": 9})

    assert {i.key for i in await way.search(NS, filter=wanted)} == found


async def test_an_unknown_operator_is_refused(store, ways):
    """A filter that no store understands is an error, not an empty answer."""
    way = ways(store)
    await way.put(NS, "k", {"n": 1})

    with pytest.raises(ValueError, match="Unsupported operator"):
        await way.search(NS, filter={"n": {"$near": 1}})


async def test_a_query_without_an_index(store, ways):
    """Without an index a query finds what the prefix holds, without scores."""
    way = ways(store)
    await way.put(NS, "k", {"text": "Lisbon"})

    assert [(i.key, i.score) for i in await way.search(NS, query="x")] == [("k", None)]


# -- semantic search


async def test_the_closest_comes_first(make, ways):
    """With an index, items come by likeness, with falling scores."""
    way = ways(indexed(make))
    for key, text in {"a": "aaaa", "b": "aabb", "c": "cccc"}.items():
        await way.put(NS, key, {"text": text})

    found = await way.search(NS, query="aaa", limit=2)

    assert [i.key for i in found] == ["a", "b"]
    assert found[0].score == pytest.approx(1.0)
    assert found[1].score < found[0].score


async def test_fields(make, ways):
    """Only the index's fields count for likeness."""
    way = ways(indexed(make, fields=["text"]))
    await way.put(NS, "a", {"text": "aaaa", "note": "zzzz"})
    await way.put(NS, "b", {"text": "zzzz", "note": "aaaa"})

    assert [i.key for i in await way.search(NS, query="zzz", limit=1)] == ["b"]


async def test_paths_into_lists(make, ways):
    """A path may go through every element of a list; the best element counts."""
    way = ways(indexed(make, fields=["notes[*].text"]))
    await way.put(NS, "a", {"notes": [{"text": "xxxx"}, {"text": "aaaa"}]})
    await way.put(NS, "b", {"notes": [{"text": "aaxx"}]})

    found = await way.search(NS, query="aa")

    assert [i.key for i in found] == ["a", "b"]
    assert found[0].score == pytest.approx(1.0)


async def test_index_per_put(make, ways):
    """A put may name its own fields, or ask not to be indexed; then it has no score."""
    way = ways(indexed(make))
    await way.put(NS, "own", {"text": "aaaa", "note": "zzzz"}, index=["note"])
    await way.put(NS, "none", {"text": "zzzz"}, index=False)

    found = await way.search(NS, query="zzzz")

    assert [i.key for i in found] == ["own", "none"]
    assert (found[0].score, found[1].score) == (pytest.approx(1.0), None)


async def test_a_query_with_a_filter(make, ways):
    """Filters hold before likeness."""
    way = ways(indexed(make))
    await way.put(NS, "a", {"text": "aaaa", "kind": "x"})
    await way.put(NS, "b", {"text": "bbbb", "kind": "y"})

    found = await way.search(NS, query="aaaa", filter={"kind": "y"})
    assert [i.key for i in found] == ["b"]


async def test_an_update_is_indexed_anew(make, ways):
    """A replaced value is found by its new text."""
    way = ways(indexed(make))
    await way.put(NS, "a", {"text": "aaaa"})
    await way.put(NS, "b", {"text": "bbbb"})
    await way.put(NS, "a", {"text": "cccc"})

    assert [i.key for i in await way.search(NS, query="cc", limit=1)] == ["a"]


async def test_an_embedding_function(make, ways):
    """A plain function embeds as well as an Embeddings object."""
    letters = Letters()
    way = ways(make(index={"dims": 26, "embed": letters.embed_documents, "fields": ["text"]}))
    await way.put(NS, "a", {"text": "aaaa"})

    assert (await way.search(NS, query="aa"))[0].score == pytest.approx(1.0)


async def test_an_async_embedding_function(make):
    """An async function is awaited in the async methods."""

    async def embed(texts):
        return Letters().embed_documents(list(texts))

    store = make(index={"dims": 26, "embed": embed, "fields": ["text"]})
    await store.aput(NS, "a", {"text": "aaaa"})

    assert (await store.asearch(NS, query="aa"))[0].score == pytest.approx(1.0)


# -- namespaces


PLACES = [("a", "b", "c"), ("a", "b", "d"), ("a", "x"), ("z", "b", "c"), ("users", "1", "v1")]
LISTS = [
    ({}, sorted(PLACES)),
    ({"prefix": ("a",)}, [("a", "b", "c"), ("a", "b", "d"), ("a", "x")]),
    ({"prefix": ("a", "b")}, [("a", "b", "c"), ("a", "b", "d")]),
    ({"prefix": ("*", "b")}, [("a", "b", "c"), ("a", "b", "d"), ("z", "b", "c")]),
    ({"prefix": ("aa",)}, []),
    ({"suffix": ("c",)}, [("a", "b", "c"), ("z", "b", "c")]),
    ({"suffix": ("b", "*")}, [("a", "b", "c"), ("a", "b", "d"), ("z", "b", "c")]),
    ({"prefix": ("a",), "suffix": ("c",)}, [("a", "b", "c")]),
    ({"max_depth": 1}, [("a",), ("users",), ("z",)]),
    ({"prefix": ("a",), "max_depth": 2}, [("a", "b"), ("a", "x")]),
    ({"limit": 2}, sorted(PLACES)[:2]),
    ({"limit": 2, "offset": 1}, sorted(PLACES)[1:3]),
]


@pytest.mark.parametrize(("asked", "found"), LISTS, ids=[str(a) for a, _ in LISTS])
async def test_list_namespaces(store, ways, asked, found):
    """By prefix and suffix with wildcards, cut to a depth, sorted, in pages."""
    way = ways(store)
    for place in PLACES:
        await way.put(place, "k", {"n": 1})

    assert [tuple(n) for n in await way.list_namespaces(**asked)] == found


# -- batches


async def batched(store, sync, ops):
    return store.batch(ops) if sync else await store.abatch(ops)


@pytest.mark.parametrize("sync", [True, False])
async def test_results_are_in_order(store, sync):
    """One result per operation, in the order of the operations."""
    store.put(NS, "a", {"n": 1})
    ops = [
        PutOp(NS, "b", {"n": 2}),
        GetOp(NS, "a"),
        SearchOp(NS),
        ListNamespacesOp(match_conditions=(MatchCondition("prefix", ("acme",)),)),
        GetOp(NS, "missing"),
    ]

    results = await batched(store, sync, ops)

    assert results[0] is None
    assert results[1].value == {"n": 1}
    assert [i.key for i in results[2]] == ["a"]
    assert results[3] == [NS]
    assert results[4] is None


@pytest.mark.parametrize("sync", [True, False])
async def test_reads_come_before_the_batchs_writes(store, sync):
    """Within a batch, reads see what was there before, and the last put of a key wins."""
    store.put(NS, "a", {"n": 0})
    ops = [PutOp(NS, "a", {"n": 1}), GetOp(NS, "a"), PutOp(NS, "a", {"n": 2})]

    results = await batched(store, sync, ops)

    assert results[1].value == {"n": 0}
    assert store.get(NS, "a").value == {"n": 2}


@pytest.mark.parametrize("sync", [True, False])
async def test_put_and_delete_in_one_batch(store, sync):
    """Writes of one batch to one key: the last one counts."""
    await batched(store, sync, [PutOp(NS, "a", {"n": 1}), PutOp(NS, "a", None)])
    await batched(store, sync, [PutOp(NS, "b", None), PutOp(NS, "b", {"n": 2})])

    assert store.get(NS, "a") is None
    assert store.get(NS, "b").value == {"n": 2}


@pytest.mark.parametrize("sync", [True, False])
async def test_an_empty_batch(store, sync):
    """Nothing asked, nothing done."""
    assert await batched(store, sync, []) == []


@pytest.mark.parametrize("sync", [True, False])
async def test_batches_take_any_iterable(store, sync):
    """Operations may come from a generator."""
    await batched(store, sync, (PutOp(NS, f"k{n}", {"n": n}) for n in range(3)))

    assert len(store.search(NS)) == 3


@pytest.mark.parametrize("sync", [True, False])
async def test_an_unknown_operation_is_refused(store, sync):
    """What is no operation is an error."""
    with pytest.raises((TypeError, ValueError), match="Unknown operation"):
        await batched(store, sync, ["nonsense"])


async def test_concurrent_writes_all_land(store):
    """A hundred puts at once: none is lost."""
    await asyncio.gather(*(store.aput(NS, f"k{n:03}", {"n": n}) for n in range(100)))

    assert len(await store.asearch(NS, limit=200)) == 100


async def test_many_items(make, ways):
    """A few hundred items with an index are found by likeness."""
    way = ways(indexed(make))
    ops = [PutOp(NS, f"k{n}", {"text": chr(97 + n % 26) * 5 + str(n)}) for n in range(260)]
    way.store.batch(ops)

    found = await way.search(NS, query="ccc", limit=10)
    assert {i.value["text"][:5] for i in found} == {"ccccc"}


# -- what LangGraph asks of its own stores beside that


async def test_the_reserved_label(store, ways):
    """ "langgraph" is no first label for `put`; deeper it is one as any other."""
    way = ways(store)

    with pytest.raises(InvalidNamespaceError):
        await way.put(("langgraph", "x"), "k", {"n": 1})
    await way.put(("x", "langgraph"), "k", {"n": 2})
    assert (await way.get(("x", "langgraph"), "k")).value == {"n": 2}


@pytest.mark.parametrize("sync", [True, False])
async def test_a_direct_batch_may_use_the_reserved_label(store, sync):
    """What LangGraph keeps there itself comes as a batch, and is found and deleted."""
    place = ("langgraph", "x")
    await batched(store, sync, [PutOp(place, "k", {"n": 1})])
    (item,) = await batched(store, sync, [GetOp(place, "k")])
    await batched(store, sync, [PutOp(place, "k", None)])

    assert item.value == {"n": 1}
    assert await batched(store, sync, [GetOp(place, "k")]) == [None]


async def test_deleting_what_is_not_there(store, ways):
    """Changes nothing and raises nothing."""
    way = ways(store)
    await way.put(NS, "k", {"n": 1})
    await way.delete(NS, "other")
    await way.delete(("no", "where"), "k")

    assert [i.key for i in await way.search(())] == ["k"]


async def test_what_is_not_indexed_never_outranks(make, ways):
    """An item that was put with `index=False` does not take a place from indexed ones."""
    way = ways(indexed(make))
    await way.put(NS, "hidden", {"text": "aaaa"}, index=False)
    for key, text in {"a": "aaab", "b": "aabb"}.items():
        await way.put(NS, key, {"text": text})

    assert [i.key for i in await way.search(NS, query="aaaa", limit=2)] == ["a", "b"]


async def test_likeness_follows_an_update(make, ways):
    """The old words count no more, the new ones do."""
    way = ways(indexed(make))
    await way.put(NS, "k", {"text": "zzzz"})
    before = (await way.search(NS, query="zzzz"))[0].score
    await way.put(NS, "k", {"text": "aazz"})
    after = (await way.search(NS, query="zzzz"))[0].score
    fresh = (await way.search(NS, query="aazz"))[0].score

    assert after < before
    assert fresh > after


async def test_pages_of_a_query_do_not_overlap(make, ways):
    """Two pages and all of it agree."""
    way = ways(indexed(make))
    for n in range(7):
        await way.put(NS, f"k{n}", {"text": "a" * (n + 1) + "b" * (7 - n)})
    whole = [i.key for i in await way.search(NS, query="aab", limit=7)]
    pages = [
        i.key
        for offset in (0, 3, 6)
        for i in await way.search(NS, query="aab", limit=3, offset=offset)
    ]

    assert pages == whole
    assert len(set(whole)) == 7


@pytest.mark.parametrize("query", ["a " * 3000, "a%_'\"; --", "näïve 猫 🐈"])
async def test_any_query(make, ways, query):
    """Long, quoted, of any script: an answer, never an error."""
    way = ways(indexed(make))
    await way.put(NS, "k", {"text": "aaaa"})

    assert [i.key for i in await way.search(NS, query=query)] == ["k"]


@pytest.mark.parametrize("word", ["O'Brien", '"quoted"', "a;b--", "猫", "100%", "under_score", ""])
async def test_any_value_in_a_filter(store, ways, word):
    """What is a sign to a database is a value here, as are keys."""
    way = ways(store)
    await way.put(NS, "it", {"name": word, word or "empty": 1})
    await way.put(NS, "no", {"name": f"{word}x"})

    assert [i.key for i in await way.search(NS, filter={"name": word})] == ["it"]
    assert [i.key for i in await way.search(NS, filter={word or "empty": 1})] == ["it"]


async def test_kinds_of_values_are_not_mixed_up(store, ways):
    """1, "1", 1.5, true and null are five values."""
    way = ways(store)
    values = {"int": 1, "text": "1", "float": 1.5, "null": None}
    for key, value in values.items():
        await way.put(NS, key, {"v": value})

    assert [i.key for i in await way.search(NS, filter={"v": "1"})] == ["text"]
    assert [i.key for i in await way.search(NS, filter={"v": 1})] == ["int"]
    assert [i.key for i in await way.search(NS, filter={"v": 1.5})] == ["float"]


async def test_the_same_question_from_many_tasks(store):
    """Concurrent reads of one item agree, and the last of concurrent puts is there."""
    await store.aput(NS, "k", {"n": 0})
    read = await asyncio.gather(*(store.aget(NS, "k") for _ in range(5)))
    await asyncio.gather(*(store.aput(NS, "k", {"n": n}) for n in (1, 2, 3)))

    assert {item.value["n"] for item in read} == {0}
    assert (await store.aget(NS, "k")).value == {"n": 3}


async def test_everything_at_once(store):
    """Puts, gets, lists, searches and deletes of many tasks: each is answered."""
    work = []
    for n in range(40):
        place = ("many", str(n % 2))
        work += [
            store.aput(place, f"k{n % 10}", {"n": n}),
            store.aget(place, f"k{n % 10}"),
            store.alist_namespaces(max_depth=1 + n % 2),
            store.asearch(("many",)),
            store.adelete(place, f"k{n % 10}"),
        ]
    found = await asyncio.gather(*work)

    assert len(found) == 200
    assert all(isinstance(listed, list) for listed in found[2::5])
