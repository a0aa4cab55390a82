"""What the gate keeps of agents at work: service desks, shops, bookings and patches."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.memory.text.decisions import outcomes, refuses

THREADS: dict[str, list[dict[str, Any]]] = defaultdict(list)
for _line in (Path(__file__).parents[1] / "data/agents.jsonl").read_text("utf-8").splitlines():
    THREADS[json.loads(_line)["thread"]].append(json.loads(_line))
NAMESPACE = ("desk",)


@cache
def kept(thread: str) -> tuple[frozenset[str], ...]:
    """The messages that each memory was made from, at the default budget, after sleep."""
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        session = memory.session("t", namespace=NAMESPACE)
        for at, turn in enumerate(THREADS[thread]):
            session.observe(Message(turn["role"], turn["text"], turn["role"], str(at)))
        memory.sleep(NAMESPACE)
        return tuple(frozenset(m.sources) for m in memory.list(NAMESPACE).items if not m.semantic)


def marked(thread: str, mark: str, *roles: str) -> list[str]:
    """Ids of the thread's messages with a mark."""
    turns = enumerate(THREADS[thread])
    return [str(at) for at, turn in turns if turn.get("mark") == mark and turn["role"] in roles]


@pytest.mark.parametrize("thread", THREADS)
def test_what_a_user_says_in_passing_is_kept(thread: str) -> None:
    """A passenger, an hour, an id, a "no", a name: every line of the user's that binds."""
    stored = frozenset().union(*kept(thread))

    assert set(marked(thread, "kept", "user")) <= stored


def test_what_came_of_it_is_kept() -> None:
    """Bookings, refunds, test runs and the final diff of machines: nine in ten."""
    due = [(t, i) for t in THREADS for i in marked(t, "kept", "assistant", "tool")]
    found = [i in frozenset().union(*kept(t)) for t, i in due]

    assert len(due) >= 20
    assert sum(found) >= 0.9 * len(found)


@pytest.mark.parametrize("thread", THREADS)
def test_a_refusal_is_kept_once(thread: str) -> None:
    """However often and in whatever words a machine says no: one memory at most."""
    refusals = frozenset(marked(thread, "refusal", "assistant"))

    assert sum(not refusals.isdisjoint(sources) for sources in kept(thread)) <= 1


@pytest.mark.parametrize(
    "text",
    ["Your table is booked, reference T-118.", "Die Summe beträgt 48 Euro.", "12 passed in 3 s",
     "Le vol est annulé.", "El pago fue confirmado.", "diff --git a/x b/x", "已退款", "合計 48",
     "Заказ оплачен.", "So the area is 3 * 4 = 12.", "Il rimborso arriva domani."],
)  # fmt: skip
def test_an_outcome_is_known(text: str) -> None:
    """In several languages, in numbers, in the output of tools."""
    assert outcomes(text) > 0


@pytest.mark.parametrize(
    "text",
    ["Let me open the file.", "How can I help you today?", "Ich sehe mir das an.", "¡Claro!",
     "Now I look at what the scripts do.", "请稍等。"],
)  # fmt: skip
def test_talk_has_no_outcome(text: str) -> None:
    """What a machine says while it works, and its manners."""
    assert outcomes(text) == 0
    assert not refuses(text)


@pytest.mark.parametrize(
    "text",
    ["I'm afraid that isn't possible.", "Leider kann ich das nicht ändern.", "很抱歉，无法更改。",
     "Lo siento, no puedo hacerlo.", "Malheureusement, c'est complet.", "К сожалению, нельзя.",
     "Purtroppo non posso.", "Infelizmente não é possível.", "申し訳ありません。"],
)  # fmt: skip
def test_a_refusal_is_known(text: str) -> None:
    """In several languages."""
    assert refuses(text)
