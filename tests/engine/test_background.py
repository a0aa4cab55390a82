"""Writing in the background: quiet first, and nothing is lost, whenever the process ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from resmem_core import ResilientMemory
from resmem_core.engine.base.debounced import BUSY, Debounced, check_background
from resmem_core.errors import ConfigError, SafeModeError, StoreUnavailable
from resmem_core.types import Message

ADA = ("acme", "ada")
LONG = 600.0
"""Seconds that no test waits."""


def texts(memory):
    return [m.text for m in memory.scan(ADA)]


def wait_for(true):
    """Until it is so; a machine that is busy for a minute fails the test."""
    end = time.monotonic() + 60
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    assert true()


def test_what_waits_is_taken_in_when_it_is_quiet(tmp_path):
    """Nothing is stored at once; after the quiet it is, once and in order."""
    with ResilientMemory.open(tmp_path / "m.db", keep=1.0) as memory:
        session = memory.session("t1", namespace=ADA)
        for n in range(3):
            memory.outbox.later(session, [Message("user", f"Fact number {n}.", id=f"m{n}")], LONG)
        assert (texts(memory), len(memory.outbox)) == ([], 3)

        memory.outbox.later(session, [Message("user", "Fact number 3.", id="m3")], 0.01)

        wait_for(lambda: len(memory.outbox) == 0)
        assert texts(memory) == [f"Fact number {n}." for n in range(4)]


@pytest.mark.parametrize("way", ["close", "turn", "sleep", "forget"])
def test_whatever_comes_first_takes_it_in(tmp_path, way):
    """The end of the memory, a turn at once, a night, and a forgetting of what waits."""
    with ResilientMemory.open(tmp_path / "m.db", keep=1.0) as memory:
        session = memory.session("t1", namespace=ADA)
        memory.outbox.later(session, [Message("user", "I live in Lisbon.", id="m1")], LONG)
        if way == "turn":
            memory.outbox.observe(session, [Message("user", "I sing.", id="m2")])
        elif way == "sleep":
            memory.sleep(ADA)
        elif way == "forget":
            assert memory.forget(ADA, ["m1"]) == 1
    with ResilientMemory.open(tmp_path / "m.db") as memory:
        assert ("I live in Lisbon." in texts(memory)) is (way != "forget")
        assert len(memory.outbox) == 0


KILLED = """
import os, signal, sys
from langchain.agents import create_agent
from resmem_core import ResilientMemory
from resmem_langchain import ResmemMiddleware
from resmem_langchain.offline import QuotingChatModel

memory = ResilientMemory.open(sys.argv[1], keep=1.0)
ours = ResmemMiddleware(memory, namespace=("acme", "ada"), background=600)
agent = create_agent(QuotingChatModel(), [], middleware=[ours])
for n in range(5):
    agent.invoke({"messages": [("user", f"Kiln number {n} fires at {1200 + n} degrees.")]})
assert not memory.scan(("acme", "ada"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_loses_nothing(tmp_path):
    """The process is killed while five turns wait; the next process stores each of them once."""
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "m.db")], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode == -9, ended.stderr

    with ResilientMemory.open(tmp_path / "m.db", keep=1.0) as memory:
        for _ in range(2):
            memory.outbox.flush()
        said = [m.text for m in memory.scan(ADA) if m.role == "user"]
    assert said == [f"Kiln number {n} fires at {1200 + n} degrees." for n in range(5)]


def test_a_store_that_is_away_when_it_is_quiet_gets_it_later(tmp_path, monkeypatch):
    """What could not be taken in goes on waiting."""
    with ResilientMemory.open(tmp_path / "m.db", keep=1.0) as memory:
        session = memory.session("t1", namespace=ADA)
        tried = threading.Event()

        def away(*args, **kwargs):
            tried.set()
            raise StoreUnavailable("gone")

        with monkeypatch.context() as broken:
            broken.setattr(memory.store, "apply", away)
            memory.outbox.later(session, [Message("user", "I live in Lisbon.")], 0.0)
            assert tried.wait(60)
            memory.outbox._soon.stop()
        assert len(memory.outbox) == 1

        memory.outbox.flush()
        assert texts(memory) == ["I live in Lisbon."]


def test_safe_mode_takes_nothing(tmp_path):
    """The kill switch holds for what would be written later too."""
    with ResilientMemory.open(tmp_path / "m.db") as memory:
        memory.safe_mode(True)
        with pytest.raises(SafeModeError):
            memory.outbox.later(memory.session("t", namespace=ADA), [Message("user", "A b.")], 0)
        assert len(memory.outbox) == 0


def test_it_does_its_work_once_and_never_waits_for_ever(monkeypatch):
    """Calls put the work off, at the latest to ten times the quiet."""
    made = []

    class Timer:
        def __init__(self, seconds, work):
            made.append(seconds)
            self.work = work

        def start(self):
            pass

        def cancel(self):
            pass

    now = [100.0]
    monkeypatch.setattr("resmem_core.engine.base.debounced.Timer", Timer)
    monkeypatch.setattr("resmem_core.engine.base.debounced.monotonic", lambda: now[0])
    soon = Debounced(lambda: None)
    for _ in range(BUSY + 2):
        soon.call(1.0)
        now[0] += 0.99

    assert made[0] == 1.0
    assert made[-1] == 0.0
    assert all(0.0 <= seconds <= 1.0 for seconds in made)


@pytest.mark.parametrize("wrong", [-1, float("nan"), "soon", 1e9])
def test_only_seconds_are_a_quiet(wrong):
    """Anything else is one typed error."""
    with pytest.raises(ConfigError):
        check_background(wrong)
    assert check_background(None) is None
    assert check_background(2) == 2.0
