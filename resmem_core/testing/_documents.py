"""What a store promises of its documents and its audit log."""

from __future__ import annotations

import threading

import pytest

from resmem_core.audit import trim, verify
from resmem_core.errors import Conflict, InputError, InputTypeError, TooLarge
from resmem_core.protocols import AppendAudit, Delete, DeleteDoc, Op, PutDoc, Store, TrimAudit
from resmem_core.testing.examples import ADA


class DocumentTests:
    """Documents have versions, and of racing writers one wins."""

    def test_documents_have_versions(self, store: Store) -> None:
        """The first write is version 1; each write adds one."""
        store.apply([PutDoc("gate", "k", {"n": 1})])
        store.apply([PutDoc("gate", "k", {"n": [1.5, None, "é"]})])
        doc = store.doc("gate", "k")

        assert doc is not None
        assert (doc.key, doc.version, doc.body) == ("k", 2, {"n": [1.5, None, "é"]})
        assert store.doc("policy", "k") is None
        assert (store.version("gate", "k"), store.version("policy", "k")) == (2, 0)

    def test_a_document_can_be_created_once(self, store: Store) -> None:
        """expect=0 means: nobody made it yet."""
        store.apply([PutDoc("sleep", "k", {"who": 1}, expect=0)])

        with pytest.raises(Conflict):
            store.apply([PutDoc("sleep", "k", {"who": 2}, expect=0)])
        with pytest.raises(Conflict):
            store.apply([PutDoc("sleep", "other", {"who": 2}, expect=3)])

    def test_documents_are_listed_by_prefix(self, store: Store) -> None:
        """In the order of their keys; percent and underscore are no wildcards."""
        for key in ("b", "a%", "a_1", "a", "ab"):
            store.apply([PutDoc("gate", key, {"key": key})])

        assert [doc.key for doc in store.docs("gate", "a")] == ["a", "a%", "a_1", "ab"]
        assert [doc.key for doc in store.docs("gate", "a%")] == ["a%"]
        assert len(store.docs("gate")) == 5

    def test_a_deleted_document_is_gone(self, store: Store) -> None:
        """And an unknown one is ignored."""
        store.apply([PutDoc("gate", "k", {}), DeleteDoc("gate", "k"), DeleteDoc("gate", "nobody")])

        assert store.doc("gate", "k") is None

    def test_one_of_many_racing_writers_wins_each_round(self, store: Store) -> None:
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
    def test_what_cannot_be_kept_is_refused(
        self, store: Store, op: Op, error: type[Exception]
    ) -> None:
        """One typed error, and nothing of the call is stored."""
        with pytest.raises(error):
            store.apply([PutDoc("gate", "first", {}), op])

        assert store.doc("gate", "first") is None


class AuditTests:
    """The audit log is numbered, chained and bounded."""

    def test_the_audit_log_is_numbered_and_chained(self, store: Store) -> None:
        """In the order of writing, from any number on, and its chain verifies."""
        for n in range(5):
            store.apply([AppendAudit({"n": n})])
        log = store.audit()

        assert [record["n"] for _, record in log] == list(range(5))
        assert [record["n"] for _, record in store.audit(after=log[1][0], limit=2)] == [2, 3]
        assert verify(record for _, record in log)

    def test_a_trimmed_log_goes_on_with_its_numbers(self, store: Store) -> None:
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

    def test_the_newest_record_is_never_trimmed(self, store: Store) -> None:
        """The chain needs something to go on from."""
        assert store.audit_span() == (1, 0)
        store.apply([AppendAudit({"n": 0}), AppendAudit({"n": 1}), TrimAudit(99)])
        store.apply([AppendAudit({"n": 2})])

        assert [record["n"] for _, record in store.audit()] == [1, 2]
        assert store.audit_span() == (2, 3)
