"""What goes out comes in again with nothing lost, and a stopped import goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from resmem_core import Message, Outcome, ResilientMemory
from resmem_core.audit import records
from resmem_core.cli.options import parsed_filter
from resmem_core.config.profile import Profile
from resmem_core.config.sleep import SleepConfig
from resmem_core.engine.keeping import portable
from resmem_core.errors import InputError, ResmemError, StoreFull
from resmem_core.stores.codec import decode_json, decode_row

ADA = ("acme", "ada")
BEN = ("acme", "ben")
TEXTS = {
    "a": "I live in Lisbon.", "b": "The kiln fires at 1240 degrees.",
    "c": "Ines is allergic to walnuts.", "d": "The oboe lesson is on Tuesdays at five.",
    "e": "I moved to Porto last week.", "f": "The kiln fires at 1240 degrees.",
    "g": "Мой врач — доктор Ольсен в Бергене.", "h": "ok", "i": "My locker is by the quokka.",
    "j": "The parcel weighs 12 kg and goes to depot 7.",
}  # fmt: skip


def filled(path: str = ":memory:") -> ResilientMemory:
    """A memory with something of everything that can be lost."""
    memory = ResilientMemory.open(
        path, keep=0.9, auto_sleep=False, sleep=SleepConfig(capacity=6, cluster_size=2)
    )
    session = memory.session("monday", namespace=ADA)
    for number, (ident, text) in enumerate(TEXTS.items()):
        at = datetime(2026, 1, 1 + number, tzinfo=UTC)
        session.observe(Message("user", text, id=ident, at=at, metadata={"n": number, "ü": [1.5]}))
    session.observe(Message("tool", "Kiln shop: open from nine to five.", id="t"))
    session.recall("How hot does the kiln fire?")
    session.outcome(Outcome(success=True, used=("b",)))
    memory.update(ADA, "c", "Ines is allergic to walnuts and to pecans.")
    memory.pin(ADA, "d")
    memory.forget(ADA, ["i"])
    memory.sleep(ADA)
    return memory


@pytest.fixture(scope="module")
def lines() -> Iterator[list[str]]:
    with filled() as memory:
        yield list(memory.export(ADA))


def test_export_import_export_is_byte_identical(lines: list[str]) -> None:
    """Also into a store of another's, and twice."""
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        memory.session("s", namespace=BEN).observe(Message("user", TEXTS["b"], id="b"))
        first = memory.import_(lines)
        once = list(memory.export(ADA))
        second = memory.import_(lines)
        twice = list(memory.export(ADA))
        left = [m.text for m in memory.scan(BEN)]

    assert once == lines
    assert twice == lines
    assert (first.memories > 3, first.there) == (True, 0)
    assert (second.memories, second.there) == (0, first.memories)
    assert left == [TEXTS["b"]]


def test_nothing_is_lost_on_the_way(lines: list[str]) -> None:
    """Credit, uses, links, tiers, verdicts, tombstones, wordings, pins, sources, what can be
    restored: all of it is there, and works."""
    with filled() as source, ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        memory.import_(source.export(ADA))
        there, here = source.scan(ADA), memory.scan(ADA)
        verdicts = [r for r in records(memory.store) if r["event"] == "gate"]
        aside = memory.list(ADA, forgotten=True).items
        again = memory.session("x", namespace=ADA).observe(Message("user", TEXTS["i"]))

        assert here == there
        assert any(m.credit for m in here)
        assert any(m.uses for m in here)
        assert any(m.links for m in here)
        assert any(m.pinned for m in here)
        assert any(len(m.sources) > 1 for m in here)
        assert any(m.versions for m in here)
        assert verdicts
        assert "forgotten" in again.reason
        assert aside == source.list(ADA, forgotten=True).items != ()
        assert memory.restore(ADA, aside[0].id).text == aside[0].text
        assert memory.search(ADA, "kiln")[0].text == source.search(ADA, "kiln")[0].text


def test_a_stopped_import_goes_on(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full after some memories; run again, it is whole."""
    path = str(tmp_path / "m.db")
    monkeypatch.setattr(portable, "CHUNK", 2)
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        apply, calls = memory.store.apply, []

        def full(ops):  # type: ignore[no-untyped-def]
            calls.append(ops)
            if len(calls) == 3:
                raise StoreFull("no space left")
            apply(ops)

        monkeypatch.setattr(memory.store, "apply", full)
        with pytest.raises(StoreFull):
            memory.import_(lines)
        monkeypatch.undo()
        some = len(memory.scan(ADA))
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        done = memory.import_(lines)

        assert some > 0
        assert (done.there, done.memories > 0) == (some, True)
        assert sorted(memory.export(ADA)) == sorted(lines)
        decision = memory.session("s", namespace=ADA).observe(
            Message("user", "The ferry to Troms leaves at six.", id="z")
        )
        assert memory.get(ADA, "z").seq > max(m.seq for m in memory.scan(ADA) if m.id != "z")  # type: ignore[union-attr]
        assert decision.id == "z"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"role": "bot"}, "role"), ({"role": None}, "role"), ({"at": "yesterday"}, "at"),
        ({"at": None}, "at"), ({"at": 1e999}, "at"), ({"tier": "deep"}, "tier"),
        ({"trust": "high"}, "trust"), ({"id": "x" * 10_000_000}, "id"), ({"id": 3}, "id"),
        ({"state": [1]}, "damaged"), ({"sources": 3}, "damaged"), ({"colour": "red"}, "damaged"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_an_error_with_its_line(
    lines: list[str], change: dict[str, object], named: str
) -> None:
    """And nothing was written."""
    bad = [*lines]
    bad[2] = json.dumps({**json.loads(bad[2]), **change})
    with ResilientMemory.open(":memory:") as memory:
        with pytest.raises(InputError, match=f"line 3: .*{named}"):
            memory.import_(bad)
        assert memory.scan(ADA) == []


@pytest.mark.parametrize(
    "bad",
    [
        [], [""], ["nonsense"], ['{"resmem": "export", "version": 9, "namespace": ["a"]}'],
        ['{"id": "a"}'],
        ['{"resmem": "export", "version": 1, "namespace": ["a"]}', "[1]"],
        ['{"resmem": "export", "version": 1, "namespace": ["a"]}', '{"resmem": "spell"}'],
        ['{"resmem": "export", "version": 1, "namespace": ["a"]}', '{"id": "a", "te'],
        ['{"resmem": "export", "version": 1, "namespace": ["a"]}',
         '{"resmem": "tombstones", "body": {"statements": [["ab"]]}}'],
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused(bad: list[str]) -> None:
    """A cut-off file, another version, a lost key."""
    with ResilientMemory.open(":memory:") as memory:
        with pytest.raises(InputError, match="line"):
            memory.import_(bad)
        assert memory.store.namespaces() == []


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "take",
    [
        lambda: portable.parsed([DEEP]),
        lambda: portable.parsed(['{"resmem": "export", "version": 1, "namespace": ["a"]}', DEEP]),
        lambda: decode_json(DEEP.encode()),
        lambda: decode_row(("a",), "m", 1, "episodic", DEEP.encode(), b""),
        lambda: Profile.from_json(DEEP),
        lambda: parsed_filter(DEEP),
    ],
    ids=["export", "its line", "document", "memory", "profile", "filter"],
)
def test_json_nested_without_end_is_one_typed_error(take: Callable[[], object]) -> None:
    """Wherever JSON of others is read: no RecursionError comes through."""
    with pytest.raises(ResmemError):
        take()


def test_a_file_nested_without_end_is_no_export() -> None:
    """So that an import, and a receipt's scan of files beside the store, go on."""
    assert not portable.is_export(DEEP)


def test_what_was_forgotten_here_does_not_come_in(lines: list[str]) -> None:
    """Tombstones stand against an import; two keys cannot be joined and nothing is done."""
    plain = [line for line in lines if '"resmem": "tombstones"' not in line]
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        session = memory.session("s", namespace=ADA)
        session.observe(Message("user", "The oboe lesson is on Tuesdays at five.", id="q"))
        memory.forget(ADA, ["q"])
        with pytest.raises(InputError, match="keys of their own"):
            memory.import_(lines)
        before = memory.scan(ADA)
        done = memory.import_(plain)

        assert before == []
        assert done.buried >= 1
        assert "d" not in {m.id for m in memory.scan(ADA)}


def test_another_namespace_can_be_named(lines: list[str]) -> None:
    """And all of it goes there."""

    async def carry() -> None:
        async with ResilientMemory.open(":memory:") as memory:
            done = await memory.aimport(lines, BEN)
            out = list(await memory.aexport(BEN))

            assert done.namespace == BEN
            assert memory.scan(ADA) == []
            assert json.loads(out[0])["namespace"] == list(BEN)
            assert len(out) == len(lines)
            assert out[1:4] == lines[1:4]

    asyncio.run(carry())


def test_a_memory_that_is_there_already_stays_as_it_is(lines: list[str]) -> None:
    """An import never overwrites what was corrected since."""
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        memory.import_(lines)
        memory.update(ADA, "d", "The oboe lesson is on Mondays at six.")
        memory.import_(lines)

        assert memory.get(ADA, "d").text == "The oboe lesson is on Mondays at six."  # type: ignore[union-attr]
