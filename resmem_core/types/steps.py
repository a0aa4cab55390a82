"""What happens in a step of control, how it went, and what a night of sleep did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from resmem_core.types.checks import check_number, copied
from resmem_core.types.names import Namespace, SignalName


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
    `anchor` is the audit log's newest record (`audit.anchor`); kept elsewhere it shows a cut.
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
    anchor: str = ""

    def __post_init__(self) -> None:
        for name in ("before", "after", "forgotten", "gone"):
            object.__setattr__(self, name, copied(getattr(self, name)))
