"""Proposals as values, and what a person's decision makes of them. Nothing here writes.

A proposal is a possible next policy with its diff and its evidence. `approve` makes the next
policy; the engine stores it by compare-and-set, so that of two approvals one wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias

from resmem_core.errors import ApprovalDenied, PolicyTampered
from resmem_core.learning import identity
from resmem_core.learning.diff import ParameterChange, diff
from resmem_core.learning.policy import FORMAT, Policy, digest, sealed
from resmem_core.types import check_number

Status: TypeAlias = Literal["waiting", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a proposal rests on.

    Attributes:
        samples: how many scored steps it was estimated from.
        gain: estimated gain in mean reward over the active policy.
        lower_bound: empirical-Bernstein lower confidence bound of that gain.
        confidence: of the bound, in (0, 1).
        kl: measured divergence from the active policy, in nats.
        method: how it was estimated, in a few words.
    """

    samples: int
    gain: float
    lower_bound: float
    confidence: float = 0.95
    kl: float = 0.0
    method: str = ""

    def __post_init__(self) -> None:
        check_number("samples", self.samples, 0)
        check_number("gain", self.gain)
        check_number("lower_bound", self.lower_bound)
        check_number("confidence", self.confidence, 0, 1)
        check_number("kl", self.kl, 0)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy update that waits for a person.

    Attributes:
        anchor: the audit log's newest record when it was proposed (`audit.anchor`); whoever keeps
            the proposal can tell later that the log was not cut.
    """

    id: str
    base: int
    base_checksum: str
    profile: Mapping[str, Any]
    evidence: Evidence
    proposer: str
    at: float
    status: Status = "waiting"
    decided_by: str = ""
    reason: str = ""
    changes: tuple[ParameterChange, ...] = field(default=())
    anchor: str = ""

    def to_doc(self) -> dict[str, Any]:
        """As stored."""
        return {"format": FORMAT, **asdict(self)}


def proposal_of(doc: Mapping[str, Any]) -> Proposal:
    """The proposal of a stored document.

    Raises:
        PolicyTampered: of another format, incomplete, or not what was proposed.
    """
    try:
        if doc["format"] != FORMAT:
            raise PolicyTampered(f"proposal format {doc['format']!r} is not known, {FORMAT} is")
        fields = {name: doc[name] for name in Proposal.__slots__ if name != "anchor"}
        fields["anchor"] = doc.get("anchor", "")  # older proposals have none
        fields["evidence"] = Evidence(**fields["evidence"])
        fields["changes"] = tuple(ParameterChange(**change) for change in fields["changes"])
        proposal = Proposal(**fields)
        intact = _name(proposal) == proposal.id
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PolicyTampered(f"a proposal document is damaged ({type(error).__name__})") from None
    if not intact:
        raise PolicyTampered(
            f"proposal {proposal.id!r:.40} is not what was proposed: its content was changed"
        )
    return proposal


def _name(proposal: Proposal) -> str:
    """The id: a digest of everything a person decides about."""
    content = {
        "profile": dict(proposal.profile),
        "base": proposal.base,
        "base_checksum": proposal.base_checksum,
        "evidence": asdict(proposal.evidence),
        "changes": [asdict(change) for change in proposal.changes],
        "proposer": proposal.proposer,
        "at": proposal.at,
        **({"anchor": proposal.anchor} if proposal.anchor else {}),
    }
    return digest(content)[:16]


def propose(
    active: Policy,
    profile: Mapping[str, Any],
    evidence: Evidence,
    *,
    proposer: str,
    now: float,
    anchor: str = "",
) -> Proposal:
    """A proposal to replace the active policy's profile; its id is its content's digest.

    Raises:
        ApprovalDenied: nothing would change.
    """
    changes = diff(active.profile, profile)
    if not changes:
        raise ApprovalDenied("the proposed profile is the active one; there is nothing to approve")
    proposal = Proposal(
        id="",
        base=active.version,
        base_checksum=active.checksum,
        profile=profile,
        evidence=evidence,
        proposer=proposer,
        at=now,
        changes=changes,
        anchor=anchor,
    )
    return replace(proposal, id=_name(proposal))


def approve(
    proposal: Proposal,
    active: Policy,
    *,
    by: str,
    now: float,
    key: bytes | None = None,
    taken: int = 0,
) -> Policy:
    """The next policy, as a person approved it.

    Args:
        key: what it is sealed with, where there is one.
        taken: the highest version that was ever given out, the refused ones included.

    Raises:
        ApprovalDenied: no name, the proposer's own, decided already, or made for another policy
            than the active one.
    """
    check_open(proposal)
    if not identity.seen(by) or identity.same(by, proposal.proposer):
        raise ApprovalDenied(
            "a proposal needs a named person other than its proposer to approve it"
        )
    if proposal.base_checksum != active.checksum:
        raise ApprovalDenied(
            f"proposal {proposal.id} was made for policy {proposal.base}, the active one is "
            f"{active.version}; propose again from there"
        )
    if digest(dict(proposal.profile)) == digest(dict(active.profile)):
        raise ApprovalDenied(f"proposal {proposal.id} changes nothing")
    version = max(active.version, taken) + 1
    return sealed(Policy(version, proposal.profile, by, now, active.version, proposal.id), key)


def check_open(proposal: Proposal) -> None:
    """Raise ApprovalDenied when the proposal was decided already."""
    if proposal.status != "waiting":
        raise ApprovalDenied(
            f"proposal {proposal.id} was {proposal.status} already by {proposal.decided_by}"
        )


def decided(proposal: Proposal, status: Status, *, by: str, reason: str = "") -> Proposal:
    """The proposal with its decision."""
    return replace(proposal, status=status, decided_by=by, reason=reason)


def rolled_back(
    target: Policy,
    active: Policy,
    *,
    by: str,
    now: float,
    key: bytes | None = None,
    taken: int = 0,
) -> Policy:
    """A new version with an earlier one's profile; history is never rewritten.

    Args:
        key, taken: as for `approve`.

    Raises:
        ApprovalDenied: no name, or the target is the active one.
    """
    if not identity.seen(by):
        raise ApprovalDenied("a rollback needs the name of the person who asks for it")
    if target.version == active.version:
        raise ApprovalDenied(f"policy {target.version} is the active one already")
    version = max(active.version, taken) + 1
    return sealed(Policy(version, target.profile, by, now, target.version), key)
