"""What is kept whatever its value says. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from resmem_core.memory.text import standing
from resmem_core.types import Decision, Memory, Verdict

INSTRUCTION: Final = 0.9
"""Least value of a standing instruction: sleep keeps it too."""


def doubted(memory: Memory) -> list[str]:
    """Ids of what the memory may contradict."""
    return [link.target for link in memory.links if link.kind == "conflict"]


def spared(memory: Memory, decision: Decision, *, doubts: bool) -> Decision:
    """The verdict, or a keep.

    Kept are a newer version of a stored fact, which takes over that one's slot and costs none; a
    person's standing instruction; and what may contradict a fact that was kept, for that might be
    an error and would stand alone.

    Args:
        memory: that was judged.
        decision: by its value.
        doubts: it may contradict a memory whose verdict was to keep it.
    """
    older = next((link.target for link in memory.links if link.kind == "replaces"), None)
    if older is not None:
        reason = "a newer version of a stored fact takes over its slot"
        return replace(decision, verdict=Verdict.KEEP, reason=reason, replaces=older)
    if standing.instructs(memory):
        worth = max(decision.value, INSTRUCTION)
        reason = "a standing instruction is kept"
        return replace(decision, verdict=Verdict.KEEP, reason=reason, value=worth)
    if doubts and decision.verdict is Verdict.DROP:
        reason = "it may contradict a stored fact, so both are kept"
        return replace(decision, verdict=Verdict.KEEP, reason=reason)
    return decision
