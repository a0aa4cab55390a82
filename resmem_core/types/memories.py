"""What is told, what is stored of it, and the verdict on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from resmem_core.errors import InputError, InputTypeError, TooLarge
from resmem_core.types.checks import check_id, copied
from resmem_core.types.names import (
    MAX_TEXT,
    How,
    Kind,
    LinkKind,
    Namespace,
    Role,
    Tier,
    Trust,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, as an adapter hands it over.

    Args:
        role: "user", "assistant", "tool" or "system".
        text: at most 16,000 characters.
        author: who speaks, where the role is not enough.
        id: the caller's id; made by the engine when None. The same id twice is stored once.
        at: aware or naive (taken as UTC) datetime; the engine's clock when None.
        kind: "chat", or "error" | "summary" | "recalled", which are never stored.
        trust: "untrusted" for tool output and web text; by default from the role.
        metadata: small JSON values, carried to the stored memory.

    Raises:
        InputTypeError: text or id is not a str, or `at` no datetime.
        TooLarge: text over 16,000 characters, id over 1,024.
        InputError: an unknown role or kind.
    """

    role: Role
    text: str
    author: str | None = None
    id: str | None = None
    at: datetime | None = None
    kind: Kind = "chat"
    trust: Trust | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputTypeError(
                f"text must be str, got {type(self.text).__name__}; decode bytes before observing"
            )
        if len(self.text) > MAX_TEXT:
            raise TooLarge(
                f"text has {len(self.text):,} characters; split it: {MAX_TEXT:,} are allowed"
            )
        if self.role not in ("user", "assistant", "tool", "system"):
            raise InputError(f"role must be user, assistant, tool or system, got {self.role!r:.40}")
        if self.kind not in ("chat", "error", "summary", "recalled"):
            raise InputError(
                f"kind must be chat, error, summary or recalled, got {self.kind!r:.40}"
            )
        if self.at is not None and not isinstance(self.at, datetime):
            raise InputTypeError(
                f"at must be a datetime, got {type(self.at).__name__}; "
                "datetime.fromisoformat and datetime.fromtimestamp make one"
            )
        if self.id is not None:
            check_id(self.id, "a message's id")
        object.__setattr__(self, "metadata", copied(self.metadata))


@dataclass(frozen=True, slots=True)
class StateVector:
    """The consolidation state of an item: stress, value, recency, each in [0, 1]."""

    stress: float = 0.0
    value: float = 0.5
    recency: float = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """A directed edge of the memory graph, weight in [0, 1]."""

    target: str
    kind: LinkKind
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Version:
    """One wording of a memory.

    Attributes:
        text: redacted text.
        at: epoch seconds from which it stood; of what was said, when it was said.
        how: "said", "edited" or "restored".
        id: the memory's id. number: from 1, within that memory.
        until: epoch seconds when another wording or a newer memory took its place, or None.
    """

    text: str
    at: float
    how: How = "said"
    id: str = ""
    number: int = 0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """One stored item: a message that was kept (episodic) or a consolidated cluster (semantic).

    Attributes:
        id: unique within its namespace.
        namespace: the wall it lives behind.
        text: redacted text.
        sources: ids of the messages it was made from, the first one first.
        role, author, session, at: from the first source; `at` is epoch seconds (UTC).
        stored_at: epoch seconds when it was stored, by the clock of then; None if not known.
        used_at: epoch seconds when it last helped or was said again, or None.
        seq: position among the namespace's messages, for neighbour lookups.
        state: stress, value, recency.
        credit: in [-1, 1], how much it helped so far.
        uses: how often it was in a context that got an outcome.
        tier: buffer (verdict pending), short, mid, long.
        quadrant: set by sleep, one of QUADRANTS, or "".
        semantic: True for a consolidated item.
        trust: trusted, untrusted or quarantined; never ranks above a more trusted one.
        expires: epoch seconds after which sleep forgets it.
        valid_to: epoch seconds from which a newer version holds, or None while current.
        links: edges to other memories of the namespace.
        features: the gate's features as they were when it decided.
        scores: the twelve neurochemicals.
        context: stems of neighbouring messages that the gate dropped; recall finds it by them too.
        attributes: what of whom its text states that has one value at a time ("me home"), so that a
            change of it is found.
        pinned: sleep neither forgets it nor merges it into another.
        versions: its wordings, the present one last; empty while nobody changed the first.
        merged: what was merged into it, each with its own text ("" where that is word for word this
            item's); `ResilientMemory.split` takes it apart again.
    """

    id: str
    namespace: Namespace
    text: str
    sources: tuple[str, ...]
    role: Role = "user"
    author: str = ""
    session: str = ""
    at: float = 0.0
    seq: int = 0
    state: StateVector = StateVector()
    credit: float = 0.0
    uses: int = 0
    tier: Tier = "buffer"
    quadrant: str = ""
    semantic: bool = False
    trust: Trust = "trusted"
    expires: float = math.inf
    valid_to: float | None = None
    stored_at: float | None = None
    used_at: float | None = None
    links: tuple[Link, ...] = ()
    features: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    context: tuple[str, ...] = ()
    merged: tuple[Memory, ...] = ()
    attributes: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    pinned: bool = False
    versions: tuple[Version, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", copied(self.metadata))


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's verdict on one message, with its reason in one clause.

    Attributes:
        verdict: keep, merge or drop.
        reason: one clause; goes to the audit log as it is (never holds user text).
        id: the stored item's id, or None when nothing was stored.
        final: False while the message sits in the short-term buffer, where it is already on disk
            and recallable, and the verdict may still change with hindsight.
        value: predicted value of the item, in [0, 1].
        price: shadow price of a slot that the value was compared with, in [0, 1].
        features: the named features behind the value.
        into: id of the near-duplicate that a merge went into.
        replaces: id of the older version that a changed fact replaces.
    """

    verdict: Verdict
    reason: str
    id: str | None = None
    final: bool = True
    value: float = 0.0
    price: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)
    into: str | None = None
    replaces: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", copied(self.features))
