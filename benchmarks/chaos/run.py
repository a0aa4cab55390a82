"""Run controllers over unseen seeds and put their figures side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos import episodes, metrics, registry, schedule
from benchmarks.chaos.episodes import Episodes
from benchmarks.chaos.simulate import Controller, Trace, simulate
from resmem_core.errors import ConfigError

F64 = NDArray[np.float64]

MAX_REDRAW = 0.9
MIN_TICKS = 60


@dataclass(frozen=True, slots=True)
class Run:
    """Episodes and, for each controller, what happened."""

    episodes: Episodes
    traces: Mapping[str, Trace]


def run(
    seeds: tuple[int, int] = episodes.TEST,
    ticks: int = 600,
    families: Sequence[str] | None = None,
    redraw: float = 0.0,
    controllers: Sequence[str] | None = None,
    extra: Mapping[str, Controller] | None = None,
) -> dict[str, Any]:
    """The whole benchmark as the JSON of `resmem bench chaos`.

    Args:
        seeds: first and last seed, both included.
        ticks: length of an episode, at least 60.
        families: some of the nine; default all.
        redraw: F in [0, .9]: every constant of the plant within ± F (eight plants, seed modulo 8).
        controllers: built-in names or `package.module:factory`; default all built-in ones.
        extra: further controllers by name.

    Raises:
        ConfigError: a range, a family or a controller that does not exist.
    """
    return report(play(seeds, ticks, families, redraw, controllers, extra), seeds)


def play(
    seeds: tuple[int, int] = episodes.TEST,
    ticks: int = 600,
    families: Sequence[str] | None = None,
    redraw: float = 0.0,
    controllers: Sequence[str] | None = None,
    extra: Mapping[str, Controller] | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> Run:
    """Simulate every controller on the same episodes; arguments as for `run`."""
    _check(seeds, ticks, families, redraw)
    e = episodes.make(range(seeds[0], seeds[1] + 1), families, ticks, redraw)
    wanted = tuple(dict.fromkeys(("oracle", *(controllers or registry.names()))))
    entrants = dict(extra or {})
    traces: dict[str, Trace] = {}
    for name in (*wanted, *entrants):
        progress(name)
        controller = entrants[name] if name in entrants else registry.build(name, e)
        traces[name] = simulate(e, controller)
    return Run(e, traces)


def report(played: Run, seeds: tuple[int, int]) -> dict[str, Any]:
    """Figures of a run, JSON-ready (design, section 8), with what helps to read them."""
    e, traces = played.episodes, played.traces
    oracle = traces["oracle"].success
    ours = traces.get("ours")
    result: dict[str, Any] = {
        "seeds": f"{seeds[0]}-{seeds[1]}",
        "ticks": e.ticks,
        "families": list(dict.fromkeys(e.family.tolist())),
        "redraw": e.redraw,
        "disjoint_seeds": {
            "train": "{}-{}".format(*episodes.TRAIN),
            "tune": "{}-{}".format(*episodes.TUNE),
            "test": "{}-{}".format(*episodes.TEST),
        },
        "controllers": {name: metrics.summary(e, t, oracle) for name, t in traces.items()},
        "paired": {},
    }
    if ours is not None:
        others = {name: t for name, t in traces.items() if name != "ours"}
        result["paired"] = {
            n: metrics.paired(e, ours.success, t.success) for n, t in others.items()
        }
        if e.redraw and "best_constant" in traces:
            result["draws"] = _draws(e, ours.success, traces["best_constant"].success)
    return result


def _draws(e: Episodes, ours: F64, constant: F64) -> list[dict[str, float]]:
    """Ours against the re-fitted best constant in each redrawn plant."""
    rows = []
    for draw in np.unique(e.draw):
        mine = e.draw == draw
        a, b = 100 * ours[:, mine].mean(), 100 * constant[:, mine].mean()
        rows.append(
            {
                "draw": int(draw),
                "ours": round(a, 2),
                "best_constant": round(b, 2),
                "gain": round(a - b, 2),
            }
        )
    return rows


def _check(
    seeds: tuple[int, int], ticks: int, families: Sequence[str] | None, redraw: float
) -> None:
    if not 0 <= seeds[0] <= seeds[1]:
        raise ConfigError(f"seeds must be first-last with 0 <= first <= last, got {seeds}")
    if ticks < MIN_TICKS:
        raise ConfigError(f"ticks must be at least {MIN_TICKS}, got {ticks}")
    if not 0 <= redraw <= MAX_REDRAW:
        raise ConfigError(f"redraw must be in [0, {MAX_REDRAW}], got {redraw}")
    unknown = set(families or ()) - set(schedule.FAMILIES)
    if unknown:
        raise ConfigError(
            f"families must be among {list(schedule.FAMILIES)}, got {sorted(unknown)}"
        )
