"""What a scripted model gets, and what it answers, whatever framework carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

ROUGH: Final = 4
"""Characters of a token."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool."""

    id: str
    tool: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as the model gets it."""

    role: str
    text: str = ""
    calls: tuple[Call, ...] = ()
    answers: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that the model gets."""

    messages: tuple[Seen, ...]
    tools: frozenset[str]
    temperature: float = 0.7
    max_tokens: int | None = None
    wordy: float = 1.0

    @property
    def tokens(self) -> int:
        """Its length, with 25 tokens for each tool's description."""
        words = sum(tokens_of(m.text) + 12 * len(m.calls) + 4 for m in self.messages)
        return words + 25 * len(self.tools)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers.

    Attributes:
        text: its words. calls: what it calls. broken: a call that was cut inside.
        tokens: of the answer. cut: whether `max_tokens` ended it.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    broken: str = ""
    tokens: int = 0
    cut: bool = False


def tokens_of(text: str) -> int:
    """Tokens of a text, roughly."""
    return -(-len(text) // ROUGH)
