"""The report: self-contained, honest about what is missing, behind the wall."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

import pytest

from resmem_core import Message, Outcome, ResilientMemory, Signal
from resmem_core.engine.base.clock import ManualClock
from resmem_core.report import gather, page
from resmem_core.report.facts import WINDOW, kept_share
from resmem_core.types import QUADRANTS

ADA, BOB = ("acme", "ada"), ("acme", "bob")
HOSTILE = "<script>alert('kayak')</script> & <b>kiln</b>"


@pytest.fixture
def memory() -> Iterator[ResilientMemory]:
    """Two people's memories, one of which tries to be HTML, and a few recorded ticks."""
    with ResilientMemory.open(
        ":memory:", keep=1.0, clock=ManualClock(1.7e9), auto_sleep=False, record=True
    ) as opened:
        for name, text in ((ADA, HOSTILE), (BOB, "Bob keeps bees in Oslo.")):
            opened.session("t", namespace=name).observe(Message("user", text))
        session = opened.session("t", namespace=ADA)
        for _ in range(40):
            session.signal(Signal("provider_error"))
            session.outcome(Outcome(success=False))
        session.save()
        opened.sleep()
        yield opened


def test_the_page_is_self_contained(memory: ResilientMemory) -> None:
    """No script, nothing that is fetched, and a policy that would refuse both."""
    made = page(gather(memory))

    assert "default-src 'none'" in made
    assert not re.search(r"<script|<link|<img|<iframe|\bsrc=|url\(|@import|https?://", made)


def test_a_memory_is_text_and_not_html(memory: ResilientMemory) -> None:
    """Whatever was said, the page shows it and does not run it."""
    made = page(gather(memory))

    assert escape(HOSTILE) in made
    assert HOSTILE not in made


def test_a_namespace_is_a_wall(memory: ResilientMemory) -> None:
    """With a namespace named, neither memories nor verdicts of another are read."""
    facts = gather(memory, BOB)

    assert {item.namespace for item in facts.memories} == {BOB}
    assert sum(facts.reasons.values()) == 1
    assert "kayak" not in page(facts)


def test_the_traces_are_what_was_recorded(memory: ResilientMemory) -> None:
    """Every tick in order, within its bounds, over the modes it was in."""
    facts = gather(memory)

    assert len(facts.ticks) == 40
    values = [x for t in facts.ticks for x in (*t.levels.values(), *t.knobs.values())]
    assert all(0 <= value <= 1 for value in values)
    shown = set(re.findall(r'class="band (\w+)', page(facts)))
    assert {tick.mode for tick in facts.ticks} == shown
    assert len(shown) > 1


def test_what_is_missing_is_said() -> None:
    """An empty memory has a page too: it names the quadrants, and how ticks are recorded."""
    with ResilientMemory.open(":memory:") as empty:
        made = page(gather(empty))

    assert "record=True" in made
    assert all(name in made for name in QUADRANTS)


def test_the_kept_share_needs_a_full_window() -> None:
    """One share per verdict from then on, each over the last `WINDOW`."""
    verdicts = ["drop"] * 10 + ["keep"] * WINDOW

    assert kept_share(verdicts[: WINDOW - 1]) == []
    assert kept_share(verdicts)[0] == (WINDOW - 10) / WINDOW
    assert kept_share(verdicts)[-1] == 1.0
