"""What a store promises of its rows, its namespaces and their revisions."""

from __future__ import annotations

import dataclasses

from resmem_core.protocols import Delete, Put, PutDoc, Store
from resmem_core.testing.examples import ADA, BEN, FULL, ids, row, same


class RowTests:
    """Rows come back exactly, in order, and only where they were put."""

    def test_it_is_a_store(self, store: Store) -> None:
        """It has the protocol's methods."""
        assert isinstance(store, Store)

    def test_a_row_comes_back_exactly(self, store: Store) -> None:
        """Every field and every bit of the vector and the pieces survives."""
        store.apply([Put((FULL,))])

        assert same(store.rows(ADA)[0], FULL)

    def test_a_plain_row_comes_back_exactly(self, store: Store) -> None:
        """Defaults survive too."""
        store.apply([Put((row(),))])

        assert same(store.rows(ADA)[0], row())

    def test_a_put_replaces_by_namespace_and_id(self, store: Store) -> None:
        """The second row of an id takes the place of the first, in its namespace alone."""
        store.apply([Put((row("a"), row("a", BEN)))])
        store.apply([Put((row("a", text="new", seed=1),))])

        assert [store.rows(name)[0].memory.text for name in (ADA, BEN)] == ["new", "text of a"]

    def test_rows_are_ordered_by_seq_and_id(self, store: Store) -> None:
        """Whatever the order of writing."""
        store.apply([Put((row("c", seq=1), row("b", seq=0), row("a", seq=1)))])

        assert ids(store.rows(ADA)) == ["b", "a", "c"]

    def test_rows_can_be_chosen(self, store: Store) -> None:
        """By id, by tier, by number; unknown and repeated ids are ignored."""
        store.apply([Put((row("a", seq=0, tier="long"), row("b", seq=1), row("c", seq=2)))])

        assert ids(store.rows(ADA, ids=["c", "nobody", "a", "c"])) == ["a", "c"]
        assert ids(store.rows(ADA, tiers=["buffer"])) == ["b", "c"]
        assert ids(store.rows(ADA, ids=["a", "b"], tiers=["long"])) == ["a"]
        assert ids(store.rows(ADA, limit=2)) == ["a", "b"]
        assert ids(store.rows(ADA, limit=1, offset=1)) == ["b"]
        assert ids(store.rows(ADA, limit=2, newest=True)) == ["c", "b"]
        assert ids(store.rows(ADA, limit=2, offset=2, newest=True)) == ["a"]
        assert ids(store.rows(ADA, ids=["a", "b", "c"], limit=1, newest=True)) == ["c"]
        assert store.rows(ADA, ids=[]) == []
        assert store.rows(ADA, tiers=[]) == []

    def test_many_ids_are_no_problem(self, store: Store) -> None:
        """More ids than a database takes in one statement."""
        store.apply([Put((row("a"), row("b", seq=1)))])
        many = [f"nobody{i}" for i in range(2_000)]

        assert ids(store.rows(ADA, ids=[*many, "b", "a"])) == ["a", "b"]
        assert store.sources(ADA, [*many, "b"]) == {"b": "b"}

    def test_a_delete_ignores_unknown_ids(self, store: Store) -> None:
        """And takes only its own namespace's."""
        store.apply([Put((row("a"), row("b"), row("a", BEN)))])
        store.apply([Delete(ADA, ("a", "nobody"))])

        assert (ids(store.rows(ADA)), ids(store.rows(BEN))) == (["b"], ["a"])

    def test_operations_run_in_order(self, store: Store) -> None:
        """Put, delete, put again: the last one counts."""
        store.apply([Put((row("a"),)), Delete(ADA, ("a",)), Put((row("a", text="again"),))])

        assert store.rows(ADA)[0].memory.text == "again"

    def test_sources_find_the_memory_that_lists_them(self, store: Store) -> None:
        """Also after the list changed, and not after a delete."""
        store.apply([Put((row("a", sources=("x", "y")), row("b", sources=("z",))))])
        store.apply([Put((row("a", sources=("y", "w")),)), Delete(ADA, ("b",))])

        assert store.sources(ADA, ["x", "y", "w", "z"]) == {"y": "a", "w": "a"}
        assert store.sources(BEN, ["y"]) == {}

    def test_a_memorys_own_id_finds_it_only_where_it_lists_it(self, store: Store) -> None:
        """The first id wins where several list the same one."""
        store.apply([Put((row("a"), row("b", sources=("x", "a")), row("c", sources=("x",))))])
        before = store.sources(ADA, ["a", "b", "c", "x"])
        store.apply([Put((row("a", sources=("c",)), row("b", sources=("b",))))])

        assert before == {"a": "a", "x": "b"}
        assert store.sources(ADA, ["a", "b", "c", "x"]) == {"b": "b", "c": "a", "x": "c"}


class NamespaceTests:
    """Namespaces are walls."""

    def test_namespaces_are_walls(self, store: Store) -> None:
        """Names that only look alike are different places."""
        names = [("a",), ("a", "b"), ("ab",), ("a", "b", "c"), ("A",)]
        store.apply([Put(tuple(row("x", name, text=str(name)) for name in names))])

        assert [store.rows(name)[0].memory.text for name in names] == [str(name) for name in names]
        assert store.namespaces() == sorted(names)
        assert store.namespaces(("a",)) == [("a",), ("a", "b"), ("a", "b", "c")]
        assert store.namespaces(("a", "b")) == [("a", "b"), ("a", "b", "c")]

    def test_an_emptied_namespace_is_not_listed(self, store: Store) -> None:
        """Only namespaces that hold memories are."""
        store.apply([Put((row("a"),))])
        store.apply([Delete(ADA, ("a",))])

        assert store.namespaces() == []

    def test_counts_are_per_tier(self, store: Store) -> None:
        """And per namespace."""
        store.apply([Put((row("a"), row("b", tier="long"), row("c", tier="long"), row("d", BEN)))])

        assert store.count(ADA) == {"buffer": 1, "long": 2}
        assert store.count(("nobody",)) == {}


class RevisionTests:
    """A handle learns what changed since it looked."""

    def test_a_namespace_never_written_is_at_revision_0(self, store: Store) -> None:
        """Writing elsewhere does not move it."""
        store.apply([Put((row("a", BEN),)), PutDoc("gate", "k", {})])

        assert store.changes(ADA, 0) == dataclasses.replace(
            store.changes(ADA, 0), revision=0, rows=()
        )

    def test_every_call_that_touches_a_namespace_moves_it_by_one(self, store: Store) -> None:
        """However many operations the call has."""
        store.apply([Put((row("a"), row("b"))), Put((row("c"),)), Delete(ADA, ("a",))])
        store.apply([Put((row("d"),))])
        store.apply([PutDoc("gate", "k", {})])

        assert store.changes(ADA, 0).revision == 2

    def test_changes_are_what_happened_since(self, store: Store) -> None:
        """Rows put and ids gone, and nothing else."""
        store.apply([Put((row("a"), row("b"), row("c")))])
        seen = store.changes(ADA, 0).revision
        store.apply([Put((row("b", text="new"),)), Delete(ADA, ("c",))])
        changes = store.changes(ADA, seen)

        assert (ids(list(changes.rows)), changes.gone, changes.full) == (["b"], ("c",), False)
        assert store.changes(ADA, changes.revision).rows == ()

    def test_a_row_that_came_back_is_not_gone(self, store: Store) -> None:
        """A deleted id that was put again is a row."""
        store.apply([Put((row("a"),))])
        store.apply([Delete(ADA, ("a",))])
        store.apply([Put((row("a"),))])
        changes = store.changes(ADA, 1)

        assert (ids(list(changes.rows)), changes.gone) == (["a"], ())

    def test_an_erase_asks_for_a_full_reload(self, store: Store) -> None:
        """No id of what was erased is left to be listed."""
        store.apply([Put((row("a"), row("b")))])
        store.erase(ADA, ["a"])
        changes = store.changes(ADA, 1)

        assert changes.full
        assert (changes.revision, ids(list(changes.rows)), changes.gone) == (2, ["b"], ())

    def test_revisions_go_on_after_everything_was_erased(self, store: Store) -> None:
        """A handle that saw the old rows cannot mistake the new ones for them."""
        store.apply([Put((row("a"),))])
        store.erase(ADA)
        store.apply([Put((row("b"),))])
        changes = store.changes(ADA, 1)

        assert (changes.revision, changes.full, ids(list(changes.rows))) == (3, True, ["b"])
