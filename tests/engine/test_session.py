"""What a session promises: durable before acknowledged, recallable at once, walls that hold."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from resmem_core import Message, Mode, Outcome, ResilientMemory, Signal, Verdict
from resmem_core.engine.state.namespace_state import session_key
from resmem_core.errors import (
    ClosedError,
    EmbedderError,
    EmbeddingMismatch,
    InputError,
    InputTypeError,
    NamespaceError,
    ResmemError,
    SafeModeError,
    TooLarge,
)
from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.stores import SqliteStore

ADA = ("acme", "ada")


def user(text: str, ident: str | None = None) -> Message:
    return Message(role="user", text=text, author="Ada", id=ident)


def test_an_observed_message_is_recalled_at_once(memory: ResilientMemory) -> None:
    """The buffer is recallable: no sleep is needed between observe and recall."""
    session = memory.session("t", namespace=ADA)
    session.observe(user("I moved to Lisbon in May.", "m1"))

    assert [hit.id for hit in session.recall("Where does Ada live? Lisbon?")] == ["m1"]


def test_another_session_of_the_namespace_recalls_it(memory: ResilientMemory) -> None:
    """Recall spans all sessions of the namespace."""
    memory.session("t1", namespace=ADA).observe(user("My sister is called Ines.", "m1"))

    hits = memory.session("t2", namespace=ADA).recall("What is the name of my sister?")

    assert [hit.id for hit in hits] == ["m1"]


@pytest.mark.parametrize(
    "other", [("acme", "bob"), ("acme",), ("acme", "ada", "x"), ("acm", "eada")]
)
def test_no_other_namespace_sees_it(memory: ResilientMemory, other: tuple[str, ...]) -> None:
    """Namespaces are compared segment by segment; a prefix is another namespace."""
    memory.session("t", namespace=ADA).observe(user("My sister is called Ines.", "m1"))

    assert memory.session("t", namespace=other).recall("sister Ines") == []
    assert memory.scan(other) == []


def test_the_same_id_twice_is_stored_once(memory: ResilientMemory) -> None:
    """A retry after an unknown outcome is harmless."""
    session = memory.session("t", namespace=ADA)
    session.observe(user("My sister is called Ines.", "m1"))

    assert session.observe(user("My sister is called Ines.", "m1")).verdict is Verdict.MERGE
    assert [m.id for m in memory.scan(ADA)] == ["m1"]


def test_a_repeat_is_merged_with_its_source_kept(memory: ResilientMemory) -> None:
    """Repeats cost no slot and lose no id."""
    session = memory.session("t", namespace=ADA)
    session.observe(user("My sister is called Ines.", "m1"))

    decision = session.observe(user("my sister is called ines", "m2"))

    assert (decision.verdict, decision.into) == (Verdict.MERGE, "m1")
    assert memory.scan(ADA)[0].sources == ("m1", "m2")


def test_personal_data_never_reaches_store_or_embedder(tmp_path: Path) -> None:
    """Redaction comes first: a spy embedder, the file and recall see placeholders only."""
    seen: list[str] = []

    class Spy:
        name, dim = "spy", 4

        def embed(self, texts: list[str]) -> np.ndarray:
            seen.extend(texts)
            return np.ones((len(texts), 4), dtype=np.float32) / 2

    path = tmp_path / "a.db"
    with ResilientMemory.open(str(path), embedder=Spy()) as memory:
        memory.session("t", namespace=ADA).observe(user("write to ada.lovelace@example.org today"))
        stored = [m.text for m in memory.scan(ADA)]

    raw = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert "ada.lovelace@example.org" not in " ".join([*seen, *stored])
    assert b"ada.lovelace" not in raw


def test_keep_one_keeps_all_but_repeats_and_empties() -> None:
    """keep=1.0 keeps everything that can be kept."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("t", namespace=ADA)
        for n in range(200):
            session.observe(user(f"Fact number {n}: box {n} holds item {n * 7}.", f"m{n}"))
        session.observe(user("   ", "blank"))
        memory.sleep(ADA)
        sources = {source for m in memory.scan(ADA) for source in m.sources}

    assert sources == {f"m{n}" for n in range(200)}


def test_a_restart_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Close and open: messages, control state and verdicts are as they were."""
    path = str(tmp_path / "a.db")
    with ResilientMemory.open(path, keep=1.0) as memory:
        session = memory.session("t", namespace=ADA)
        for n in range(100):
            session.observe(user(f"Box {n} holds item {n * 7} and was packed on day {n}.", f"m{n}"))
        session.outcome(Outcome(success=False, latency=3.0))
        before = session.snapshot()

    with ResilientMemory.open(path, keep=1.0) as memory:
        ids = {source for m in memory.scan(ADA) for source in m.sources}
        after = memory.session("t", namespace=ADA).snapshot()

    assert ids == {f"m{n}" for n in range(100)}
    assert after == before


def test_two_handles_on_one_file_see_each_other(tmp_path: Path) -> None:
    """Several workers share the file, without losing each other's writes."""
    path = str(tmp_path / "a.db")
    with ResilientMemory.open(path) as one, ResilientMemory.open(path) as two:
        first, second = one.session("t", namespace=ADA), two.session("u", namespace=ADA)
        for n in range(20):
            first.observe(user(f"The red box {n} holds {n * 3} apples.", f"r{n}"))
            second.observe(user(f"The blue crate {n} weighs {n * 5} kilos.", f"b{n}"))

        assert first.recall("blue crate 7 kilos", k=3)[0].id == "b7"
        assert second.recall("red box 17 apples", k=3)[0].id == "r17"


def test_a_write_without_rows_does_not_stop_another_handle(tmp_path: Path) -> None:
    """A message that was stored before, or an outcome without context, costs others no conflict."""
    path = str(tmp_path / "memory.db")
    with ResilientMemory.open(path) as first, ResilientMemory.open(path) as second:
        one, two = first.session("t", namespace=ADA), second.session("u", namespace=ADA)
        one.observe(user("My cat is called Luna.", "m1"))
        two.observe(user("The kayak trip starts in Porto.", "m2"))
        one.observe(user("The kayak trip starts in Porto.", "m2"))
        one.outcome(Outcome(success=True))

        assert two.observe(user("I bought a red bicycle.", "m3")).verdict is Verdict.KEEP


def test_forget_leaves_no_bytes(tmp_path: Path) -> None:
    """Erasure is complete: neither file nor write-ahead log nor recall has it."""
    with ResilientMemory.open(str(tmp_path / "a.db")) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe(user("The password hint is xylophone-marmalade.", "m1"))
        session.observe(user("Lunch is at noon.", "m2"))

        assert memory.forget(ADA, ["m1"]) == 1
        assert "m1" not in [hit.id for hit in session.recall("password hint")]
        raw = b"".join(p.read_bytes() for p in tmp_path.iterdir())

    assert b"xylophone" not in raw


def test_forgetting_a_namespace_forgets_what_it_taught(tmp_path: Path) -> None:
    """Gate, credit, what is usual and conversations start anew; a neighbour keeps its own."""
    namesake = (*ADA, "x")
    with ResilientMemory.open(str(tmp_path / "a.db"), keep=0.5) as memory:
        for namespace in (ADA, namesake):
            session = memory.session("t", namespace=namespace)
            for number in range(120):
                session.observe(user(f"Parcel {number} goes to street {number * 7}.", f"m{number}"))
            session.recall("Where does parcel 3 go?")
            session.outcome(Outcome(success=True))
        store = memory.store
        held = {kind: len(store.docs(kind)) for kind in ("gate", "session", "baselines")}

        assert memory.forget(ADA) > 0
        assert held == {"gate": 2, "session": 2, "baselines": 2}
        assert {kind: len(store.docs(kind)) for kind in held} == dict.fromkeys(held, 1)
        assert memory.namespace_state(ADA).head.gate.decided == 0
        assert memory.session("new", namespace=ADA).observe(user("We met in Porto.")).id
    with ResilientMemory.open(str(tmp_path / "a.db")) as memory:
        assert len(memory.scan(ADA)) == 1
        assert memory.namespace_state(namesake).head.gate.decided > 0


def test_safe_mode_refuses_writes_on_every_handle(tmp_path: Path) -> None:
    """The kill switch lives in the store: another worker obeys it, and it survives a restart."""
    path = str(tmp_path / "a.db")
    with ResilientMemory.open(path) as one:
        one.safe_mode(True)
    with ResilientMemory.open(path) as two:
        session = two.session("t", namespace=ADA)

        with pytest.raises(SafeModeError):
            session.observe(user("keep this"))
        session.loop.tick()
        assert session.mode is Mode.SAFE
        assert session.knobs.tool_access == 0.0


def test_credit_ranks_what_helped_first(memory: ResilientMemory) -> None:
    """Three of ten memories help; after fifty outcomes they have the highest credit."""
    session = memory.session("t", namespace=ADA)
    for n in range(10):
        session.observe(
            user(f"Note {n}: the harbour project step {n} uses tool {n * 11}.", f"m{n}")
        )
    weights = memory.namespace_state(ADA).head.gate.weights
    for _ in range(50):
        session.recall("harbour project step tool note", k=10)
        session.outcome(Outcome(success=True, used=("m2", "m5", "m7")))

    ranked = sorted(memory.scan(ADA), key=lambda m: -m.credit)
    linked = {link.target for link in ranked[0].links if link.kind == "recalled"}
    assert {m.id for m in ranked[:3]} == {"m2", "m5", "m7"}
    assert linked == {"m2", "m5", "m7"} - {ranked[0].id}
    assert all(-1 <= m.credit <= 1 for m in ranked)
    assert memory.namespace_state(ADA).head.gate.weights != weights


def test_a_turn_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its messages, the outcome's credit and the session's state become durable together."""
    calls: list[int] = []
    apply = SqliteStore.apply
    monkeypatch.setattr(
        SqliteStore, "apply", lambda s, ops: (calls.append(len(ops)), apply(s, ops))
    )
    with ResilientMemory.open(str(tmp_path / "a.db"), keep=1.0) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe(user("The harbour project uses the crane on pier nine.", "m1"))
        session.recall("Which pier has the harbour crane?")
        before = len(calls)
        session.turn([user("Thanks, the lighthouse needs paint.", "m2")], Outcome(success=True))

        assert len(calls) == before + 1
        assert {m.id: m.uses for m in memory.scan(ADA)} == {"m1": 1, "m2": 0}
        assert memory.store.doc("session", session_key(ADA, "t")) is not None


def test_a_turn_whose_messages_fail_still_has_its_outcome() -> None:
    """The embedder fails: no message is stored, and what was recalled is credited all the same."""
    embedder = LexicalEmbedder()
    with ResilientMemory.open(":memory:", keep=1.0, embedder=embedder) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe(user("The harbour project uses the crane on pier nine.", "m1"))
        session.recall("Which pier has the harbour crane?")
        embedder.embed = lambda texts: np.full((len(texts), embedder.dim), math.nan)

        with pytest.raises(EmbedderError):
            session.turn([user("The lighthouse needs paint.", "m2")], Outcome(success=True))
        assert [(m.id, m.uses) for m in memory.scan(ADA)] == [("m1", 1)]


def test_small_changes_of_credit_add_up(memory: ResilientMemory) -> None:
    """A change that is not worth a write waits for the next ones, and nothing of it is lost."""
    session = memory.session("t", namespace=ADA)
    session.observe(user("The harbour project uses the crane on pier nine.", "m1"))
    credits = []
    for _ in range(4):
        session.recall("Which pier has the harbour crane?")
        session.outcome(Outcome(feedback=0.25, answer="It rains."))
        session._context.clear()
        credits.append(memory.scan(ADA)[0].credit)

    step = 0.2 * 0.25 * 0.25
    assert credits == [0.0, 2 * step, 2 * step, 2 * step + 2 * step * (1 - 2 * step)]


def test_foreign_items_earn_credit_without_their_text(tmp_path: Path) -> None:
    """A framework's own nodes are credited by id; their text is not stored."""
    from resmem_core.engine.state.external_credit import Used

    with ResilientMemory.open(str(tmp_path / "a.db")) as memory:
        session = memory.session("t", namespace=ADA)
        session.use(
            [Used("node-1", 0, 0.9, "quokkas live on Rottnest"), Used("node-2", 1, 0.5, "x")]
        )
        session.outcome(Outcome(success=True, answer="quokkas live on Rottnest"))
        standing = session.credit(["node-1", "node-2", "node-3"])

    raw = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert standing["node-1"].credit > standing["node-2"].credit
    assert "node-3" not in standing
    assert b"quokkas" not in raw


async def test_async_twins_leave_the_loop_free(memory: ResilientMemory) -> None:
    """While a hundred messages are written, the event loop keeps turning."""
    session = memory.session("t", namespace=ADA)
    turns = 0

    async def spin() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    spinner = asyncio.create_task(spin())
    for n in range(30):
        await session.aobserve(user(f"Parcel {n} goes to street {n * 3}."))
    await session.aoutcome(Outcome(success=True))
    hits = await session.arecall("Which street does parcel 7 go to?", k=3)
    spinner.cancel()

    assert turns > 30
    assert "Parcel 7" in hits[0].text


def test_exclude_hides_what_the_context_holds(memory: ResilientMemory) -> None:
    """What is visible in the chat already is not recalled again."""
    session = memory.session("t", namespace=ADA)
    session.observe(user("My sister is called Ines.", "m1"))
    session.observe(user("My sister lives in Braga.", "m2"))

    assert [h.id for h in session.recall("my sister", k=2, exclude=["m1"])] == ["m2"]


@pytest.mark.parametrize("namespace", [None, (), "acme", ("",), ("a", " "), ("a\x1fb",), (1,)])
def test_no_namespace_no_session(memory: ResilientMemory, namespace: object) -> None:
    """A missing or malformed namespace is refused; there is no default."""
    with pytest.raises(NamespaceError):
        memory.session("t", namespace=namespace)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Message(role="user", text=b"bytes"), InputTypeError),  # type: ignore[arg-type]
        (lambda: Message(role="user", text="x" * 100_000_000), TooLarge),
        (lambda: Message(role="robot", text="x"), InputError),  # type: ignore[arg-type]
        (lambda: Signal("latency", math.nan), InputError),
        (lambda: Signal("latency", math.inf), InputError),
        (lambda: Signal("latency", "fast"), InputTypeError),  # type: ignore[arg-type]
        (lambda: Outcome(success=2.0), InputError),
        (lambda: Outcome(latency=-1.0), InputError),
        (lambda: Outcome(feedback=math.nan), InputError),
    ],
)
def test_bad_values_are_refused_where_they_are_made(make: object, error: type[Exception]) -> None:
    """One typed error that says what is allowed."""
    with pytest.raises(error, match=r"got|characters"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("dt", [-1.0, math.nan, math.inf, "soon"])
def test_a_bad_dt_changes_nothing(memory: ResilientMemory, dt: float) -> None:
    """A tick of negative or unknown length is refused and the pending signals stay."""
    session = memory.session("t", namespace=ADA)
    session.signal(Signal("provider_error"))
    before = session.snapshot()

    with pytest.raises((InputError, InputTypeError)):
        session.loop.tick(dt)
    assert session.snapshot() == before


def test_an_unknown_signal_changes_nothing(memory: ResilientMemory) -> None:
    """A signal that no profile knows is refused when it is given, with the names that exist."""
    session = memory.session("t", namespace=ADA)

    with pytest.raises(InputError, match="provider_error"):
        session.signal(Signal("vibes"))
    session.loop.tick()


def test_strange_text_is_cleaned_not_crashed_on(memory: ResilientMemory) -> None:
    """Lone surrogates, NUL, bidi and zero-width characters are taken out."""
    session = memory.session("t", namespace=ADA)
    session.observe(user("The code\x00word is \ud800 kestrel\u202e \u200bhill.", "m1"))

    stored = memory.scan(ADA)[0].text
    assert not set("\x00\ud800\u202e\u200b") & set(stored)
    assert session.recall("kestrel")[0].id == "m1"


@pytest.mark.parametrize("rows", ["nan", "shape", "raise"])
def test_a_broken_embedder_stores_nothing(rows: str) -> None:
    """Writes fail closed: an embedder that fails leaves the store as it was."""

    class Broken:
        name, dim = "broken", 4

        def embed(self, texts: list[str]) -> np.ndarray:
            if rows == "raise":
                raise RuntimeError("no model")
            shape = (len(texts), 3 if rows == "shape" else 4)
            return np.full(shape, math.nan if rows == "nan" else 1.0, dtype=np.float32)

    with ResilientMemory.open(":memory:", embedder=Broken()) as memory:
        session = memory.session("t", namespace=ADA)

        with pytest.raises(EmbedderError, match="broken"):
            session.observe(user("keep this"))
        assert memory.scan(ADA) == []
        assert session.recall("anything") == []


def test_another_embedder_is_refused_at_open(tmp_path: Path) -> None:
    """Vectors of two models are never mixed; the message names both."""

    class Other:
        name, dim = "other", 4

        def embed(self, texts: list[str]) -> np.ndarray:
            return np.ones((len(texts), 4), dtype=np.float32)

    path = str(tmp_path / "a.db")
    ResilientMemory.open(path).close()

    with pytest.raises(EmbeddingMismatch, match="other"):
        ResilientMemory.open(path, embedder=Other())


def test_a_closed_memory_says_so(memory: ResilientMemory) -> None:
    """close() is final and may be called twice."""
    session = memory.session("t", namespace=ADA)
    memory.close()
    memory.close()

    with pytest.raises(ClosedError):
        session.observe(user("too late"))
    with pytest.raises(ClosedError):
        memory.session("u", namespace=ADA)


@pytest.mark.parametrize(
    ("question", "k"),
    [("", 3), ("  ", 3), ("x" * 1_000_000, 3), ("x", 0), ("x", -1), ("x", 10_001)],
)
def test_a_bad_question_is_refused(memory: ResilientMemory, question: str, k: int) -> None:
    """Empty, huge, or a k out of range: one typed error."""
    session = memory.session("t", namespace=ADA)

    with pytest.raises(InputError):
        session.recall(question, k=k)


def test_naive_and_aware_times_agree(memory: ResilientMemory) -> None:
    """A naive datetime is taken as UTC."""
    session = memory.session("t", namespace=ADA)
    naive = datetime(2026, 5, 4, 12, 0)
    session.observe(Message(role="user", text="Naive noon lunch.", at=naive, id="a"))
    session.observe(
        Message(role="user", text="Aware evening walk.", at=naive.replace(tzinfo=UTC), id="b")
    )

    one, two = memory.scan(ADA)
    assert one.at == two.at


def test_every_error_is_a_resmem_error() -> None:
    """One root to catch."""
    from resmem_core import errors

    leaves = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]

    assert all(issubclass(leaf, ResmemError) for leaf in leaves)


def test_a_changed_fact_keeps_both_versions_linked(memory: ResilientMemory) -> None:
    """The newer version is linked to the older one, which is marked and ranks below it."""
    session = memory.session("t", namespace=ADA)
    session.observe(user("I live in Lisbon.", "old"))
    decision = session.observe(user("I moved to Porto last week.", "new"))
    stored = {m.id: m for m in memory.scan(ADA)}
    hits = [hit.id for hit in session.recall("Where do I live now? Lisbon or Porto?", k=2)]

    assert decision.replaces == "old"
    assert [link.target for link in stored["new"].links] == ["old"]
    assert stored["old"].valid_to is not None
    assert hits == ["new", "old"]


def test_a_changed_fact_survives_a_tight_budget() -> None:
    """However little may be kept, the newer version of a fact is."""
    with ResilientMemory.open(":memory:", keep=0.1) as memory:
        session = memory.session("t", namespace=ADA)
        session.observe(user("I live in Lisbon.", "old"))
        session.observe(user("I moved to Porto last week.", "new"))
        for n in range(150):
            session.observe(user(f"The {n}th comet of {n * 17} passed Jupiter at {n * 3} km."))
        memory.sleep(ADA)

        assert "new" in {source for m in memory.scan(ADA) for source in m.sources}
