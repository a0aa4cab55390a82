"""What explored ticks taught: numbers only, in bounded batches, pooled over sessions.

One session alone does not learn enough to pay for its exploration, so experience is gathered
from all of them. A record holds hormone activations, the target's mean, the target that was
drawn, the noise's scale and the reward; never a text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final

import numpy as np

from resmem_core.config.heads import LIMIT
from resmem_core.config.profile import Array
from resmem_core.errors import ConfigError, InputError
from resmem_core.learning.gradient import Flags, logit
from resmem_core.types import KNOBS

FORMAT: Final = 1
BATCH: Final = 32
"""Ticks of one stored batch."""
SLOTS: Final = 1024
"""Batches a store holds at most; a new one takes the place of an older one."""


@dataclass(frozen=True, slots=True)
class Experience:
    """One explored tick.

    Attributes:
        tick: the session's tick, from 0.
        active: activation of each hormone [n], in [-1, 1].
        mean: the target's mean [m], in (0, 1).
        taken: the target that was drawn [m], in (0, 1).
        scale: standard deviation of the noise, in logits.
        reward: in [-1, 1], or None when no outcome came for this tick.
        shaping: drive reduction, in [-1, 1].
        value: V of the levels, by the shipped head; None for a profile of other hormones.
    """

    tick: int
    active: tuple[float, ...]
    mean: tuple[float, ...]
    taken: tuple[float, ...]
    scale: float
    reward: float | None = None
    shaping: float = 0.0
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive experience of one session under one profile.

    Attributes:
        session: a hash; which session it was is not kept.
        profile: checksum of the profile that acted.
        records: by rising tick.
    """

    session: str
    profile: str
    records: tuple[Experience, ...]

    def to_doc(self) -> dict[str, Any]:
        """As stored."""
        rows = [astuple(r) if r.value is not None else astuple(r)[:-1] for r in self.records]
        return {"format": FORMAT, "session": self.session, "profile": self.profile, "rows": rows}


def batch_of(doc: Mapping[str, Any]) -> Batch:
    """The batch of a stored document.

    Raises:
        ConfigError: another format, or not the numbers that a batch holds.
    """
    try:
        if doc["format"] != FORMAT:
            raise ConfigError(f"experience has format {FORMAT}, got {doc['format']!r:.40}")
        records = tuple(_record(row) for row in doc["rows"])
        return Batch(str(doc["session"]), str(doc["profile"]), records)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"a batch of experience is damaged: {error}") from None


def _record(row: Sequence[Any]) -> Experience:
    tick, active, mean, taken, scale, reward, shaping, *more = row
    made = Experience(
        int(tick), _numbers(active, -1, 1), _unit(mean), _unit(taken), float(scale),
        None if reward is None else _numbers([reward], -1, 1)[0], _numbers([shaping], -1, 1)[0],
        *(None if value is None else _numbers([value], -LIMIT, LIMIT)[0] for value in more),
    )  # fmt: skip
    if not 0 < made.scale < math.inf:
        raise ValueError("the scale must be above 0")
    return made


def _unit(values: Sequence[Any]) -> tuple[float, ...]:
    numbers = _numbers(values, 0, 1)
    if len(numbers) != len(KNOBS) or min(numbers) <= 0 or max(numbers) >= 1:
        raise ValueError(f"{len(KNOBS)} targets inside (0, 1) are needed")
    return numbers


def _numbers(values: Sequence[Any], lo: float, hi: float) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(lo <= number <= hi for number in numbers):
        raise ValueError(f"a number is outside {lo:g} to {hi:g}")
    return numbers


@dataclass(frozen=True, eq=False)
class Pool:
    """Experience of many sessions as arrays: N ticks, n hormones, m knobs.

    Attributes:
        active: [N, n]. mean, z: [N, m], the target's mean and the drawn one, in logits.
        scale: [N, 1]. reward: [N], 0 where none came. shaping: [N].
        scored: [N] True where an outcome came. ends: [N] True at the last tick of an unbroken
            stretch of one session.
        session: [N] a number per session.
        value: [N] V by the shipped head; NaN where it has none.
    """

    active: Array
    mean: Array
    z: Array
    scale: Array
    reward: Array
    shaping: Array
    scored: Flags
    ends: Flags
    session: Array
    value: Array

    def __len__(self) -> int:
        return len(self.reward)

    def where(self, rows: Flags) -> Pool:
        """The ticks of some rows; where a row is left out, the stretch ends."""
        ends = self.ends | np.append(~rows[1:], True)
        return Pool(
            self.active[rows], self.mean[rows], self.z[rows], self.scale[rows], self.reward[rows],
            self.shaping[rows], self.scored[rows], ends[rows], self.session[rows],
            self.value[rows],
        )  # fmt: skip


def pool(batches: Iterable[Batch], *, profile: str, hormones: int) -> Pool:
    """The experience that was made under one profile, session by session, in order of ticks.

    Raises:
        InputError: there is none.
    """
    by_session: dict[str, dict[int, Experience]] = {}
    for batch in batches:
        if batch.profile == profile:
            held = by_session.setdefault(batch.session, {})
            held.update((r.tick, r) for r in batch.records if len(r.active) == hormones)
    runs = [[runs[tick] for tick in sorted(runs)] for _, runs in sorted(by_session.items()) if runs]
    if not runs:
        raise InputError(
            "there is no experience under the active policy: it is gathered only while sessions "
            "explore, so open the memory with  explore=0.05  and report outcomes"
        )
    return _arrays(runs)


def _arrays(runs: Sequence[Sequence[Experience]]) -> Pool:
    rows = [record for run in runs for record in run]
    ends = [
        i + 1 == len(run) or run[i + 1].tick != run[i].tick + 1
        for run in runs
        for i in range(len(run))
    ]
    return Pool(
        active=np.array([row.active for row in rows]),
        mean=logit(np.array([row.mean for row in rows])),
        z=logit(np.array([row.taken for row in rows])),
        scale=np.array([[row.scale] for row in rows]),
        reward=np.array([row.reward or 0.0 for row in rows]),
        shaping=np.array([row.shaping for row in rows]),
        scored=np.array([row.reward is not None for row in rows]),
        ends=np.array(ends),
        session=np.repeat(np.arange(len(runs), dtype=np.float64), [len(run) for run in runs]),
        value=np.array([np.nan if row.value is None else row.value for row in rows]),
    )
