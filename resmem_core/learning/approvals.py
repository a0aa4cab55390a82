"""Holds stored policies against the decisions on record: what nobody approved does not act."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from resmem_core.errors import PolicyTampered
from resmem_core.learning.policy import Policy, policy_of

DECISIONS: Final = frozenset({"approved", "rollback"})
"""Events of the audit by which a policy begins to act."""


def decisions(records: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """The decisions among audit records, by the version that each made; the first one holds.

    A trim writes old records again behind younger ones, so that a version can come twice.
    """
    found: dict[int, Mapping[str, Any]] = {}
    for record in records:
        if record.get("event") in DECISIONS:
            found.setdefault(int(record.get("version", 0)), record)
    return found


def approved(policy: Policy, made: Mapping[int, Mapping[str, Any]]) -> bool:
    """Whether a decision on record made just this policy.

    Records of version 0.1 name no policy's checksum: there the version and the person must do.

    >>> approved(Policy(1, {}, "Grace", checksum="aa"), {1: {"by": "Grace", "policy": "ab"}})
    False
    """
    decision = made.get(policy.version)
    if decision is None:
        return False
    if "policy" in decision:
        return bool(decision["policy"] == policy.checksum)
    return bool(decision.get("by") == policy.approved_by)


def problems(
    policies: Sequence[Policy], made: Mapping[int, Mapping[str, Any]]
) -> Iterator[tuple[int, str]]:
    """The versions that do not fit the decisions on record, each with what is wrong.

    >>> list(problems([Policy(1, {}, "Mallory")], {2: {"by": "Grace"}}))
    [(1, 'was approved by nobody on record'), (2, 'was approved and is missing')]
    """
    stored = {policy.version for policy in policies}
    for policy in policies:
        if not approved(policy, made):
            yield policy.version, "was approved by nobody on record"
    for version in sorted(made.keys() - stored):
        yield version, "was approved and is missing"


def check(
    bodies: Iterable[Mapping[str, Any]], log: Iterable[Mapping[str, Any]], key: bytes | None
) -> None:
    """Compare stored policies with their seals and with the decisions on record.

    Args:
        bodies: the documents of policies. log: the audit's records. key: of the seals, if any.

    Raises:
        PolicyTampered: one was changed, swapped in, or is missing.
    """
    stored = [policy_of(body, key) for body in bodies]
    for version, wrong in problems(stored, decisions(log)):
        raise PolicyTampered(f"policy {version} {wrong}; the others that were approved still act")
