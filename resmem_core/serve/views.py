"""What the console's pages show beyond the verbs: lists in short, a map, policies."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from resmem_core.audit import hashed
from resmem_core.engine import ResilientMemory, archive
from resmem_core.errors import UnknownMemory
from resmem_core.learning.policy import Policy
from resmem_core.learning.proposals import Proposal
from resmem_core.protocols import Store
from resmem_core.serve.names import key_of
from resmem_core.types import Memory, Namespace
from resmem_core.verbs import Desk, Json, memory_json

MAPPED: Final = 2000
"""Memories of the map, the newest."""

LOG: Final = 20_000
"""Records of the log that are searched for a verdict, the newest."""


def namespaces(store: Store, shown: Sequence[Namespace]) -> Json:
    """The namespaces that are shown, with their tiers."""
    return {
        "namespaces": [
            {"key": key_of(name), "name": list(name), "count": store.count(name)} for name in shown
        ]
    }


def rows(desk: Desk, offset: int, limit: int) -> Json:
    """Some memories in short, the newest first, and how many there are."""
    held = _held(desk)
    newest = held[::-1][offset : offset + limit]
    return {"rows": [_short(memory) for memory in newest], "total": len(held)}


def map_(desk: Desk) -> Json:
    """The newest memories as points of value and stress, and the counts of quadrants and tiers."""
    held = _held(desk)
    points = [
        {"id": m.id, "value": m.state.value, "stress": m.state.stress, "tier": m.tier}
        for m in held[-MAPPED:]
    ]
    return {
        "points": points,
        "quadrants": _counted([m.quadrant or "not slept on" for m in held]),
        "tiers": _counted([m.tier for m in held]),
        "total": len(held),
    }


def one(desk: Desk, ident: str) -> Json:
    """One memory, with the short texts of those it is linked to."""
    memory = desk.get(ident)
    linked: dict[str, str] = {}
    for link in memory["links"][:50]:
        with suppress(UnknownMemory):
            linked[link["target"]] = desk.get(link["target"])["text"][:200]
    return {**memory, "linked": linked}


def dropped(desk: Desk, offset: int, limit: int) -> Json:
    """What gate and sleep let go and can be taken back, the latest first, each with its reason."""
    state = desk.memory.namespace_state(desk.namespace)
    with state.lock:
        state.refresh()
        found = archive.forgotten(state.store, state.namespace)
        gone = [(memory, at) for memory, at in found if memory.id not in state.index]
    gone.sort(key=lambda item: -item[1])
    page, reasons = gone[offset : offset + limit], _reasons(desk)
    return {
        "rows": [
            {**_short(memory), "gone_at": at, "reason": reasons.get(hashed(memory.id), "")}
            for memory, at in page
        ],
        "total": len(gone),
    }


def policies(memory: ResilientMemory) -> Json:
    """Versions of the policy, proposals with evidence and diff, and safe mode."""
    return {
        "versions": [_version(policy) for policy in memory.policies.history()],
        "proposals": [_proposal(proposal) for proposal in memory.policies.proposals()],
        "safe_mode": memory.safe_mode(),
    }


def approved(memory: ResilientMemory, ident: str, by: str) -> Json:
    """Make a proposal act."""
    return _version(memory.policies.approve(ident, by=by))


def rejected(memory: ResilientMemory, ident: str, by: str, reason: str) -> Json:
    """Turn a proposal down."""
    return _proposal(memory.policies.reject(ident, by=by, reason=reason))


def rolled_back(memory: ResilientMemory, version: int, by: str) -> Json:
    """Make an earlier version act again."""
    return _version(memory.policies.rollback(version, by=by))


def _held(desk: Desk) -> Sequence[Memory]:
    """Every memory of the namespace, the oldest first."""
    state = desk.memory.namespace_state(desk.namespace)
    with state.lock:
        state.refresh()
        return state.index.memories()


def _short(memory: Memory) -> Json:
    whole = memory_json(memory)
    names = ("id", "author", "role", "at", "tier", "quadrant", "trust", "pinned", "valid_to")
    return {"text": memory.text[:300], **{name: whole[name] for name in names}}


def _counted(names: Sequence[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}


def _reasons(desk: Desk) -> dict[str, str]:
    """The latest verdict on each message, by the hash of its id."""
    store = desk.memory.store
    newest = store.audit_span()[1]
    here = list(desk.namespace)
    return {
        record["id"]: str(record["reason"])
        for _, record in store.audit(after=max(newest - LOG, 0), limit=LOG)
        if record.get("event") == "gate" and record["namespace"] == here
    }


def _version(policy: Policy) -> Json:
    return {**policy.to_doc(), "profile": None}


def _proposal(proposal: Proposal) -> Json:
    changes: list[Any] = [
        {"path": change.path, "old": change.old, "new": change.new} for change in proposal.changes
    ]
    return {**proposal.to_doc(), "profile": None, "changes": changes}
