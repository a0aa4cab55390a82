"""Exploration is opt-in, bounded, and leads to a proposal that only a person can apply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from resmem_core import KNOBS, Outcome, ResilientMemory, Session, Signal
from resmem_core.cli.app import app
from resmem_core.config.learning import LearningConfig
from resmem_core.engine.policy.explore import Explorer, Scores, slot
from resmem_core.errors import ConfigError, InputError
from resmem_core.learning.experience import SLOTS, Batch, Experience, batch_of

NAMESPACE = ("acme", "ada")


class Clock:
    """A clock that stands still, so that two runs are the same."""

    def now(self) -> float:
        return 1.8e9

    def elapsed(self) -> float:
        return 5.0


def exploring(location: str = ":memory:", explore: float = 0.05, seed: int = 3) -> ResilientMemory:
    return ResilientMemory.open(
        location, explore=explore, rng=np.random.default_rng(seed), clock=Clock(), auto_sleep=False
    )


def live(session: Session, turns: int, seed: int = 0) -> Iterator[list[float]]:
    """Turns of one agent; yields the unit knobs after each tick."""
    rng = np.random.default_rng(seed)
    for _ in range(turns):
        session.signal(Signal("provider_error", float(rng.random() < 0.2)))
        session.signal(Signal("latency", float(rng.exponential(5.0))))
        knobs = session.loop.tick()
        yield list(session.snapshot()["knob"].values())
        session.outcome(Outcome(success=bool(rng.random() < knobs.top_p), latency=1.0))


def run(memory: ResilientMemory, turns: int = 40) -> list[list[float]]:
    return list(live(memory.session("t", namespace=NAMESPACE), turns))


def test_without_it_nothing_is_different() -> None:
    """explore=0 is bit-identical to a memory that was never told of exploration."""
    with ResilientMemory.open(":memory:", clock=Clock(), auto_sleep=False) as plain:
        expected = run(plain)
    with exploring(explore=0.0) as memory:
        assert run(memory) == expected
        assert memory.store.docs("experience") == []
        assert memory.session("t", namespace=NAMESPACE).loop.instrumentation is None


def test_the_same_seed_explores_the_same_way() -> None:
    """The noise comes from the generator that was given, and from nothing else."""
    with exploring() as one, exploring() as two, exploring(seed=4) as three:
        first, second, third = run(one), run(two), run(three)

    assert first == second
    assert first != third


def test_exploring_knobs_stay_in_range_and_rate_limited() -> None:
    """Every promise of equation (5) holds while exploring at the largest noise allowed."""
    with exploring(explore=0.25) as memory:
        session = memory.session("t", namespace=NAMESPACE)
        profile = memory.profile()
        last = np.array(list(session.snapshot()["knob"].values()))
        reach = np.maximum(profile.rate_safe, profile.rate_free)
        for knobs in live(session, 100):
            now = np.array(list(session.trace[-1].before.column[session.trace[-1].state.at.knob]))
            after = np.array(knobs)
            assert np.all(np.abs(after - now) <= reach + 1e-12)
            assert np.all((after >= 0) & (after <= 1))
            assert session.trace[-1].violations == ()
        assert not np.array_equal(after, last)


def test_safe_mode_does_not_explore() -> None:
    """The kill switch stops the noise with everything else."""
    with exploring(explore=0.25) as memory:
        memory.safe_mode(True)
        session = memory.session("t", namespace=NAMESPACE)
        for _ in range(5):
            session.loop.tick()
        session.save()

        assert memory.store.docs("experience") == []


def test_that_it_explores_is_in_the_audit_log() -> None:
    """Nothing is tried out in silence."""
    with exploring() as memory:
        events = [record for _, record in memory.store.audit()]

    assert any(e["event"] == "explore" and e["sigma"] == 0.05 for e in events)


def test_experience_is_numbers_only_and_pooled(tmp_path: Path) -> None:
    """Every explored tick of every session is in the store after close; no text, no name."""
    path = str(tmp_path / "a.db")
    with exploring(path) as memory:
        for name in ("first-session", "second-session"):
            list(live(memory.session(name, namespace=NAMESPACE), 40))
    with ResilientMemory.open(path) as memory:
        docs = memory.store.docs("experience")
        batches = [batch_of(doc.body) for doc in docs]

    records = [record for batch in batches for record in batch.records]
    assert len({batch.session for batch in batches}) == 2
    assert sum(record.reward is not None for record in records) >= 70
    assert "session" not in json.dumps([doc.body["rows"] for doc in docs])
    assert "first" not in json.dumps([doc.body for doc in docs])


def test_stress_that_grows_is_shaped_as_a_loss() -> None:
    """Drive reduction reaches the record of the tick before."""
    with exploring() as memory:
        session = memory.session("t", namespace=NAMESPACE)
        for _ in range(6):
            session.signal(Signal("provider_error", 1.0), Signal("success", 0.0))
            session.loop.tick()
        assert session.loop.instrumentation is not None
        assert session.loop.instrumentation.explorer is not None
        shaped = [record.shaping for record in session.loop.instrumentation.explorer.records]

    assert min(shaped) < 0


def test_a_tick_that_no_outcome_followed_has_no_reward() -> None:
    """And the reward goes to the tick that the outcome is of: the last one before it."""
    with exploring() as memory:
        session = memory.session("t", namespace=NAMESPACE)
        session.loop.tick()
        session.loop.tick()
        session.outcome(Outcome(success=True))
        session.save()
        (doc,) = memory.store.docs("experience")
    rewards = [record.reward for record in batch_of(doc.body).records]

    assert rewards[0] is None
    assert rewards[1] is not None
    assert rewards[2] is None


def test_long_silence_keeps_a_bounded_number_of_batches() -> None:
    """Ticks without outcomes never fill the memory."""
    with exploring() as memory:
        session = memory.session("t", namespace=NAMESPACE)
        for _ in range(400):
            session.loop.tick()
        assert session.loop.instrumentation is not None
        explorer = session.loop.instrumentation.explorer

        assert explorer is not None
        assert len(explorer.full) <= 8
        assert len(explorer.records) <= 34


def test_a_store_holds_a_bounded_number_of_batches() -> None:
    """Every batch has one of SLOTS places."""
    record = Experience(0, (0.0,), (0.5,) * 7, (0.5,) * 7, 0.2)
    places = {slot(Batch(f"s{i}", "p", (record,))) for i in range(5000)}

    assert len(places) <= SLOTS
    assert len(places) > 0.9 * SLOTS


@pytest.mark.parametrize("explore", [-0.1, 0.3, float("nan"), "much"])
def test_a_noise_out_of_range_is_refused(explore: float) -> None:
    """ConfigError names what is allowed."""
    with pytest.raises(ConfigError, match="explore"):
        ResilientMemory.open(":memory:", explore=explore)


def test_without_experience_there_is_no_proposal() -> None:
    """The error says how experience is gathered."""
    with ResilientMemory.open(":memory:") as memory, pytest.raises(InputError, match="explore"):
        memory.policies.learn(proposer="learner")


def test_damaged_experience_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """One damaged batch costs itself and a line in the log."""
    from resmem_core.protocols import PutDoc

    with ResilientMemory.open(":memory:") as memory:
        memory.store.apply([PutDoc("experience", "0001", {"format": 9})])

        with pytest.raises(InputError, match="no experience"):
            memory.policies.learn(proposer="learner")
    assert "left out" in caplog.text


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("db") / "a.db")
    with exploring(path) as memory:
        for i in range(4):
            list(live(memory.session(f"t{i}", namespace=NAMESPACE), 60, seed=i))
    return path


def test_pooled_experience_becomes_a_proposal_and_acts_after_approval(gathered: str) -> None:
    """propose moves nobody's knobs; a person's approval does, and a rollback undoes it."""
    config = LearningConfig(samples=64)
    with ResilientMemory.open(gathered) as memory:
        before = memory.profile().to_json()
        proposal = memory.policies.learn(proposer="learner", config=config)

        assert memory.profile().to_json() == before
        assert proposal.evidence.samples > 0
        assert 0 < proposal.evidence.kl <= config.kl
        assert proposal.evidence.lower_bound <= proposal.evidence.gain
        assert {change.path.split()[1] for change in proposal.changes} <= {"base", "delta"}
        memory.policies.approve(proposal.id, by="Grace")
        assert memory.profile().to_json() != before
        with pytest.raises(InputError, match="no experience"):  # what was learnt is of another one
            memory.policies.learn(proposer="learner", config=config)
        memory.policies.rollback(0, by="Grace")
        assert memory.profile().to_json() == before


def test_a_tampered_proposal_is_neither_shown_nor_approved(
    gathered: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What a person reviewed is what acts, or nothing."""
    from resmem_core.errors import PolicyTampered
    from resmem_core.protocols import PutDoc

    with ResilientMemory.open(gathered) as memory:
        proposal = memory.policies.learn(
            proposer="learner", config=LearningConfig(samples=64, kl=0.01)
        )
        doc = memory.store.doc("proposal", proposal.id)
        assert doc is not None
        doc.body["profile"]["base"][KNOBS.index("tool_access")] = 0.5
        memory.store.apply([PutDoc("proposal", proposal.id, doc.body)])

        assert proposal.id not in [p.id for p in memory.policies.proposals()]
        with pytest.raises(PolicyTampered):
            memory.policies.approve(proposal.id, by="Grace")
    assert "refused" in caplog.text


def test_the_command_proposes_shows_and_rejects(gathered: str) -> None:
    """`resmem policy propose`, `show` and `reject`, each with --json."""
    runner = CliRunner()
    with exploring(gathered, seed=9) as memory:
        list(live(memory.session("more", namespace=NAMESPACE), 100))
    made = runner.invoke(app, ["policy", "propose", "--db", gathered, "--json"])
    assert made.exit_code == 0, made.output
    proposal = json.loads(made.stdout)
    shown = runner.invoke(
        app, ["policy", "show", "--db", gathered, "--proposal", proposal["id"], "--json"]
    )
    told = runner.invoke(app, ["policy", "show", "--db", gathered])
    done = runner.invoke(
        app, ["policy", "reject", proposal["id"], "--db", gathered, "--by", "Grace", "--json"]
    )

    assert proposal["status"] == "waiting"
    assert json.loads(shown.stdout)["proposals"][0]["evidence"] == proposal["evidence"]
    assert proposal["id"] in told.stdout
    assert json.loads(done.stdout)["status"] == "rejected"


def test_rewards_go_on_where_they_stopped(tmp_path: Path) -> None:
    """The running statistics outlive the process."""
    path = str(tmp_path / "a.db")
    with exploring(path) as memory:
        run(memory)
    with exploring(path) as memory:
        again = Scores(memory.store, LearningConfig())
        fresh = Scores(ResilientMemory.open(":memory:").store, LearningConfig())

    assert again.op() != fresh.op()


def test_an_outcome_before_any_tick_is_no_experience() -> None:
    """There is no tick that it could be of."""
    with exploring() as memory:
        session = memory.session("t", namespace=NAMESPACE)
        assert session.loop.instrumentation is not None
        explorer = session.loop.instrumentation.explorer
        assert isinstance(explorer, Explorer)
        explorer.reward(Outcome(success=True), None)

        assert explorer.ops(all_=True) == []


def test_feedback_in_a_crisis_teaches_nothing() -> None:
    """However much praise or blame comes in a crisis: no experience and no statistics move."""
    with exploring() as memory:
        session = memory.session("t", namespace=NAMESPACE)
        run(memory, turns=10)
        explorer = session.loop.instrumentation.explorer
        while session.mode.value not in ("crisis", "timeout"):
            session.signal(Signal("provider_error"))
            session.outcome(Outcome(success=False))
        before = explorer.records, explorer.scores.op()
        for _ in range(50):
            session.signal(Signal("provider_error"))
            session.outcome(Outcome(success=True, quality=1.0, feedback=1.0))
            if session.mode.value not in ("crisis", "timeout"):
                break
            rewards = [r.reward for r in explorer.records], explorer.scores.op()
            assert rewards == ([r.reward for r in before[0]], before[1])
