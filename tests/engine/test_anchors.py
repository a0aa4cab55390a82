"""What the store gives out tells later whether its log was cut, and decisions name a person."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from resmem_core import Message, Profile, ResilientMemory
from resmem_core.audit import anchored, records, verify
from resmem_core.errors import AuditError, PolicyTampered
from resmem_core.learning import proposals
from resmem_core.learning.proposals import Evidence
from resmem_core.protocols import AppendAudit
from resmem_core.stores.sqlite import SqliteStore

EVIDENCE = Evidence(samples=500, gain=0.03, lower_bound=0.01, kl=0.004, method="replay")


def bolder(by: float) -> Profile:
    profile = Profile.default()
    return replace(profile, base=profile.base.clip(0, 1 - by) + by)


def cut(path: Path, number: int) -> None:
    """Take the newest records off, as whoever writes the file can; the chain stays sound."""
    with closing(sqlite3.connect(path)) as file:
        file.execute("DELETE FROM audit WHERE number >= ?", (number,))
        file.commit()


@pytest.mark.parametrize("given_with", ["a proposal", "a receipt", "a sleep report"])
def test_what_the_store_gives_out_tells_of_a_cut(tmp_path: Path, given_with: str) -> None:
    """A proposal, a receipt and a sleep report each hold the log's newest record of then."""
    path, namespace = tmp_path / "a.db", ("acme", "ada")
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        memory.safe_mode(True)
        memory.safe_mode(False)
        stored = memory.session("s", namespace=namespace).observe(
            Message("user", "I live in Oslo.")
        )
        kept = {
            "a proposal": lambda: (
                memory.policies.propose(
                    bolder(0.05),
                    EVIDENCE,
                    proposer="trainer",
                ).anchor
            ),
            "a receipt": lambda: memory.forget_with_receipt(namespace, [stored.id or ""]).anchor,
            "a sleep report": lambda: memory.sleep(namespace)[0].anchor,
        }[given_with]()
        anchored(memory.store, [kept])
        memory.safe_mode(True)
        anchored(memory.store, [kept])
    number = int(kept.partition(":")[0])
    assert number > 0
    cut(path, number)

    with closing(SqliteStore(path)) as store:
        verify(records(store))
        with pytest.raises(AuditError, match="cut or replaced"):
            anchored(store, [kept])


def test_a_receipt_that_is_verified_looks_at_its_anchor(tmp_path: Path) -> None:
    """Who wrote the log anew from before the erasure is found out by the receipt itself."""
    path, namespace = tmp_path / "a.db", ("acme", "ada")
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        stored = memory.session("s", namespace=namespace).observe(
            Message("user", "I live in Oslo.")
        )
        memory.safe_mode(True)
        memory.safe_mode(False)
        receipt = memory.forget_with_receipt(namespace, [stored.id or ""])
        memory.verify_erasure(receipt)
        newest = list(records(memory.store))[-1]
    number = int(receipt.anchor.partition(":")[0])
    cut(path, number)
    with closing(SqliteStore(path)) as store:
        store.apply([AppendAudit({k: v for k, v in newest.items() if k not in ("prev", "hash")})])
        verify(records(store))
    with ResilientMemory.open(path) as memory, pytest.raises(AuditError, match="cut or replaced"):
        memory.verify_erasure(receipt)


def test_a_proposal_of_before_has_no_anchor_and_stays_valid(tmp_path: Path) -> None:
    """Its id is the digest of what it held then; an anchor put in later changes it."""
    with ResilientMemory.open(tmp_path / "a.db") as memory:
        item = memory.policies.propose(
            bolder(0.05),
            EVIDENCE,
            proposer="trainer",
        )
    doc = {**item.to_doc(), "anchor": ""}
    old = {**doc, "id": proposals._name(replace(item, anchor=""))}
    old.pop("anchor")

    assert proposals.proposal_of(json.loads(json.dumps(old))).anchor == ""
    with pytest.raises(PolicyTampered):
        proposals.proposal_of({**old, "anchor": item.anchor})


def test_decisions_name_who_made_them(tmp_path: Path) -> None:
    """Proposals, approvals, rejections and rollbacks stand in the log with a name."""
    with ResilientMemory.open(tmp_path / "a.db") as memory:
        for level, decide in ((0.05, "approve"), (0.1, "reject")):
            item = memory.policies.propose(
                bolder(level),
                EVIDENCE,
                proposer="trainer",
            )
            getattr(memory.policies, decide)(item.id, by="Grace")
        memory.policies.rollback(0, by="Alan")
        told = [(r["event"], r.get("by")) for r in records(memory.store)]

    assert told == [
        ("proposal", "trainer"),
        ("approved", "Grace"),
        ("proposal", "trainer"),
        ("rejected", "Grace"),
        ("rollback", "Alan"),
    ]
