"""What a store promises of one call: all of it or nothing, and what is refused."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from resmem_core.errors import ClosedError, Conflict, InputError, InputTypeError, NamespaceError
from resmem_core.protocols import AppendAudit, Delete, Op, Put, PutDoc, Row, Store
from resmem_core.testing.examples import ADA, BEN, ids, row


class CallTests:
    """One typed error, and nothing of the call is stored."""

    def test_a_lost_race_applies_nothing(self, store: Store) -> None:
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
            (Row(row("b").memory, "vector"), InputTypeError),  # type: ignore[arg-type]
        ],
    )
    def test_one_bad_row_stops_the_whole_call(
        self, store: Store, bad: Row, error: type[Exception]
    ) -> None:
        """What cannot be stored exactly is one typed error, and nothing of the call is stored."""
        with pytest.raises(error):
            store.apply([Put((row("a"), bad))])

        assert store.rows(ADA) == []

    def test_a_cycle_in_metadata_is_refused(self, store: Store) -> None:
        """It neither hangs nor crashes."""
        cycle: dict[str, object] = {}
        cycle["self"] = cycle

        with pytest.raises(InputError, match="16 levels"):
            store.apply([Put((row("a", metadata=cycle),))])

    @pytest.mark.parametrize("namespace", [(), ("",), ("a\x1fb",), "acme"])
    def test_a_malformed_namespace_is_refused(self, store: Store, namespace: object) -> None:
        """There is no wildcard, and no way to spell another namespace."""
        with pytest.raises(NamespaceError):
            store.rows(namespace)  # type: ignore[arg-type]

    def test_what_is_no_operation_is_refused(self, store: Store) -> None:
        """Before anything of the call is stored."""
        with pytest.raises(InputTypeError):
            store.apply([Put((row("a"),)), "drop table"])  # type: ignore[list-item]

        assert store.rows(ADA) == []


class WriteTurnTests:
    """`exclusive` is the write turn of whoever holds it, or nothing at all."""

    def test_what_is_written_within_a_turn_is_there(self, store: Store) -> None:
        """Also after several calls, and after an error that ended the turn."""
        with store.exclusive():
            store.apply([PutDoc("gate", "k", {"n": 1}, expect=0)])
            store.apply([PutDoc("gate", "k", {"n": 2}, expect=1)])
        with pytest.raises(Conflict), store.exclusive():
            store.apply([PutDoc("gate", "k", {"n": 3}, expect=7)])
        with store.exclusive():
            store.apply([Put((row("a"),))])

        assert (store.version("gate", "k"), ids(store.rows(ADA))) == (2, ["a"])

    def test_readers_do_not_wait_for_a_writers_turn(self, store: Store) -> None:
        """While another thread holds it they see what was committed before."""
        store.apply([Put((row("a"),)), PutDoc("gate", "k", {"n": 1}), AppendAudit({"n": 1})])
        held, read = threading.Event(), threading.Event()

        def write() -> None:
            with store.exclusive():
                held.set()
                read.wait(60)
                store.apply([Put((row("b"),))])

        writer = threading.Thread(target=write)
        writer.start()
        held.wait(60)
        found = (
            ids(store.rows(ADA)), store.version("gate", "k"), len(store.audit()),
            [*store.count(ADA).values()], store.namespaces(), ids(store.changes(ADA, 0).rows),
            [doc.key for doc in store.docs("gate")], store.sources(ADA, ["a"]),
        )  # fmt: skip
        at_once = writer.is_alive()
        read.set()
        writer.join()

        assert at_once
        assert found == (["a"], 1, 1, [1], [ADA], ["a"], ["k"], {"a": "a"})
        assert ids(store.rows(ADA)) == ["a", "b"]


class ErasingTests:
    """An erase takes what it is told to."""

    def test_an_erase_counts_what_it_took(self, store: Store) -> None:
        """Some ids, or everything; a namespace that never was is nothing."""
        store.apply([Put((row("a"), row("b"), row("c"), row("a", BEN)))])

        assert store.erase(ADA, ["a", "a", "nobody"]) == 1
        assert store.erase(ADA) == 2
        assert store.erase(("nobody",)) == 0
        assert (store.namespaces(), store.sources(ADA, ["a", "b"])) == ([BEN], {})


class HandleTests:
    """A handle that is closed says so."""

    def test_a_closed_store_says_so(self, store: Store) -> None:
        """Closing twice is fine; using it afterwards is an error."""
        store.close()
        store.close()

        with pytest.raises(ClosedError):
            store.rows(ADA)
        with pytest.raises(ClosedError):
            store.apply([Put((row(),))])

    def test_nothing_to_do_is_nothing_done(self, store: Store) -> None:
        """Empty calls and empty operations leave every revision alone."""
        store.apply([])
        store.apply([Put(()), Delete(ADA, ())])

        assert store.changes(ADA, 0).revision == 0
