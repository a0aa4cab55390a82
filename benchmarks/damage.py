"""A flipped bit in a store's file, many times over: noticed, harmless, or a wrong answer?"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from resmem_core import Message, ResilientMemory
from resmem_core.audit import records, verify
from resmem_core.engine.keeping.files import check
from resmem_core.errors import ResmemError
from resmem_core.protocols import Delete, PutDoc
from resmem_core.stores.sqlite import SqliteStore

USERS: Final = (("bench", "ada"), ("bench", "ben"))
_KINDS: Final = ("archive", "gate", "head", "meta", "nights", "salt", "session", "tombstones")
Verdict = Literal["noticed", "harmless", "silent", "untyped"]


def damage(
    flips: Annotated[int, typer.Option(help="Bits that are flipped, one at a time.")] = 1500,
    seed: Annotated[int, typer.Option(help="Which bits.")] = 0,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Flip random bits of a store: how many `resmem check` notices, and what a reader gets."""
    figures = measure(flips, seed)
    if json_:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<50}{value:>8,}")


def measure(flips: int, seed: int) -> dict[str, int]:
    """Counts: what `check` said of each flip, and what was read without asking it."""
    chance = random.Random(seed)
    checked: Counter[Verdict] = Counter()
    read: Counter[Verdict] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        whole = _filled(Path(folder) / "whole.db")
        want = _content(Path(folder) / "whole.db")
        for _ in range(flips):
            bit = chance.randrange(8 * len(whole))
            content = bytearray(whole)
            content[bit // 8] ^= 1 << bit % 8
            said, got = _tried(Path(folder) / "flipped.db", bytes(content), want)
            checked[said] += 1
            read[got] += 1
    return {
        "bytes of the file": len(whole),
        "bits flipped": flips,
        "check: noticed": checked["noticed"],
        "check: sound, and every answer is the same": checked["harmless"],
        "check: sound, and an answer is another": checked["silent"],
        "read: typed error": read["noticed"],
        "read: every answer is the same": read["harmless"],
        "read: another answer without an error": read["silent"],
        "errors that are not typed": checked["untyped"] + read["untyped"],
    }


def _tried(path: Path, content: bytes, want: Any) -> tuple[Verdict, Verdict]:
    """What `check` makes of the file, and what reading it gives."""
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        name.unlink(missing_ok=True)
    path.write_bytes(content)
    noticed = _said(lambda: check(path))
    got: Verdict
    try:
        got = "harmless" if _content(path) == want else "silent"
    except ResmemError:
        got = "noticed"
    except Exception:
        got = "untyped"
    if noticed != "harmless":
        return noticed, got
    return ("harmless" if got != "silent" else "silent"), got


def _said(look: Any) -> Verdict:
    try:
        look()
    except ResmemError:
        return "noticed"
    except Exception:
        return "untyped"
    return "harmless"


def _filled(path: Path) -> bytes:
    """A store with rows in every table; its file, which has no log beside it."""
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        for name in USERS:
            session = memory.session("s", namespace=name)
            for n in range(40):
                session.observe(Message("user", f"Crate {n} of {name[1]} holds {n * 7} bottles."))
            memory.sleep(name)
            memory.forget(name, ids=[memory.scan(name)[0].id])
            gone = memory.scan(name)[-1].id
            doc = PutDoc("session", f"{name[1]}-1", {"level": 0.25, "turn": 7})
            memory.store.apply([Delete(name, (gone,)), doc])
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        file.execute("PRAGMA journal_mode = DELETE").fetchall()
    return path.read_bytes()


def _content(path: Path) -> Any:
    """All that a reader of the store gets."""
    with closing(SqliteStore(path)) as store:
        rows = {name: store.rows(name) for name in store.namespaces()}
        changes = [(c.revision, c.gone, c.full) for c in (store.changes(n, 1) for n in USERS)]
        return (
            {n: [(r.memory, r.vector.tobytes()) for r in found] for n, found in rows.items()},
            changes,
            [(kind, store.docs(kind)) for kind in _KINDS],
            [store.doc(kind, doc.key) for kind in _KINDS for doc in store.docs(kind)],
            verify(records(store)),
            [store.count(name) for name in USERS],
        )


if __name__ == "__main__":
    typer.run(damage)
