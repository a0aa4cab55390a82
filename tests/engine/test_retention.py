"""The audit log stays bounded, and loses nothing but old verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from resmem_core import Message, ResilientMemory
from resmem_core.audit import records, verify
from resmem_core.config.sleep import SleepConfig
from resmem_core.engine.sleeping.audit_trim import PAGE, shorten
from resmem_core.errors import Conflict
from resmem_core.protocols import AppendAudit, Op
from resmem_core.stores.sqlite import SqliteStore

KEEP = 1000


def fill(store: SqliteStore, count: int) -> None:
    store.apply([AppendAudit({"event": "forget", "count": 7})])
    store.apply([AppendAudit({"event": "gate", "n": n}) for n in range(count)])


def test_sleep_shortens_the_log() -> None:
    """After a cycle the log has its size, verifies, and still knows what was forgotten."""
    settings = SleepConfig(audit_records=KEEP)
    with ResilientMemory.open(":memory:", sleep=settings, auto_sleep=False) as memory:
        session = memory.session("a", namespace=("ada",))
        session.observe(Message(role="user", text="I moved to Porto in May."))
        fill(memory.store, 2 * KEEP + PAGE)

        memory.sleep(("ada",))

        log = list(records(memory.store))
        assert verify(log) == log[-1]["hash"]
        assert KEEP <= len(log) <= KEEP + 20
        assert [r["count"] for r in log if r["event"] == "forget"] == [7]
        assert max(r["n"] for r in log if "n" in r) == 2 * KEEP + PAGE - 1


def test_a_log_that_is_hardly_too_long_is_left_alone() -> None:
    """A trim comes once in a tenth of the log, not with every cycle."""
    store = SqliteStore(":memory:")
    fill(store, KEEP + 50)

    shorten(store, KEEP, 0.0)

    assert store.audit_span() == (1, KEEP + 51)


class Rival(SqliteStore):
    """Somebody else trims at the same moment."""

    def apply(self, ops: Sequence[Op]) -> None:
        raise Conflict("somebody was first")


def test_another_worker_that_trims_is_left_to_it(tmp_path) -> None:
    """No error, and nothing is trimmed twice."""
    path = tmp_path / "a.db"
    fill(SqliteStore(path), 2 * KEEP)

    shorten(Rival(path), KEEP, 0.0)

    assert SqliteStore(path).audit_span() == (1, 2 * KEEP + 1)
