"""The value head is the critic of the policy gradient, and its score is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import critic as bench
from resmem_core import Message, Outcome, Profile, ResilientMemory
from resmem_core.config.heads import GraphHead
from resmem_core.config.learning import LearningConfig
from resmem_core.learning import update, value
from resmem_core.learning.experience import Pool, batch_of

CONFIG = LearningConfig()
ADA = ("acme", "ada")


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Eight sessions."""
    return bench.gathered(Profile.default(), range(2000, 2001), np.random.default_rng(0))


def test_the_shipped_head_is_a_graph_that_knows_the_hormones_apart() -> None:
    """Two levels that change places change the value."""
    head = value.shipped()
    levels = np.random.default_rng(1).uniform(size=(50, 12))
    swapped = levels[:, [1, 0, *range(2, 12)]]

    assert isinstance(head, GraphHead)
    assert np.abs(value.values(head, levels) - value.values(head, swapped)).mean() > 0.01


@pytest.mark.long
def test_the_critic_is_the_head_brought_to_the_scale_of_the_rewards(pool: Pool) -> None:
    """It orders the ticks as the head does; another profile's hormones get the ridge."""
    by_head = update.critic(pool, CONFIG)(pool)
    unknown = replace(pool, value=np.full(len(pool), np.nan))

    assert np.corrcoef(by_head, pool.value)[0, 1] == pytest.approx(1.0)
    assert np.array_equal(
        update.critic(unknown, CONFIG)(unknown),
        update.regressed(update.by_activations, pool, CONFIG)(pool),
    )


@pytest.mark.long
def test_on_unseen_sessions_the_head_leaves_less_chance_than_the_ridge() -> None:
    """Fitted to one session or four: a smaller share of the advantages' variance is left."""
    rows = bench.measure(seeds=1, first=2000)["sessions"]

    assert all(rows[n]["value head"]["advantages"] < rows[n]["ridge"]["advantages"] for n in rows)


def test_exploring_sessions_record_what_the_head_expects() -> None:
    """The value stands in the stored experience; experience without one is read too."""
    rng = np.random.default_rng(2)
    with ResilientMemory.open(":memory:", explore=0.1, rng=rng, auto_sleep=False) as memory:
        session = memory.session("t", namespace=ADA)
        for _ in range(40):
            session.begin_call()
            session.outcome(Outcome(success=True))
        docs = memory.store.docs("experience")
    batch = batch_of(docs[0].body)
    old = {**docs[0].body, "rows": [row[:7] for row in docs[0].body["rows"]]}

    assert all(0 < record.value < 1.5 for record in batch.records)
    assert all(record.value is None for record in batch_of(old).records)


def test_a_sleep_report_says_what_is_expected_of_the_conversations() -> None:
    """Less after failures than in calm; nothing where nobody talked."""
    with ResilientMemory.open(":memory:", auto_sleep=False) as memory:
        reports = []
        for success in (True, False):
            for _ in range(6):
                session = memory.session(f"t {success}", namespace=(*ADA, str(success)))
                session.begin_call()
                session.turn([Message("user", "The kiln is hot.")], Outcome(success=success))
            reports += memory.sleep((*ADA, str(success)))
        reports += memory.sleep(("acme", "nobody"))

    good, bad, none = (report.value for report in reports)
    assert good is not None
    assert bad is not None
    assert bad < good - 0.02
    assert none is None
