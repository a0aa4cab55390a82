"""Figures of a run: success, share of the oracle, tails, recovery, safety, smoothness."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos.episodes import Episodes
from benchmarks.chaos.simulate import Trace

F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

RECOVERY_CAP: Final = 40  # ticks
RECOVERED: Final = 0.9  # share of the oracle's success probability, for three ticks
ONSET: Final = 0.3  # severity at which a fault has struck, after 10 ticks below it
WINDOW: Final = 50  # ticks of a window for the tail figure


def summary(e: Episodes, trace: Trace, oracle: F64) -> dict[str, Any]:
    """All figures of one controller; `oracle` is the oracle's success probability [ticks, n].

    Success is the mean success probability (the sampled rate is beside it); ± are 95 %
    confidence intervals over seeds.
    """
    seeds = by_seed(e, trace.success)
    return {
        "success": _percent(seeds.mean()),
        "success_ci": _percent(interval(seeds)),
        "sampled": _percent(trace.outcome.mean()),
        "oracle_share": _percent(trace.success.mean() / oracle.mean()),
        "calm": family(e, trace, "calm"),
        "ood": family(e, trace, "ood"),
        "recovery": _rounded(recovery(e, trace.success, oracle)),
        "cvar5": _percent(cvar(trace.success)),
        "unsafe": round(1000 * float(trace.unsafe.mean()), 2),
        "tv": round(float(np.abs(np.diff(trace.knobs, axis=0)).mean()), 4),
        "oscillation": round(oscillation(trace.knobs), 4),
        "violations": int(trace.violations.sum()),
        "families": _families(e, trace),
    }


def by_seed(e: Episodes, success: F64) -> F64:
    """Mean over ticks and families for each seed, [seeds]."""
    episodes, seeds = success.mean(axis=0), np.unique(e.seeds)
    return np.array([episodes[e.seeds == seed].mean() for seed in seeds])


def interval(values: F64) -> float:
    """Half-width of the 95 % confidence interval of the mean; 0 for one value."""
    if len(values) < 2:
        return 0.0
    return float(1.96 * values.std(ddof=1) / np.sqrt(len(values)))


def family(e: Episodes, trace: Trace, name: str) -> float | None:
    """Success in one family, %; None where the run has none of it."""
    mine = e.family == name
    return _percent(trace.success[:, mine].mean()) if mine.any() else None


def _families(e: Episodes, trace: Trace) -> dict[str, dict[str, float]]:
    result = {}
    for name in dict.fromkeys(e.family.tolist()):
        each = trace.success[:, e.family == name].mean(axis=0)
        result[str(name)] = {"success": _percent(each.mean()), "ci": _percent(interval(each))}
    return result


def onsets(e: Episodes) -> Flags:
    """Ticks [ticks, n] at which a fault strikes: above ONSET after 10 ticks below."""
    high = e.severity >= ONSET
    recent = np.zeros_like(high)
    for lag in range(1, 11):
        recent[lag:] |= high[:-lag]
    return np.asarray((high & ~recent).any(axis=2))


def recovery(e: Episodes, success: F64, oracle: F64) -> float | None:
    """Mean ticks from an onset to the first of three good ticks, capped; None without onsets."""
    good = success >= RECOVERED * oracle
    three = good[:-2] & good[1:-1] & good[2:]
    ticks = len(three)
    when = np.where(three, np.arange(ticks)[:, None], ticks + RECOVERY_CAP)
    following = np.minimum.accumulate(when[::-1], axis=0)[::-1]
    struck = onsets(e)[:ticks]
    struck[max(0, ticks - RECOVERY_CAP) :] = False
    if not struck.any():
        return None
    wait = following - np.arange(ticks)[:, None]
    return float(np.minimum(wait[struck], RECOVERY_CAP).mean())


def cvar(success: F64) -> float:
    """Mean of the worst 5 % of windows of 50 ticks."""
    width = min(WINDOW, len(success))
    count = len(success) // width
    windows = np.sort(success[: count * width].reshape(count, width, -1).mean(axis=1).ravel())
    return float(windows[: max(1, len(windows) // 20)].mean())


def oscillation(knobs: F64) -> float:
    """Share of knob moves (beyond .01) that reverse the move of the tick before."""
    moves = np.diff(knobs, axis=0)
    moves[np.abs(moves) < 0.01] = 0.0
    return float((moves[1:] * moves[:-1] < 0).mean())


def paired(e: Episodes, ours: F64, other: F64) -> dict[str, float]:
    """Ours minus the other in points: mean over seeds with its interval (same noise for both)."""
    gap = by_seed(e, ours) - by_seed(e, other)
    return {"mean": _percent(gap.mean()), "ci": _percent(interval(gap))}


def _percent(share: float) -> float:
    return round(100 * float(share), 2)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
