"""`resmem bench critic`: how much of chance the value head takes out of the policy gradient.

Sessions explore on ChaosBench; critics are fitted to the experience of some of them and measured on
sessions that they have not seen: the ridge regression on activations that has the head's place for
other hormones, and the head, brought to the rewards' scale.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.chaos import episodes
from benchmarks.chaos.ours import COLUMNS, Ours
from benchmarks.chaos.simulate import simulate
from resmem_core.config.learning import LearningConfig
from resmem_core.config.profile import Profile
from resmem_core.kernel.reference.equations import limited
from resmem_core.learning import target, update, value
from resmem_core.learning.experience import Pool
from resmem_core.learning.gradient import advantages, logit, squash

Array = NDArray[np.float64]

SCALE: Final = 0.4
"""Noise in logits: explore=0.1."""
FIRST: Final = episodes.TUNE[0]
"""First seed: the head was trained on none of those from here on."""
SEEDS: Final = 8
"""Seeds that teach, and as many that measure, of eight families each."""
SESSIONS: Final = (1, 4, 16, 64)
CRITICS: Final = {"ridge": update.by_activations, "value head": update.by_head}


class Exploring(Ours):
    """Many sessions at once with noise on their targets, before the rate limit."""

    def __init__(self, profile: Profile, rng: np.random.Generator) -> None:
        super().__init__(profile)
        self.rng = rng
        self.noted: list[tuple[Array, Array, Array, Array]] = []

    def act(self, signals: Array) -> Array:
        p, at = self.profile, self.at
        knob, hold = self.state[at.knob], self.state[at.hold]
        super().act(signals)
        self.state = self.state.copy()
        active = target.activations(self.state[at.level].T, self.state[at.baseline].T, p)
        mean = logit(target.means(p.base, p.delta, target.shares(active, p)))
        z = mean + SCALE * self.rng.standard_normal(mean.shape)
        levels = np.ascontiguousarray(self.state[at.level].T)
        self.noted.append((active, mean, z, value.values(value.shipped(), levels)))
        limits = (p.cautious, p.rate_safe, p.rate_free, p.dwell)
        self.state[at.knob], self.state[at.hold] = limited(
            squash(z).T, knob, hold, *(limit[:, None] for limit in limits)
        )
        return np.asarray(self.state[at.knob][COLUMNS].T)


def flat(a: Array) -> Array:
    """[ticks, sessions, …] to [sessions · ticks, …]."""
    return np.ascontiguousarray(np.swapaxes(a, 0, 1)).reshape(-1, *a.shape[2:])


def gathered(profile: Profile, seeds: range, rng: np.random.Generator) -> Pool:
    """Experience of eight families on some seeds, rewarded by the sampled outcome."""
    e = episodes.make(seeds, episodes.FITTED)
    entrant = Exploring(profile, rng)
    outcome = flat(simulate(e, entrant).outcome.astype(np.float64))
    active, mean, z, v = (flat(np.stack(column)) for column in zip(*entrant.noted, strict=True))
    count = len(outcome)
    return Pool(
        active=active, mean=mean, z=z, scale=np.full((count, 1), SCALE),
        reward=np.clip((outcome - outcome.mean()) / outcome.std(), -1.0, 1.0),
        shaping=np.zeros(count), scored=np.ones(count, dtype=np.bool_),
        ends=np.tile(np.arange(e.ticks) == e.ticks - 1, e.n),
        session=np.repeat(rng.permutation(e.n).astype(np.float64), e.ticks),
        value=v,
    )  # fmt: skip


def measure(seeds: int = SEEDS, first: int = FIRST) -> dict[str, Any]:
    """Per number of sessions and critic: shares of the variance without a critic, and R².

    "advantages": of Monte Carlo advantages (λ = 1), on the unseen sessions. "gae": the same at the
    λ of the product. "gradient": of the gradient's estimate, over disjoint groups of sessions that
    each fit their own critic, as a proposal does; None where there are fewer than four groups.
    """
    profile, config, rng = Profile.default(), LearningConfig(), np.random.default_rng(0)
    seen = gathered(profile, range(first, first + seeds), rng)
    unseen = gathered(profile, range(first + seeds, first + 2 * seeds), rng)
    total = int(seen.session.max()) + 1
    rows = {
        str(count): {name: _row(name, count, profile, seen, unseen, config) for name in CRITICS}
        for count in SESSIONS
        if count <= total
    }
    return {"seeds": f"{first}-{first + 2 * seeds - 1}", "ticks": len(unseen), "sessions": rows}


def _row(
    name: str, count: int, profile: Profile, seen: Pool, unseen: Pool, config: LearningConfig
) -> dict[str, float | None]:
    """The means over all groups of so many sessions."""
    groups = [
        seen.where((seen.session >= start) & (seen.session < start + count))
        for start in range(0, int(seen.session.max()) + 1, count)
    ]
    fitted = [update.regressed(CRITICS[name], group, config)(unseen) for group in groups]
    nothing, found = np.zeros(len(unseen)), {}
    for what, lam in (("advantages", 1.0), ("gae", config.lam)):
        without = _advantages(unseen, nothing, config, lam).var()
        each = [_advantages(unseen, v, config, lam).var() / without for v in fitted]
        found[what] = round(float(np.mean(each)), 4)
    return {**found, "gradient": _gradient(name, groups, profile, config)}


def _gradient(
    name: str, groups: list[Pool], profile: Profile, config: LearningConfig
) -> float | None:
    """Total variance of the gradient over groups, as a share of that without a critic."""
    if len(groups) < 4:
        return None
    values = [update.regressed(CRITICS[name], group, config)(group) for group in groups]
    nothing = [np.zeros(len(group)) for group in groups]
    with_critic, without = (
        np.stack(
            [
                update.gradient(profile, group, v, config)[0].ravel()
                for group, v in zip(groups, each, strict=True)
            ]
        )
        for each in (values, nothing)
    )
    return round(float(with_critic.var(0).sum() / without.var(0).sum()), 4)


def _advantages(pool: Pool, values: Array, config: LearningConfig, lam: float) -> Array:
    return advantages(pool.reward + pool.shaping, values, pool.ends, gamma=config.gamma, lam=lam)


def critic(
    seeds: Annotated[int, typer.Option(help="Seeds that teach; as many measure.", min=1)] = SEEDS,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Variance of the policy gradient's advantages: the value head beside a ridge regression."""
    result = measure(seeds)
    if json_:
        typer.echo(json.dumps(result, indent=1))
        return
    table = Table(
        title=f"share of the variance without a critic; ChaosBench seeds {result['seeds']}",
        caption="advantages (λ = 1) and gae (the product's λ): on sessions that the critic has "
        "not seen; gradient: over groups of sessions, each with a critic of its own",
    )
    for column in ("sessions", "critic", "advantages", "gae", "gradient"):
        table.add_column(column, justify="left" if column == "critic" else "right")
    for count, critics in result["sessions"].items():
        for name, row in critics.items():
            shares = [f"{v:.3f}" if v is not None else "" for v in row.values()]
            table.add_row(count, name, *shares)
    Console().print(table)
