"""A store that is locked, full or away stalls no turn and loses no message."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from resmem_core import Message, Outcome, ResilientMemory, Verdict
from resmem_core.engine import outbox as module
from resmem_core.errors import ClosedError, StoreFull, StoreUnavailable

ADA = ("acme", "ada")
DONE = Outcome(success=True)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "m.db")


def said(text: str, ident: str | None = None) -> Message:
    return Message("user", text, id=ident)


def texts(memory: ResilientMemory) -> list[str]:
    return [m.text for m in memory.scan(ADA)]


def _hold(path: str, ready: object, done: object) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    ready.set()  # type: ignore[attr-defined]
    done.wait(30)  # type: ignore[attr-defined]
    connection.execute("ROLLBACK")
    connection.close()


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Another process holds the file's write lock."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(path, ready, done))
    process.start()
    try:
        assert ready.wait(30)
        yield
    finally:
        done.set()
        process.join(30)


def test_a_locked_store_does_not_stall_a_turn_and_nothing_is_lost(path: str) -> None:
    """What was told meanwhile is on disk, redacted, and stored with the next turn, in order."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        session = memory.session("monday", namespace=ADA)
        memory.outbox.turn(session, [said("The kiln fires at 1240 degrees.", "a")], DONE)
        waits = []
        with locked(path):
            for ident, text in {"b": "Write to ines@example.org.", "c": "I sing."}.items():
                began = time.monotonic()
                decisions = memory.outbox.turn(session, [said(text, ident)], DONE)
                recalled = session.recall("kiln")
                waits.append(time.monotonic() - began)
            waiting = len(memory.outbox)
            beside = Path(path + module.FILE)
            kept, mode = beside.read_bytes(), beside.stat().st_mode & 0o777
        memory.outbox.turn(session, [said("I also play chess.", "d")], DONE)
        order = [(m.id, m.session) for m in memory.scan(ADA)]

    assert max(waits) < 2.5  # the store alone would wait for five seconds each time
    assert (decisions[0].verdict, decisions[0].final) == (Verdict.KEEP, False)
    assert recalled[0].id == "a"
    assert waiting == 2
    assert b"ines@" not in kept
    assert mode == os.stat(path).st_mode & 0o777
    assert order == [(ident, "monday") for ident in "abcd"]
    assert b"I sing" not in beside.read_bytes()


def test_what_waits_outlives_the_process(path: str) -> None:
    """Killed while the store is away; another process takes it in, once, with its first turn."""
    ResilientMemory.open(path).close()
    script = (
        "import os\n"
        "from resmem_core import Message, Outcome, ResilientMemory\n"
        "from resmem_core.errors import ClosedError, StoreFull\n"
        f"memory = ResilientMemory.open({path!r}, keep=1.0)\n"
        "session = memory.session('monday', namespace=('acme', 'ada'))\n"
        "def full(ops): raise StoreFull('no space left')\n"
        "memory.store.apply = full\n"
        "for n in range(40):\n"
        "    text = f'Parcel {n} goes to depot {n}.'\n"
        "    memory.outbox.turn(session, [Message('user', text)], Outcome(success=True))\n"
        "os._exit(9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        before = texts(memory)
        session = memory.session("tuesday", namespace=ADA)
        memory.outbox.turn(session, [said("I sing.")], DONE)
        while not memory.outbox.drain():
            pass
        stored = [m for m in memory.scan(ADA) if m.text.startswith("Parcel")]

    assert (killed.returncode, before) == (9, [])
    assert [m.text for m in stored] == [f"Parcel {n} goes to depot {n}." for n in range(40)]
    assert {m.session for m in stored} == {"monday"}
    assert [m.at for m in stored] == sorted(m.at for m in stored)


def test_a_crash_between_storing_and_striking_off_repeats_nothing(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what the gate dropped since: the store knows how far the queue was taken in."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        place = (ADA, "monday")
        memory.outbox.keep(place, [said("I sing.", "a"), said("I also play chess.", "b")])
        with monkeypatch.context() as crash:
            crash.setattr("resmem_core.stores.queue.Queue.drop", _crash)
            with pytest.raises(KeyboardInterrupt):
                memory.outbox.flush()
        memory.forget(ADA, ["a"], tombstones=False)
        left = len(memory.outbox)
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        memory.outbox.flush()

        assert left == 0  # forgetting took the rest in first
        assert texts(memory) == ["I also play chess."]


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_two_processes_take_it_in_once(path: str) -> None:
    """Both drain the same queue at the same time."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        memory.outbox.keep(
            (ADA, "monday"), [said(f"Parcel {n} goes to depot {n}.") for n in range(120)]
        )
        script = (
            "from resmem_core import ResilientMemory\n"
            f"with ResilientMemory.open({path!r}, keep=1.0, auto_sleep=False) as memory:\n"
            "    memory.outbox.flush()\n"
        )
        others = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
        codes = [process.wait(60) for process in others]
        memory.outbox.flush()

        assert codes == [0, 0]
        assert texts(memory) == [f"Parcel {n} goes to depot {n}." for n in range(120)]


def test_where_the_disk_is_full_for_the_outbox_too_it_waits_in_the_process(
    path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And is written in order when there is room."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        session = memory.session("monday", namespace=ADA)
        with monkeypatch.context() as full:
            full.setattr(memory.store, "apply", _full)
            full.setattr("resmem_core.stores.queue._claim", _full)
            memory.outbox.turn(session, [said("I sing.", "a")], DONE)
        with monkeypatch.context() as full:
            full.setattr(memory.store, "apply", _full)
            memory.outbox.turn(session, [said("I also play chess.", "b")], DONE)
        memory.outbox.turn(session, [said("The kiln fires at 1240 degrees.", "c")], DONE)

        assert [m.id for m in memory.scan(ADA)] == ["a", "b", "c"]
        assert "sing" not in caplog.text


def _full(*_: object) -> None:
    raise StoreFull("no space left")


def test_what_waits_in_the_process_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """A store that stays away does not fill the process; what is given up is said."""
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        for thread in range(3):
            place = (ADA, f"t{thread}")
            memory.outbox.keep(place, [said(f"Fact {n}.") for n in range(500)])

        assert len(memory.outbox) == module.MAX_PENDING
        assert "messages were lost" in caplog.text
        assert "Fact" not in caplog.text


def test_what_was_forgotten_does_not_come_out_of_the_outbox(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by its id, nor as a repeat, nor with its namespace; no byte of it stays."""
    quokka = "My locker is by the quokka enclosure."
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        memory.outbox.keep((ADA, "monday"), [said(quokka, "a"), said("I sing.", "b")])
        erased = memory.forget(ADA, ["a"])
        memory.outbox.keep((ADA, "monday"), [said(quokka, "c")])
        memory.outbox.flush()
        left = texts(memory)
        memory.outbox.keep((ADA, "monday"), [said(quokka, "d")])
        memory.outbox.keep((("acme", "ben"), "monday"), [said("I whistle.", "e")])
        memory.forget(ADA)
        memory.outbox.flush()

        assert (erased, left, texts(memory)) == (1, ["I sing."], [])
        assert [m.text for m in memory.scan(("acme", "ben"))] == ["I whistle."]
    assert all(b"quokka" not in file.read_bytes() for file in Path(path).parent.iterdir())


def test_one_message_that_cannot_be_stored_holds_up_no_other(
    path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is reported without its text and struck off."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        kept = [said("I sing.", "a"), said("Poison for the splitter.", "b"), said("I row.", "c")]
        memory.outbox.keep((ADA, "monday"), kept)
        real = module.preprocess

        def preprocess(message, session, components):  # type: ignore[no-untyped-def]
            if "Poison" in message.text:
                raise module.ResmemError("cannot")
            return real(message, session, components)

        monkeypatch.setattr(module, "preprocess", preprocess)
        with caplog.at_level(logging.ERROR):
            memory.outbox.flush()

        assert texts(memory) == ["I sing.", "I row."]
        assert len(memory.outbox) == 0
        assert "Poison" not in caplog.text
        assert "cannot be written" in caplog.text


def test_a_store_that_stays_away_keeps_what_waits(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`flush` says why; nothing is struck off."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        memory.outbox.keep((ADA, "monday"), [said("I sing.", "a")])
        with monkeypatch.context() as away:
            away.setattr(memory.store, "apply", _away)
            with pytest.raises(StoreUnavailable):
                memory.outbox.flush()
            drained = memory.outbox.drain()

        assert (drained, len(memory.outbox)) == (False, 1)
        assert memory.outbox.drain()
        assert texts(memory) == ["I sing."]


def _away(*_: object) -> None:
    raise StoreUnavailable("gone")


def test_sleep_and_the_end_take_in_what_waits(path: str) -> None:
    """Whoever comes first."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        memory.outbox.keep((ADA, "monday"), [said("I sing.", "a")])
        memory.sleep()
        slept = texts(memory)
        memory.outbox.keep((ADA, "monday"), [said("I also play chess.", "b")])
    with ResilientMemory.open(path) as memory:
        assert slept == ["I sing."]
        assert len(texts(memory)) == 2


def test_writers_of_one_process_queue(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first burst on a slow disk: every turn is stored when it returns, none waits in a file."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        sync = memory.store._turn._log.sync  # type: ignore[attr-defined]

        def slow() -> None:
            time.sleep(module.PATIENCE / 4)
            sync()

        monkeypatch.setattr(memory.store._turn._log, "sync", slow)  # type: ignore[attr-defined]
        places = [("acme", f"user {n}") for n in range(12)]

        def first(place: tuple[str, str]) -> int:
            session = memory.session("monday", namespace=place)
            memory.outbox.turn(session, [said(f"I am {place[1]}.")], DONE)
            return len(memory.scan(place))

        with ThreadPoolExecutor(len(places)) as pool:
            stored = list(pool.map(first, places))
        waiting = len(memory.outbox)

    assert stored == [1] * len(places)
    assert waiting == 0
    assert not Path(path + module.FILE).exists()


def test_behind_another_process_nobody_queues(path: str) -> None:
    """The locked file costs many threads no more than one: all have it in the outbox."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        sessions = [memory.session("monday", namespace=("acme", f"user {n}")) for n in range(12)]
        with locked(path), ThreadPoolExecutor(len(sessions)) as pool:
            began = time.monotonic()
            decided = list(
                pool.map(lambda s: memory.outbox.turn(s, [said("I sing.")], DONE), sessions)
            )
            took = time.monotonic() - began
            waiting = len(memory.outbox)
        assert memory.outbox.drain()
        there = [len(memory.scan(session.namespace)) for session in sessions]

    assert took < 5.0  # the store's own timeout, for one
    assert all(not decision.final for (decision,) in decided)
    assert (waiting, there) == (len(sessions), [1] * len(sessions))


def test_a_recall_finds_what_an_outage_left(path: str) -> None:
    """`catch_up` takes it in; what is to wait for its quiet goes on waiting."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        session = memory.session("monday", namespace=ADA)
        with locked(path):
            memory.outbox.turn(session, [said("The kiln fires at 1240 degrees.")], DONE)
        memory.outbox.catch_up()
        found = [hit.text for hit in session.recall("kiln")]
        memory.outbox.later(session, [said("I sing.")], 600.0)
        memory.outbox.catch_up()

        assert found == ["The kiln fires at 1240 degrees."]
        assert len(memory.outbox) == 1


@pytest.mark.parametrize("file", [True, False])
def test_what_comes_after_the_end(path: str, file: bool) -> None:
    """A closed memory keeps a turn for who opens the store next, or says that it is closed."""
    memory = ResilientMemory.open(path if file else ":memory:", keep=1.0)
    memory.close()
    if not file:
        with pytest.raises(ClosedError, match="open it again"):
            memory.outbox.keep((ADA, "monday"), [said("I sing.")])
        return
    memory.outbox.keep((ADA, "monday"), [said("I sing.")])
    with ResilientMemory.open(path, keep=1.0) as memory:
        assert memory.outbox.drain()
        assert texts(memory) == ["I sing."]
