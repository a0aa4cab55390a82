"""kill -9 amid every verb of an engine: what was acknowledged holds, and nothing is half done."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest

from resmem_core import Message, Outcome, Profile, ResilientMemory
from resmem_core.engine.keeping.files import check
from resmem_core.engine.move import move
from resmem_core.learning.proposals import Evidence
from resmem_core.stores import open_store

NS = ("acme", "ada")
EVIDENCE = Evidence(samples=500, gain=0.03, lower_bound=0.01)
VERBS = ("observe", "observe", "turn", "forget", "sleep", "import", "approve", "move")

Tell = Callable[[str], None]


def message(ident: str) -> Message:
    """One statement of its own for each id."""
    draw = random.Random(ident)
    place = draw.choice(("harbour", "mill", "school", "museum", "bakery", "station"))
    text = f"Crate {ident} with {draw.randrange(10**6)} corks stands at the {place}."
    return Message("user", text, id=ident)


def opened(path: Path) -> ResilientMemory:
    return ResilientMemory.open(path, keep=1.0, auto_sleep=False)


def lines(n: int) -> list[str]:
    """An export of three memories."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        session = memory.session("s", namespace=NS)
        for part in range(3):
            session.observe(message(f"i{n}-{part}"))
        return [*memory.export(NS)]


def do(memory: ResilientMemory, n: int, tell: Tell) -> None:
    """The n-th operation; what it adds or takes away is told before it begins."""
    verb = VERBS[random.Random(n).randrange(len(VERBS))]
    session = memory.session("s", namespace=NS)
    if verb == "observe":
        tell(f"add m{n}")
        session.observe(message(f"m{n}"))
    elif verb == "turn":
        tell(f"add m{n} r{n}")
        session.turn([message(f"m{n}"), message(f"r{n}")], Outcome(success=n % 3 > 0))
    elif verb == "import":
        told = lines(n)
        tell(f"add i{n}-0 i{n}-1 i{n}-2")
        memory.import_(told, NS)
    elif verb == "forget":
        held = sorted(m.id for m in memory.scan(NS) if not m.semantic)
        gone = random.Random(n).sample(held, min(2, len(held)))
        tell(f"take {' '.join(gone)}")
        memory.forget(NS, ids=gone)
    elif verb == "sleep":
        tell("sleep")
        memory.sleep(NS)
    elif verb == "approve":
        tell("approve")
        profile = Profile.default()
        moved = replace(profile, base=profile.base.clip(0, 0.9) + 0.001 * (n % 97 + 1))
        memory.policies.approve(
            memory.policies.propose(moved, EVIDENCE, proposer="trainer").id, by="Grace"
        )
    else:
        tell("move")
        moved_to = Path(memory.location).with_name("moved.db")
        with opened(moved_to) as target, closing(open_store(memory.location)) as source:
            move(source, target)


def work_forever(path: Path, first: int, pipe: int) -> None:
    """Operation after operation, each announced and acknowledged, until somebody kills us."""
    with opened(path) as memory:
        for n in count(first):
            do(memory, n, lambda what, n=n: os.write(pipe, f"{n} {what}\n".encode()) and None)
            os.write(pipe, f"{n} done\n".encode())


@dataclass
class Model:
    """What the store must hold."""

    held: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    approvals: int = 0
    reached: int = 0

    def done(self, what: list[str]) -> None:
        verb, *ids = what
        if verb == "add":
            self.held |= set(ids)
        elif verb == "take":
            self.held -= set(ids)
            self.forgotten |= set(ids)
        elif verb == "approve":
            self.approvals += 1

    def compare(self, path: Path, under_way: list[str]) -> None:
        """The file is sound; what was under way at the kill is there as a whole or not at all."""
        check(path)
        with opened(path) as memory:
            found = {ident for m in memory.scan(NS) for ident in (m.id, *m.sources)}
            versions = len(memory.policies.history()) - 1
        verb, *ids = under_way or ["nothing"]
        if ids and (ids[0] in found) == (verb == "add"):  # it was durable, unacknowledged
            self.done(under_way)
        assert self.held <= found, "something acknowledged is lost, or something is half done"
        assert not self.forgotten & found, "something forgotten is back"
        assert not {i for i in found if not i.startswith("semantic-")} - self.held
        assert 0 <= versions - self.approvals <= (verb == "approve")
        self.approvals = versions


def kill_once(path: Path, model: Model, delay: float) -> None:
    """Start a worker, kill it, and look at what is left."""
    read, write = os.pipe()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=work_forever, args=(path, model.reached + 1, write))
    child.start()
    os.close(write)
    with os.fdopen(read) as told:
        heard = [told.readline()]  # at least one operation has begun
        time.sleep(delay)
        child.kill()
        child.join()
        heard += told.readlines()
    under_way: list[str] = []
    for n, *what in (line.split() for line in heard if line.endswith("\n")):
        model.reached = int(n)
        if what == ["done"]:
            model.done(under_way)
            under_way = []
        else:
            under_way = what
    model.compare(path, under_way)
    if (moved := path.with_name("moved.db")).exists():
        with opened(moved):  # takes in what its log holds
            pass
        check(moved)


def kill_loop(path: Path, kills: int, longest: float) -> Iterator[Model]:
    """Kill worker after worker over one file; the model after each."""
    chance, model = random.Random(5), Model()
    opened(path).close()
    for _ in range(kills):
        kill_once(path, model, chance.random() * longest)
        yield model


@pytest.mark.parametrize(
    ("kills", "longest"), [(12, 0.15), pytest.param(1000, 0.3, marks=pytest.mark.nightly)]
)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_killed_amid_any_verb_nothing_is_lost_half_or_back(
    tmp_path: Path, kills: int, longest: float
) -> None:
    """Observe, turn, forget, sleep, import, approve and move, killed at any moment."""
    *_, model = kill_loop(tmp_path / "a.db", kills, longest)

    assert model.reached >= kills / 2
    print(json.dumps({"kills": kills, "operations": model.reached, "held": len(model.held)}))
