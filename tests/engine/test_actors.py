"""Whoever acts by hand is named in the audit log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from resmem_core import Message, ResilientMemory
from resmem_core.audit import records, verify
from resmem_core.cli.app import app
from resmem_core.errors import InputError, InputTypeError

NS = ("acme", "ada")


def told(memory: ResilientMemory) -> None:
    session = memory.session("s", namespace=NS)
    for number, text in enumerate(("My doctor is Weber.", "The blue tent is in the cellar.")):
        session.observe(Message("user", text, "Ada", f"m{number}"))


def log(memory: ResilientMemory) -> list[dict[str, Any]]:
    found = list(records(memory.store))
    verify(found)
    return found


ACTS: dict[str, Callable[[ResilientMemory, str], Any]] = {
    "edited": lambda m, who: m.update(NS, "m1", "The blue tent is in the loft.", actor=who),
    "pin": lambda m, who: m.pin(NS, "m1", actor=who),
    "unpin": lambda m, who: (m.pin(NS, "m1"), m.unpin(NS, "m1", actor=who)),
    "restored": lambda m, who: (
        m.update(NS, "m1", "The blue tent is in the loft."),
        m.restore(NS, "m1", actor=who),
    ),
    "forget": lambda m, who: m.forget(NS, ["m1"], actor=who),
    "erasure": lambda m, who: m.forget_with_receipt(NS, ["m1"], actor=who),
    "allow": lambda m, who: (m.forget(NS, ["m1"]), m.allow(NS, actor=who)),
    "safe_mode": lambda m, who: (m.safe_mode(True, actor=who), m.safe_mode(False)),
}


@pytest.mark.parametrize("event", ACTS)
def test_the_record_names_who_acted(event: str) -> None:
    """And nobody in what is written before and after."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        told(memory)
        ACTS[event](memory, "Grace")
        memory.session("t", namespace=NS).observe(Message("user", "My cat is called Miso."))
        named = [r["event"] for r in log(memory) if r.get("by") == "Grace"]

    assert event in named
    assert set(named) <= {event, "forget"}  # a receipt is of an erasure, which is one as well


def test_the_whole_namespace_too() -> None:
    """Its own name is gone from the log, who erased it is not."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        told(memory)
        memory.forget(NS, actor="Grace")
        last = [r for r in log(memory) if r["event"] == "forget"][-1]

    assert last["by"] == "Grace"
    assert "ada" not in json.dumps(last)


def test_an_async_call_names_who_acted() -> None:
    """Two tasks at a time are told apart."""

    async def both(memory: ResilientMemory) -> None:
        await asyncio.gather(
            memory.aupdate(NS, "m0", "My doctor is Brandt.", actor="Grace"),
            memory.apin(NS, "m1", actor="Lin"),
        )

    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        told(memory)
        asyncio.run(both(memory))
        named = {(r["event"], r["by"]) for r in log(memory) if "by" in r}

    assert named == {("edited", "Grace"), ("pin", "Lin")}


def test_personal_data_is_no_name() -> None:
    """An e-mail is spelt as ids are, so that the same actor is found again."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        told(memory)
        memory.pin(NS, "m0", actor="grace@example.org")
        memory.pin(NS, "m1", actor="grace@example.org")
        names = [r["by"] for r in log(memory) if "by" in r]

    assert len(names) == 2
    assert len(set(names)) == 1
    assert "grace" not in names[0]


@pytest.mark.parametrize(("actor", "error"), [("  ", InputError), (7, InputTypeError)])
def test_nobody_is_no_actor(actor: Any, error: type[Exception]) -> None:
    """Nothing is changed then."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        told(memory)
        with pytest.raises(error):
            memory.forget(NS, ["m0"], actor=actor)

        assert memory.get(NS, "m0") is not None


def test_the_command_line_names_the_account_or_whom_it_is_told(tmp_path: Path) -> None:
    """`resmem audit show` shows both."""
    db = str(tmp_path / "m.db")
    with ResilientMemory.open(db, keep=1.0) as memory:
        told(memory)

    def run(*args: str) -> str:
        done = CliRunner().invoke(app, [*args, "--db", db], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    run("edit", "m0", "My doctor is Brandt.", "-n", "acme/ada", "--actor", "Grace")
    run("safe-mode", "on")
    run("safe-mode", "off")
    shown = json.loads(run("audit", "show", "--json"))
    by = {one["event"]: one.get("by", "") for one in shown}

    assert by["edited"] == "Grace"
    assert by["safe_mode"]
    assert {one["namespace"] for one in shown if one["event"] == "edited"} == {"acme/ada"}
    assert [o["event"] for o in json.loads(run("audit", "show", "--actor", "Grace", "--json"))] == [
        "edited"
    ]
    assert "Grace" in run("audit", "show", "--event", "edited")


AUTHORS = ("ada@example.org", "Ada Lovelace", "+49 170 1234567", "Ада", "Zoë  ", "O'Brien")


@pytest.mark.parametrize("author", AUTHORS)
def test_a_person_is_erased_by_the_name_they_know_or_told_why_not(author: str) -> None:
    """Never 0 without a word, while what they said is stored."""
    with ResilientMemory.open(":memory:", keep=1.0) as memory:
        session = memory.session("s", namespace=NS)
        session.observe(Message("user", "The blue tent is in the cellar.", author, "m0"))
        session.observe(Message("user", "My doctor is Weber.", "Somebody Else", "m1"))
        try:
            count = memory.forget(NS, author=f" {author.strip().swapcase()}")
        except InputError as error:
            stored = memory.scan(NS, ids=["m0"])[0].author
            told = str(error)
            assert "ids" in told
            assert repr(stored) in told
            assert memory.forget(NS, author=stored) == 1
        else:
            assert count == 1

        assert [m.id for m in memory.scan(NS)] == ["m1"]
