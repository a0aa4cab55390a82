"""What a client was told of its messages, and whose each of them is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SPACES: Final = (("acme", "ada"), ("acme", "ben"))
THREADS: Final = 6
"""Conversations, each of one namespace."""


@dataclass
class Told:
    """What the client knows of its messages, each by id.

    Attributes:
        held: acknowledged as kept, so that it must be there.
        waiting: acknowledged by the outbox, so that it must be there or in the outbox's file.
        unsure: the call failed, so that it may be there or not.
        unwanted: the client asked for it to be forgotten, so that it need not be there.
        forgotten: acknowledged as erased, so that it must never be there again.
    """

    texts: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)


def number(ident: str) -> int:
    """Of a message: they are m0, m1, …"""
    return int(ident[1:])


def space_of(ident: str) -> tuple[str, str]:
    """The namespace to which a message is told."""
    return SPACES[number(ident) % len(SPACES)]


def thread_of(ident: str) -> str:
    """The conversation in which a message is told; always the same one for one id."""
    return f"t{number(ident) % THREADS}"
