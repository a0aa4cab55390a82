"""The memory benchmark: recall with its controls, ablations and time, and the gate beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory import ablate, controls, cost, gate, relevance
from benchmarks.memory.conversations import LANGUAGE, DataSet
from benchmarks.memory.lived import YEAR, Kept, live
from benchmarks.memory.score import (
    DEPTHS,
    Prepared,
    Ranker,
    interval,
    means,
    ours,
    prepare,
    shares,
)
from benchmarks.memory.sets import chosen, open_sets
from resmem_core.config.recall import RecallWeights
from resmem_core.errors import InputError
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.protocols import Embedder

KEEP: Final = (0.9, 0.75, 0.5, 0.25)
"""The budgets at which the gate is measured."""

Shares = NDArray[np.float64]
Told = Callable[[str], None]


def run(
    data: str | Path | DataSet,
    embedder: Embedder,
    *,
    keep: Sequence[float] = KEEP,
    weights: RecallWeights | None = None,
    only: Sequence[str] = (),
    ablation: bool = False,
    seed: int = 0,
    progress: Told = lambda _: None,
) -> dict[str, Any]:
    """Measure recall and the gate on one set of conversations.

    Args:
        data: the set, or what `open_sets` makes one of.
        embedder: embeds messages and questions.
        keep: budgets for the gate; none leaves it out, and so does a set of a language.
        weights: of recall.
        only: names of conversations; all when empty.
        ablation: also measure recall without each signal, and the gate without each feature.
        seed: for the bootstrap and the random controls.
        progress: told what is being measured.

    Returns:
        The figures as in design section 8. "recall" is what is found after the conversation was
        observed and slept over, "awake" before sleep, "later" under a clock a year on and after
        another sleep. Beside them `ci` (half width of recall@10's 95 % bootstrap interval), "lead"
        (over the best control, with the interval of the paired difference), "alone" (recall@10 of
        each signal of content by itself), `categories` and `conversations` (recall@10), `asked`
        (how many questions of each category), `relevance` (see `relevance.measure`), `cost` (see
        `cost.measure`) and, with `ablation`, recall@10 without each signal.

    Raises:
        InputError: the data cannot be used. MissingExtra: a control is not installed.
    """
    weights = weights or RecallWeights()
    among = data if isinstance(data, DataSet) else _one(data)
    prepared, lives = [], []
    for conversation in chosen(list(among.conversations), only):
        progress(f"living through {among.name} {conversation.name}")
        prepared.append(prepare(conversation, embedder))
        lives.append(live(conversation, embedder))
    slept = [life.slept for life in lives]
    indexes = _indexes(prepared, slept)
    found = _ranked(prepared, indexes, weights)
    awake = _ranked(prepared, _indexes(prepared, [life.awake for life in lives]), weights)
    later = _ranked(prepared, _indexes(prepared, [life.later for life in lives]), weights, YEAR)
    progress("controls")
    beside = _controls(prepared, seed)
    result: dict[str, Any] = {
        "data": among.name,
        "kind": among.kind,
        "language": among.language,
        "embedder": embedder.name,
        "questions": len(found),
        "recall": means(found),
        "awake": means(awake),
        "later": means(later),
        "ci": interval(found, np.random.default_rng(seed)),
        "lead": _lead(found, beside, seed),
        "alone": _alone(prepared, indexes, weights),
        "categories": _by_category(prepared, found),
        "asked": dict(
            Counter(q.category for part in prepared for q in part.conversation.questions)
        ),
        "conversations": _by_conversation(prepared, found),
        "controls": {name: means(each) for name, each in beside.items()},
        "relevance": relevance.measure(prepared, indexes, weights),
        "cost": cost.measure(prepared, slept, embedder, weights),
        "gate": {},
    }
    if ablation:
        result["ablation"] = _ablation(prepared, indexes, weights, progress)
    if keep and among.kind != LANGUAGE:
        measured = gate.measure(
            prepared, keep, weights=weights, seed=seed, progress=progress, ablation=ablation
        )
        for name, levels in measured.pop("controls").items():
            result["controls"][name] = {**result["controls"].get(name, {}), **levels}
        result |= measured
    return result


def _one(data: str | Path) -> DataSet:
    found = open_sets(data)
    if len(found) != 1:
        raise InputError(f"{data} is several sets; measure one at a time")
    return found[0]


def _indexes(prepared: Sequence[Prepared], rows: Sequence[Kept]) -> list[NamespaceIndex]:
    return [part.index(kept) for part, kept in zip(prepared, rows, strict=True)]


def _ranked(
    prepared: Sequence[Prepared],
    indexes: Sequence[NamespaceIndex],
    weights: RecallWeights,
    wait: float = 0.0,
) -> Shares:
    pairs = zip(prepared, indexes, strict=True)
    return _measure(prepared, [ours(part, index, weights, wait) for part, index in pairs])


def _at10(
    prepared: Sequence[Prepared], indexes: Sequence[NamespaceIndex], weights: RecallWeights
) -> float:
    """Recall@10 under these weights."""
    rankers = [ours(part, index, weights) for part, index in zip(prepared, indexes, strict=True)]
    return round(float(_measure(prepared, rankers, (10,)).mean()), 4)


def _measure(
    prepared: Sequence[Prepared], rankers: Sequence[Ranker], depths: Sequence[int] = DEPTHS
) -> Shares:
    rows = [
        shares(part.conversation.questions, rank, depths)
        for part, rank in zip(prepared, rankers, strict=True)
    ]
    return np.concatenate(rows)


def _by_category(prepared: Sequence[Prepared], found: Shares) -> dict[str, float]:
    kinds = np.array([q.category for part in prepared for q in part.conversation.questions])
    at10 = found[:, DEPTHS.index(10)]
    return {
        name: round(float(at10[kinds == name].mean()), 4) for name in dict.fromkeys(kinds.tolist())
    }


def _by_conversation(prepared: Sequence[Prepared], found: Shares) -> dict[str, float]:
    counts = np.cumsum([len(part.conversation.questions) for part in prepared])[:-1]
    parts = np.split(found[:, DEPTHS.index(10)], counts)
    return {
        part.conversation.name: round(float(column.mean()), 4)
        for part, column in zip(prepared, parts, strict=True)
        if len(column)
    }


def _controls(prepared: Sequence[Prepared], seed: int) -> dict[str, Shares]:
    each = [controls.rankers(part, part.plain.__getitem__, seed) for part in prepared]
    return {name: _measure(prepared, [r[name] for r in each]) for name in each[0]}


def _lead(found: Shares, beside: dict[str, Shares], seed: int) -> dict[str, Any]:
    """Over the control with the highest recall@10: share, and half width of its interval."""
    at = DEPTHS.index(10)
    name = max(beside, key=lambda each: float(beside[each][:, at].mean()))
    gap = found - beside[name]
    share = round(float(gap[:, at].mean()), 4)
    return {"over": name, "share": share, "ci": interval(gap, np.random.default_rng(seed))}


def _alone(
    prepared: Sequence[Prepared], indexes: Sequence[NamespaceIndex], weights: RecallWeights
) -> dict[str, float]:
    return {
        name: _at10(prepared, indexes, one)
        for name, one in ablate.alone(weights).items()
        if name != "dense" or prepared[0].scan
    }


def _ablation(
    prepared: Sequence[Prepared],
    indexes: Sequence[NamespaceIndex],
    weights: RecallWeights,
    progress: Told,
) -> dict[str, float]:
    out: dict[str, float] = {}
    for name, less in ablate.variants(weights).items():
        progress(f"without {name}")
        out[name] = _at10(prepared, indexes, less)
    return out
