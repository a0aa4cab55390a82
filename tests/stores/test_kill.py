"""kill -9 at any moment: what was acknowledged is there, what was not is whole or absent."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from resmem_core.audit import verify
from resmem_core.engine.keeping.files import check
from resmem_core.protocols import AppendAudit, Delete, Op, Put, PutDoc, Row
from resmem_core.stores.sqlite import SqliteStore
from resmem_core.testing.examples import ADA
from resmem_core.types import Memory


def operation(n: int) -> list[Op]:
    """The n-th call: sizes, ids and kinds vary, and everything follows from n."""
    chance = random.Random(n)
    ident = f"m{chance.randrange(40)}"
    text = f"{n} " + "x" * chance.randrange(6000)
    row = Row(Memory(ident, ADA, text, (ident, str(n))), np.full(64, n, np.float32))
    main: Op = Delete(ADA, (ident,)) if n % 5 == 0 else Put((row,))
    return [main, PutDoc("gate", "n", {"n": n}, expect=n - 1), AppendAudit({"n": n})]


def write_forever(path: Path, pipe: int) -> None:
    """Do the next calls and acknowledge each."""
    store = SqliteStore(path)
    for n in count(reached(store) + 1):
        store.apply(operation(n))
        os.write(pipe, b"%d\n" % n)


def reached(store: SqliteStore) -> int:
    """The last call that the store holds."""
    doc = store.doc("gate", "n")
    return int(doc.body["n"]) if doc else 0


def kill_once(path: Path, delay: float, early: bool) -> int:
    """Start a writer and kill it; the last call that it acknowledged (0: none).

    The delay counts from its first acknowledgement, or from its start if `early`, which may kill
    it while it opens or creates the file.
    """
    read, write = os.pipe()
    child = multiprocessing.get_context("fork").Process(target=write_forever, args=(path, write))
    child.start()
    os.close(write)
    with os.fdopen(read) as acks:
        first = 0 if early else int(acks.readline())
        time.sleep(delay)
        child.kill()
        child.join()
        return max((int(line) for line in acks), default=first)


def kill_loop(path: Path, kills: int, longest: float) -> int:
    """Kill writers again and again, compare with an exact model; how many calls there were."""
    chance = random.Random(1)
    model: dict[str, int] = {}
    done = 0
    for kill in range(kills):
        acked = kill_once(path, chance.random() * longest, early=kill % 5 == 0)
        store = SqliteStore(path)
        now = reached(store)
        assert max(acked, done) <= now <= max(acked, done) + 1
        for n in range(done + 1, now + 1):
            (main, *_) = operation(n)
            if isinstance(main, Put):
                model[main.rows[0].memory.id] = n
            elif isinstance(main, Delete):
                model.pop(main.ids[0], None)
        assert held(store) == model
        assert [r["n"] for _, r in store.audit(done, 10**9)] == list(range(done + 1, now + 1))
        store.close()
        check(store.location)
        done = now
    store = SqliteStore(path)
    assert verify(record for _, record in store.audit(limit=10**9))
    store.close()
    return done


def held(store: SqliteStore) -> dict[str, int]:
    """Which call wrote each row: text and vector must agree."""
    rows = store.rows(ADA)
    assert all(int(row.vector[0]) == int(row.memory.text.split()[0]) for row in rows)
    return {row.memory.id: int(row.memory.text.split()[0]) for row in rows}


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_fifty_kills_lose_nothing(tmp_path: Path) -> None:
    """Every acknowledged call survives kill -9, and no call is there in half."""
    assert kill_loop(tmp_path / "a.db", 50, 0.08) >= 40


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    """The long form."""
    assert kill_loop(tmp_path / "a.db", 1000, 0.3) >= 800
