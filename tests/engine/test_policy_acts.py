"""A decision about a policy acts in every open session of every worker from its next call on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resmem_core import Outcome, Profile, ResilientMemory, Signal
from resmem_core.errors import ApprovalDenied
from resmem_core.learning import identity
from resmem_core.learning.proposals import Evidence
from resmem_core.types import KNOBS

ADA = ("acme", "ada")
EVIDENCE = Evidence(samples=500, gain=0.03, lower_bound=0.01)
WORKER = """
import sys
from dataclasses import replace
from resmem_core import Profile, ResilientMemory
from resmem_core.learning.proposals import Evidence
path, what = sys.argv[1:]
with ResilientMemory.open(path) as memory:
    if what == "approve":
        base = Profile.default().base.copy()
        base[3] = 0.9  # retrieve_k
        profile = replace(Profile.default(), base=base)
        found = memory.policies.propose(profile, Evidence(500, 0.03, 0.01), proposer="learner")
        memory.policies.approve(found.id, by="Grace")
    else:
        memory.policies.rollback(0, by="Grace")
"""


def worker(path: Path, what: str) -> None:
    """Another process decides."""
    subprocess.run([sys.executable, "-c", WORKER, str(path), what], check=True, timeout=60)


def test_another_process_decides_and_open_sessions_follow(tmp_path: Path) -> None:
    """An approval and a rollback elsewhere act at the next call here, in old and new sessions."""
    path = tmp_path / "a.db"
    with ResilientMemory.open(path) as memory:
        one, two = (memory.session(name, namespace=ADA) for name in ("one", "two"))
        shipped = one.begin_call().retrieve_k
        two.outcome(Outcome(success=True))

        worker(path, "approve")
        approved = one.begin_call().retrieve_k, two.begin_call().retrieve_k
        fresh = memory.session("three", namespace=ADA).knobs.retrieve_k
        worker(path, "rollback")
        two.outcome(Outcome(success=True))
        back = one.begin_call().retrieve_k, two.knobs.retrieve_k

    assert shipped < 10
    assert approved == (18, 18)
    assert fresh == 18
    assert back == (shipped, shipped)


def test_levels_survive_a_change_of_policy() -> None:
    """What a session feels is its own: only what follows from it changes."""
    with ResilientMemory.open(":memory:") as memory:
        session = memory.session("t", namespace=ADA)
        for _ in range(5):
            session.signal(Signal("provider_error"))
            session.outcome(Outcome(success=False))
        before, base = session.levels, Profile.default().base.copy()
        base[KNOBS.index("diversity")] = 0.5
        made = memory.policies.propose(
            replace(Profile.default(), base=base), EVIDENCE, proposer="learner"
        )
        memory.policies.approve(made.id, by="Grace")
        session.begin_call()

        assert np.allclose(list(session.levels.values()), list(before.values()), atol=1e-3)


@pytest.mark.parametrize(
    "spelling",
    [
        "alice", "ALICE", " Alice\n", "Alice\u200b", "\u2066Alice\u2069", "Al\u00adice",
        "\uff21\uff4c\uff49\uff43\uff45", "\u0410lice", "Al\u0456ce", "Alic\u0435", "A1ice",
        "AIice", "A|ice", "\U0001d4d0\U0001d4f5\U0001d4f2\U0001d4ec\U0001d4ee", "A\u0301lice",
        "\u1d00\u029f\u026a\u1d04\u1d07", "Al ice", "Alice\u3164", "\u13aalice", "Alice.",
        "\u0391\u217ci\u217d\u0435",
    ],
)  # fmt: skip
def test_nobody_approves_their_own_proposal_under_another_spelling(spelling: str) -> None:
    """Case, width, spaces, invisible characters, marks and look-alikes do not make two people."""
    assert identity.same("Alice", spelling)
    with ResilientMemory.open(":memory:") as memory:
        base = Profile.default().base * 0.9
        made = memory.policies.propose(
            replace(Profile.default(), base=base), EVIDENCE, proposer="Alice"
        )
        with pytest.raises(ApprovalDenied, match="named person"):
            memory.policies.approve(made.id, by=spelling)

        assert memory.policies.active().version == 0


@pytest.mark.parametrize(
    "other", ["Bob", "Alicia", "Malice", "\u674e\u96f7", "\u0410\u043d\u043d\u0430"]
)
def test_other_people_may(other: str) -> None:
    """Names that differ to a reader are two people, in any script."""
    assert not identity.same("Alice", other)


@pytest.mark.parametrize("nobody", ["", "  ", "\u200b", "\u3164", "...", "\u2800"])
def test_an_approval_needs_a_name(nobody: str) -> None:
    """What shows no letter names nobody."""
    assert identity.seen(nobody) == ""


def test_a_diff_is_for_a_person() -> None:
    """Names instead of places, the largest change first."""
    p = Profile.default()
    base, delta = p.base.copy(), p.delta.copy()
    base[0] -= 0.02
    delta[0, 2] *= 0.5
    with ResilientMemory.open(":memory:") as memory:
        made = memory.policies.propose(
            replace(p, base=base, delta=delta), EVIDENCE, proposer="learner"
        )

    first, second = map(str, made.changes)
    assert first.startswith("temperature delta by cortisol -")
    assert second.startswith("temperature base .")
    assert "\u2192" in second
