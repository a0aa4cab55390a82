"""The names that are allowed: roles, tiers, signals, hormones, knobs, modes, verdicts."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, TypeAlias

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
