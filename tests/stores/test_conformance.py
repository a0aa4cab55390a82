"""What every store promises. The suite runs over all of them; a new store only joins the list."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resmem_core.audit import trim, verify
from resmem_core.errors import (
    ClosedError,
    Conflict,
    InputError,
    InputTypeError,
    NamespaceError,
    TooLarge,
)
from resmem_core.protocols import (
    AppendAudit,
    Delete,
    DeleteDoc,
    Op,
    Put,
    PutDoc,
    Row,
    Store,
    TrimAudit,
)
from tests.stores.examples import ADA, BEN, FULL, row, same


def ids(rows: list[Row]) -> list[str]:
    return [r.memory.id for r in rows]


def test_it_is_a_store(store: Store) -> None:
    """It has the protocol's methods."""
    assert isinstance(store, Store)


def test_a_row_comes_back_exactly(store: Store) -> None:
    """Every field and every bit of the vector survives."""
    store.apply([Put((FULL,))])

    assert same(store.rows(ADA)[0], FULL)


def test_a_plain_row_comes_back_exactly(store: Store) -> None:
    """Defaults survive too."""
    store.apply([Put((row(),))])

    assert same(store.rows(ADA)[0], row())


def test_a_put_replaces_by_namespace_and_id(store: Store) -> None:
    """The second row of an id takes the place of the first, in its namespace alone."""
    store.apply([Put((row("a"), row("a", BEN)))])
    store.apply([Put((row("a", text="new", seed=1),))])

    assert [store.rows(name)[0].memory.text for name in (ADA, BEN)] == ["new", "text of a"]


def test_rows_are_ordered_by_seq_and_id(store: Store) -> None:
    """Whatever the order of writing."""
    store.apply([Put((row("c", seq=1), row("b", seq=0), row("a", seq=1)))])

    assert ids(store.rows(ADA)) == ["b", "a", "c"]


def test_rows_can_be_chosen(store: Store) -> None:
    """By id, by tier, by number; unknown and repeated ids are ignored."""
    store.apply([Put((row("a", seq=0, tier="long"), row("b", seq=1), row("c", seq=2)))])

    assert ids(store.rows(ADA, ids=["c", "nobody", "a", "c"])) == ["a", "c"]
    assert ids(store.rows(ADA, tiers=["buffer"])) == ["b", "c"]
    assert ids(store.rows(ADA, ids=["a", "b"], tiers=["long"])) == ["a"]
    assert ids(store.rows(ADA, limit=2)) == ["a", "b"]
    assert store.rows(ADA, ids=[]) == []
    assert store.rows(ADA, tiers=[]) == []


def test_many_ids_are_no_problem(store: Store) -> None:
    """More ids than a database takes in one statement."""
    store.apply([Put((row("a"), row("b", seq=1)))])
    many = [f"nobody{i}" for i in range(2_000)]

    assert ids(store.rows(ADA, ids=[*many, "b", "a"])) == ["a", "b"]
    assert store.sources(ADA, [*many, "b"]) == {"b": "b"}


def test_a_delete_ignores_unknown_ids(store: Store) -> None:
    """And takes only its own namespace's."""
    store.apply([Put((row("a"), row("b"), row("a", BEN)))])
    store.apply([Delete(ADA, ("a", "nobody"))])

    assert (ids(store.rows(ADA)), ids(store.rows(BEN))) == (["b"], ["a"])


def test_operations_run_in_order(store: Store) -> None:
    """Put, delete, put again: the last one counts."""
    store.apply([Put((row("a"),)), Delete(ADA, ("a",)), Put((row("a", text="again"),))])

    assert store.rows(ADA)[0].memory.text == "again"


def test_sources_find_the_memory_that_lists_them(store: Store) -> None:
    """Also after the list changed, and not after a delete."""
    store.apply([Put((row("a", sources=("x", "y")), row("b", sources=("z",))))])
    store.apply([Put((row("a", sources=("y", "w")),)), Delete(ADA, ("b",))])

    assert store.sources(ADA, ["x", "y", "w", "z"]) == {"y": "a", "w": "a"}
    assert store.sources(BEN, ["y"]) == {}


def test_a_memorys_own_id_finds_it_only_where_it_lists_it(store: Store) -> None:
    """The first id wins where several list the same one."""
    store.apply([Put((row("a"), row("b", sources=("x", "a")), row("c", sources=("x",))))])
    before = store.sources(ADA, ["a", "b", "c", "x"])
    store.apply([Put((row("a", sources=("c",)), row("b", sources=("b",))))])

    assert before == {"a": "a", "x": "b"}
    assert store.sources(ADA, ["a", "b", "c", "x"]) == {"b": "b", "c": "a", "x": "c"}


# -- all or nothing


def test_a_lost_race_applies_nothing(store: Store) -> None:
    """A document that is not at the expected version undoes the whole call."""
    store.apply([PutDoc("gate", "k", {"n": 1})])
    ops: list[Op] = [Put((row("a"),)), PutDoc("gate", "k", {"n": 2}, expect=7)]

    with pytest.raises(Conflict):
        store.apply(ops)
    assert (store.rows(ADA), store.doc("gate", "k").body) == ([], {"n": 1})  # type: ignore[union-attr]
    assert store.changes(ADA, 0).revision == 0


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (row("b", metadata={"x": {1, 2}}), InputTypeError),
        (row("b", metadata={1: "x"}), InputTypeError),
        (row("b", metadata={"x": float("nan")}), InputError),
        (row("b", at=float("nan")), InputError),
        (row("b", text="\ud800"), InputError),
        (Row(row("b").memory, np.array([np.nan], np.float32)), InputError),
        (Row(row("b").memory, np.zeros((2, 2), np.float32)), InputError),
        (row("\udc00"), InputError),
        (row("b", seq="1"), InputTypeError),
        (row("b", seq=2**63), InputError),
        (row("b", tier="eternal"), InputError),
        (row("b", text=b"bytes"), InputTypeError),
        (row("b", sources=("b", 3)), InputTypeError),
        (row("b", scores=("x",)), InputTypeError),
        (row("b", features=(float("inf"),)), InputError),
        (Row(row("b").memory, "vector"), InputTypeError),
    ],
)
def test_one_bad_row_stops_the_whole_call(store: Store, bad: Row, error: type[Exception]) -> None:
    """What cannot be stored exactly is one typed error, and nothing of the call is stored."""
    with pytest.raises(error):
        store.apply([Put((row("a"), bad))])

    assert store.rows(ADA) == []


def test_a_cycle_in_metadata_is_refused(store: Store) -> None:
    """It neither hangs nor crashes."""
    cycle: dict[str, object] = {}
    cycle["self"] = cycle

    with pytest.raises(InputError, match="16 levels"):
        store.apply([Put((row("a", metadata=cycle),))])


@pytest.mark.parametrize("namespace", [(), ("",), ("a\x1fb",), "acme"])
def test_a_malformed_namespace_is_refused(store: Store, namespace: object) -> None:
    """There is no wildcard, and no way to spell another namespace."""
    with pytest.raises(NamespaceError):
        store.rows(namespace)  # type: ignore[arg-type]


def test_what_is_no_operation_is_refused(store: Store) -> None:
    """Before anything of the call is stored."""
    with pytest.raises(InputTypeError):
        store.apply([Put((row("a"),)), "drop table"])  # type: ignore[list-item]

    assert store.rows(ADA) == []


# -- namespaces


def test_namespaces_are_walls(store: Store) -> None:
    """Names that only look alike are different places."""
    names = [("a",), ("a", "b"), ("ab",), ("a", "b", "c"), ("A",)]
    store.apply([Put(tuple(row("x", name, text=str(name)) for name in names))])

    assert [store.rows(name)[0].memory.text for name in names] == [str(name) for name in names]
    assert store.namespaces() == sorted(names)
    assert store.namespaces(("a",)) == [("a",), ("a", "b"), ("a", "b", "c")]
    assert store.namespaces(("a", "b")) == [("a", "b"), ("a", "b", "c")]


def test_an_emptied_namespace_is_not_listed(store: Store) -> None:
    """Only namespaces that hold memories are."""
    store.apply([Put((row("a"),))])
    store.apply([Delete(ADA, ("a",))])

    assert store.namespaces() == []


def test_counts_are_per_tier(store: Store) -> None:
    """And per namespace."""
    store.apply([Put((row("a"), row("b", tier="long"), row("c", tier="long"), row("d", BEN)))])

    assert store.count(ADA) == {"buffer": 1, "long": 2}
    assert store.count(("nobody",)) == {}


# -- revisions


def test_a_namespace_never_written_is_at_revision_0(store: Store) -> None:
    """Writing elsewhere does not move it."""
    store.apply([Put((row("a", BEN),)), PutDoc("gate", "k", {})])

    assert store.changes(ADA, 0) == dataclasses.replace(store.changes(ADA, 0), revision=0, rows=())


def test_every_call_that_touches_a_namespace_moves_it_by_one(store: Store) -> None:
    """However many operations the call has."""
    store.apply([Put((row("a"), row("b"))), Put((row("c"),)), Delete(ADA, ("a",))])
    store.apply([Put((row("d"),))])
    store.apply([PutDoc("gate", "k", {})])

    assert store.changes(ADA, 0).revision == 2


def test_changes_are_what_happened_since(store: Store) -> None:
    """Rows put and ids gone, and nothing else."""
    store.apply([Put((row("a"), row("b"), row("c")))])
    seen = store.changes(ADA, 0).revision
    store.apply([Put((row("b", text="new"),)), Delete(ADA, ("c",))])
    changes = store.changes(ADA, seen)

    assert (ids(list(changes.rows)), changes.gone, changes.full) == (["b"], ("c",), False)
    assert store.changes(ADA, changes.revision).rows == ()


def test_a_row_that_came_back_is_not_gone(store: Store) -> None:
    """A deleted id that was put again is a row."""
    store.apply([Put((row("a"),))])
    store.apply([Delete(ADA, ("a",))])
    store.apply([Put((row("a"),))])
    changes = store.changes(ADA, 1)

    assert (ids(list(changes.rows)), changes.gone) == (["a"], ())


def test_an_erase_asks_for_a_full_reload(store: Store) -> None:
    """No id of what was erased is left to be listed."""
    store.apply([Put((row("a"), row("b")))])
    store.erase(ADA, ["a"])
    changes = store.changes(ADA, 1)

    assert changes.full
    assert (changes.revision, ids(list(changes.rows)), changes.gone) == (2, ["b"], ())


def test_revisions_go_on_after_everything_was_erased(store: Store) -> None:
    """A handle that saw the old rows cannot mistake the new ones for them."""
    store.apply([Put((row("a"),))])
    store.erase(ADA)
    store.apply([Put((row("b"),))])
    changes = store.changes(ADA, 1)

    assert (changes.revision, changes.full, ids(list(changes.rows))) == (3, True, ["b"])


# -- documents


def test_documents_have_versions(store: Store) -> None:
    """The first write is version 1; each write adds one."""
    store.apply([PutDoc("gate", "k", {"n": 1})])
    store.apply([PutDoc("gate", "k", {"n": [1.5, None, "é"]})])
    doc = store.doc("gate", "k")

    assert doc is not None
    assert (doc.key, doc.version, doc.body) == ("k", 2, {"n": [1.5, None, "é"]})
    assert store.doc("policy", "k") is None
    assert (store.version("gate", "k"), store.version("policy", "k")) == (2, 0)


def test_a_document_can_be_created_once(store: Store) -> None:
    """expect=0 means: nobody made it yet."""
    store.apply([PutDoc("sleep", "k", {"who": 1}, expect=0)])

    with pytest.raises(Conflict):
        store.apply([PutDoc("sleep", "k", {"who": 2}, expect=0)])
    with pytest.raises(Conflict):
        store.apply([PutDoc("sleep", "other", {"who": 2}, expect=3)])


def test_documents_are_listed_by_prefix(store: Store) -> None:
    """In the order of their keys; percent and underscore are no wildcards."""
    for key in ("b", "a%", "a_1", "a", "ab"):
        store.apply([PutDoc("gate", key, {"key": key})])

    assert [doc.key for doc in store.docs("gate", "a")] == ["a", "a%", "a_1", "ab"]
    assert [doc.key for doc in store.docs("gate", "a%")] == ["a%"]
    assert len(store.docs("gate")) == 5


def test_a_deleted_document_is_gone(store: Store) -> None:
    """And an unknown one is ignored."""
    store.apply([PutDoc("gate", "k", {}), DeleteDoc("gate", "k"), DeleteDoc("gate", "nobody")])

    assert store.doc("gate", "k") is None


def test_one_of_many_racing_writers_wins_each_round(store: Store) -> None:
    """Compare-and-set over threads: every increment counts exactly once."""
    store.apply([PutDoc("gate", "k", {"n": 0})])

    def increment() -> None:
        for _ in range(5):
            while True:
                doc = store.doc("gate", "k")
                assert doc is not None
                try:
                    body = {"n": doc.body["n"] + 1}
                    store.apply([PutDoc("gate", "k", body, expect=doc.version)])
                    break
                except Conflict:
                    continue

    threads = [threading.Thread(target=increment) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    doc = store.doc("gate", "k")

    assert doc is not None
    assert (doc.body, doc.version) == ({"n": 20}, 21)


@pytest.mark.parametrize(
    ("op", "error"),
    [
        (PutDoc("gate", "k", [1]), InputTypeError),  # type: ignore[arg-type]
        (PutDoc("gate", "k", {"x": float("nan")}), InputError),
        (PutDoc("gate", "k", {"x": "y" * 17_000_000}), TooLarge),
        (PutDoc(3, "k", {}), InputTypeError),  # type: ignore[arg-type]
        (AppendAudit({"x": {1}}), InputTypeError),
        (Delete(ADA, ("a", 3)), InputTypeError),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_kept_is_refused(store: Store, op: Op, error: type[Exception]) -> None:
    """One typed error, and nothing of the call is stored."""
    with pytest.raises(error):
        store.apply([PutDoc("gate", "first", {}), op])

    assert store.doc("gate", "first") is None


# -- audit


def test_the_audit_log_is_numbered_and_chained(store: Store) -> None:
    """In the order of writing, from any number on, and its chain verifies."""
    for n in range(5):
        store.apply([AppendAudit({"n": n})])
    log = store.audit()

    assert [record["n"] for _, record in log] == list(range(5))
    assert [record["n"] for _, record in store.audit(after=log[1][0], limit=2)] == [2, 3]
    assert verify(record for _, record in log)


def test_a_trimmed_log_goes_on_with_its_numbers(store: Store) -> None:
    """The oldest records go, numbers are not used again, and the chain verifies."""
    for n in range(5):
        store.apply([AppendAudit({"n": n})])
    store.apply(trim(store.audit(limit=2), 0.0))
    log = store.audit()

    assert [number for number, _ in log] == [3, 4, 5, 6, 7, 8]
    assert [record.get("n") for _, record in log] == [2, 3, 4, None, 0, 1]
    assert store.audit_span() == (3, 8)
    assert [number for number, _ in store.audit(after=1, limit=2)] == [3, 4]
    assert verify(record for _, record in log)


def test_the_newest_record_is_never_trimmed(store: Store) -> None:
    """The chain needs something to go on from."""
    assert store.audit_span() == (1, 0)
    store.apply([AppendAudit({"n": 0}), AppendAudit({"n": 1}), TrimAudit(99)])
    store.apply([AppendAudit({"n": 2})])

    assert [record["n"] for _, record in store.audit()] == [1, 2]
    assert store.audit_span() == (2, 3)


# -- erasing


def test_an_erase_counts_what_it_took(store: Store) -> None:
    """Some ids, or everything; a namespace that never was is nothing."""
    store.apply([Put((row("a"), row("b"), row("c"), row("a", BEN)))])

    assert store.erase(ADA, ["a", "a", "nobody"]) == 1
    assert store.erase(ADA) == 2
    assert store.erase(("nobody",)) == 0
    assert (store.namespaces(), store.sources(ADA, ["a", "b"])) == ([BEN], {})


# -- the handle


def test_a_closed_store_says_so(store: Store) -> None:
    """Closing twice is fine; using it afterwards is an error."""
    store.close()
    store.close()

    with pytest.raises(ClosedError):
        store.rows(ADA)
    with pytest.raises(ClosedError):
        store.apply([Put((row(),))])


def test_nothing_to_do_is_nothing_done(store: Store) -> None:
    """Empty calls and empty operations leave every revision alone."""
    store.apply([])
    store.apply([Put(()), Delete(ADA, ())])

    assert store.changes(ADA, 0).revision == 0


# -- against a model


names = st.sampled_from([ADA, BEN, ("acme",)])
idents = st.sampled_from(["a", "b", "c", "d"])
puts = st.builds(
    lambda name, ident, seq, seed, tier: Put((row(ident, name, seed, seq=seq, tier=tier),)),
    names,
    idents,
    st.integers(0, 3),
    st.integers(0, 5),
    st.sampled_from(["buffer", "short", "long"]),
)
deletes = st.builds(lambda name, ident: Delete(name, (ident,)), names, idents)
docs = st.builds(lambda n, e: PutDoc("gate", "k", {"n": n}, e), st.integers(), st.integers(0, 2))
calls = st.lists(st.lists(puts | deletes | docs, max_size=4), max_size=8)


def run_model(store: Store, steps: list[list[Op]]) -> dict[tuple[object, str], Row]:
    """The steps on the store and on a dictionary; what the dictionary holds in the end."""
    model: dict[tuple[object, str], Row] = {}
    version = 0
    for ops in steps:
        trial, ahead, fine = dict(model), version, True
        for op in ops:
            if isinstance(op, Put):
                trial.update({(r.memory.namespace, r.memory.id): r for r in op.rows})
            elif isinstance(op, Delete):
                for ident in op.ids:
                    trial.pop((op.namespace, ident), None)
            elif isinstance(op, PutDoc):
                fine = fine and op.expect == ahead
                ahead += 1
        if fine:
            store.apply(ops)
            model, version = trial, ahead
        else:
            with pytest.raises(Conflict):
                store.apply(ops)
    return model


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(calls)
def test_it_behaves_like_a_dictionary(factory, steps) -> None:
    """Any sequence of calls leaves what the same calls leave in a dictionary."""
    store = factory()
    model = run_model(store, steps)
    for name in (ADA, BEN, ("acme",)):
        held = sorted(
            (r for (space, _), r in model.items() if space == name),
            key=lambda r: (r.memory.seq, r.memory.id),
        )
        found = store.rows(name)

        assert ids(found) == ids(held)
        assert all(map(same, found, held))
    store.close()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(calls, st.lists(st.integers(0, 8), max_size=3))
def test_a_mirror_fed_with_changes_is_the_store(factory, steps, looks) -> None:
    """Reading only what changed, at any moments, gives the same as reading everything."""
    store = factory()
    mirror: dict[str, Row] = {}
    revision = 0
    for at, ops in enumerate([*steps, []]):
        run_model(store, [[op for op in ops if not isinstance(op, PutDoc)]])
        if at in looks or at == len(steps):
            changes = store.changes(ADA, revision)
            if changes.full:
                mirror.clear()
            mirror.update((r.memory.id, r) for r in changes.rows)
            for ident in changes.gone:
                mirror.pop(ident, None)
            revision = changes.revision

    assert sorted(mirror) == sorted(ids(store.rows(ADA)))
    store.close()
