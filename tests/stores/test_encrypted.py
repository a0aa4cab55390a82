"""With a key of the process's, every file of a store is encrypted, and works as any other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

import pytest

from resmem_core import ResilientMemory
from resmem_core.errors import NotOurStore

pytest.importorskip("sqlcipher3")

Written: TypeAlias = tuple[Path, str, str]

HEX = "5e" * 32
WORK = """
import sys
from pathlib import Path
from resmem_core import Message, ResilientMemory
from resmem_core.engine.keeping import files
from resmem_core.errors import ResmemError

def texts(path):
    with ResilientMemory.open(path, keep=1.0, auto_sleep=False) as memory:
        return [m.text for m in memory.scan(("acme", "ada"))]

store, kind = Path(sys.argv[1]), sys.argv[2]
try:
    if kind == "write":
        with ResilientMemory.open(store, keep=1.0, auto_sleep=False) as memory:
            session = memory.session("s", namespace=("acme", "ada"))
            texts_ = [f"The marker weighs {n} kg." for n in range(5)]
            said = [session.observe(Message("user", text)) for text in texts_]
            memory.outbox.keep((("acme", "ada"), "s"), [Message("user", "A marker waits.")])
            files.backup(store, store.with_name("copy.db"))
            assert len(memory.outbox) == 1 and memory.outbox.drain()
            memory.forget(("acme", "ada"), ids=[said[0].id])
            memory.sleep()
        files.check(store)
        files.restore(store.with_name("copy.db"), store, replace=True)
        files.repair(store, store.with_name("saved.db"))
    print(texts(store))
except ResmemError as error:
    print(type(error).__name__, error)
"""


def run(path: Path, kind: str, key: str | None, before: str = "") -> str:
    """What the work prints in a process with that key."""
    env = {name: value for name, value in os.environ.items() if name != "RESMEM_STORE_KEY"}
    if key is not None:
        env["RESMEM_STORE_KEY"] = key
    done = subprocess.run(
        [sys.executable, "-c", before + WORK, str(path), kind],
        capture_output=True, text=True, check=False, env=env,
    )  # fmt: skip
    return done.stdout.strip() or done.stderr.strip()


@pytest.fixture(scope="module", params=["raw", pytest.param("phrase", marks=pytest.mark.nightly)])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A store that was used in every way, and its key."""
    key = HEX if request.param == "raw" else 'it\'s a "passphrase" of words'
    store = tmp_path_factory.mktemp("encrypted") / "a.db"
    return store, key, run(store, "write", key)


def test_no_byte_of_a_text_or_of_the_format_is_readable(written: Written) -> None:
    """Store, log, outbox, copy, replaced and repaired file; what was forgotten stays forgotten."""
    store, key, told = written
    names = {file.name for file in store.parent.iterdir()}

    assert told.count("marker weighs") == 4
    assert {"a.db", "copy.db", "saved.db", "a.db.replaced.bak", "a.db.outbox"} <= names
    for file in store.parent.iterdir():
        content = file.read_bytes()
        assert b"marker" not in content, file.name
        assert not content.startswith(b"SQLite format 3"), file.name
    assert run(store.with_name("saved.db"), "read", key).count("marker weighs") == 4


def test_another_key_and_none_are_one_typed_error_each(written: Written, tmp_path: Path) -> None:
    """The file is not touched, and a file that is not encrypted is not taken for one that is."""
    store, plain = written[0], tmp_path / "plain.db"
    before = store.read_bytes()
    ResilientMemory.open(plain).close()

    assert run(store, "read", "00" * 32).startswith("StoreCorrupt")
    with pytest.raises(NotOurStore, match="RESMEM_STORE_KEY if it is encrypted"):
        ResilientMemory.open(store)
    assert "import it with the key" in run(plain, "read", HEX)
    assert store.read_bytes() == before


def test_without_the_package_it_says_what_to_install(tmp_path: Path) -> None:
    """Nothing is written in the clear because a package is missing."""
    hidden = "import sys; sys.modules['sqlcipher3'] = None\n"
    told = run(tmp_path / "a.db", "write", HEX, hidden)

    assert "pip install 'resilient-memory[encrypted]'" in told
    assert not any(tmp_path.iterdir())
