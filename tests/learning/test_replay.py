"""A recorded session replays to the last bit, and a changed number is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from resmem_core import Outcome, ResilientMemory, Signal
from resmem_core.audit import trim
from resmem_core.cli.app import app
from resmem_core.control.signals import SIGNALS, TEXT_SIGNALS
from resmem_core.engine.policy.trace import CHUNK, CHUNKS, replay
from resmem_core.errors import AuditError
from resmem_core.learning.policy import digest
from resmem_core.protocols import AppendAudit, PutDoc

NAMESPACE = ("acme", "ada")


class Clock:
    """Advances as it is told."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return 1.8e9 + self.at

    def elapsed(self) -> float:
        return self.at


def recorded(
    seed: int, *, turns: int = 50, explore: float = 0.0, location: str = ":memory:"
) -> ResilientMemory:
    """A random session: signals of every kind, odd lengths of turns, rests, safe mode, restores."""
    rng, clock = np.random.default_rng(seed), Clock()
    memory = ResilientMemory.open(
        location, record=True, explore=explore, rng=np.random.default_rng(seed), clock=clock,
        auto_sleep=False,
    )  # fmt: skip
    session = memory.session("t", namespace=NAMESPACE)
    names = [*SIGNALS, *TEXT_SIGNALS]
    snapshot = session.snapshot()
    for turn in range(turns):
        clock.at += float(rng.exponential(3.0))
        for name in rng.choice(names, rng.integers(0, 6), replace=False):
            session.signal(Signal(str(name), float(rng.random())))
        session.loop.tick(dt=float(rng.choice([1.0, 1.0, 0.25, 7.5])))
        if rng.random() < 0.3:
            session.outcome(Outcome(success=bool(rng.random() < 0.5), latency=float(rng.random())))
        if turn == turns // 3:
            session.rest()
        if turn == turns // 2:
            session.restore(snapshot)
    memory.safe_mode(True)
    session.loop.tick()
    memory.safe_mode(False)
    session.loop.tick()
    session.save()
    return memory


@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.1]))
@settings(max_examples=10)
def test_every_knob_of_a_random_session_is_recomputed(seed: int, explore: float) -> None:
    """Bit for bit: with rests, restores, safe mode, odd dt, and while exploring."""
    with recorded(seed, explore=explore) as memory:
        ticks = len(memory.session("t", namespace=NAMESPACE).trace)

        assert replay(memory.store).ticks == ticks


def test_recording_changes_no_knob() -> None:
    """The log only looks on."""
    knobs = []
    for record in (False, True):
        with ResilientMemory.open(":memory:", record=record, clock=Clock()) as memory:
            session = memory.session("t", namespace=NAMESPACE)
            session.signal(Signal("provider_error", 1.0))
            knobs.append([session.loop.tick() for _ in range(20)])

    assert knobs[0] == knobs[1]


def _leaf(chunk: dict[str, Any], place: int) -> tuple[Any, Any]:
    """Some number in the chunk's ticks or start, with what holds it."""
    leaves: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(value, dict | list):
                walk(value)
            elif isinstance(value, float):
                leaves.append((node, key))

    walk({"start": chunk["start"], "ticks": chunk["ticks"]})
    return leaves[place % len(leaves)]


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_a_changed_number_is_found(place: int) -> None:
    """Any number of any chunk: the digest does not match the one in the audit log."""
    with recorded(1, turns=10) as memory:
        doc = memory.store.docs("trace")[0]
        node, key = _leaf(doc.body, place)
        node[key] = float(np.nextafter(node[key], np.inf))
        memory.store.apply([PutDoc("trace", doc.key, doc.body)])

        with pytest.raises(AuditError, match="was changed"):
            replay(memory.store)


def test_a_knob_that_does_not_follow_is_found() -> None:
    """Even where the forger sealed the chunk anew: the knob is recomputed, and named."""
    with recorded(1, turns=10) as memory:
        doc = memory.store.docs("trace")[0]
        body = {name: value for name, value in doc.body.items() if name != "digest"}
        body["ticks"][3]["knobs"][2] += 1e-12
        seal = digest(body)
        memory.store.apply(
            [
                PutDoc("trace", doc.key, {**body, "digest": seal}),
                AppendAudit({"event": "trace", "namespace": [], "key": doc.key, "digest": seal}),
            ]
        )

        with pytest.raises(AuditError, match="tick 3: max_tokens was noted"):
            replay(memory.store)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda c: c.update(profile="0" * 64), "profile"),
        (lambda c: c.update(start={}), "cannot be replayed"),
        (lambda c: c["ticks"][0].pop("dt"), "cannot be replayed"),
        (lambda c: c["ticks"][0].update(signals={"fame": 1.0}), "cannot be replayed"),
    ],
)
def test_a_chunk_that_makes_no_sense_is_told(
    damage: Callable[[dict[str, Any]], object], why: str
) -> None:
    """Sealed or not: one AuditError that names the chunk."""
    with recorded(1, turns=5) as memory:
        doc = memory.store.docs("trace")[0]
        body = {name: value for name, value in doc.body.items() if name != "digest"}
        damage(body)
        seal = digest(body)
        memory.store.apply(
            [
                PutDoc("trace", doc.key, {**body, "digest": seal}),
                AppendAudit({"event": "trace", "namespace": [], "key": doc.key, "digest": seal}),
            ]
        )

        with pytest.raises(AuditError, match=why):
            replay(memory.store)


def test_a_chunk_without_a_seal_is_told() -> None:
    """A chunk that the audit log does not know was slipped in."""
    with recorded(1, turns=5) as memory:
        doc = memory.store.docs("trace")[0]
        memory.store.apply([PutDoc("trace", "slipped-in", doc.body)])

        with pytest.raises(AuditError, match="no seal"):
            replay(memory.store)


def test_the_log_is_bounded() -> None:
    """A session keeps CHUNKS chunks of CHUNK ticks; older ones make room, and replay goes on."""
    with ResilientMemory.open(":memory:", record=True, clock=Clock(), auto_sleep=False) as memory:
        session = memory.session("t", namespace=NAMESPACE)
        assert session.loop.instrumentation is not None
        recorder = session.loop.instrumentation.recorder
        assert recorder is not None
        recorder.number = CHUNKS - 1
        for _ in range(3 * CHUNK):
            session.loop.tick()
        session.save()
        keys = [doc.key.split("/")[1] for doc in memory.store.docs("trace")]

        assert keys == ["0000", "0001", f"{CHUNKS - 1:04d}"]
        assert replay(memory.store).chunks == 3


def test_a_trim_leaves_the_newest_seal_the_newest() -> None:
    """An older seal of an overwritten chunk, appended again by a trim, does not count."""
    with ResilientMemory.open(":memory:", record=True, clock=Clock(), auto_sleep=False) as memory:
        session = memory.session("t", namespace=NAMESPACE)
        assert session.loop.instrumentation is not None
        assert session.loop.instrumentation.recorder is not None
        for number in (0, CHUNKS):  # one key, overwritten
            session.loop.instrumentation.recorder.number = number
            session.signal(Signal("tool_error", 1.0))
            session.loop.tick()
            session.save()
        store = memory.store
        first = len([r for _, r in store.audit() if r["event"] != "trace"]) + 1
        store.apply(trim(store.audit(limit=first), 0.0))
        seals = [r["number"] for _, r in store.audit() if r["event"] == "trace"]

        assert seals == [CHUNKS, 0]
        assert replay(store).chunks == 1
        store.apply(trim(store.audit(), 0.0))
        assert [r["number"] for _, r in store.audit() if r["event"] == "trace"] == [CHUNKS]
        assert replay(store).chunks == 1


def test_ticks_without_a_save_never_fill_the_memory() -> None:
    """What waits to be stored is bounded, too."""
    with ResilientMemory.open(":memory:", record=True, clock=Clock(), auto_sleep=False) as memory:
        session = memory.session("t", namespace=NAMESPACE)
        assert session.loop.instrumentation is not None
        recorder = session.loop.instrumentation.recorder
        assert recorder is not None
        recorder.full = [{}] * 64
        for _ in range(2 * CHUNK):
            session.loop.tick()

        assert len(recorder.full) == 64
        recorder.full = recorder.full[-2:]


def test_a_reopened_session_goes_on_after_its_chunks(tmp_path: Path) -> None:
    """No chunk of an earlier process is overwritten, and all of it replays by the command."""
    path = str(tmp_path / "a.db")
    for seed in (1, 2):
        recorded(seed, turns=5, location=path).close()
    runner = CliRunner()
    told = runner.invoke(app, ["audit", "replay", "--db", path, "--json"])
    plain = runner.invoke(app, ["audit", "replay", "--db", path])
    chain = runner.invoke(app, ["audit", "verify", "--db", path, "--json"])

    report = json.loads(told.stdout)
    assert report["sessions"] == 1
    assert report["identical"] is True
    assert report["ticks"] >= 14
    assert "every knob identical" in plain.stdout
    assert json.loads(chain.stdout)["intact"] is True


def test_no_name_and_no_text_is_recorded() -> None:
    """A chunk holds numbers, names of signals, and hashes."""
    with recorded(1, turns=5) as memory:
        told = json.dumps([doc.body for doc in memory.store.docs("trace")])

    assert "acme" not in told
    assert "ada" not in told.replace("adapt", "")
