"""Promises over everything at once: no text in logs, clocks that misbehave, names that exist."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import pytest

import resmem_core
from resmem_core import Message, Outcome, ResilientMemory, Signal
from resmem_core.engine.base.clock import ManualClock

ADA = ("acme", "ada")
CANARY = "quetzalcoatlus"


def test_the_public_names_are_sorted_and_exist() -> None:
    """`__all__` is the public surface: every name is there, in order, once."""
    names = resmem_core.__all__

    assert names == sorted(set(names), key=lambda name: (not name.isupper(), name))
    assert all(hasattr(resmem_core, name) for name in names)


def test_no_text_reaches_logs_audit_or_control_state(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A canary in every field: neither logs nor audit records nor session states hold it."""
    caplog.set_level(logging.DEBUG)
    with ResilientMemory.open(str(tmp_path / "a.db"), keep=0.5) as memory:
        session = memory.session("t", namespace=ADA)
        for n in range(150):
            session.observe(Message(role="user", text=f"The {CANARY} egg {n} hatched at {n}."))
        session.recall(CANARY)
        session.outcome(Outcome(success=False, answer=f"a {CANARY}"))
        memory.sleep(ADA)
        audit = repr(memory.store.audit(limit=10_000))
        states = repr([session.snapshot(), memory.store.docs("session"), memory.store.docs("gate")])

    assert CANARY not in caplog.text
    assert CANARY not in audit
    assert CANARY not in states


@pytest.mark.parametrize("jump", [-86_400.0, -1.0, 0.0, 400 * 86_400.0])
def test_a_clock_that_jumps_breaks_nothing(jump: float) -> None:
    """Backwards, standing still, or a year ahead: ticks, writes and reads go on."""
    clock = ManualClock(1.7e9)
    with ResilientMemory.open(":memory:", keep=1.0, clock=clock) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe(Message(role="user", text="My sister is called Ines.", id="m1"))
        clock.wait(jump)
        session.signal(Signal("provider_error"))
        session.loop.tick()
        session.observe(Message(role="user", text="My brother is called Rui.", id="m2"))

        assert [hit.id for hit in session.recall("brother Rui", k=1)] == ["m2"]


def test_a_burst_of_a_million_signals_costs_no_memory() -> None:
    """The pending signals of a tick are one per name, however many came."""
    with ResilientMemory.open(":memory:") as memory:
        session = memory.session("t", namespace=ADA)
        burst = [Signal("provider_error"), Signal("latency", 3.0)] * 500
        for _ in range(1000):
            session.signal(*burst)

        assert len(session.loop._intake) == 2
        session.loop.tick()
        assert all(0.0 <= level <= 1.0 for level in session.levels.values())


def test_values_survive_pickling() -> None:
    """Frozen values go through a process boundary unchanged."""
    with ResilientMemory.open(":memory:") as memory:
        session = memory.session("t", namespace=ADA)
        decision = session.observe(Message(role="user", text="My sister is called Ines.", id="m1"))
        hits = session.recall("sister")

        assert pickle.loads(pickle.dumps((decision, hits))) == (decision, hits)


def test_many_conversations_are_not_all_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handle keeps the recent sessions and namespaces; an older one comes back as it was."""
    from resmem_core.engine import memory as module

    monkeypatch.setattr(module, "SESSIONS", 5)
    monkeypatch.setattr(module, "NAMESPACES", 2)
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        states = []
        for n in range(20):
            session = memory.session(f"t{n}", namespace=("acme", f"user{n}"))
            session.observe(Message(role="user", text=f"My number is {n}.", id="m"))
            session.signal(Signal("provider_error"))
            session.loop.tick()
            states.append(session.snapshot())
        del session

        assert len(memory._sessions.values()) == 5
        assert memory.session("t3", namespace=("acme", "user3")).snapshot() == states[3]
        assert memory.scan(("acme", "user3"))[0].text == "My number is 3."


def test_a_session_in_use_stays_the_same_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others come, who holds a session shares it with whoever asks for it."""
    from resmem_core.engine import memory as module

    monkeypatch.setattr(module, "SESSIONS", 2)
    with ResilientMemory.open(":memory:") as memory:
        mine = memory.session("mine", namespace=ADA)
        for n in range(10):
            memory.session(f"t{n}", namespace=ADA)

        assert memory.session("mine", namespace=ADA) is mine


def test_author_and_nested_metadata_are_redacted_like_the_text() -> None:
    """No e-mail and no control character reaches the store by a name, a key or a nested value."""
    metadata = {"contact": {"ada@example.com": ["+1 212-555-0187", "\u202eplain"]}, "n": 3}
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe(
            Message(
                role="user",
                text="The kiln is hot.",
                author="bob@example.com\u202e",
                metadata=metadata,
            )
        )
        (item,) = memory.scan(ADA)

    assert item.author == "[EMAIL]"
    assert item.metadata == {"contact": {"[EMAIL]": ["[PHONE]", "plain"]}, "n": 3}
