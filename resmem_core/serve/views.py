"""What the console's pages show beyond the verbs: lists in short, a map, policies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from resmem_core.engine import ResilientMemory
from resmem_core.engine.base.pseudonyms import Pseudonyms
from resmem_core.engine.state import archive
from resmem_core.learning.policy import Policy
from resmem_core.learning.proposals import Proposal
from resmem_core.protocols import Store
from resmem_core.serve.names import key_of
from resmem_core.types import Memory, Namespace
from resmem_core.verbs import Desk, Json, memory_json

MAPPED: Final = 2000
"""Memories of the map, the newest."""

SPANS: Final = 24
"""Spans of time that the development is shown in."""

LINKED: Final = 50
"""Links whose texts are shown."""

LOG: Final = 20_000
"""Records of the log that are searched for a verdict, the newest."""


def namespaces(store: Store, shown: Sequence[Namespace]) -> Json:
    """The namespaces that are shown, with their tiers."""
    return {
        "namespaces": [
            {"key": key_of(name), "name": list(name), "count": store.count(name)} for name in shown
        ]
    }


def rows(desk: Desk, offset: int, limit: int, *, loaded: bool) -> Json:
    """Some memories in short, the newest first, and how many there are.

    Args:
        loaded: whether the mirror is there; else they are read from the store, page by page.
    """
    if loaded:
        held = _held(desk)
        newest, total = held[::-1][offset : offset + limit], len(held)
    else:
        store, here = desk.memory.store, desk.namespace
        found = store.rows(here, limit=limit, offset=offset, newest=True)
        newest, total = [row.memory for row in found], sum(store.count(here).values())
    return {"rows": [_short(memory) for memory in newest], "total": total}


def map_(desk: Desk) -> Json:
    """The newest memories as points of value and stress; quadrants and tiers, also over time."""
    held = _held(desk)
    quadrants = [m.quadrant or "not slept on" for m in held]
    tiers = [m.tier for m in held]
    points = [
        {"id": m.id, "value": m.state.value, "stress": m.state.stress, "tier": m.tier}
        for m in held[-MAPPED:]
    ]
    return {
        "points": points,
        "quadrants": _counted(quadrants),
        "tiers": _counted(tiers),
        "over_time": _over_time([m.at for m in held], quadrants, tiers),
        "total": len(held),
    }


def one(desk: Desk, ident: str) -> Json:
    """One memory, with the short texts of those it is linked to."""
    found = _stored(desk, [ident])
    memory = memory_json(found[ident]) if found else desk.get(ident)
    linked = _stored(desk, [link["target"] for link in memory["links"][:LINKED]])
    return {**memory, "linked": {name: other.text[:200] for name, other in linked.items()}}


def dropped(desk: Desk, offset: int, limit: int) -> Json:
    """What gate and sleep let go and can be taken back, the latest first, each with its reason."""
    state = desk.memory.namespace_state(desk.namespace)
    with state.lock:
        state.refresh()
        found = archive.forgotten(state.store, state.namespace)
        gone = [(memory, at) for memory, at in found if memory.id not in state.index]
    gone.sort(key=lambda item: -item[1])
    page, reasons = gone[offset : offset + limit], _reasons(desk)
    alias = Pseudonyms(desk.memory.store, desk.namespace)
    return {
        "rows": [
            {**_short(memory), "gone_at": at, "reason": _reason(reasons, alias, memory.id)}
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


def _stored(desk: Desk, ids: Sequence[str]) -> dict[str, Memory]:
    """Memories from the store, which answers while the mirror is still being loaded."""
    found = desk.memory.store.rows(desk.namespace, ids=ids)
    return {row.memory.id: row.memory for row in found}


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
    return dict(sorted(Counter(names).items()))


def _over_time(at: Sequence[float], quadrants: Sequence[str], tiers: Sequence[str]) -> Json:
    """Equal spans of the time in which the memories were said, with what became of those of each.

    Returns:
        `from` and `until` (epoch seconds), and per span the counts of quadrants and of tiers.
    """
    if not at:
        return {"from": 0.0, "until": 0.0, "quadrants": [], "tiers": []}
    first, last = min(at), max(at)
    spans = min(SPANS, len(at)) if last > first else 1
    place = [min(int((when - first) / ((last - first) or 1.0) * spans), spans - 1) for when in at]
    return {"from": first, "until": last, "quadrants": _spread(place, quadrants, spans),
            "tiers": _spread(place, tiers, spans)}  # fmt: skip


def _spread(place: Sequence[int], names: Sequence[str], spans: int) -> list[dict[str, int]]:
    counts = [Counter[str]() for _ in range(spans)]
    for span, name in zip(place, names, strict=True):
        counts[span][name] += 1
    return [dict(count) for count in counts]


def _reason(reasons: Mapping[str, str], alias: Pseudonyms, ident: str) -> str:
    return next((reasons[name] for name in alias.spellings(ident) if name in reasons), "")


def _reasons(desk: Desk) -> dict[str, str]:
    """The latest verdict on each message, by the hash of its id."""
    store = desk.memory.store
    newest = store.audit_span()[1]
    log = (record for _, record in store.audit(after=max(newest - LOG, 0), limit=LOG))
    return {
        record["id"]: str(record["reason"])
        for record in Pseudonyms(store, desk.namespace).of(log)
        if record.get("event") == "gate"
    }


def _version(policy: Policy) -> Json:
    return {**policy.to_doc(), "profile": None}


def _proposal(proposal: Proposal) -> Json:
    changes: list[Any] = [
        {"path": change.path, "old": change.old, "new": change.new} for change in proposal.changes
    ]
    return {**proposal.to_doc(), "profile": None, "changes": changes}
