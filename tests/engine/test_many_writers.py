"""Several processes over one file: nobody's message is refused because others write."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.errors import ForkedHandleError

PROCESSES, MESSAGES = 4, 40
ADA = ("acme", "ada")


def write(path: str, worker: int, start: multiprocessing.synchronize.Event) -> None:
    """Observe distinct statements, one by one, when everybody is there."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        session = memory.session(f"thread-{worker}", namespace=ADA)
        start.wait()
        for n in range(MESSAGES):
            text = f"Parcel {worker}{n:03d} weighs {n} kg and goes to bay {worker}."
            session.observe(Message(role="user", text=text, id=f"{worker}-{n}"))


def test_no_message_is_refused_because_others_write(tmp_path: Path) -> None:
    """Four processes write to one namespace at once; each message is stored, once."""
    path = str(tmp_path / "shared.db")
    ResilientMemory.open(path).close()
    context = multiprocessing.get_context("spawn")
    start = context.Event()
    workers = [context.Process(target=write, args=(path, n, start)) for n in range(PROCESSES)]
    for worker in workers:
        worker.start()
    start.set()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    with ResilientMemory.open(path) as memory:
        sources = [s for m in memory.scan(ADA) for s in m.sources]
    wanted = {f"{worker}-{n}" for worker in range(PROCESSES) for n in range(MESSAGES)}
    assert sorted(sources) == sorted(wanted)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_gets_an_error_though_a_thread_held_the_lock(tmp_path: Path) -> None:
    """The child of a process whose other thread is amid a write is refused, and never hangs."""
    with ResilientMemory.open(str(tmp_path / "m.db")) as memory:
        session = memory.session("t", namespace=ADA)
        held, leave = threading.Event(), threading.Event()

        def hold() -> None:
            with memory.namespace_state(ADA).lock:
                held.set()
                leave.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        child = os.fork()
        if child == 0:
            try:
                session.observe(Message(role="user", text="I moved to Lisbon."))
            except ForkedHandleError:
                os._exit(7)
            os._exit(1)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        leave.set()
        thread.join()

    assert code == 7
