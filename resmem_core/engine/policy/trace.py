"""The log of ticks that can be replayed: numbers only, bounded, sealed by the audit chain.

A chunk holds the state it began in and, per tick, everything the controller was given. Its
SHA-256 stands in the audit log, whose records are chained; so a changed number is found by the
digest, and a knob that does not follow from its inputs by recomputing it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from resmem_core.audit import records, sealed
from resmem_core.config.profile import Array, Profile
from resmem_core.control import controller
from resmem_core.control.controller import Step
from resmem_core.control.signals import named
from resmem_core.engine.policy.explore import aimed, hashed
from resmem_core.engine.policy.policies import as_json, from_mapping
from resmem_core.errors import AuditError, ResmemError
from resmem_core.learning.policy import digest
from resmem_core.protocols import AppendAudit, Doc, Op, PutDoc, Store
from resmem_core.types import KNOBS, Signal

FORMAT: Final = 1
CHUNK: Final = 32
"""Ticks of one chunk; a crash loses at most the chunk that was not full."""
CHUNKS: Final = 128
"""Chunks that are kept per session; the oldest make room."""
WAITING: Final = 64
"""Full chunks that wait to be stored; when no outcome comes, the oldest are given up."""


@dataclass(slots=True)
class Recorder:
    """Notes one session's ticks. Used under the session's lock.

    Args:
        session: anything that names the session; only its hash is kept.
        profile: the profile that acts.
        number: of the next chunk.
    """

    session: str
    profile: Profile
    number: int = 0
    start: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    full: list[dict[str, Any]] = field(default_factory=list)
    checksum: str = ""

    def __post_init__(self) -> None:
        self.checksum = digest(as_json(self.profile))

    def note(
        self,
        step: Step,
        signals: Sequence[Signal],
        dt: float,
        seconds: float,
        target: Array | None,
    ) -> None:
        """One tick, before anything is done about it."""
        before = controller.to_doc(step.before)
        if not self.rows or before != self.end:  # rest and restore begin a new chunk
            self._close()
            self.start = before
        self.rows.append(
            {
                "signals": {signal.name: float(signal.value) for signal in signals},
                "dt": float(dt),
                "seconds": float(seconds),
                "safe": step.safe,
                "authority": float(step.state.column[step.state.at.tail("authority")]),
                "target": None if target is None else target.tolist(),
                "knobs": step.state.column[step.state.at.knob].tolist(),
            }
        )
        self.end = controller.to_doc(step.state)
        if len(self.rows) >= CHUNK:
            self._close()

    def _close(self) -> None:
        if self.rows:
            self.full = [*self.full, self._chunk()][-WAITING:]
            self.number += 1
            self.rows = []

    def _chunk(self) -> dict[str, Any]:
        body = {
            "format": FORMAT,
            "session": hashed(self.session),
            "number": self.number,
            "profile": self.checksum,
            "start": self.start,
            "ticks": list(self.rows),
        }
        return {**body, "digest": digest(body)}

    def ops(self, *, all_: bool) -> list[Op]:
        """What is to be stored: full chunks (or all), the profile they need, and their seals."""
        chunks = [*self.full, *([self._chunk()] if self.rows and all_ else [])]
        self.full = []
        if not chunks:
            return []
        profile = PutDoc("trace_profile", self.checksum, as_json(self.profile))
        return [profile, *(op for chunk in chunks for op in _stored(chunk))]


def _stored(chunk: dict[str, Any]) -> tuple[Op, Op]:
    seal = {
        "event": "trace", "namespace": [], "key": _key(chunk), "number": chunk["number"],
        "digest": chunk["digest"],
    }  # fmt: skip
    return PutDoc("trace", _key(chunk), chunk), AppendAudit(seal)


def _key(chunk: Mapping[str, Any]) -> str:
    return f"{chunk['session']}/{chunk['number'] % CHUNKS:04d}"


def recorder(store: Store, session: str, profile: Profile) -> Recorder:
    """A recorder that goes on after the chunks that the store has of this session."""
    held = store.docs("trace", hashed(session))
    numbers = [int(doc.body.get("number", 0)) + 1 for doc in held]
    return Recorder(session, profile, number=max(numbers, default=0))


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found: how much was recomputed, all of it equal to the last bit."""

    sessions: int
    chunks: int
    ticks: int


def replay(store: Store) -> Replay:
    """Recompute every recorded knob, bit for bit, on this build of the kernel.

    Raises:
        AuditError: a chunk was changed, lacks its seal or its profile, or a knob came out
            otherwise; the first such place is named.
    """
    seals = _seals(store)
    profiles = {doc.key: doc.body for doc in store.docs("trace_profile")}
    sessions, ticks, chunks = set(), 0, store.docs("trace")
    for doc in chunks:
        chunk = doc.body
        _check_seal(doc.key, chunk, seals.get(doc.key))
        ticks += _recompute(doc.key, chunk, _profile(doc.key, chunk, profiles))
        sessions.add(chunk["session"])
    return Replay(len(sessions), len(chunks), ticks)


def steps(store: Store) -> Iterator[tuple[str, Step]]:
    """Every recorded tick, worked out again: (hash of its session, its step).

    A session's chunks come in the order in which they were recorded.

    Raises:
        AuditError: a chunk lacks its profile, or cannot be replayed.
    """
    profiles = {doc.key: doc.body for doc in store.docs("trace_profile")}
    for doc in sorted(store.docs("trace"), key=_recorded):
        for step in _steps(doc.key, doc.body, _profile(doc.key, doc.body, profiles)):
            yield str(doc.body["session"]), step


def _recorded(doc: Doc) -> tuple[str, int]:
    return str(doc.body.get("session")), int(doc.body.get("number", 0))


def _seals(store: Store) -> dict[str, str]:
    """Every chunk's newest digest in the audit log, where a trim may put an older one after it."""
    newest: dict[str, tuple[int, str]] = {}
    for record in records(store):
        if record.get("event") == "trace":
            found = (sealed(record), str(record["digest"]))
            key = str(record["key"])
            if key not in newest or found[0] >= newest[key][0]:
                newest[key] = found
    return {key: digest for key, (_, digest) in newest.items()}


def _check_seal(key: str, chunk: Mapping[str, Any], seal: str | None) -> None:
    body = {name: value for name, value in chunk.items() if name != "digest"}
    if seal is None:
        raise AuditError(f"chunk {key} of the trace has no seal in the audit log")
    if chunk.get("digest") != seal or digest(body) != seal:
        raise AuditError(f"chunk {key} of the trace was changed: its digest does not match")


def _profile(key: str, chunk: Mapping[str, Any], held: Mapping[str, Mapping[str, Any]]) -> Profile:
    doc = held.get(chunk["profile"])
    if doc is None or digest(doc) != chunk["profile"]:
        raise AuditError(f"the profile that chunk {key} was made with is missing or was changed")
    return from_mapping(doc)


def _recompute(key: str, chunk: Mapping[str, Any], profile: Profile) -> int:
    """How many ticks of the chunk were recomputed, all with the same knobs."""
    for i, step in enumerate(_steps(key, chunk, profile)):
        knobs = step.state.column[step.state.at.knob].tolist()
        _compare(key, i, knobs, chunk["ticks"][i]["knobs"])
    return len(chunk["ticks"])


def _steps(key: str, chunk: Mapping[str, Any], profile: Profile) -> Iterator[Step]:
    try:
        state = controller.from_doc(chunk["start"], profile)
        for row in chunk["ticks"]:
            step = _again(state, row, profile)
            yield step
            state = step.state
    except (ResmemError, KeyError, TypeError, ValueError) as error:
        raise AuditError(f"chunk {key} cannot be replayed: {error}") from error


def _again(state: controller.ControlState, row: Mapping[str, Any], profile: Profile) -> Step:
    acting = profile if row["target"] is None else aimed(profile, np.array(row["target"]))
    signals = [Signal(named(name), value) for name, value in row["signals"].items()]
    step = controller.step(
        state, signals, dt=row["dt"], seconds=row["seconds"], safe_mode=row["safe"],
        profile=acting, authority=row.get("authority", 1.0),
    )  # fmt: skip
    return replace(step, profile=profile)


def _compare(key: str, tick: int, ours: list[float], theirs: list[float]) -> None:
    for name, mine, noted in zip(KNOBS, ours, theirs, strict=True):
        if mine != noted:
            raise AuditError(
                f"chunk {key}, tick {tick}: {name} was noted as {noted!r}, replayed as {mine!r}"
            )
