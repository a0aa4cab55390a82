"""Several engines over one store, a client that knows what it was told, and what must hold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final

from resmem_core import Decision, Message, Outcome, Profile, ResilientMemory
from resmem_core.audit import records, verify
from resmem_core.config.gate import GateConfig
from resmem_core.engine.clock import ManualClock
from resmem_core.engine.components import Components
from resmem_core.engine.files import check
from resmem_core.engine.session import Session
from resmem_core.errors import ApprovalDenied, StoreError
from resmem_core.learning.proposals import Evidence
from resmem_core.stores.sqlite import SqliteStore

from .faults import Crash, FaultyStore

SPACE: Final = ("acme", "ada")
DAY: Final = 86_400.0
ENGINES: Final = 2
SYLLABLES: Final = (
    "ba",
    "do",
    "fi",
    "gu",
    "ke",
    "lo",
    "mi",
    "nu",
    "pa",
    "ri",
    "so",
    "tu",
    "va",
    "ze",
)


@dataclass
class Told:
    """What the client knows of its messages, each by id.

    Attributes:
        held: acknowledged as kept, so that it must be there.
        unsure: the call failed, so that it may be there or not.
        unwanted: the client asked for it to be forgotten, so that it need not be there.
        forgotten: acknowledged as erased, so that it must never be there again.
    """

    texts: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)


class World:
    """One run of a seed.

    Args:
        path: of the store's file.
        seed: everything follows from it.
        rate: share of the store's calls that fail.
    """

    def __init__(self, path: Path, seed: int, rate: float = 0.02) -> None:
        self.chance = Random(seed)
        self.clock = ManualClock(1.75e9)
        self.told = Told()
        self.crashes = self.errors = 0
        self._path = path
        self._rate = rate
        self._crowded = seed % 2 == 1  # as on a cluster: others write between a look and its commit
        self._busy: set[int] = set()
        SqliteStore(path).close()
        self._truth = SqliteStore(path)
        self._engines: list[ResilientMemory | None] = [None] * ENGINES

    # -- running

    def run(self, steps: int) -> None:
        """Take the steps, and look after each of them."""
        for _ in range(steps):
            self.step()
            self.look()
        self._stop()
        check(self._path)
        self._no_byte_left()

    def step(self) -> None:
        """One call of one engine, which may fail or die."""
        at = self.chance.choice(sorted(set(range(ENGINES)) - self._busy))
        self._busy.add(at)
        call = self.chance.choices(list(_CALLS), weights=list(_CALLS.values()))[0]
        try:
            call(self, self._engine(at))
        except Crash:
            self.crashes += 1
            self._died(at)
        except StoreError:
            self.errors += 1
        finally:
            self._busy.remove(at)

    def _engine(self, at: int) -> ResilientMemory:
        memory = self._engines[at]
        if memory is None:
            store = SqliteStore(self._path, timeout=0.05)
            try:
                memory = self._opened(store)
            except BaseException:
                store.close()
                raise
            self._engines[at] = memory
        return memory

    def _opened(self, store: SqliteStore) -> ResilientMemory:
        between = self._between if self._crowded else None
        faulty = FaultyStore(store, self.chance, self._rate, between)
        parts = Components.of(
            1.0, gate=GateConfig(buffer_size=4), clock=self.clock, auto_sleep=False
        )
        return ResilientMemory(faulty, parts)

    def _between(self) -> None:
        """Another engine takes a whole step just before this one's write."""
        if len(self._busy) < ENGINES and self.chance.random() < 0.2:
            self.step()

    def _died(self, at: int) -> None:
        memory, self._engines[at] = self._engines[at], None
        if memory is not None:
            memory.store.close()  # without the engine's own farewell

    def _stop(self) -> None:
        for at in range(ENGINES):
            self._died(at)
        self._truth.close()

    # -- what must hold

    def look(self) -> None:
        """Compare what the store holds with what the client was told."""
        rows = [row.memory for row in self._truth.rows(SPACE)]
        told = [memory for memory in rows if not memory.id.startswith("semantic-")]
        there = [source for memory in told for source in memory.sources]
        assert len(there) == len(set(there)), "a message is held by two memories"
        missing = self.told.held - set(there)
        assert not missing, f"acknowledged and lost: {sorted(missing)}"
        back = self.told.forgotten & set(there)
        assert not back, f"forgotten and back: {sorted(back)}"
        texts = {self.told.texts[ident] for ident in self.told.forgotten}
        written = " ".join(memory.text for memory in rows)
        assert not [text for text in texts if text in written], "a forgotten text stands in another"
        ids = {memory.id for memory in rows}
        dangling = [x.target for m in rows for x in m.links if x.target not in ids]
        assert not dangling, f"links to nothing: {dangling}"
        verify(records(self._truth))
        self._one_policy_a_version()

    def _one_policy_a_version(self) -> None:
        decided = [r["version"] for r in records(self._truth) if r["event"] in _DECIDED]
        assert len(decided) == len(set(decided)), "two decisions made one version"
        assert sorted(decided) == [int(doc.key) for doc in self._truth.docs("policy")]

    def _no_byte_left(self) -> None:
        content = self._path.read_bytes()
        left = [i for i in self.told.forgotten if self.told.texts[i].encode() in content]
        assert not left, f"bytes of what was forgotten: {left}"


_DECIDED: Final = {"approved", "rollback"}


# -- what engines are asked to do


def _session(world: World, memory: ResilientMemory, ident: str = "m0") -> Session:
    """The conversation in which a message is told; always the same one for one id."""
    return memory.session(f"t{int(ident[1:]) % 3}", namespace=SPACE)


def _message(world: World) -> Message:
    """A message that is told for the first time, or again, as a client does that got no answer."""
    told, chance = world.told, world.chance
    again = sorted(told.unsure) if chance.random() < 0.5 else sorted(told.texts)
    if again and chance.random() < 0.3:
        ident = chance.choice(again)
    else:
        ident = f"m{len(told.texts)}"
        told.texts[ident] = _text(chance)
    return Message(role="user", text=told.texts[ident], id=ident)


def _same_thread(one: Message, other: Message) -> bool:
    return one.id != other.id and (int(str(one.id)[1:]) - int(str(other.id)[1:])) % 3 == 0


def _text(chance: Random) -> str:
    words = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(4)]
    return f"{words[0].title()} keeps {words[1]} beside {words[2]} in {words[3].title()}."


def _write(told: Told, messages: list[Message], call: Callable[[], list[Decision]]) -> None:
    """Send, and note what the client knows then."""
    told.unsure |= {str(message.id) for message in messages} - told.held
    for message, decision in zip(messages, call(), strict=True):
        kept, ident = decision.verdict != "drop", str(message.id)
        assert kept or ident in told.unwanted, "at keep=1.0 nothing else is dropped"
        told.unsure.discard(ident)
        if kept and ident not in told.unwanted:
            told.held.add(ident)


def _observe(world: World, memory: ResilientMemory) -> None:
    message = _message(world)
    session = _session(world, memory, str(message.id))
    _write(world.told, [message], lambda: [session.observe(message)])


def _turn(world: World, memory: ResilientMemory) -> None:
    first = _message(world)
    messages = [first, *(m for m in [_message(world)] if _same_thread(m, first))]
    session = _session(world, memory, str(first.id))
    outcome = Outcome(success=world.chance.random() < 0.7)
    _write(world.told, messages, lambda: session.turn(messages, outcome))


def _forget(world: World, memory: ResilientMemory) -> None:
    told = world.told
    if not told.texts:
        return
    ident = world.chance.choice(sorted(told.texts))
    told.held.discard(ident)
    told.unwanted.add(ident)
    if memory.forget(SPACE, [ident]):
        told.forgotten.add(ident)


def _sleep(world: World, memory: ResilientMemory) -> None:
    memory.sleep(SPACE)


def _recall(world: World, memory: ResilientMemory) -> None:
    told = world.told
    query = told.texts[world.chance.choice(sorted(told.texts))] if told.texts else "Who?"
    hits = _session(world, memory).recall(query)
    gone = {told.texts[ident] for ident in told.forgotten}
    assert not gone & {hit.text for hit in hits}, "recall speaks of what was forgotten"


def _carry(world: World, memory: ResilientMemory) -> None:
    """An export of ours is taken in again, at once or by another engine."""
    lines = list(memory.export(SPACE))
    memory.import_(lines)


def _decide(world: World, memory: ResilientMemory) -> None:
    """Propose and approve, or roll back; another person may be first."""
    policies, shift = memory.policies, world.chance.uniform(0.01, 0.05)
    with suppress(ApprovalDenied):  # stale by then, or the active one already
        if world.chance.random() < 0.3:
            policies.rollback(0, by="Grace")
            return
        shipped = Profile.default()
        bolder = replace(shipped, base=shipped.base.clip(0, 0.9) + shift)
        made = policies.propose(bolder, EVIDENCE, proposer="trainer")
        policies.approve(made.id, by="Grace")


def _time_jumps(world: World, memory: ResilientMemory) -> None:
    """Mostly onwards, at times far, at times back, as clocks of several machines do."""
    chance = world.chance
    world.clock.at += chance.choice([60.0, 3_600.0, DAY, 40 * DAY, -3_600.0, -2 * DAY])
    world.clock.passed += chance.choice([0.0, 60.0, 3_600.0])


EVIDENCE: Final = Evidence(samples=500, gain=0.03, lower_bound=0.01, kl=0.004, method="replay")

_CALLS: Final = {
    _observe: 8, _turn: 5, _forget: 2, _sleep: 2, _recall: 4, _carry: 1, _decide: 1, _time_jumps: 2,
}  # fmt: skip
