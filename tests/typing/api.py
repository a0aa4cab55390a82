"""How a user's code is typed: what must pass mypy and pyright in strict mode, and what must not.

Nothing here runs. A wrong use carries the errors that it must give, as ignores: both checkers are
told to report an ignore that silences nothing, so a use that is no longer refused fails.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import resmem_core
from resmem_core import (
    Budget,
    Classifier,
    Clock,
    Decision,
    Embedder,
    GateConfig,
    Hits,
    Knobs,
    LearningConfig,
    LexicalEmbedder,
    LexiconClassifier,
    Memory,
    Message,
    Mode,
    Namespace,
    OllamaClassifier,
    OllamaEmbedder,
    Outcome,
    PatternRedactor,
    Policy,
    Profile,
    Proposal,
    RecallWeights,
    Redactor,
    ResilientMemory,
    ResmemError,
    Session,
    Signal,
    SignalName,
    SleepConfig,
    SleepReport,
    Store,
    Story,
    Verdict,
)
from resmem_core.errors import ConfigError, StoreError

# -- opening


def opened(path: Path, wrapped: PathLike[str]) -> list[ResilientMemory]:
    """A location is a str or a path, and every setting has a public type."""
    assert_type(ResilientMemory.open(":memory:"), ResilientMemory)
    everything = ResilientMemory.open(
        path,
        keep=0.5,
        embedder=LexicalEmbedder(dim=256),
        classifier=LexiconClassifier(),
        redactor=PatternRedactor(),
        profile=Profile.default(),
        clock=Midnight(),
        gate=GateConfig(keep=0.5, buffer_size=8),
        recall=RecallWeights(),
        sleep=SleepConfig(ttl=3600.0),
        summarize=" ".join,
        auto_sleep=False,
        explore=0.1,
        rng=np.random.default_rng(1),
        record=True,
        learning=LearningConfig(),
    )
    return [everything, ResilientMemory.open(wrapped)]


def opened_wrongly() -> None:
    """No bytes, no number, no misspelled setting, no part that lacks what its protocol asks."""
    ResilientMemory.open(b"m.db")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ResilientMemory.open(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ResilientMemory.open(":memory:", keep="half")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ResilientMemory.open(":memory:", kept=0.5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ResilientMemory.open(":memory:", 0.5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ResilientMemory.open(":memory:", embedder=LexiconClassifier())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ResilientMemory.open(":memory:", gate=SleepConfig())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ResilientMemory.open(":memory:", summarize=len)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# -- namespaces


def walled(memory: ResilientMemory, ids: list[str], place: Namespace) -> None:
    """A namespace is a tuple or a list of strings."""
    assert_type(memory.session("1", namespace=("acme", "ada")), Session)
    memory.session("1", namespace=["acme", "ada"])
    memory.session("1", namespace=place)
    assert_type(memory.scan(("acme",), since=datetime.now(UTC)), list[Memory])
    assert_type(memory.sleep(("acme", "ada")), list[SleepReport])
    assert_type(memory.sleep(), list[SleepReport])
    assert_type(memory.forget(("acme",), ids, author="ada", tombstones=False), int)
    assert_type(memory.allow(("acme",)), int)


def walled_wrongly(memory: ResilientMemory) -> None:
    """A bare str is a sequence of letters: it names no namespace, and there is no default."""
    memory.session("1", namespace="acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    memory.scan("acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    memory.sleep("acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    memory.forget("acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    memory.allow("acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    memory.session("1", namespace=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    memory.session("1", namespace=("acme", 7))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    memory.session("1", namespace={"acme"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    memory.session("1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


# -- a conversation


def talked(session: Session) -> None:
    """What goes in and comes out of a turn."""
    message = Message("user", "I moved to Lisbon.", at=datetime.now(UTC), metadata={"page": 3})
    assert_type(session.observe(message), Decision)
    assert_type(session.observe_all([message]), list[Decision])
    assert_type(session.judge(message).verdict, Verdict)
    assert_type(session.recall("Where?", k=3, diversity=0.5, exclude=["m1"]), Hits)
    assert_type(session.search("Where?"), Hits)
    assert_type(session.turn([message], Outcome(success=True, used=("m1",))), list[Decision])
    assert_type(session.begin_call(), Knobs)
    assert_type(session.mode, Mode)
    assert_type(session.explain(), Story)
    assert_type(session.levels, dict[str, float])
    name: SignalName = "latency"
    session.signal(Signal(name, 2.5), Signal("text.cortisol", 0.5), Signal("tool_error"))
    session.reading("similarity", 0.7, source="mine")


def talked_wrongly(session: Session) -> None:
    """Names are checked when they are written, not when the agent runs."""
    Signal("latenzy", 1.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Signal("text.adrenalin", 1.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Signal("latency", "2 s")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Signal("latency").value = 2.0  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    session.reading("closeness", 0.7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Message("human", "Hello")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Message("user", b"Hello")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Message("user", "Hello", kind="note")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Outcome(succes=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    session.observe("Hello")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.observe_all(Message("user", "Hello"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.outcome(True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.recall("Where?", 3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    session.knobs.temperature = 0.0  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    session.tick()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


# -- async twins


async def awaited(memory: ResilientMemory) -> None:
    """Every twin takes what its method takes, and gives what that gives."""
    session = await memory.asession("1", namespace=("acme", "ada"))
    assert_type(session, Session)
    message = Message("user", "Hello")
    assert_type(await session.aobserve(message), Decision)
    assert_type(await session.aobserve_all((message,)), list[Decision])
    assert_type(await session.ajudge(message), Decision)
    assert_type(await session.arecall("Where?", k=3, diversity=0.5, exclude={"m1"}), Hits)
    assert_type(await session.asearch("Where?", k=3), Hits)
    assert_type(await session.aturn([message], Outcome()), list[Decision])
    await session.aoutcome(Outcome(success=0.5))
    assert_type(await memory.ascan(("acme",), author="ada"), list[Memory])
    assert_type(await memory.asleep(), list[SleepReport])
    assert_type(await memory.aforget(("acme",), session="1", tombstones=False), int)
    assert_type(await memory.aallow(("acme",), "Hello"), int)
    async with ResilientMemory.open(":memory:") as other:
        assert_type(other, ResilientMemory)


async def awaited_wrongly(memory: ResilientMemory, session: Session) -> None:
    """A twin refuses what its method refuses."""
    await memory.asession("1", namespace="acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await memory.ascan("acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await memory.ascan(("acme",), athor="ada")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await memory.aforget("acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await memory.aforget(("acme",), tombstone=False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await session.arecall("Where?", kk=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await session.aobserve("Hello")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await session.aturn([])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    len(session.arecall("Where?"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# -- parts of one's own


class Midnight:
    """A clock that stands."""

    def now(self) -> float:
        """Epoch seconds."""
        return 0.0

    def elapsed(self) -> float:
        """Monotonic seconds."""
        return 0.0


class Ones:
    """An embedder to whom all texts are alike."""

    name = "ones"
    dim = 4

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text."""
        return np.full((len(texts), 4), 0.5, np.float32)


class Calm:
    """A classifier that hears nothing."""

    def scores(self, text: str) -> Mapping[str, float]:
        """All twelve."""
        return dict.fromkeys(resmem_core.NEUROCHEMICALS, 0.0)


def exchanged(store: Store) -> None:
    """What has the methods of a protocol is one, without inheriting from it."""
    clock: Clock = Midnight()
    embedder: Embedder = Ones()
    classifiers: list[Classifier] = [Calm(), OllamaClassifier("a-model")]
    redactor: Redactor = PatternRedactor(regions=("PT",))
    ResilientMemory.open(":memory:", clock=clock, embedder=embedder, redactor=redactor)
    ResilientMemory.open(":memory:", classifier=classifiers[0], embedder=OllamaEmbedder("a-model"))
    assert_type(store.namespaces(), list[tuple[str, ...]])


def exchanged_wrongly() -> None:
    """What lacks a method of a protocol is none."""
    clock: Clock = Calm()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    embedder: Embedder = Midnight()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    redactor: Redactor = Ones()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    print(clock, embedder, redactor)


# -- policies, budgets, errors


def decided(memory: ResilientMemory) -> Policy:
    """A proposal waits for a person."""
    waiting = memory.policies.proposals()
    assert_type(waiting, list[Proposal])
    return memory.policies.approve(waiting[0].id, by="grace")


def decided_wrongly(memory: ResilientMemory, policy: Policy) -> None:
    """Nobody approves without a name, and a policy is a value."""
    memory.policies.approve("p1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    policy.version = 7  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Budget(token=100)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def caught(path: Path) -> str:
    """Every error has one root."""
    try:
        ResilientMemory.open(path).close()
    except ConfigError as error:
        return str(error)
    except StoreError as error:
        root: ResmemError = error
        return str(root)
    return ""


# -- what is no part of the surface


def hidden() -> None:
    """Plumbing has its own modules."""
    print(resmem_core.missing_extra)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(resmem_core.check_namespace)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(resmem_core.Used)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(resmem_core.tool_signals)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
