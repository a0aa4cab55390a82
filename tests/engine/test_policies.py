"""Nothing learnt acts before a person approves it; every way around that is closed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from resmem_core import Profile, ResilientMemory
from resmem_core.engine.keeping.files import check
from resmem_core.errors import (
    ApprovalDenied,
    ConfigError,
    Conflict,
    InputError,
    PolicyTampered,
    UnknownVersion,
)
from resmem_core.learning.policy import Policy, policy_of, sealed, shipped
from resmem_core.learning.proposals import Evidence

EVIDENCE = Evidence(samples=500, gain=0.03, lower_bound=0.01, kl=0.004, method="replay")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "a.db")


@pytest.fixture
def memory(path: str) -> Iterator[ResilientMemory]:
    with ResilientMemory.open(path) as opened:
        yield opened


def bolder(by: float = 0.05) -> Profile:
    profile = Profile.default()
    return replace(profile, base=profile.base.clip(0, 1 - by) + by)


def knobs(memory: ResilientMemory) -> object:
    return memory.session("fresh", namespace=("a",)).knobs


def test_a_proposal_moves_nobodys_knobs(memory: ResilientMemory) -> None:
    """Filing a proposal changes nothing but the list of proposals."""
    before = memory.policies.active()
    memory.policies.propose(bolder(), EVIDENCE, proposer="trainer")

    assert memory.policies.active() == before
    assert memory.profile() is Profile.default()


def test_an_approval_reaches_the_next_session(memory: ResilientMemory) -> None:
    """After a person's approval a new session composes its knobs with the new profile."""
    old = knobs(memory)
    proposal = memory.policies.propose(bolder(), EVIDENCE, proposer="trainer")
    policy = memory.policies.approve(proposal.id, by="Grace")
    new = memory.session("newer", namespace=("a",)).knobs

    assert (policy.version, policy.approved_by, policy.parent) == (1, "Grace", 0)
    assert new != old
    assert all(change.path.endswith(" base") for change in proposal.changes)


def test_a_rollback_is_a_new_version(memory: ResilientMemory) -> None:
    """History is never rewritten: the old profile comes back under a new number."""
    first = memory.policies.propose(bolder(), EVIDENCE, proposer="trainer")
    memory.policies.approve(first.id, by="Grace")
    policy = memory.policies.rollback(0, by="Grace")

    assert policy.version == 2
    assert policy.profile == memory.policies.history()[0].profile


def test_its_proposer_cannot_approve_it(memory: ResilientMemory) -> None:
    """Self-approval is denied, and the attempt is in the audit log."""
    proposal = memory.policies.propose(bolder(), EVIDENCE, proposer="trainer")

    with pytest.raises(ApprovalDenied, match="other than its proposer"):
        memory.policies.approve(proposal.id, by="trainer")
    assert memory.store.audit()[-1][1]["event"] == "denied"


def test_a_stale_proposal_is_denied(memory: ResilientMemory) -> None:
    """A proposal made for a policy that is no longer active cannot be approved."""
    one = memory.policies.propose(bolder(0.05), EVIDENCE, proposer="trainer")
    two = memory.policies.propose(bolder(0.10), EVIDENCE, proposer="trainer")
    memory.policies.approve(one.id, by="Grace")

    with pytest.raises(ApprovalDenied, match="propose again"):
        memory.policies.approve(two.id, by="Grace")


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_decided_proposal_stays_decided(memory: ResilientMemory, verb: str) -> None:
    """No second decision on the same proposal."""
    proposal = memory.policies.propose(bolder(), EVIDENCE, proposer="trainer")
    memory.policies.reject(proposal.id, by="Grace", reason="too bold")

    with pytest.raises(ApprovalDenied, match="already"):
        getattr(memory.policies, verb)(proposal.id, by="Alan")


def test_of_two_approvals_one_wins(path: str, memory: ResilientMemory) -> None:
    """Two people approve at once on two handles: one version is made, the other is told."""
    proposal = memory.policies.propose(bolder(), EVIDENCE, proposer="trainer")
    results: list[object] = []

    def approve(by: str) -> None:
        with ResilientMemory.open(path) as own:
            try:
                results.append(own.policies.approve(proposal.id, by=by).approved_by)
            except (Conflict, ApprovalDenied) as error:
                results.append(type(error))

    threads = [Thread(target=approve, args=(by,)) for by in ("Grace", "Alan")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(memory.policies.history()) == 2
    assert sum(isinstance(result, str) for result in results) == 1


def test_a_tampered_policy_is_refused_and_the_last_approved_one_used(path: str) -> None:
    """Editing the stored document breaks its checksum; the version before it acts."""
    with ResilientMemory.open(path) as memory:
        for by in (0.05, 0.10):
            proposal = memory.policies.propose(bolder(by), EVIDENCE, proposer="trainer")
            memory.policies.approve(proposal.id, by="Grace")
    with sqlite3.connect(path) as raw:
        row = raw.execute(
            "SELECT key, body FROM docs WHERE kind='policy' ORDER BY key DESC"
        ).fetchone()
        body = json.loads(row[1])
        body["profile"]["base"][0] = 1.0
        raw.execute(
            "UPDATE docs SET body=? WHERE key=? AND kind='policy'", (json.dumps(body), row[0])
        )
    raw.close()

    with ResilientMemory.open(path) as memory:
        assert memory.policies.active().version == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda doc: doc.pop("profile"),
        lambda doc: doc.update(format=99),
        lambda doc: doc.update(checksum="0" * 64),
        lambda doc: doc.update(version=7),
        lambda doc: doc.update(profile=None),
    ],
)
def test_every_damage_to_a_policy_is_one_typed_error(damage: object) -> None:
    """Truncated, of another version, or changed in any field: PolicyTampered."""
    doc = shipped({"base": [0.5]}).to_doc()
    damage(doc)  # type: ignore[operator]

    with pytest.raises(PolicyTampered):
        policy_of(doc)


def test_unknown_names_are_told(memory: ResilientMemory) -> None:
    """No such proposal, no such version."""
    with pytest.raises(UnknownVersion, match="policy show"):
        memory.policies.approve("nope", by="Grace")
    with pytest.raises(UnknownVersion, match="version 9"):
        memory.policies.rollback(9, by="Grace")


def test_a_proposal_that_is_no_profile_is_refused(memory: ResilientMemory) -> None:
    """A malformed profile never becomes a proposal."""
    with pytest.raises(ConfigError):
        memory.policies.propose({"format": 1}, EVIDENCE, proposer="trainer")
    with pytest.raises(ApprovalDenied, match="nothing"):
        memory.policies.propose(Profile.default(), EVIDENCE, proposer="trainer")
    assert memory.policies.proposals() == []


def test_evidence_is_checked() -> None:
    """NaN is no evidence."""
    with pytest.raises(InputError):
        Evidence(samples=1, gain=float("nan"), lower_bound=0.0)


# -- a policy that nobody approved, whoever wrote it into the file


def approve_one(path: str, by: float) -> None:
    with ResilientMemory.open(path) as memory:
        item = memory.policies.propose(bolder(by), EVIDENCE, proposer="trainer")
        memory.policies.approve(item.id, by="Grace")


def test_a_policy_of_another_store_does_not_act(tmp_path: Path) -> None:
    """A sound document that was copied from another store was approved by nobody here."""
    here, there = str(tmp_path / "here.db"), str(tmp_path / "there.db")
    approve_one(here, 0.05)
    approve_one(there, 0.2)
    with sqlite3.connect(here) as file:
        file.execute("ATTACH ? AS other", (there,))
        file.execute(
            "UPDATE docs SET body = (SELECT o.body FROM other.docs o"
            " WHERE o.kind = 'policy') WHERE kind = 'policy'"
        )
    with ResilientMemory.open(here) as memory:
        assert memory.policies.active().version == 0
        assert memory.profile() is Profile.default()


def test_an_edit_with_its_checksum_made_anew_does_not_act(path: str) -> None:
    """A checksum that anybody can compute does not make a policy approved."""
    approve_one(path, 0.05)
    forged = sealed(Policy(1, json.loads(bolder(0.2).to_json()), "Grace"))
    with sqlite3.connect(path) as file:
        file.execute("UPDATE docs SET body = ? WHERE kind = 'policy'", (encoded(forged),))
    with ResilientMemory.open(path) as memory:
        assert memory.policies.active().version == 0
    with pytest.raises(PolicyTampered, match="approved by nobody"):
        check(path)


def test_a_deleted_policy_is_missed(path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who deletes the newest version rolls it back in silence no longer; its number stays taken."""
    approve_one(path, 0.05)
    approve_one(path, 0.1)
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM docs WHERE kind = 'policy' AND key LIKE '%2'")
    with ResilientMemory.open(path) as memory:
        assert memory.policies.active().version == 1
        assert memory.policies.rollback(0, by="Grace").version == 3
    assert "policy 2 was approved and is missing" in caplog.text
    with pytest.raises(PolicyTampered, match="policy 2 was approved and is missing"):
        check(path)


def test_the_only_policy_is_missed_too(path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Where no version is left, the shipped one acts, and the log says that it should not."""
    approve_one(path, 0.05)
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM docs WHERE kind = 'policy'")
    with ResilientMemory.open(path) as memory:
        assert memory.policies.active().version == 0
    assert "policy 1 was approved and is missing" in caplog.text


async def test_an_event_loop_waits_for_no_policy(
    memory: ResilientMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a thread reads which policy acts, whoever asks goes on with the last one known."""
    go, done = Event(), Event()
    version = memory.store.version

    def slow(*place: str) -> int:
        go.wait(10)
        done.set()
        return version(*place)

    monkeypatch.setattr(memory.store, "version", slow)
    asked = [memory.policies.acting() for _ in range(3)]

    assert not done.is_set()
    go.set()
    assert asked == [Profile.default()] * 3
    assert await asyncio.to_thread(done.wait, 10)


def test_with_a_key_only_its_holder_makes_a_policy(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy with a fitting record and no seal is refused; without the key none acts."""
    approve_one(path, 0.05)
    monkeypatch.setenv("RESMEM_POLICY_KEY", "kept elsewhere")
    with ResilientMemory.open(path) as memory:
        assert memory.policies.active().version == 0
    approve_one(path, 0.1)
    with ResilientMemory.open(path) as memory:
        assert memory.policies.active().version == 2
    monkeypatch.delenv("RESMEM_POLICY_KEY")
    with ResilientMemory.open(path) as memory:
        assert memory.policies.active().version == 1


def encoded(policy: Policy) -> str:
    return json.dumps(policy.to_doc())
