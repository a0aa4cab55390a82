"""A policy or proposal is what was approved or proposed, or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resmem_core.errors import ApprovalDenied, InputError, PolicyTampered
from resmem_core.learning import proposals
from resmem_core.learning.diff import ParameterChange, diff
from resmem_core.learning.policy import Policy, policy_of, shipped
from resmem_core.learning.proposals import Evidence, Proposal

EVIDENCE = Evidence(samples=500, gain=0.03, lower_bound=0.01, kl=0.004, method="replay")
ACTIVE = shipped({"base": [0.5, 0.5], "name": "a"})


def proposed(profile: dict[str, Any] | None = None) -> Proposal:
    new = {"base": [0.5, 0.6], "name": "a"} if profile is None else profile
    return proposals.propose(ACTIVE, new, EVIDENCE, proposer="trainer", now=1.0)


def test_a_proposal_names_every_changed_leaf() -> None:
    """The diff is the list of what would change, by name, and nothing else."""
    assert proposed().changes == (ParameterChange("top_p base", 0.5, 0.6),)


def test_a_diff_sees_what_appears_and_what_is_replaced() -> None:
    """New keys, lost keys, rows of another length and other types are changes too."""
    old = {"a": 1, "rows": [1, 2], "x": {"y": 1}}
    new = {"b": 2, "rows": [1], "x": 3}

    paths = [change.path for change in diff(old, new)]
    assert sorted(paths) == ["a", "b", "rows", "x"]


def test_a_stored_proposal_comes_back() -> None:
    """to_doc and proposal_of are inverse."""
    proposal = proposed()

    doc = {**proposal.to_doc(), "changes": [{"path": "top_p base", "old": 0.5, "new": 0.6}]}
    assert proposals.proposal_of(doc) == proposal


@pytest.mark.parametrize(
    "damage",
    [
        lambda doc: doc.update(profile={"base": [0.5, 1.0], "name": "a"}),
        lambda doc: doc.update(evidence={**doc["evidence"], "lower_bound": 9.0}),
        lambda doc: doc.update(changes=()),
        lambda doc: doc.update(proposer="Grace"),
        lambda doc: doc.update(id="0" * 16),
        lambda doc: doc.update(format=99),
        lambda doc: doc.update(evidence=None),
        lambda doc: doc.update(profile=7),
        lambda doc: doc.pop("base"),
    ],
)
def test_a_proposal_that_was_changed_after_its_review_is_refused(
    damage: Callable[[dict[str, Any]], object],
) -> None:
    """Its id is a digest of what a person decides about: profile, diff, evidence, proposer."""
    doc = proposed().to_doc()
    doc["changes"] = [{"path": "top_p base", "old": 0.5, "new": 0.6}]
    damage(doc)

    with pytest.raises(PolicyTampered):
        proposals.proposal_of(doc)


@pytest.mark.parametrize("by", ["", "  ", "trainer"])
def test_only_a_named_other_person_approves(by: str) -> None:
    """No name, blanks, or the proposer's own."""
    with pytest.raises(ApprovalDenied, match="other than its proposer"):
        proposals.approve(proposed(), ACTIVE, by=by, now=2.0)


def test_a_proposal_that_changes_nothing_is_denied() -> None:
    """Neither filed, nor approved when the active policy has become the same."""
    with pytest.raises(ApprovalDenied, match="nothing to approve"):
        proposed(dict(ACTIVE.profile))
    same = Proposal("p", 0, ACTIVE.checksum, ACTIVE.profile, EVIDENCE, "trainer", 1.0)
    with pytest.raises(ApprovalDenied, match="changes nothing"):
        proposals.approve(same, ACTIVE, by="Grace", now=2.0)


def test_a_rollback_needs_a_name_and_an_earlier_version() -> None:
    """It is a person's decision, too."""
    later = proposals.approve(proposed(), ACTIVE, by="Grace", now=2.0)

    with pytest.raises(ApprovalDenied, match="name of the person"):
        proposals.rolled_back(ACTIVE, later, by=" ", now=3.0)
    with pytest.raises(ApprovalDenied, match="active one already"):
        proposals.rolled_back(later, later, by="Grace", now=3.0)


def test_every_version_is_sealed() -> None:
    """An approved policy and a rolled back one pass the check that a stored one has to pass."""
    later = proposals.approve(proposed(), ACTIVE, by="Grace", now=2.0)
    back = proposals.rolled_back(ACTIVE, later, by="Grace", now=3.0)

    assert policy_of(later.to_doc()) == later
    assert policy_of(back.to_doc()) == back
    assert (back.version, back.parent, back.profile) == (2, 0, ACTIVE.profile)


def test_a_policy_without_its_seal_is_refused() -> None:
    """An empty checksum is no checksum."""
    with pytest.raises(PolicyTampered, match="does not match"):
        policy_of(Policy(1, {"base": [0.5]}).to_doc())


@pytest.mark.parametrize("field", ["samples", "gain", "lower_bound", "confidence", "kl"])
def test_evidence_holds_numbers(field: str) -> None:
    """NaN in any of them is refused."""
    numbers = {"samples": 1, "gain": 0.0, "lower_bound": 0.0, "confidence": 0.9, "kl": 0.0}

    with pytest.raises(InputError, match=field):
        Evidence(**{**numbers, field: float("nan")})  # type: ignore[arg-type]
