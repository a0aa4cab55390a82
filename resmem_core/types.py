"""Frozen values that flow through the product. No behaviour beyond checking themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from resmem_core.errors import InputError, InputTypeError, NamespaceError, TooLarge

Namespace: TypeAlias = tuple[str, ...]
NamespaceLike: TypeAlias = tuple[str, ...] | list[str]
"""What is taken for a namespace: a bare str is a sequence of letters, and means none."""
Role: TypeAlias = Literal["user", "assistant", "tool", "system"]
Kind: TypeAlias = Literal["chat", "error", "summary", "recalled"]
Tier: TypeAlias = Literal["buffer", "short", "mid", "long"]
Trust: TypeAlias = Literal["trusted", "untrusted", "quarantined"]
How: TypeAlias = Literal["said", "edited", "restored"]
LinkKind: TypeAlias = Literal[
    "cluster", "next", "derived", "recalled", "replaces", "apart", "conflict"
]
SignalName: TypeAlias = Literal[
    "provider_error", "tool_error", "latency", "novelty", "injection", "truncation", "similarity",
    "invalid_output", "budget", "success", "feedback", "urgency", "hostility", "gratitude",
    "topic_change", "tool_success", "session_length",
    "text.cortisol", "text.dopamine", "text.serotonin", "text.oxytocin", "text.epinephrine",
    "text.norepinephrine", "text.melatonin", "text.estrogen", "text.testosterone", "text.insulin",
    "text.thyroid", "text.endorphins",
]  # fmt: skip
"""What a session can be told: see `resmem_core.config.signals.SPECS` for range and meaning."""

HORMONES: Final = (
    "epinephrine", "norepinephrine", "cortisol", "dopamine", "serotonin", "oxytocin",
    "melatonin", "endorphins", "thyroid", "insulin", "testosterone", "estrogen",
)  # fmt: skip
"""The twelve of the default profile, in the order of the design's table 4.1."""

NEUROCHEMICALS: Final = (
    "cortisol", "dopamine", "serotonin", "oxytocin", "epinephrine", "norepinephrine",
    "melatonin", "estrogen", "testosterone", "insulin", "thyroid", "endorphins",
)  # fmt: skip
"""The twelve scores a classifier gives to a text, in the design's order (section 5.1)."""

KNOBS: Final = (
    "temperature", "top_p", "max_tokens", "retrieve_k", "tool_access", "diversity", "retries",
)  # fmt: skip
"""The knobs, in the order of every knob vector."""

QUADRANTS: Final = ("crisis_learning", "skill_building", "exploration", "routine_forget")

MAX_TEXT: Final = 16_000
"""Characters of one message that the memory reads; a longer one is refused with TooLarge."""

MAX_ID: Final = 1_024
"""Characters of an id of a message, a conversation or a memory; a longer one is refused."""


class Mode(StrEnum):
    """The resilience state machine's modes (section 4.3)."""

    NORMAL = "normal"
    STRESSED = "stressed"
    CRISIS = "crisis"
    TIMEOUT = "timeout"
    RECOVERY = "recovery"
    SLEEP = "sleep"
    SAFE = "safe"


class Verdict(StrEnum):
    """What the gate decides about a message."""

    KEEP = "keep"
    MERGE = "merge"
    DROP = "drop"


def check_number(name: str, value: Any, lo: float = -math.inf, hi: float = math.inf) -> float:
    """`value` as a float in [lo, hi], or a typed error that says what is allowed.

    >>> check_number("success", 2, 0, 1)
    Traceback (most recent call last):
    resmem_core.errors.InputError: success must be a number from 0 to 1, got 2
    """
    if type(value) is float and lo <= value <= hi and math.isfinite(value):
        return value  # what every tick passes
    if isinstance(value, str | bytes) or not hasattr(value, "__float__"):
        raise InputTypeError(f"{name} must be a number, got {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number) or not lo <= number <= hi:
        raise InputError(f"{name} must be a number from {lo:g} to {hi:g}, got {value!r}")
    return number


def epoch(at: datetime) -> float:
    """Epoch seconds of a time; a naive one is taken as UTC.

    >>> epoch(datetime(1970, 1, 2))
    86400.0
    """
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


_NEEDED: Final = "a namespace is needed: a non-empty tuple of strings such as ('acme', 'ada')"


def check_namespace(namespace: Sequence[str] | None) -> Namespace:
    """The namespace as a tuple of non-empty strings; there is no default and no wildcard.

    >>> check_namespace(("acme", "ada"))
    ('acme', 'ada')
    >>> check_namespace("acme")
    Traceback (most recent call last):
    resmem_core.errors.NamespaceError: a namespace is needed: a non-empty tuple of strings such \
as ('acme', 'ada'), got str
    """
    if not isinstance(namespace, Sequence) or isinstance(namespace, str | bytes | bytearray):
        raise NamespaceError(f"{_NEEDED}, got {type(namespace).__name__}")
    if not namespace:
        raise NamespaceError(f"{_NEEDED}, got none")
    for at, part in enumerate(namespace, start=1):
        if not isinstance(part, str) or not part.strip() or "\x1f" in part or len(part) > 256:
            found = f"{len(part)} characters" if isinstance(part, str) else type(part).__name__
            raise NamespaceError(
                "each part of a namespace must be a non-empty string of at most 256 characters "
                f"without control separators; part {at} is not ({found})"
            )
    return tuple(namespace)


def check_id(ident: str, what: str = "an id") -> str:
    """The id, which must be a str of at most 1,024 characters.

    >>> check_id("m1")
    'm1'
    """
    if not isinstance(ident, str):
        raise InputTypeError(f"{what} must be str, got {type(ident).__name__}")
    if len(ident) > MAX_ID:
        raise TooLarge(f"{what} has {len(ident):,} characters; {MAX_ID:,} are allowed")
    return ident


def _copied(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the caller's mapping: theirs may change, and a mappingproxy cannot be pickled."""
    return dict(mapping)


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that happened, as a number.

    Args:
        name: one of `resmem_core.control.signals.SIGNALS`.
        value: the raw number: an error is 1.0, a latency is seconds, a similarity is in [0, 1].
            It is normalised against the session's running baseline before a hormone sees it.
    """

    name: SignalName
    value: float = 1.0

    def __post_init__(self) -> None:
        check_number(f"signal {self.name!r}", self.value)


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
        object.__setattr__(self, "metadata", _copied(self.metadata))


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
        object.__setattr__(self, "metadata", _copied(self.metadata))


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a list, in its order.

    Attributes:
        cursor: what to ask the next page with; None where this is the last.
    """

    items: tuple[Memory, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One recalled memory, its score, and the share that each signal had in it.

    `score` orders the hits of one question. `relevance`, in [0, 1], compares across questions,
    namespaces and embedders: how likely it is that what is asked is stored, and here. `asked` is
    the question that the memory answers, where it does not say so itself. `standing` marks an
    instruction that holds whatever is asked ("always answer in French").
    """

    memory: Memory
    score: float
    why: Mapping[str, float] = field(default_factory=dict)
    relevance: float = 0.0
    asked: Memory | None = None
    standing: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", _copied(self.why))

    @property
    def id(self) -> str:
        """The memory's id."""
        return self.memory.id

    @property
    def text(self) -> str:
        """The memory's (redacted) text."""
        return self.memory.text

    @property
    def conflict(self) -> tuple[str, ...]:
        """Ids of memories that it may contradict, until `ResilientMemory.settle`; else empty."""
        return tuple(link.target for link in self.memory.links if link.kind == "conflict")

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the messages that the memory was made from."""
        return self.memory.sources


class Hits(list[Hit]):
    """The hits of one recall, best first; `reason` says why there are none, "" where there are.

    The reason may repeat words of the question: show it to its asker, do not log it.
    """

    def __init__(self, hits: Iterable[Hit] = (), reason: str = "") -> None:
        super().__init__(hits)
        self.reason = reason

    @property
    def answers(self) -> list[Hit]:
        """The hits that answer the question, without wishes that stand whatever is asked."""
        return [hit for hit in self if not (hit.standing and hit.score == 0.0)]


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Two current memories of which the newer may contradict the older."""

    older: Memory
    newer: Memory


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last step went. Every field may be missing; None means not known.

    Args:
        success: True, False or a share in [0, 1].
        latency: seconds, >= 0.
        quality: a judge's score in [0, 1].
        safety: 1.0 for no violation, 0.0 for one.
        tokens: tokens spent, >= 0.
        feedback: what the user thought of it, in [-1, 1].
        answer: the answer's text, for credit by overlap; never stored.
        used: ids of the memories that the caller knows to have helped.
    """

    success: bool | float | None = None
    latency: float | None = None
    quality: float | None = None
    safety: float | None = None
    tokens: int | None = None
    feedback: float | None = None
    answer: str | None = field(default=None, repr=False)
    used: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        ranges = {
            "success": (0, 1), "latency": (0, 1e9), "quality": (0, 1), "safety": (0, 1),
            "tokens": (0, 1e12), "feedback": (-1, 1),
        }  # fmt: skip
        for name, (lo, hi) in ranges.items():
            value = getattr(self, name)
            if value is not None:
                check_number(name, value, lo, hi)


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
        object.__setattr__(self, "features", _copied(self.features))


@dataclass(frozen=True, slots=True)
class Knobs:
    """The bounded settings of the next call.

    Attributes:
        temperature: sampling temperature.
        top_p: nucleus mass.
        max_tokens: cap of the answer's length.
        retrieve_k: how many memories to recall.
        tool_access: share of risk allowed, in [0, 1]; a tool of declared risk r may run iff
            r <= tool_access.
        diversity: weight of diversity against relevance in recall, in [0, 1].
        retries: how often a failed call may be tried again.
    """

    temperature: float
    top_p: float
    max_tokens: int
    retrieve_k: int
    tool_access: float
    diversity: float
    retries: int


@dataclass(frozen=True, slots=True)
class SleepReport:
    """What one consolidation cycle did.

    `before` and `after` count items per tier and per quadrant; `forgotten` counts by reason.
    `gone` names, where `dry_run` says that nothing was done, each item that would go, and why.
    `value` is the success to come that the value head reads from the state of the namespace's
    conversations, on average, in about [0, 1]; None where there is none.
    """

    namespace: Namespace
    before: Mapping[str, int] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    kept: int = 0
    merged: int = 0
    dropped: int = 0
    promoted: int = 0
    semantic: int = 0
    links: int = 0
    forgotten: Mapping[str, int] = field(default_factory=dict)
    resumed: bool = False
    gone: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    value: float | None = None

    def __post_init__(self) -> None:
        for name in ("before", "after", "forgotten", "gone"):
            object.__setattr__(self, name, _copied(getattr(self, name)))
