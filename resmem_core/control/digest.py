"""A control state in under 300 bytes, for places that copy it at every step, such as checkpoints.

Levels to two digits, the number of ticks and what counts as evidence: enough to go on from when
the whole state, which the store keeps, is not at hand. What is left out begins as in calm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resmem_core.config.profile import Profile
from resmem_core.control.authority import RecentEvidence, evidence_from_doc
from resmem_core.control.controller import settled
from resmem_core.control.state import ControlState, from_doc, to_doc
from resmem_core.errors import ConfigError

_SEEN = ("failure", "injection", "cut", "attack", "cuts")


def digest_of(state: ControlState, evidence: RecentEvidence) -> dict[str, Any]:
    """The digest, as JSON: numbers only.

    >>> from resmem_core.config.profile import Profile
    >>> import json
    >>> len(json.dumps(digest_of(settled(Profile.default()), RecentEvidence()))) < 300
    True
    """
    levels = state.column[state.at.level].tolist()
    doc: dict[str, Any] = {
        "level": {n: round(v, 2) for n, v in zip(state.hormones, levels, strict=True)},
        "tail": {"ticks": int(state.column[state.at.tail("ticks")])},
    }
    if evidence != RecentEvidence():
        doc["seen"] = [round(getattr(evidence, name), 2) for name in _SEEN]
    return doc


def is_digest(doc: Mapping[str, Any]) -> bool:
    """Whether it is a digest and not a whole state."""
    return "format" not in doc


def from_digest(doc: Mapping[str, Any], profile: Profile) -> tuple[ControlState, RecentEvidence]:
    """A state with the levels and the evidence of a digest, and else as in calm.

    Raises:
        ConfigError: it is none.
    """
    whole = to_doc(settled(profile))
    try:
        whole["level"] |= dict(doc["level"])
        whole["tail"]["ticks"] = doc["tail"]["ticks"]
        seen = doc.get("seen")
        evidence = None if seen is None else dict(zip(_SEEN, seen, strict=True))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"no digest of a control state: {type(error).__name__}") from error
    return from_doc(whole, profile), evidence_from_doc(evidence)
