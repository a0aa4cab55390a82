"""Every store of ours passes the suite that is shipped for other people's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resmem_core import Message, ResilientMemory
from resmem_core.engine.state.components import Components
from resmem_core.protocols import Delete, Put, PutDoc
from resmem_core.stores import SqliteStore
from resmem_core.testing import StoreConformance
from resmem_core.testing._model import NAMES, TIERS, assert_like_a_dictionary, assert_mirrored
from resmem_core.testing.examples import row

HERE = Path(__file__).parent


class TestStores(StoreConformance):
    """The suite over every kind of store."""

    @pytest.fixture
    def factory(self, stores):
        """The kind's own way to open one."""
        return stores


puts = st.builds(
    lambda name, ident, seq, seed, tier: Put((row(ident, name, seed, seq=seq, tier=tier),)),
    st.sampled_from(NAMES),
    st.sampled_from("abcd"),
    st.integers(0, 3),
    st.integers(0, 5),
    st.sampled_from(TIERS),
)
deletes = st.builds(
    lambda name, i: Delete(name, (i,)), st.sampled_from(NAMES), st.sampled_from("abcd")
)
docs = st.builds(lambda n, e: PutDoc("gate", "k", {"n": n}, e), st.integers(), st.integers(0, 2))
calls = st.lists(st.lists(puts | deletes | docs, max_size=4), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(calls)
def test_every_sequence_of_calls_is_a_dictionarys(quick_stores, steps):
    """The shipped suite draws ten sequences; here the smallest that differs is looked for."""
    store = quick_stores()
    assert_like_a_dictionary(store, steps)
    store.close()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(calls, st.sets(st.integers(0, 8), max_size=3))
def test_every_mirror_fed_with_changes_is_the_store(quick_stores, steps, looks):
    """The same for a handle that reads what changed, at any moments."""
    store = quick_stores()
    assert_mirrored(store, steps, looks)
    store.close()


THERE = re.findall(r"^class (Test\w+)", (HERE / "broken.py").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["TestWhole", "TestPiecemeal", "TestWall"], id="some"),
        pytest.param(THERE, id="all", marks=pytest.mark.nightly),
    ],
)
def test_a_store_that_breaks_a_promise_fails_the_suite(names):
    """Each of the broken stores is told by name, and the whole one is not."""
    chosen = [f"{HERE / 'broken.py'}::{name}" for name in names]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rf", "--tb=no"]

    done = subprocess.run([*command, *chosen], capture_output=True, text=True, check=False)

    failed = set(re.findall(r"^FAILED .*?::(Test\w+)::", done.stdout, re.MULTILINE))
    assert failed == set(names) - {"TestWhole"}, done.stdout


def test_a_memory_runs_over_a_store_of_ones_own():
    """As the page says: with the components that are the default."""
    with ResilientMemory(SqliteStore(":memory:"), Components.of()) as memory:
        session = memory.session("1", namespace=("acme", "ada"))
        session.observe(Message("user", "I moved to Lisbon in May.", id="m1"))

        assert [hit.id for hit in session.recall("Where do I live?")] == ["m1"]
