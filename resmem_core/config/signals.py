"""The signals a controller can take in: name, allowed raw range, what it means.

The first ten are the ones of ChaosBench, in its order. A signal that is not there in a tick is
simply not there: missing is normal and moves nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from resmem_core.types import SignalName


class SignalSpec(NamedTuple):
    """One signal: its allowed raw range, the controller's prior for it, and its meaning."""

    lo: float
    hi: float
    reference: float
    scale: float
    adapt: float
    meaning: str


SPECS: Final[dict[SignalName, SignalSpec]] = {
    "provider_error": SignalSpec(0, 2, 0.06, 1, 1e4, "1: the model call failed or timed out"),
    "tool_error": SignalSpec(0, 2, 0.06, 1, 1e4, "1: a tool call failed; absent without a call"),
    "latency": SignalSpec(
        -1,
        1,
        0,
        1,
        1e9,
        "how far log seconds of a call lie from what is usual here",
    ),
    "novelty": SignalSpec(0, 2, 0.15, 0.5, 300, "how new the message is against the memory"),
    "injection": SignalSpec(0, 2, 0.12, 0.5, 300, "scanner score of retrieved and tool text"),
    "truncation": SignalSpec(0, 2, 0.1, 1, 1e4, "1: the answer hit its token limit"),
    "similarity": SignalSpec(-100, 100, 0.7, 0.4, 300, "similarity of the best recalled item"),
    "invalid_output": SignalSpec(0, 2, 0.06, 1, 1e4, "1: the output broke its schema"),
    "budget": SignalSpec(0, 100, 0.2, 0.5, 300, "tokens and calls spent, share of the budget"),
    "success": SignalSpec(0, 2, 0.9, 1, 1e4, "1: the step succeeded, 0: it failed"),
    "feedback": SignalSpec(-1, 1, 0, 1, 1e6, "what the user thought of it"),
    "urgency": SignalSpec(0, 2, 0.1, 1, 1000, "pressure of time in the text"),
    "hostility": SignalSpec(0, 2, 0.05, 1, 1000, "hostile text"),
    "gratitude": SignalSpec(0, 2, 0.05, 1, 1000, "thanks"),
    "topic_change": SignalSpec(0, 2, 0.15, 1, 1000, "1: the conversation moved elsewhere"),
    "tool_success": SignalSpec(0, 2, 0.9, 1, 1e6, "1: a tool call succeeded"),
    "session_length": SignalSpec(0, 1e9, 0, 400, 1e9, "turns, and tokens, since the last sleep"),
}
SIGNALS: Final = tuple(SPECS)
INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(SIGNALS)}
