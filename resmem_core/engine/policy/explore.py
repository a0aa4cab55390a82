"""Exploration, only where it was asked for: noise on the targets, and what came of it.

The noise goes onto the target of equation (4); the rate limit, the modes, the breaker, safe mode
and the ranges act after it, so every guarantee holds while exploring. How strong it is follows
the mode: none in a crisis, a timeout or safe mode.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from resmem_core.config.learning import LearningConfig
from resmem_core.config.profile import Array, Profile
from resmem_core.control.controller import Step
from resmem_core.learning import reward as rewards
from resmem_core.learning import target, value
from resmem_core.learning.experience import BATCH, SLOTS, Batch, Experience
from resmem_core.learning.gradient import logit, squash
from resmem_core.protocols import Op, PutDoc, Store
from resmem_core.types import Outcome

STEEPEST = 4.0
"""Logits per unit at the middle of the range: turns a noise in unit knobs into one in logits."""
INSIDE = 1e-9
"""A drawn target stays this far from 0 and 1, so that its logit is finite."""
KEPT = 8
"""Full batches that wait for the next outcome to store them; older ones are given up."""
KIND = "experience"


class Scores:
    """The running statistics of rewards, shared by the sessions of one memory. Thread-safe."""

    def __init__(self, store: Store, config: LearningConfig) -> None:
        self.config = config
        doc = store.doc("reward", "statistics")
        self._statistics = rewards.from_doc(doc.body) if doc else rewards.start(config)
        self._lock = Lock()

    def score(self, outcome: Outcome, credit: float | None) -> float | None:
        """The outcome's reward in [-1, 1], or None when it says nothing."""
        with self._lock:
            reward, self._statistics = rewards.score(
                self._statistics, outcome, credit=credit, config=self.config
            )
        return reward.total

    def op(self) -> Op:
        """The statistics as a document; of two processes the last one's stand."""
        return PutDoc("reward", "statistics", self._statistics.to_doc())


@dataclass(slots=True)
class Explorer:
    """One session's exploration. Used under the session's lock.

    Args:
        sigma: standard deviation of the noise, in unit knobs, at the middle of a range.
        rng: where the noise comes from.
        session: anything that names the session; only its hash is kept.
        profile: the profile that acts. checksum: of its JSON.
        scores: how outcomes are scored.
    """

    sigma: float
    rng: np.random.Generator
    session: str
    profile: Profile
    checksum: str
    scores: Scores
    records: tuple[Experience, ...] = ()
    full: tuple[Batch, ...] = ()
    potential: float | None = None
    rate: float = 1.0
    tried: bool = False

    def act(self, step: Step, again: Callable[[Profile], Step]) -> tuple[Step, Array | None]:
        """The step with noise on its targets, and the targets that were drawn.

        Args:
            step: without noise.
            again: takes the same tick with another profile.
        """
        self.rate, self.tried = step.learning_rate, False
        scale = STEEPEST * self.sigma * self.rate
        x, at = step.state.column, step.state.at
        self._shape(rewards.potential(x[at.level], self.profile))
        if scale <= 0.0 or step.safe or x[at.tail("authority")] < 1.0:
            return step, None
        active = target.activations(x[at.level], x[at.baseline], self.profile)
        mean = target.means(
            self.profile.base, self.profile.delta, target.shares(active[None], self.profile)
        )[0]
        noise = scale * self.rng.standard_normal(len(mean))
        drawn = np.clip(squash(logit(mean) + noise), INSIDE, 1.0 - INSIDE)
        taken = replace(again(aimed(self.profile, drawn)), profile=self.profile)
        critic = value.of(x[at.level])
        self._note(Experience(
            int(x[at.tail("ticks")]), tuple(active.tolist()), tuple(mean.tolist()),
            tuple(drawn.tolist()), scale, value=critic,
        ))  # fmt: skip
        self.tried = True
        return taken, drawn

    def _shape(self, potential: float) -> None:
        """Drive reduction is the reward of the tick before."""
        if self.potential is not None and self.records:
            gain = rewards.shaping(self.potential, potential, config=self.scores.config)
            last = replace(self.records[-1], shaping=gain)
            self.records = (*self.records[:-1], last)
        self.potential = potential

    def _note(self, made: Experience) -> None:
        if len(self.records) > BATCH:  # the last one may still get its reward
            self.full = (*self.full, self._batch(self.records[:-1]))[-KEPT:]
            self.records = self.records[-1:]
        self.records = (*self.records, made)

    def _batch(self, records: tuple[Experience, ...]) -> Batch:
        return Batch(hashed(self.session), self.checksum, records)

    def reward(self, outcome: Outcome, credit: float | None) -> None:
        """Give the outcome's reward to the last tick, if something was tried in it.

        What is said in a crisis, a timeout or safe mode teaches nothing: it is no reward of an
        earlier tick, and it moves no statistics that later rewards are measured by.
        """
        if self.rate <= 0.0:
            return
        total = self.scores.score(outcome, credit)
        if total is not None and self.tried:
            self.records = (*self.records[:-1], replace(self.records[-1], reward=total))

    def ops(self, *, all_: bool) -> list[Op]:
        """What is to be stored: full batches (or all) in their slots, and the statistics."""
        rest = [self._batch(self.records)] if self.records and all_ else []
        batches, self.full = [*self.full, *rest], ()
        if not batches:
            return []
        return [*(PutDoc(KIND, slot(b), b.to_doc()) for b in batches), self.scores.op()]


def aimed(profile: Profile, drawn: Array) -> Profile:
    """The profile whose targets are exactly the drawn ones, whatever the hormones do."""
    return replace(profile, base=drawn, delta=np.zeros_like(profile.delta))


def slot(batch: Batch) -> str:
    """One of a bounded number of places; a later batch may take the place of an earlier one."""
    name = f"{batch.session} {batch.records[0].tick}"
    return f"{int(hashed(name), 16) % SLOTS:04d}"


def hashed(name: str) -> str:
    """A session's name, not readable."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]
