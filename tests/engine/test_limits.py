"""What a namespace may hold and write; who is over it is told, and disturbs nobody else."""

from __future__ import annotations

import pickle
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core import Limits, Message, Outcome, ResilientMemory
from resmem_core.errors import ConfigError, OverLimit

ADA, BEN = ("acme", "ada"), ("acme", "ben")


class Clock:
    """A clock that a test sets."""

    at = 1.77e9

    def now(self) -> float:
        return self.at

    def elapsed(self) -> float:
        return self.at - 1.7e9


def opened(clock: Clock | None = None, **limits: Any) -> ResilientMemory:
    return ResilientMemory.open(
        ":memory:", keep=1.0, auto_sleep=False, limits=Limits(**limits), clock=clock or Clock()
    )


def told(n: int) -> Message:
    return Message("user", f"Crate {n} holds {n * 7 + 3} green bottles of juice.", id=f"m{n}")


def observe(memory: ResilientMemory, first: int, last: int, namespace: Any = ADA) -> None:
    session = memory.session("s", namespace=namespace)
    for n in range(first, last):
        session.observe(told(n))


@pytest.mark.parametrize("name", ["memories", "bytes", "writes_per_minute"])
@pytest.mark.parametrize("value", [0, -3, 1.5, True, "9", float("nan")])
def test_a_limit_is_a_whole_number_from_one(name: str, value: object) -> None:
    """Anything else is one typed error when it is set."""
    with pytest.raises(ConfigError, match=name):
        Limits(**{name: value})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="limits"):
        ResilientMemory.open(":memory:", limits={name: 9})  # type: ignore[arg-type]


def test_a_namespace_holds_no_more_memories_than_it_may() -> None:
    """One more is refused, whole batches too; a repeat, an edit and another namespace go on."""
    with opened(memories=5) as memory:
        observe(memory, 0, 5)
        session = memory.session("s", namespace=ADA)
        for write in (
            lambda: session.observe(told(9)),
            lambda: session.observe_all([told(7), told(8)]),
            lambda: session.turn([told(6)], Outcome(success=True)),
        ):
            with pytest.raises(OverLimit, match="at its limit of 5 memories") as caught:
                write()
            assert caught.value.limit == "memories"
            assert caught.value.retry_after is None
        session.observe(replace(told(3), id="again"))
        memory.update(ADA, memory.scan(ADA)[0].id, "Crate 0 is empty.")
        observe(memory, 10, 14, BEN)

        assert len(memory.scan(ADA)) == 5
        assert len(memory.scan(BEN)) == 4
        memory.forget(ADA, ids=[memory.scan(ADA)[1].id])
        session.observe(Message("user", "The harbour opens at six."))
        assert len(memory.scan(ADA)) == 5


@given(lengths=st.lists(st.integers(1, 90), min_size=1, max_size=12), most=st.integers(50, 400))
def test_a_namespace_holds_no_more_bytes_than_it_may(lengths: list[int], most: int) -> None:
    """Whatever comes, of any script; what fits is stored, what does not changes nothing."""
    with opened(bytes=most) as memory:
        session = memory.session("s", namespace=ADA)
        for n, length in enumerate(lengths):
            before = {m.id for m in memory.scan(ADA)}
            message = Message("user", f"Ящик {n} {chr(0x430 + n) * length}")
            with suppress(OverLimit):
                session.observe(message)
                continue
            assert {m.id for m in memory.scan(ADA)} == before
        assert sum(len(m.text.encode()) for m in memory.scan(ADA)) <= most


def test_bytes_of_other_handles_and_of_sleep_count(tmp_path: Any) -> None:
    """What another process wrote or sleep took away is in the sum before the next write."""
    limits = Limits(bytes=400)
    with (
        ResilientMemory.open(tmp_path / "a.db", keep=1.0, auto_sleep=False, limits=limits) as one,
        ResilientMemory.open(tmp_path / "a.db", keep=1.0, auto_sleep=False, limits=limits) as two,
    ):
        observe(one, 0, 3)
        observe(two, 3, 6)
        with pytest.raises(OverLimit):
            observe(one, 6, 12)
        one.sleep(ADA)
        two.forget(ADA, ids=[m.id for m in two.scan(ADA)][:4])
        observe(one, 20, 22)

        assert {"m20", "m21"} <= {m.id for m in one.scan(ADA)}


def test_a_minute_has_as_many_writes_as_it_may() -> None:
    """The error says how long to wait; a write that failed, and another namespace, cost nothing."""
    clock = Clock()
    with opened(clock, writes_per_minute=3, memories=5) as memory:
        observe(memory, 0, 2)
        clock.at += 40
        observe(memory, 2, 3)
        with pytest.raises(OverLimit, match="3 writes per minute; wait") as caught:
            observe(memory, 3, 4)
        assert caught.value.retry_after == pytest.approx(20)
        observe(memory, 0, 3, BEN)
        clock.at += caught.value.retry_after
        observe(memory, 4, 6)
        clock.at += 60
        for n in range(7, 17):
            with pytest.raises(OverLimit, match="memories"):
                observe(memory, n, n + 1)
        with pytest.raises(OverLimit) as caught:
            memory.session("s", namespace=BEN).observe_all([told(n) for n in range(20, 24)])

        assert caught.value.limit == "writes_per_minute"
        assert caught.value.retry_after is None
        assert pickle.loads(pickle.dumps(caught.value)).most == 3


def test_who_is_over_the_limit_takes_no_turn_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of refused writes ask the store for its write turn not once."""
    with opened(writes_per_minute=1) as memory:
        observe(memory, 0, 1)
        turns: list[int] = []
        plain = memory.store.exclusive
        monkeypatch.setattr(memory.store, "exclusive", lambda: turns.append(1) or plain())
        for n in range(1, 200):
            with pytest.raises(OverLimit):
                observe(memory, n, n + 1)

    assert turns == []


def test_an_import_is_taken_whole_or_not_at_all() -> None:
    """What does not fit is refused before a line of it is written."""
    with opened() as source:
        observe(source, 0, 6)
        lines = list(source.export(ADA))
    with opened(memories=5) as small, opened(memories=6, bytes=10_000) as fits:
        with pytest.raises(OverLimit):
            small.import_(lines)
        fits.import_(lines)

        assert small.scan(ADA) == []
        assert len(fits.scan(ADA)) == 6


def test_documents_are_within_the_limits_too() -> None:
    """Passages of documents are memories; a chunk that does not fit is refused whole."""
    with opened(memories=4) as memory:
        session = memory.session("s", namespace=ADA)
        session.observe_documents([told(n) for n in range(3)])
        with pytest.raises(OverLimit):
            session.observe_documents([told(n) for n in range(3, 6)])

        assert len(memory.scan(ADA)) == 3


def test_an_agents_turn_goes_on_at_the_limit() -> None:
    """Through the outbox of the adapters a refused message is a dropped one, with the reason."""
    with opened(memories=2) as memory:
        session = memory.session("s", namespace=ADA)
        memory.outbox.observe(session, [told(0), told(1)])
        decisions = memory.outbox.turn(session, [told(2)], Outcome(success=True))

        assert [d.reason for d in decisions] == [
            "the namespace is at its limit of 2 memories; forget something, sleep or raise the "
            "limit"
        ]
        assert len(memory.outbox) == 0
        assert len(memory.scan(ADA)) == 2
