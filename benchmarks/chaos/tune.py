"""Tune the controls on training seeds: `python -m benchmarks.chaos.tune NAME …`.

The out-of-distribution family is never used here. Results go to tuned/NAME.json (npz for arrays)
with the command, the seeds and the score that they reached.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos import episodes, hindsight
from benchmarks.chaos.controllers import bandits, base, mlp, rules
from benchmarks.chaos.simulate import Controller, Trace, simulate

F64 = NDArray[np.float64]
Score = Callable[[F64], float]

FOLDER: Final = Path(__file__).parent / "tuned"


def training(count: int, offset: int = 0) -> episodes.Episodes:
    """Episodes of `count` training seeds, all families but the one out of distribution."""
    first, last = episodes.TRAIN
    if first + offset + count - 1 > last:
        raise ValueError(f"training seeds are {first}-{last}, got {count} after {offset}")
    return episodes.make(range(first + offset, first + offset + count), episodes.FITTED)


def cem(
    score: Score, mean: F64, width: F64, generations: int, population: int, seed: int
) -> tuple[F64, float]:
    """Cross-entropy method: Gaussian with diagonal covariance, elite quarter, best mean kept."""
    rng = np.random.default_rng(seed)
    best, best_score = mean, score(mean)
    for _ in range(generations):
        candidates = mean + width * rng.standard_normal((population, len(mean)))
        values = np.array([score(c) for c in candidates])
        elite = candidates[np.argsort(values)[-population // 4 :]]
        mean, width = elite.mean(axis=0), 0.9 * elite.std(axis=0) + 0.1 * width
        for candidate in (mean, elite[-1]):
            value = score(candidate)
            if value > best_score:
                best, best_score = candidate, value
    return best, best_score


def by_cem(
    build: Callable[[F64], Controller], mean: Sequence[float], width: Sequence[float]
) -> dict[str, Any]:
    """Parameters of a reflex controller that maximise mean success on 10 training seeds."""
    e = training(10)

    def score(p: F64) -> float:
        return float(simulate(e, build(p)).success.mean())

    best, value = cem(score, np.array(mean), np.array(width), 22, 32, seed=3)
    return {"parameters": best.round(5).tolist(), "train_success": round(100 * value, 2)}


def constants() -> dict[str, Any]:
    """Best constant knobs over all families, and per family, on 48 training seeds.

    The out-of-distribution family has no setting of its own: it gets the mixed one's.
    """
    e = episodes.make(range(episodes.TRAIN[0], episodes.TRAIN[0] + 48), episodes.FITTED)
    group = np.array([episodes.FITTED.index(f) for f in e.family])
    overall = hindsight.constant(e, np.zeros(e.n, np.int64))[0]
    each = hindsight.constant(e, group)
    family = dict(zip(episodes.FITTED, each.tolist(), strict=True))
    return {"global": overall.tolist(), "family": family | {"ood": family["mixed"]}}


def grid(build: Callable[..., Controller], **values: Sequence[float]) -> dict[str, Any]:
    """Best hyper-parameters of a bandit on a grid over 8 training seeds."""
    e = training(8)
    tried = [dict(zip(values, v, strict=True)) for v in product(*values.values())]
    scores = [float(simulate(e, build(**v)).success.mean()) for v in tried]
    best = int(np.argmax(scores))
    return {"parameters": tried[best], "train_success": round(100 * scores[best], 2)}


class _Wandering(bandits.Linear):
    """Logs contexts and arms; plays a random arm for a while, else what it believes best."""

    def __init__(self, half_life: float, prior: tuple[F64, F64] | None, wander: float) -> None:
        super().__init__(0.0, half_life, 1.0, prior)
        self.wander = wander
        self.log: list[tuple[F64, NDArray[np.int64]]] = []
        self.left: F64 = np.empty(0)
        self.arm: NDArray[np.int64] = np.empty(0, np.int64)

    def choose(self, context: F64) -> NDArray[np.int64]:
        n = len(context)
        if not self.log:
            self.left, self.arm = np.zeros(n), np.zeros(n, np.int64)
        start = (self.left <= 0) & (self.rng.random(n) < self.wander / 6)
        self.arm = np.where(start, self.rng.integers(0, 8, n), self.arm)
        self.left = np.where(start, self.rng.geometric(1 / 6, n), self.left - 1)
        arm = np.where(self.left > 0, self.arm, super().choose(context))
        self.log.append((context, arm))
        return arm

    def learn(self, rows: Any, context: F64, arm: Any, reward: F64) -> None:
        """Nothing online: the prior is made from the log."""


def warm_prior(half_life: float) -> tuple[F64, F64]:
    """Precision and response per arm from three rounds of logged play on 32 training seeds."""
    prior: tuple[F64, F64] | None = None
    d = 1 + 2 * base.RESTING.size
    precision, response = np.tile(1.0 * np.eye(d), (8, 1, 1)), np.zeros((8, d))
    for round_, wander in enumerate((6.0, 0.8, 0.5, 0.4)):
        player = _Wandering(half_life, prior, wander)
        trace = simulate(training(24, 24 * round_), player)
        x = np.concatenate([c for c, _ in player.log])
        arm, reward = np.concatenate([a for _, a in player.log]), trace.outcome.ravel()
        for a in range(8):
            mine = x[arm == a]
            precision[a] += mine.T @ mine
            response[a] += mine.T @ reward[arm == a]
        prior = (precision.copy(), response.copy())
    return precision, response


def trusted(precision: F64, response: F64, trust: float) -> tuple[F64, F64]:
    """A prior that counts as `trust` of the logged data, plus a little ridge."""
    return trust * precision + 0.1 * np.eye(precision.shape[1]), trust * response


def warm(sample: bool) -> dict[str, Any]:
    """Warm-started linear bandit: prior from logs, then how much to trust it."""
    tables = {h: warm_prior(h) for h in (1.5, 2.5, 4.0)}

    def build(half_life: float, width: float, trust: float, forget: float) -> Controller:
        return bandits.Linear(width, half_life, forget, trusted(*tables[half_life], trust), sample)

    result = grid(
        build,
        half_life=tuple(tables),
        width=(0.02, 0.1),
        trust=(0.01, 0.1, 1.0),
        forget=(1.0,),
    )
    a, b = tables[result["parameters"]["half_life"]]
    np.savez_compressed(FOLDER / "linear_prior.npz", precision=a, response=b)
    return result


def reinforce(hidden: int = 32, rounds: int = 260) -> dict[str, Any]:
    """REINFORCE on sampled outcomes with a per-round linear baseline; Adam; 96 training seeds."""
    rng = np.random.default_rng(11)
    w = mlp.blank(hidden, rng, np.array(load("constants")["global"]))
    m, v = {k: np.zeros_like(a) for k, a in w.items()}, {k: np.zeros_like(a) for k, a in w.items()}
    for i in range(rounds):
        noise = 0.6 * (1 - 0.6 * i / rounds)
        policy = mlp.Mlp(w, noise, seed=i)
        trace = simulate(training(12, 12 * (i % 8)), policy)
        g = _gradient(w, policy, trace, noise)
        rate = 0.02 * (1 - 0.9 * i / rounds)
        for k, grad in g.items():
            m[k], v[k] = 0.9 * m[k] + 0.1 * grad, 0.99 * v[k] + 0.01 * grad**2
            w[k] = w[k] + rate * m[k] / (np.sqrt(v[k]) + 1e-8)
        if i % 10 == 0:
            print(i, round(100 * trace.success.mean(), 2), flush=True)
    np.savez_compressed(FOLDER / "mlp.npz", w1=w["w1"], b1=w["b1"], w2=w["w2"], b2=w["b2"])
    score = simulate(training(10), mlp.Mlp(w)).success.mean()
    return {"hidden": hidden, "rounds": rounds, "train_success": round(100 * float(score), 2)}


def _gradient(w: dict[str, F64], policy: mlp.Mlp, trace: Trace, noise: float) -> dict[str, F64]:
    """Score-function gradient: mean of advantage · shift / noise² through the network."""
    x = np.concatenate([x for x, _ in policy.log])
    shift = np.concatenate([s for _, s in policy.log])
    reward = trace.outcome.ravel().astype(float)
    design = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    fit = np.linalg.solve(design.T @ design + np.eye(design.shape[1]), design.T @ reward)
    advantage = reward - design @ fit
    dz = advantage[:, None] * shift / noise**2 / len(x)
    hidden = np.tanh(x @ w["w1"] + w["b1"])
    da = (dz @ w["w2"].T) * (1 - hidden**2)
    return {"w1": x.T @ da, "b1": da.sum(0), "w2": hidden.T @ dz, "b2": dz.sum(0)}


def load(name: str) -> dict[str, Any]:
    """The checked-in result of a tuning run."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return loaded


def _linear(sample: bool) -> dict[str, Any]:
    return grid(
        lambda **v: bandits.Linear(sample=sample, **v),
        width=(0.1, 0.2, 0.4),
        half_life=(2.5, 5.0),
        forget=(0.997, 0.9995),
    )


def _base() -> F64:
    return np.array(load("constants")["global"])


JOBS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "constants": constants,
    "rules": lambda: by_cem(
        lambda p: rules.Rules(p, base=_base()),
        [0.25] * 7 + [0.8] * 7 + [3.0, 0.06],
        [0.1] * 7 + [0.25] * 7 + [1.0, 0.03],
    ),
    "breaker": lambda: by_cem(
        lambda p: rules.Breaker(p, base=_base()),
        [0.45, 0.4, 6.0, 10.0, 4.0, 0.45],
        [0.1, 0.1, 3.0, 4.0, 2.0, 0.1],
    ),
    "pid": lambda: by_cem(
        lambda p: rules.Pid(p, base=_base()),
        [0.7, 1.0, 0.1, 0.0, 6.0, 0.05] + [0.0] * 6,
        [0.1, 0.8, 0.2, 0.5, 3.0, 0.05] + [0.3] * 6,
    ),
    "linucb_cold": lambda: _linear(sample=False),
    "thompson_cold": lambda: _linear(sample=True),
    "linucb_warm": lambda: warm(sample=False),
    "ducb": lambda: grid(
        bandits.DiscountedUcb, width=(0.03, 0.08, 0.15), forget=(0.97, 0.99, 0.997)
    ),
    "exp3s": lambda: grid(
        bandits.Exp3S, rate=(0.01, 0.03, 0.08), explore=(0.02, 0.08), share=(0.0005, 0.005)
    ),
    "mlp": reinforce,
}


def main(names: Sequence[str]) -> None:
    """Run the named jobs (all without a name; `constants` goes first) and write their files."""
    for name in names or tuple(JOBS):
        result = JOBS[name]()
        result["command"] = f"python -m benchmarks.chaos.tune {name}"
        result["train_seeds"] = "{}-{}".format(*episodes.TRAIN)
        (FOLDER / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        print(name, json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
