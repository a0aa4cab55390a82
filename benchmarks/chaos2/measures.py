"""Figures of what was played: per entrant, per family, and paired differences with intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import mean, median
from typing import Any, Final

import numpy as np

from benchmarks.chaos2.episode import Episode, Played

DRAWS: Final = 2_000
"""Bootstrap resamples."""
LAYER_FAMILY: Final = {
    "coping": "F1", "rest": "F2", "adaptation": "F3",
    "medication": "F4", "perspective": "F5", "learning": "F6",
}  # fmt: skip
"""The family in which each layer has to show what it is for."""
ACT_FAMILY: Final = {"breaker": "F1", "fallback": "F1", "retry": "F6", "suspend": "F7"}
"""The same for what is done about failures."""
BESIDE: Final = {"coping": "ours_without_fallback"}
"""What a part is left out of where it is not ours as a whole: coping is for who has no stand-in."""
FEWEST: Final = 3
"""Seeds without which an interval says nothing."""
PARTS: Final = {f"ours_without_{part}": f for part, f in (LAYER_FAMILY | ACT_FAMILY).items()}
"""Entrants that lack one part, and where that has to show."""

Key = tuple[str, int, int]
"""Family, seed and replicate of an episode."""
Rate = Callable[[Played], float]
Games = Mapping[Key, Episode]


def summary(games: Games) -> dict[str, Any]:
    """All figures of an entrant: over all its episodes, by family, and of calm."""
    by_family: dict[str, dict[Key, Episode]] = defaultdict(dict)
    for key, episode in games.items():
        by_family[key[0]][key] = episode
    calm = by_family.get("F12", {})
    return {
        **figures(games),
        "families": {family: figures(own) for family, own in by_family.items()},
        "calm": false_alarms(_tasks(calm)) if calm else None,
    }


def _tasks(games: Games) -> list[Played]:
    return [played for episode in games.values() for played in episode.played]


def figures(games: Games) -> dict[str, Any]:
    """Figures of some episodes: percentages, and counts per 1,000 tasks or per solved task."""
    tasks = _tasks(games)
    solved = max(sum(p.success for p in tasks), 1)
    recoveries = [r for episode in games.values() for r in episode.recoveries]
    return {
        "tasks": len(tasks),
        "success": _percent(tasks, lambda p: p.success),
        "every_time": _every_time(tasks),
        "errors": _percent(tasks, lambda p: p.error),
        "worst5": _worst(games),
        "forbidden": _per_thousand(tasks, lambda p: p.forbidden),
        "doubled": _per_thousand(tasks, lambda p: p.doubled),
        "dead_calls": _per_thousand(tasks, lambda p: p.dead),
        "calls": _per_thousand(tasks, lambda p: p.calls),
        "tokens_per_solved": round(sum(p.tokens for p in tasks) / solved),
        "seconds_per_solved": round(sum(p.seconds for p in tasks) / solved, 1),
        "cost_per_solved": round(sum(p.cost for p in tasks) / solved, 3),
        "recovery": round(median(recoveries), 1) if recoveries else None,
    }


def _percent(tasks: Sequence[Played], of: Callable[[Played], float]) -> float:
    return round(100 * mean(map(of, tasks)), 2)


def _per_thousand(tasks: Sequence[Played], of: Callable[[Played], float]) -> float:
    return round(1_000 * mean(map(of, tasks)), 1)


def _every_time(tasks: Sequence[Played]) -> float | None:
    """Share of tasks that were solved in every replicate; None where there is only one."""
    tries: dict[tuple[str, int, int], list[bool]] = defaultdict(list)
    for p in tasks:
        tries[p.family, p.seed, p.number].append(p.success)
    if max(map(len, tries.values())) < 2:
        return None
    return round(100 * mean(all(won) for won in tries.values()), 2)


def _worst(games: Games) -> float:
    """Mean success of the worst twentieth of the episodes, in percent."""
    rates = sorted(mean(p.success for p in episode.played) for episode in games.values())
    return round(100 * mean(rates[: max(1, len(rates) // 20)]), 2)


def false_alarms(tasks: Sequence[Played]) -> dict[str, float]:
    """What an entrant does where nothing fails: shares of turns, in percent."""
    return {
        "success": _percent(tasks, lambda p: p.success),
        "mode": _percent(tasks, lambda p: p.mode != "normal"),
        "hidden": _percent(tasks, lambda p: p.hidden > 0),
        "cut": _percent(tasks, lambda p: p.cut > 0),
    }


def paired(ours: Games, other: Games, of: Rate | None = None) -> dict[str, float]:
    """Our success minus another's in points, with a 95 % interval over episodes.

    Episodes of one family and seed are drawn together, replicates included.

    Args:
        of: what is compared per task instead of success.
    """
    rate = of or (lambda played: played.success)
    gaps: dict[tuple[str, int], list[float]] = defaultdict(list)
    for key in sorted(ours.keys() & other.keys()):
        gap = mean(map(rate, ours[key].played)) - mean(map(rate, other[key].played))
        gaps[key[:2]].append(gap)
    return interval(100 * np.asarray([mean(own) for own in gaps.values()]))


def interval(values: np.ndarray[Any, Any], seed: int = 0) -> dict[str, float]:
    """The mean of paired differences with its bootstrap interval.

    >>> interval(np.asarray([1.0, 1.0]))
    {'mean': 1.0, 'low': 1.0, 'high': 1.0}
    """
    draw = np.random.default_rng(seed)
    means = values[draw.integers(len(values), size=(DRAWS, len(values)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return {
        "mean": round(float(values.mean()), 2),
        "low": round(float(low), 2),
        "high": round(float(high), 2),
    }


def compared(games: Mapping[str, Games], subject: str = "ours") -> dict[str, Any]:
    """The subject minus every other entrant, over all families and in each."""
    own = games[subject]
    families = list(dict.fromkeys(key[0] for key in own))
    result: dict[str, Any] = {}
    for name, other in games.items():
        if name == subject:
            continue
        result[name] = paired(own, other)
        result[name]["families"] = {
            family: paired(_only(own, family), played)
            for family in families
            if (played := _only(other, family))
        }
    return result


def _only(games: Games, family: str) -> Games:
    return {key: episode for key, episode in games.items() if key[0] == family}


def trial(games: Mapping[str, Games]) -> dict[str, Any]:
    """Each part in its family: what leaving it out costs, and whether it stays.

    It stays for a point of success, or for as much harm: one more call in a hundred tasks that is
    forbidden, done twice or made to what is dead. Fewer than `FEWEST` seeds say nothing (None).
    """
    result: dict[str, Any] = {}
    for part, family in (LAYER_FAMILY | ACT_FAMILY).items():
        left = _only(games.get(f"ours_without_{part}", {}), family)
        own = _only(games.get(BESIDE.get(part, "ours"), {}), family)
        if not left or not own:
            continue
        costs, harm = paired(own, left), paired(left, own, _harm)
        seeds = len({key[1] for key in left})
        stays = any(gap["mean"] >= 1.0 and gap["low"] > 0 for gap in (costs, harm))
        result[part] = {
            "family": family, **costs, "harm": harm, "seeds": seeds,
            "stays": stays if seeds >= FEWEST else None,
        }  # fmt: skip
    return result


def _harm(played: Played) -> float:
    return played.forbidden + played.doubled + played.dead


def _rate(games: Games) -> float:
    return mean(p.success for p in _tasks(games))


CONSTANTS: Final = ("bare", "default_stack", "constant_stand_in", "constant_patient")
"""Settings that never change: the best of them per family is chosen in hindsight."""


def best_constant(games: Mapping[str, Games]) -> dict[Key, Episode]:
    """In each family the constant that did best on the very episodes that are reported."""
    known = [games[name] for name in CONSTANTS if name in games]
    if len(known) < 2:
        return {}
    best: dict[Key, Episode] = {}
    for family in dict.fromkeys(key[0] for key in known[0]):
        tried = [_only(own, family) for own in known]
        winner: Games = max(tried, key=_rate)
        best.update(winner)
    return best
