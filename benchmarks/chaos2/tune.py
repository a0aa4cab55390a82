"""Tunes the opponents on training seeds: `python -m benchmarks.chaos2.tune stack|breaker|…|mlp`.

Each name is searched one setting after the other, best first, on `SEEDS` of `FAMILIES`; the winner
is printed and written into `tuned.py` by hand. `mlp` trains the network and writes its weights.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from statistics import mean
from typing import Any, Final

import numpy as np

from benchmarks.chaos2 import families, tuned
from benchmarks.chaos2.entrants import Entrant, Seat, fallback_of, frame, plain, tuned_stack
from benchmarks.chaos2.episode import play
from benchmarks.chaos2.opponents import Breaker, Imitator, Thresholds, doubtful
from benchmarks.chaos2.plant import Plant

SEEDS: Final = tuple(families.TRAIN[:2])
FAMILIES: Final = ("F1", "F2", "F4", "F7", "F8", "F9")
ROUNDS: Final = 2
"""Of imitation: the first under a rule of thumb, then under the network itself."""

GRIDS: Final[Mapping[str, Mapping[str, Sequence[Any]]]] = {
    "stack": {
        "max_tokens": (1.0, 3.0, 6.0), "window": (0, 6_000, 9_000), "model_retries": (0, 1, 3),
        "delay": (0.5, 2.0), "tool_retries": (0, 1, 3),
    },
    "thresholds": {"leave": (0.3, 0.5, 0.8), "rest": (10.0, 25.0, 60.0), "retries": (0, 1)},
}  # fmt: skip


def score(entrant: Entrant) -> float:
    """Success in percent, less a point per dead call and task."""
    played = [p for f in FAMILIES for s in SEEDS for p in play(entrant, f, s).played]
    return 100 * mean(p.success for p in played) - mean(p.dead for p in played)


def searched(name: str, start: Any, made: Callable[[Any], Entrant]) -> Any:
    """The best settings, one field after the other."""
    best, value = start, score(made(start))
    for field, choices in GRIDS[name].items():
        for choice in choices:
            tried = replace(best, **{field: choice})
            if tried != best and (found := score(made(tried))) > value:
                best, value = tried, found
        print(field, best, round(value, 2), flush=True)
    return best


def stack() -> None:
    """LangChain's stack."""
    searched("stack", tuned.STACK, lambda t: plain(lambda plant: tuned_stack(plant, t)))


def thresholds() -> None:
    """Thresholds on moving averages."""
    searched(
        "thresholds",
        tuned.THRESHOLDS,
        lambda t: plain(lambda p: (*frame(p), Thresholds(p, fallback_of(p), t))),
    )


def breaker() -> None:
    """purgatory's breaker inside the tuned stack."""
    for pair in ((2, 10.0), (3, 20.0), (3, 40.0), (5, 30.0)):
        value = score(_with_breaker(*pair))
        print(pair, round(value, 2), flush=True)


def _with_breaker(threshold: int, seconds: float) -> Entrant:
    return plain(lambda p: tuned_stack(p, tuned.STACK, Breaker(p, threshold, seconds)))


# -- imitation


def mlp() -> None:
    """The network: what the oracle would have done, from moving averages alone."""
    data: list[tuple[list[float], float]] = []
    choice: Callable[[list[float]], float] = _rule_of_thumb
    for _ in range(ROUNDS):
        for family in ("F1", "F2", "F5", "F6", "F8", "F12"):
            for seed in families.TRAIN[:6]:
                play(_noting(choice, data), family, seed)
        choice = network = fitted(data)
    tuned.NETWORK.write_text(json.dumps(asdict(network)) + "\n", "utf-8")
    print(len(data), "decisions; right:", round(_right(network, data), 4))


def _rule_of_thumb(features: list[float]) -> float:
    return max(features[0] * features[3], features[7])


def _noting(choice: Callable[[list[float]], float], data: list[Any]) -> Entrant:
    @contextmanager
    def seat(plant: Plant) -> Iterator[Seat]:
        model = fallback_of(plant)
        imitator = Imitator(plant, model, tuned.THRESHOLDS, choice, lambda: doubtful(plant))
        yield Seat((*frame(plant), imitator))
        data.extend(imitator.signals.history)

    return seat


def fitted(data: Sequence[tuple[list[float], float]], units: int = 8) -> tuned.Network:
    """A network of tanh units by gradient descent on the cross-entropy."""
    draw = np.random.default_rng(0)
    x, y = (np.asarray(column) for column in zip(*data, strict=True))
    w, b = draw.normal(0, 0.5, (x.shape[1], units)), np.zeros(units)
    v, c = draw.normal(0, 0.5, units), 0.0
    for step in range(3_000):
        hidden = np.tanh(x @ w + b)
        wrong = (1 / (1 + np.exp(-(hidden @ v + c))) - y) / len(y)
        back = np.outer(wrong, v) * (1 - hidden**2)
        rate = 2.0 / (1 + step / 1_000)
        w, b = w - rate * x.T @ back, b - rate * back.sum(axis=0)
        v, c = v - rate * hidden.T @ wrong, c - rate * float(wrong.sum())
    return tuned.Network(
        np.round(w.T, 4).tolist(), np.round(b, 4).tolist(), np.round(v, 4).tolist(), round(c, 4)
    )


def _right(network: tuned.Network, data: Sequence[tuple[list[float], float]]) -> float:
    return mean((network(features) > 0.5) == (right > 0.5) for features, right in data)


if __name__ == "__main__":
    names: dict[str, Callable[[], None]] = {
        "stack": stack, "breaker": breaker, "thresholds": thresholds, "mlp": mlp,
    }  # fmt: skip
    for name in sys.argv[1:] or names:
        names[name]()
