"""Policies as values: a profile with a version, a seal and the approval that it rests on."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from resmem_core.errors import PolicyTampered

FORMAT: Final = 1
"""Version of the documents of policies and proposals; another one is refused."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the parameters that map signals to knobs.

    Attributes:
        version: 0 for the shipped profile, then one more per approval or rollback.
        profile: the profile as JSON.
        approved_by: who approved it; "" for the shipped one.
        at: epoch seconds of the approval.
        parent: the version it was made from.
        proposal: id of the proposal, "" for the shipped one and for rollbacks.
        checksum: SHA-256 over all of the above; an HMAC with SHA-256, and so marked, by a key
            that lies outside the store.
    """

    version: int
    profile: Mapping[str, Any]
    approved_by: str = ""
    at: float = 0.0
    parent: int = 0
    proposal: str = ""
    checksum: str = ""

    def body(self) -> dict[str, Any]:
        """What the checksum covers, as JSON."""
        return {
            "format": FORMAT,
            "version": self.version,
            "profile": dict(self.profile),
            "approved_by": self.approved_by,
            "at": self.at,
            "parent": self.parent,
            "proposal": self.proposal,
        }

    def to_doc(self) -> dict[str, Any]:
        """As stored."""
        return {**self.body(), "checksum": self.checksum}


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of canonical JSON.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(policy: Policy, key: bytes | None = None) -> Policy:
    """The policy with its checksum, which only who holds the key can make, where there is one."""
    return replace(policy, checksum=_seal(policy, key))


def _seal(policy: Policy, key: bytes | None) -> str:
    plain = digest(policy.body())
    return plain if key is None else _KEYED + hmac.digest(key, plain.encode(), "sha256").hex()


_KEYED: Final = "hmac-sha256:"


def shipped(profile: Mapping[str, Any]) -> Policy:
    """Version 0: the profile that the package or the user's code brings."""
    return sealed(Policy(0, profile))


def policy_of(doc: Mapping[str, Any], key: bytes | None = None) -> Policy:
    """The policy of a stored document.

    Args:
        key: what policies are sealed with; with one, a policy without its seal is refused.

    Raises:
        PolicyTampered: of another format, incomplete, or its checksum does not match.
    """
    try:
        if doc["format"] != FORMAT:
            raise PolicyTampered(f"policy format {doc['format']!r} is not known, {FORMAT} is")
        fields = {name: doc[name] for name in Policy.__slots__}
        policy = Policy(**fields)
        intact = hmac.compare_digest(_seal(policy, key), policy.checksum)
    except (KeyError, TypeError, ValueError) as error:
        raise PolicyTampered(
            f"a policy document is damaged ({type(error).__name__}); "
            "the last approved one is used: check  resmem policy show"
        ) from None
    if not intact:
        raise PolicyTampered(
            f"policy {policy.version} {_mismatch(policy, key)}; "
            "the last approved one is used: check  resmem policy show"
        )
    return policy


def _mismatch(policy: Policy, key: bytes | None) -> str:
    keyed = policy.checksum.startswith(_KEYED)
    if keyed and key is None:
        return "is sealed by a key: set RESMEM_POLICY_KEY"
    if key is not None and not keyed:
        return "bears no seal of the key in RESMEM_POLICY_KEY: approve it again"
    return "has a checksum that does not match its content"
