"""The memory benchmark: recall with its controls, ablations and time, and the gate beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory import ablate, controls, cost, gate, relevance
from benchmarks.memory.locomo import CATEGORIES, load
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
from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.protocols import Embedder

KEEP: Final = (0.9, 0.75, 0.5, 0.25)
"""The budgets at which the gate is measured."""

Shares = NDArray[np.float64]


def run(
    data: str | Path,
    embedder: Embedder,
    *,
    keep: Sequence[float] = KEEP,
    weights: RecallWeights | None = None,
    only: Sequence[str] = (),
    ablation: bool = False,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure recall and the gate on conversations in the LoCoMo format.

    Args:
        data: path of the file.
        embedder: embeds messages and questions.
        keep: budgets for the gate; none leaves it out.
        weights: of recall.
        only: names of conversations; all when empty.
        ablation: also measure recall without each signal.
        seed: for the bootstrap and the random gate.
        progress: told what is being measured.

    Returns:
        The figures as in design section 8, and beside them `ci` (half width of recall@10's 95 %
        bootstrap interval), `categories` and `conversations` (recall@10), `relevance` (see
        `relevance.measure`), `cost` (see `cost.measure`) and, with `ablation`, recall@10 without
        each signal.

    Raises:
        InputError: the data cannot be used. MissingExtra: a control is not installed.
    """
    weights = weights or RecallWeights()
    conversations = load(data, only)
    prepared = []
    for conversation in conversations:
        progress(f"embedding {conversation.name}")
        prepared.append(prepare(conversation, embedder))
    progress("recall")
    every = [gate.everything(part) for part in prepared]
    indexes = [part.index(rows) for part, rows in zip(prepared, every, strict=True)]
    rankers = [ours(p, index, weights) for p, index in zip(prepared, indexes, strict=True)]
    found = _measure(prepared, rankers)
    result: dict[str, Any] = {
        "data": Path(data).name,
        "embedder": embedder.name,
        "questions": len(found),
        "recall": means(found),
        "ci": interval(found, np.random.default_rng(seed)),
        "categories": _by_category(prepared, found),
        "conversations": _by_conversation(prepared, found),
        "controls": _controls(prepared, progress),
        "relevance": relevance.measure(prepared, indexes, weights),
        "cost": cost.measure(prepared, every, embedder, weights),
        "gate": {},
    }
    if ablation:
        result["ablation"] = _ablation(prepared, indexes, weights, progress)
    if keep:
        measured = gate.measure(
            prepared, keep, weights=weights, seed=seed, progress=progress, ablation=ablation
        )
        beside = {**result["controls"], **measured.pop("controls")}
        result = {**result, "controls": beside, **measured}
    return result


def _measure(prepared: Sequence[Prepared], rankers: Sequence[Ranker]) -> Shares:
    rows = [
        shares(part.conversation.questions, rank)
        for part, rank in zip(prepared, rankers, strict=True)
    ]
    return np.concatenate(rows)


def _by_category(prepared: Sequence[Prepared], found: Shares) -> dict[str, float]:
    kinds = np.array([q.category for part in prepared for q in part.conversation.questions])
    at10 = found[:, DEPTHS.index(10)]
    return {
        name: round(float(at10[kinds == kind].mean()), 4)
        for kind, name in CATEGORIES.items()
        if (kinds == kind).any()
    }


def _by_conversation(prepared: Sequence[Prepared], found: Shares) -> dict[str, float]:
    counts = np.cumsum([len(part.conversation.questions) for part in prepared])[:-1]
    parts = np.split(found[:, DEPTHS.index(10)], counts)
    return {
        part.conversation.name: round(float(column.mean()), 4)
        for part, column in zip(prepared, parts, strict=True)
        if len(column)
    }


def _controls(prepared: Sequence[Prepared], progress: Callable[[str], None]) -> dict[str, Any]:
    progress("controls: plain BM25, plain cosine, reciprocal rank fusion")
    each = [controls.rankers(part, part.plain.__getitem__) for part in prepared]
    return {name: means(_measure(prepared, [r[name] for r in each])) for name in each[0]}


def _ablation(
    prepared: Sequence[Prepared],
    indexes: Sequence[NamespaceIndex],
    weights: RecallWeights,
    progress: Callable[[str], None],
) -> dict[str, float]:
    out: dict[str, float] = {}
    for name, less in ablate.variants(weights).items():
        progress(f"without {name}")
        rankers = [ours(p, i, less) for p, i in zip(prepared, indexes, strict=True)]
        out[name] = means(_measure(prepared, rankers))["10"]
    return out
